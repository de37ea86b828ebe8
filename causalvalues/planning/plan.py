"""`plan` chooses what moves its targets and leaves the other values alone, as the graph foresees.

1. what is known of the candidates, and which of them are worth a look         `known`, `shortlist`
2. doses of at most `budget` of them, by a mixed-integer programme             `programme`
3. what they do together, with intervals                                       `predict`
4. why, in words, and what the plan is better than                             `words`

Guarantee: a gain that no combination reaches is an error that says how much can be had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError, OutOfReach
from causalvalues.planning.candidate import Candidate, together
from causalvalues.planning.known import Known, known
from causalvalues.planning.planned import Plan, Used
from causalvalues.planning.predict import MISFIT, predicted
from causalvalues.planning.programme import Choice, choose, most_gain
from causalvalues.planning.propagation import Propagation
from causalvalues.planning.shortlist import shortlist
from causalvalues.planning.words import alternatives, reasons

__all__ = ["plan", "trade_off", "weights_of"]

Floats = NDArray[np.float64]
OTHERS = 0.25  # weight of a value that is not named, where some are held


def plan(
    targets: Mapping[str, float],
    hold: Sequence[str],
    candidates: Sequence[Candidate] | Known,
    propagation: Propagation | None = None,
    *,
    budget: int = 3,
    others: float = OTHERS,
    misfit: float = MISFIT,
    n_listed: int = 24,
    seed: int = 0,
    seconds: float = 20.0,
    explained: bool = True,
) -> Plan:
    """Return the plan that reaches the targets with the least expected collateral.

    plan({"achievement": 0.3}, ("power",), candidates, propagation(table, graph)).why
    `hold` may be empty: then every other value counts alike; else those not named count `others`.
    """
    if not isinstance(candidates, Known):
        candidates = known(candidates, propagation, misfit=misfit, seed=seed)
    names = candidates.propagation.names
    _check(targets, hold, names, budget)
    weights = weights_of(targets, hold, names, others)
    everything, candidates = candidates, shortlist(candidates, targets, n_listed)
    choices = candidates.choices()
    chosen = choose(choices, candidates.propagation, targets, weights, most=budget, seconds=seconds)
    if not chosen.reached:
        raise _out_of_reach(targets, choices, candidates, budget, len(everything.candidates))
    made = _plan(targets, tuple(hold), candidates, chosen.dose_by_name, weights, misfit, seed)
    if not explained:
        return made
    made = replace(made, beat=alternatives(made, everything, weights))
    return replace(made, why=reasons(made, candidates))


def trade_off(
    value: str,
    gains: Sequence[float],
    hold: Sequence[str],
    candidates: Known,
    *,
    budget: int = 3,
    others: float = OTHERS,
) -> tuple[tuple[float, Plan | None], ...]:
    """Return the best plan for each gain of one value, None where it is out of reach."""
    found: list[tuple[float, Plan | None]] = []
    for gain in gains:
        try:
            made = plan(
                {value: gain}, hold, candidates, budget=budget, others=others, explained=False
            )
        except OutOfReach:
            found.append((gain, None))
        else:
            found.append((gain, made))
    return tuple(found)


def weights_of(
    targets: Mapping[str, float], hold: Sequence[str], names: Sequence[str], others: float
) -> dict[str, float]:
    """Return how much a change of each value counts that is no target."""
    rest = 1.0 if not hold else others
    return {n: 1.0 if n in hold else rest for n in names if n not in targets}


def _plan(
    targets: Mapping[str, float],
    hold: tuple[str, ...],
    candidates: Known,
    dose_by_name: Mapping[str, float],
    weights: Mapping[str, float],
    misfit: float,
    seed: int,
) -> Plan:
    """Return the plan that gives some doses."""
    places = [p for p, c in enumerate(candidates.candidates) if c.name in dose_by_name]
    chosen = [candidates.candidates[place] for place in places]
    parts = [candidates.parts[place] for place in places]
    doses = [dose_by_name[each.name] for each in chosen]
    settled = [value for each in chosen for value in each.settles] if candidates.guided else []
    expected = predicted(
        parts, candidates.propagation, doses=doses, settled=settled, misfit=misfit, seed=seed,
        name=" + ".join(each.name for each in chosen),
        method="graph" if candidates.guided else "measured profiles",
    )  # fmt: skip
    names = candidates.propagation.names
    size = np.abs(expected.draws).mean(axis=0)
    used = tuple(
        Used(
            each.name,
            dose,
            {name: float(dose * part.mean[v]) for v, name in enumerate(names)},
            each.settles,
        )
        for each, dose, part in zip(chosen, doses, parts, strict=True)
    )
    return Plan(
        dict(targets), hold, used, together(candidates.candidates, dose_by_name), expected,
        float(sum(weight * size[names.index(name)] for name, weight in weights.items())),
        expected.method, candidates.left_out, {}, (),
    )  # fmt: skip


def _check(
    targets: Mapping[str, float], hold: Sequence[str], names: Sequence[str], budget: int
) -> None:
    """Raise where a plan asks for what makes no sense."""
    for value in (*targets, *hold):
        if value not in names:
            raise OptionError(f"Values are {', '.join(names)}", found=repr(value))
    both = sorted(set(targets) & set(hold))
    if both:
        raise OptionError("A value is moved or held, not both", found=", ".join(both))
    if not targets or not all(np.isfinite(gain) and gain for gain in targets.values()):
        raise OptionError("A plan moves a value by some amount", found=str(dict(targets)))
    if budget < 1:
        raise OptionError("A plan uses one intervention or more", found=str(budget))


def _out_of_reach(
    targets: Mapping[str, float],
    choices: Sequence[Choice],
    listed: Known,
    budget: int,
    n_candidates: int,
) -> OutOfReach:
    """Return the error that says how much can be had."""
    most = {
        value: np.sign(gain)
        * most_gain(choices, listed.propagation, value, np.sign(gain), most=budget)
        for value, gain in targets.items()
    }
    return OutOfReach(
        f"At most {budget} of {n_candidates} candidates must reach "
        + ", ".join(f"{gain:+.2f} of {value}" for value, gain in targets.items()),
        found="at most, each alone, " + ", ".join(f"{m:+.2f} of {v}" for v, m in most.items()),
        remedy="ask for less, allow more interventions or higher doses, or measure others",
    )
