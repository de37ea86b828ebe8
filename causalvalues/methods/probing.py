"""Probes of a value: logistic regressions that tell the sides of contrast pairs, layer by layer.

    P(a) = σ(w·a + b)      a the activation at the last token of a raw text
    fit                    penalty ‖w‖²/2 (l2) or ‖w‖₁ (l1) + C · log loss, features standardised,
                           w and b told in units of the activation itself
    split                  scenarios, never texts: both sides of a pair fall on the same side of it

`standardised=False` penalises weights of the activations as they are, as published. Guarantee: no
scenario that a probe is judged by was seen in its fit; a feature that never varies has weight 0;
a seed gives the same probes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from causalvalues.contrasts.pairs import ContrastPair
from causalvalues.errors import OptionError
from causalvalues.methods.activation_file import Precision, activation_file
from causalvalues.methods.held_out import HeldOut, accuracy_of_pairs
from causalvalues.models.conditions import Point
from causalvalues.models.edit import Site
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.checking import among

__all__ = [
    "FittedProbe",
    "Line",
    "Penalty",
    "Split",
    "fitted_line",
    "fitted_probe",
    "pairs_of",
    "probes_of",
    "split_of",
    "texts_of",
]

Penalty = Literal["l2", "l1"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[int, int], None]

STEADY = 1e-6  # of a feature's size: what varies less does not vary
MOST_STEPS = 10_000
FREE = 100.0  # liblinear penalises the intercept too: by so much less, squared, than a weight


@dataclass(frozen=True, eq=False)
class Line:
    """What is linear in an activation: w·a + b."""

    weights: Floats  # (width,)
    bias: float

    def logits(self, rows: ArrayLike) -> Floats:
        """Return (text,) what it reads of activations (text, width)."""
        found: Floats = np.asarray(rows, dtype=np.float64) @ self.weights + self.bias
        return found


@dataclass(frozen=True, eq=False)
class FittedProbe:
    """A probe of one layer, and how well it tells pairs that it never saw."""

    layer: int
    line: Line
    accuracy: HeldOut
    loss: float  # log loss a text, on the same pairs

    @property
    def weights(self) -> Floats:
        """Return (width,) weights in units of the activation."""
        return self.line.weights

    @property
    def bias(self) -> float:
        """Return what is added to the weighted activation."""
        return self.line.bias


@dataclass(frozen=True, eq=False)
class Split:
    """Places of the pairs that a probe is fitted to, and of those it is judged by."""

    train: Ints
    test: Ints


def probes_of(
    model: LanguageModel,
    pairs: Sequence[ContrastPair],
    *,
    layers: Sequence[int] | None = None,
    site: Site = "residual",
    penalty: Penalty = "l2",
    C: float = 1.0,
    standardised: bool = True,
    test_share: float = 0.3,
    seed: int = 0,
    precision: Precision = "float32",
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> dict[int, FittedProbe]:
    """Return the probe of every layer, or of those that are asked for, from one pass of the model.

    pairs   those of one value; see `pairs_of`
    """
    split = split_of(pairs, test_share=test_share, seed=seed)
    wanted = range(len(model.parts.layers)) if layers is None else sorted(set(layers))
    points = [Point(layer, site) for layer in wanted]
    with activation_file(
        model, texts_of(pairs), points, precision=precision, folder=folder, progress=progress
    ) as file:
        return {
            point.layer: fitted_probe(
                file.rows(point), split,
                layer=point.layer, penalty=penalty, C=C, standardised=standardised, seed=seed,
            )
            for point in file.points
        }  # fmt: skip


def pairs_of(pairs: Sequence[ContrastPair], value: str) -> tuple[ContrastPair, ...]:
    """Return the pairs of one value, of which there must be some."""
    found = tuple(pair for pair in pairs if pair.value == value)
    if not found:
        raise OptionError(
            f"A method is fitted to {value} by contrast pairs of it",
            found=f"pairs of {', '.join(sorted({pair.value for pair in pairs})) or 'nothing'}",
        )
    return found


def texts_of(pairs: Sequence[ContrastPair]) -> list[str]:
    """Return the texts of pairs, end to end: for the value, against it, and so on."""
    return [text for pair in pairs for text in (pair.speaks_for, pair.speaks_against)]


def split_of(pairs: Sequence[ContrastPair], *, test_share: float = 0.3, seed: int = 0) -> Split:
    """Return a split by scenario, with the same share of each form on both sides."""
    if not 0 < test_share < 1:
        raise OptionError("`test_share` lies between 0 and 1", found=str(test_share))
    rng = np.random.default_rng([seed, len(pairs)])
    form_by_scenario = {pair.scenario: pair.form for pair in reversed(pairs)}
    held: set[str] = set()
    for form in sorted(set(form_by_scenario.values())):
        own = sorted(each for each, its in form_by_scenario.items() if its == form)
        drawn = rng.permutation(len(own))[: round(test_share * len(own))]
        held |= {own[place] for place in drawn}
    is_test = np.array([pair.scenario in held for pair in pairs], dtype=bool)
    if is_test.sum() < 2 or (~is_test).sum() < 2:
        raise OptionError(
            "A probe is fitted to two scenarios or more, and judged by two others",
            found=f"{(~is_test).sum()} and {is_test.sum()}",
            remedy="give more pairs",
        )
    return Split(np.flatnonzero(~is_test), np.flatnonzero(is_test))


def fitted_probe(
    rows: ArrayLike,  # (text, width): pairs end to end, for and against
    split: Split,
    *,
    layer: int,
    penalty: Penalty = "l2",
    C: float = 1.0,
    standardised: bool = True,
    seed: int = 0,
) -> FittedProbe:
    """Return a probe fitted to some pairs' activations, and judged by the others'."""
    sides = np.asarray(rows).reshape(-1, 2, np.shape(rows)[-1])  # (pair, side, width)
    train, test = (
        np.asarray(sides[places], dtype=np.float64).reshape(2 * len(places), -1)
        for places in (split.train, split.test)
    )
    is_for = np.tile([True, False], len(split.train))
    line = fitted_line(train, is_for, penalty=penalty, C=C, standardised=standardised, seed=seed)
    signs = np.array([1.0, -1.0])
    right = line.logits(test).reshape(-1, 2) * signs  # (pair, side)
    loss = float(np.logaddexp(0.0, -right).mean())
    return FittedProbe(layer, line, accuracy_of_pairs(right > 0), loss)


def fitted_line(
    rows: Floats,  # (text, width)
    is_kind: NDArray[np.bool_],  # (text,)
    *,
    penalty: Penalty = "l2",
    C: float = 1.0,
    standardised: bool = True,
    balanced: bool = False,
    seed: int = 0,
) -> Line:
    """Return the logistic regression that tells texts of a kind, in units of the activation.

    balanced   both kinds weigh the same, however many texts each has
    """
    among("penalty", penalty, Penalty)
    if not C > 0:
        raise OptionError("`C` is above 0", found=str(C))
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    varies = scale > STEADY * np.maximum(np.abs(mean), scale.max())
    if not varies.any():
        raise OptionError("A probe needs an activation that varies", found="one that never does")
    scale = scale[varies] if standardised else np.ones(int(varies.sum()))
    regression = LogisticRegression(
        C=C,
        l1_ratio=1.0 if penalty == "l1" else 0.0,
        solver="liblinear" if penalty == "l1" else "lbfgs",
        intercept_scaling=FREE,
        class_weight="balanced" if balanced else None,
        max_iter=MOST_STEPS,
        random_state=seed,
    )
    regression.fit((rows[:, varies] - mean[varies]) / scale, is_kind)
    weights = np.zeros(rows.shape[1])
    weights[varies] = regression.coef_[0] / scale
    return Line(weights, float(regression.intercept_[0] - weights @ mean))
