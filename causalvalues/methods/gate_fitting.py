"""`fitted_gate` trains a gate to open for questions about one value and to stay shut for others.

    train     fits the detector
    choose    chooses the layer, by AUC, and the threshold
    report    says how good the gate is; seen by neither          (see `gate_texts` for the parts)

| detector | what it is |
|---|---|
| probe | logistic regression on the residual at the question's last token, layer by AUC |
| words | logistic regression on hashed words and word pairs; the model is not asked |
| a `ClassifierDetector` | any Hugging Face text classifier; only the threshold is chosen |

Both kinds weigh the same in fits. The threshold is that of the best balanced accuracy, or the least
that opens for no larger share of other questions than asked. Guarantee: what is reported is of
questions that nothing was chosen by; a seed gives the same gate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.methods.activation_file import activation_file
from causalvalues.methods.gate_texts import GateText, Kind, Parts
from causalvalues.methods.held_out import HeldOut, auc, share_of_groups
from causalvalues.methods.probing import fitted_line
from causalvalues.models.conditions import Point
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.gate import (
    ClassifierDetector,
    Detector,
    Gate,
    ProbeDetector,
    WordDetector,
)
from causalvalues.steering.gating import detected, hashed_words

__all__ = ["FittedGate", "Learns", "fitted_gate", "threshold_of"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Learns = Literal["probe", "words"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class FittedGate:
    """A gate, and what it does to questions that it never saw."""

    gate: Gate
    auc: HeldOut
    opened: HeldOut | None  # the share of the questions about the value that it opens for
    opened_for_others: HeldOut | None  # none where no such question is set aside
    opened_for_neutral: HeldOut | None
    layer: int | None = None  # of a probe


def fitted_gate(
    model: LanguageModel,
    texts: Sequence[GateText],
    *,
    name: str,
    detector: Learns | ClassifierDetector = "probe",
    layers: Sequence[int] | None = None,
    n_buckets: int = 4096,
    C: float | None = None,
    false_openings: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> FittedGate:
    """Return a gate for the kind "about".

    layers           that a probe may read; None: all
    C                what a unit of log loss weighs against the penalty; None: 1 for a probe, 10
                     for words, which come in rows of length 1
    false_openings   the largest share of other questions it may open for; None: what makes the
                     mean of both kinds' accuracies best
    """
    parts = Parts.of(texts, seed=seed)
    if isinstance(detector, ClassifierDetector):
        found: Detector = detector
    elif detector == "probe":
        found = _probe(model, parts, layers, 1.0 if C is None else C, progress)
    elif detector == "words":
        found = _words(parts, n_buckets, 10.0 if C is None else C)
    else:
        raise OptionError(
            f"A detector is a text classifier, or learns from {' or '.join(get_args(Learns))}",
            found=repr(detector),
        )
    chances = detected(found, model, parts.texts("choose"))
    threshold = threshold_of(chances, parts.is_about("choose"), false_openings=false_openings)
    return _reported(Gate(name, found, threshold), model, parts)


def threshold_of(chances: Floats, is_about: Bools, *, false_openings: float | None = None) -> float:
    """Return from which probability on a gate opens, halfway between two that were seen."""
    if false_openings is not None and not 0 <= false_openings <= 1:
        raise OptionError("`false_openings` is a share", found=str(false_openings))
    levels = np.unique(chances)
    between = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [(levels[-1] + 1) / 2]])
    opened, wrong = (
        (chances[kind][None, :] >= between[:, None]).mean(axis=1) for kind in (is_about, ~is_about)
    )
    if false_openings is not None:
        return float(between[wrong <= false_openings].min(initial=1.0))
    return float(between[np.argmax(opened - wrong)])


def _probe(
    model: LanguageModel,
    parts: Parts,
    layers: Sequence[int] | None,
    C: float,
    progress: Progress | None,
) -> ProbeDetector:
    """Return the probe of the layer at which questions that it did not see are told apart best."""
    wanted = range(len(model.parts.layers)) if layers is None else sorted(set(layers))
    train, choose = parts.texts("train"), parts.texts("choose")
    found: list[tuple[float, ProbeDetector]] = []
    with activation_file(
        model, [*train, *choose], [Point(layer) for layer in wanted], progress=progress
    ) as file:
        for point in file.points:
            rows = np.asarray(file.rows(point), dtype=np.float64)
            line = fitted_line(rows[: len(train)], parts.is_about("train"), C=C, balanced=True)
            logits = line.logits(rows[len(train) :])
            told = auc(logits, parts.is_about("choose"), parts.groups("choose")).value
            weights = line.weights.astype(np.float32)
            found.append((told, ProbeDetector(point.layer, weights, line.bias)))
    return max(found, key=lambda each: each[0])[1]


def _words(parts: Parts, n_buckets: int, C: float) -> WordDetector:
    """Return a detector of hashed words."""
    rows = hashed_words(parts.texts("train"), n_buckets)
    line = fitted_line(rows, parts.is_about("train"), C=C, standardised=False, balanced=True)
    return WordDetector(line.weights.astype(np.float32), line.bias)


def _reported(gate: Gate, model: LanguageModel, parts: Parts) -> FittedGate:
    """Return a gate with what it does to the questions that were set aside for this."""
    chances = detected(gate.detector, model, parts.texts("report"))
    groups, is_about = parts.groups("report"), parts.is_about("report")

    def share(kind: Kind) -> HeldOut | None:
        own = [place for place, each in enumerate(parts.report) if each.kind == kind]
        if not own:
            return None
        return share_of_groups(chances[own] >= gate.threshold, [groups[place] for place in own])

    layer = gate.detector.layer if isinstance(gate.detector, ProbeDetector) else None
    told = auc(chances, is_about, groups)
    return FittedGate(gate, told, share("about"), share("other"), share("neutral"), layer)
