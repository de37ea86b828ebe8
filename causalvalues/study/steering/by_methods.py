"""Methods as candidates of a plan: each fitted to each value, raising it and lowering it.

    caa                        raising alone: what is added can be taken away as well
    conva, neva, valuelocate   either way: they act in part, or whole, in one direction
    dose                       the one that a study names, or the middle of the method's ladder

Guarantee: methods are fitted on what `methods:` of the study names, on no item that is judged on; a
method that cannot be fitted to a value is left out, with the reason.
"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from causalvalues.errors import OptionError
from causalvalues.leaderboard.entrants import Unfitted, entrants
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.intervention import Intervention
from causalvalues.study.methods.fitting import EVERY_RUNG, checked_dose
from causalvalues.study.methods.materials import materials_from
from causalvalues.study.methods.plan import MethodsPlan, SteeringMethod
from causalvalues.study.methods.sources import sources_of
from causalvalues.study.methods.tables import fitted_table, unfitted_table
from causalvalues.study.stages import Bar
from causalvalues.study.steering.proposing import Proposing
from causalvalues.study.steering.surveyed import Surveyed

__all__ = ["by_methods"]

ADDED: tuple[SteeringMethod, ...] = ("caa",)


def by_methods(
    surveyed: Surveyed, model: LanguageModel, how: Proposing, *, seed: int, bar: Bar
) -> tuple[dict[str, Intervention], pd.DataFrame]:
    """Return methods at their doses by name, and a table of all, also of what was not fitted."""
    plan = surveyed.study.methods or MethodsPlan()
    sources = sources_of(
        model, surveyed.study.model.name, surveyed.interview.items, plan, seed=seed
    )
    values = how.values or tuple(v for v in surveyed.names if v in sources.contrasts.values)
    materials = materials_from(model, sources, how.methods, bar=bar)
    fitted: list[Fitted] = []
    unfitted: list[Unfitted] = []
    with bar("Fitting methods") as progress:
        for methods, directions in _ways(how.methods):
            known = entrants(
                model, materials, methods=methods, values=values, directions=directions,
                n_rungs=EVERY_RUNG, seed=seed, progress=progress,
            )  # fmt: skip
            fitted += known.fitted
            unfitted += known.unfitted
    if not fitted:
        first = unfitted[0]
        raise OptionError(
            "Some method must fit some value",
            found=f"none; {first.method} to {first.value}: {first.reason}",
        )
    doses = {each.name: checked_dose(each, how.doses.get(each.method)) for each in fitted}
    found = {each.name: each.at(doses[each.name]) for each in fitted}
    return found, _table(fitted, doses, unfitted)


def _table(
    fitted: Sequence[Fitted], doses: Mapping[str, float], unfitted: Sequence[Unfitted]
) -> pd.DataFrame:
    """Return a row per method: its dose and what fitting found, or why it could not be fitted."""
    table = fitted_table(fitted).drop(columns="doses").assign(reason="")
    table.insert(4, "dose", [doses[each.name] for each in fitted])
    return pd.concat([table, unfitted_table(unfitted)], ignore_index=True)


def _ways(
    methods: tuple[SteeringMethod, ...],
) -> Iterator[tuple[tuple[SteeringMethod, ...], tuple[Direction, ...]]]:
    """Yield methods with the directions that each is fitted in."""
    added = tuple(each for each in methods if each in ADDED)
    others = tuple(each for each in methods if each not in ADDED)
    if added:
        yield added, ("raise",)
    if others:
        yield others, ("raise", "lower")
