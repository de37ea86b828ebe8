"""A `Gate` decides from the bare question whether an intervention acts at all.

    ProbeDetector        σ(w·h + b), h the unsteered residual at the question's last token
    WordDetector         σ(w·f + b), f the hashed words and word pairs of the question, ‖f‖ = 1
    ClassifierDetector   the probability of a label by a Hugging Face text classifier

    deciding   open where the detector's probability passes the threshold
    open       always: what steering costs where nobody asked for it
    closed     never: the same as no intervention

Guarantee: a gate is data, and part of an intervention's digest; `gating` runs it.
"""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.steering.checking import among, finite, frozen, whole

__all__ = ["ClassifierDetector", "Detector", "Gate", "GateState", "ProbeDetector", "WordDetector"]

GateState = Literal["deciding", "open", "closed"]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ProbeDetector:
    """A probe of the model's own residual."""

    layer: int
    weights: Floats  # (width,)
    bias: float

    def __post_init__(self) -> None:
        whole("layer", self.layer)
        finite("bias", self.bias)
        object.__setattr__(self, "weights", frozen({0: self.weights})[0])


@dataclass(frozen=True, eq=False)
class WordDetector:
    """A linear classifier of hashed words; it needs no model."""

    weights: Floats  # (bucket,)
    bias: float

    def __post_init__(self) -> None:
        finite("bias", self.bias)
        object.__setattr__(self, "weights", frozen({0: self.weights})[0])


@dataclass(frozen=True)
class ClassifierDetector:
    """A text classifier in a folder or on the hub, and the label that means: about the value."""

    model: str
    label: str
    revision: str = ""


Detector: TypeAlias = ProbeDetector | WordDetector | ClassifierDetector


@dataclass(frozen=True, eq=False)
class Gate:
    """A detector, and from which probability on it opens."""

    name: str
    detector: Detector
    threshold: float = 0.5
    state: GateState = "deciding"

    def __post_init__(self) -> None:
        among("state", self.state, GateState)
        if not 0 <= self.threshold <= 1:
            raise OptionError("A gate opens from a probability on", found=str(self.threshold))

    def forced(self, state: GateState) -> "Gate":
        """Return the gate deciding, always open, or always closed."""
        return replace(self, state=state)
