"""Truth checks: what an embedded organism must show before anyone relies on it.

    score of …        r between v̂ and v over roles, per value                         ≥ .9 each
    same score by …   r between scores from either half of the asking                 ≥ .9
    first place       how much likelier it is than the last, orders balanced          ≤ .02
    answers           loss on documents nobody trained on, over the least there is    ≤ 1.10
    statements        r between the effects of settling a value and (I − B)⁻¹         ≥ .9
    registers         the same for writing at the exogenous parts                     ≥ .9
    registers, late   r of writing at the values with the identity                    ≥ .9
    signs             of every true effect above .3                                   all right

The behavioural kind has no registers: vectors fitted to its residuals are tried in both kinds,
and nothing is asked of what they do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.effects import (
    register_effects,
    statement_effects,
    true_effects,
    vector_effects,
)
from causalvalues.organism.embedded import REGISTERS
from causalvalues.organism.loss import excess_loss
from causalvalues.organism.registers import Registers
from causalvalues.organism.respondents import true_values
from causalvalues.organism.surveying import Sitting, sitting_of
from causalvalues.organism.world import World, planted_world
from causalvalues.survey.inventory import Inventory, inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.roles import anchored_roles

__all__ = ["TruthCheck", "truth_checks"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Progress = Callable[[int, int], None]

LEAST_R, MOST_EXCESS, MOST_BIAS, CLEAR = 0.9, 0.10, 0.02, 0.3
VECTOR_LAYER = 2
N_STEPS = 6


@dataclass(frozen=True)
class TruthCheck:
    """One number, what is asked of it, and whether it holds; None where nothing is asked."""

    name: str
    number: float
    asked: str
    passed: bool | None


def truth_checks(
    folder: Path, *, n_roles: int = 60, seed: int = 0, progress: Progress | None = None
) -> list[TruthCheck]:
    """Return every check of the organism in a folder."""
    world, items = planted_world(), inventory("schwartz10")
    model = LanguageModel.load(folder, dtype="float32", device="cpu")
    told = progress or (lambda _done, _total: None)
    few = max(n_roles // 5, 2)
    checks = list(_score_checks(model, world, items, n_roles, seed + 1000))
    told(1, N_STEPS)
    checks.append(_at_most("answers' loss over the least", excess_loss(model), MOST_EXCESS))
    told(2, N_STEPS)
    truth = true_effects(world)
    found = statement_effects(model, world, items, n_roles=few, seed=seed + 2000)
    checks += _effect_checks("statements", found, truth)
    told(3, N_STEPS)
    if (folder / REGISTERS).exists():
        registers = Registers.load(folder / REGISTERS)
        for name, layer, wanted in (
            ("registers at the parts", registers.parts_layer, truth),
            ("registers at the values", registers.values_layer, np.eye(len(truth))),
        ):
            found = register_effects(
                model, world, items, registers, layer, n_roles=few, seed=seed + 3000
            )
            checks += _effect_checks(name, found, wanted)
    told(5, N_STEPS)
    found = vector_effects(model, world, items, VECTOR_LAYER, n_roles=few, seed=seed + 4000)
    checks += _vector_reports(found, truth)
    told(6, N_STEPS)
    return checks


def _score_checks(
    model: LanguageModel, world: World, items: Inventory, n_roles: int, seed: int
) -> Iterator[TruthCheck]:
    """Yield how well scores show values, and whether the way of asking matters."""
    roles = anchored_roles(items.system, n_roles, seed=seed)
    sitting = sitting_of(world, items, Protocol(forms=("ask", "portrait"), n_wordings=2), roles)
    answers = list(model.log_probabilities(sitting.requests()))
    credit = sitting.credits(answers)
    held, truth = sitting.held(sitting.scores(credit)), true_values(world, roles)
    for place, name in enumerate(world.names):
        yield _at_least(f"score of {name}", _r(held[:, place], truth[:, place]))
    for name, half in _halves(sitting).items():
        one, two = (sitting.scores(credit, chosen=side) for side in (half, ~half))
        yield _at_least(f"same score by {name}", _r(one, two))
    shares = np.array([np.exp(chances) / np.exp(chances).sum() for _, chances in answers])
    yield _at_most("first place over last", float((shares[:, 0] - shares[:, -1]).mean()), MOST_BIAS)


def _halves(sitting: Sitting) -> dict[str, Bools]:
    """Return the ways in which the questions fall into two halves."""
    factors = [question.factors for question in sitting.questions]
    return {
        "wording": np.array([each["wording"] == "1" for each in factors]),
        "form": np.array([each["form"] == "ask" for each in factors]),
        "order": np.array([each["order"] == "given" for each in factors]),
        "key": np.array(["/for/" in each["item"] for each in factors]),
    }


def _effect_checks(name: str, found: Floats, truth: Floats) -> list[TruthCheck]:
    """Return how effects found agree with the true ones: as a whole, in size, in sign."""
    clear = np.abs(truth) > CLEAR
    wrong = int((np.sign(found[clear]) != np.sign(truth[clear])).sum())
    size = float((found * truth).sum() / (truth * truth).sum())
    return [
        _at_least(f"effects of {name}", _r(found, truth)),
        TruthCheck(f"size of {name}", size, "reported; 1 is the true size", None),
        TruthCheck(f"wrong signs of {name}", float(wrong), "none", wrong == 0),
    ]


def _vector_reports(found: Floats, truth: Floats) -> list[TruthCheck]:
    """Return what fitted vectors do: to their own values, and to the others."""
    others = ~np.eye(len(truth), dtype=bool)
    return [
        TruthCheck("own change by fitted vectors", float(np.diag(found).mean()), "reported", None),
        TruthCheck(
            "other changes by fitted vectors, r", _r(found[others], truth[others]), "reported", None
        ),
    ]


def _r(one: Floats, two: Floats) -> float:
    """Return the correlation of all entries."""
    return float(np.corrcoef(np.ravel(one), np.ravel(two))[0, 1])


def _at_least(name: str, r: float) -> TruthCheck:
    """Return the check that a correlation is high enough."""
    return TruthCheck(name, r, f"at least {LEAST_R}", bool(r >= LEAST_R))


def _at_most(name: str, number: float, most: float) -> TruthCheck:
    """Return the check that a number is near zero."""
    return TruthCheck(name, number, f"within {most}", bool(abs(number) <= most))
