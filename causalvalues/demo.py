"""The demo: survey the embedded Gemma, find its graph, steer by it, and hold all against the truth.

1. ask        a few hundred roles, some of them also with one value settled     answers.sqlite
2. score      answers to scores                                                 scores.parquet
3. discover   PC on the roles without intervention, support, null, effects      graph.json
4. judge      found against planted, predicted against measured effects         comparison.json
5. draw       planted and found side by side, and what an intervention does     figures/
6. find       features of the model's autoencoder, and lines told to roles      candidates.json
7. measure    what each of them does to every value                             effects.parquet
8. plan       raise one value and leave the others, as the graph foresees       plan.json
9. verify     the plan on items and roles it never saw, the truth beside it     verdict.json
10. tell      all of it as pages to explore, to read and to print               report.html

A model without an autoencoder of its own is steered by lines alone. One that nothing steers so far
ends its story there, with the reason.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from causalvalues.discovery.measured import measured_effects
from causalvalues.errors import InputError
from causalvalues.organism.embedded import is_organism
from causalvalues.organism.world import planted_world
from causalvalues.report.figures import in_house_style, new_figure, save_figure
from causalvalues.steering.cards import find_card
from causalvalues.study.pages import write_pages
from causalvalues.study.plan import (
    DiscoveryPlan,
    ModelPlan,
    ProtocolPlan,
    RolesPlan,
    SettledPlan,
    Study,
)
from causalvalues.study.run import Outcome, run
from causalvalues.study.stages import Bar
from causalvalues.study.steering import (
    Found,
    Measured,
    Planned,
    Verified,
    find_candidates,
    make_plan,
    measure_candidates,
    verify_plan,
)
from causalvalues.study.steering.steerable import load_respondent
from causalvalues.survey.request import Respondent

__all__ = ["RAISED", "TARGET", "Steered", "Story", "study_of_demo", "tell"]

RAISED = "security"
SETTLED_IN = 4  # one in so many roles is also asked with the value settled
TARGET, GAIN = "achievement", 0.3  # drags power up and hedonism down in the planted world


@dataclass(frozen=True, eq=False)
class Steered:
    """The second half of the story: what could be used, what was planned, and what came of it."""

    found: Found
    measured: Measured
    planned: Planned
    verified: Verified

    @property
    def files(self) -> tuple[Path, ...]:
        """Return every file of it."""
        parts = (self.found, self.measured, self.planned, self.verified)
        return tuple(file for part in parts for file in part.files)


@dataclass(frozen=True, eq=False)
class Story:
    """Everything the demo found, and the files it wrote."""

    outcome: Outcome
    predicted: pd.DataFrame  # per value: planted, predicted with interval, measured with interval
    files: tuple[Path, ...]
    steered: Steered | None = None
    ended: str = ""  # why nothing was steered, where nothing was


def study_of_demo(
    *, n_roles: int = 240, n_resamples: int = 300, seed: int = 7, model: str = "organism/gemma"
) -> Study:
    """Return the study that the demo runs."""
    return Study(
        name="demo",
        model=ModelPlan(name=model),
        roles=RolesPlan(n_roles=n_roles, seed=seed),
        protocol=ProtocolPlan(orders=("given",)),
        settled=SettledPlan(values=(RAISED,), n_roles=max(n_roles // SETTLED_IN, 1)),
        discovery=DiscoveryPlan(
            contexts="observational",
            n_resamples=n_resamples,
            n_permutations=n_resamples,
            seed=seed,
        ),
        truth="planted" if is_organism(model) else None,
    )


def tell(
    study: Study,
    out: Path,
    *,
    bar: Bar,
    n_calibration: int = 8,
    n_held_out: int = 16,
    n_items: int | None = None,
    respondent: Respondent | None = None,
) -> Story:
    """Return the story after writing its files into a folder; so many roles to steer on."""
    if respondent is None:
        respondent = load_respondent(study.model, bar=bar)
    outcome = run(study, out, bar=bar, respondent=respondent)
    predicted = predicted_against_measured(outcome, seed=study.discovery.seed)
    written = _draw_effects(predicted, out / "figures")
    files = (*outcome.files, *written)  # the report of the run among them
    try:
        steered = _steered(study, out, respondent, n_calibration, n_held_out, n_items, bar)
    except InputError as reason:
        return Story(outcome, predicted, files, ended=str(reason))
    files = (*files, *steered.files, *write_pages(out, bar=bar))
    return Story(outcome, predicted, tuple(dict.fromkeys(files)), steered)


def sae_of(model: str) -> tuple[str, ...]:
    """Return the autoencoder that ships for an organism; nothing for any other model."""
    name = model.replace("/", "-")
    return (name,) if is_organism(model) and find_card(name) is not None else ()


def _steered(
    study: Study,
    out: Path,
    respondent: Respondent,
    n_calibration: int,
    n_held_out: int,
    n_items: int | None,
    bar: Bar,
) -> Steered:
    """Return what came of raising one value while all others are held."""
    found = find_candidates(
        out, saes=sae_of(study.model.name), respondent=respondent, model=study.model.name, bar=bar
    )
    measured = measure_candidates(
        out, n_roles=n_calibration, n_items=n_items, neutral=False, respondent=respondent, bar=bar,
        model=study.model.name,
    )  # fmt: skip
    planned = make_plan(out, {TARGET: GAIN}, bar=bar)
    verified = verify_plan(
        out,
        n_roles=n_held_out,
        n_items=n_items,
        respondent=respondent,
        model=study.model.name,
        bar=bar,
    )
    return Steered(found, measured, planned, verified)


def predicted_against_measured(outcome: Outcome, *, seed: int = 0) -> pd.DataFrame:
    """Return, per value, the change that raising a value by one unit of its score brings."""
    planted = _planted(outcome)
    measured = {effect.effect: effect for effect in measured_effects(outcome.table, seed=seed)}
    own = measured[RAISED].change
    rows = []
    for effect in outcome.graph.effects:
        if effect.cause != RAISED:
            continue
        seen = measured[effect.effect]
        rows.append(
            {
                "value": effect.effect,
                "planted": planted.get(effect.effect, float("nan")),
                "low": effect.low,
                "high": effect.high,
                "interval_low": effect.interval_low,
                "interval_high": effect.interval_high,
                "measured": seen.change / own,
                "measured_low": min(seen.interval_low / own, seen.interval_high / own),
                "measured_high": max(seen.interval_low / own, seen.interval_high / own),
            }
        )
    return pd.DataFrame(rows)


def _planted(outcome: Outcome) -> dict[str, float]:
    """Return the true change of every value, where the truth is known."""
    if outcome.study.truth is None:
        return {}
    world = planted_world()
    row = world.total_effects()[world.names.index(RAISED)]
    return dict(zip(world.names, map(float, row), strict=True))


@in_house_style
def _draw_effects(predicted: pd.DataFrame, folder: Path) -> list[Path]:
    """Return the files of the second figure: what raising one value does to the others."""
    figure, (axis,) = new_figure(height=3.8, width=6.8)
    rows = np.arange(len(predicted))
    axis.axvline(0, color="#bbbbbb", lw=0.8)
    axis.hlines(rows + 0.12, predicted.interval_low, predicted.interval_high, color="#0072B2")
    axis.plot(
        (predicted.low + predicted.high) / 2, rows + 0.12, "o", color="#0072B2", ms=5,
        label="predicted from the graph, 95 %",
    )  # fmt: skip
    axis.hlines(rows - 0.12, predicted.measured_low, predicted.measured_high, color="#D55E00")
    axis.plot(
        predicted.measured, rows - 0.12, "s", color="#D55E00", ms=4.5,
        label="measured when it was settled, 95 %",
    )  # fmt: skip
    if predicted.planted.notna().any():
        axis.plot(predicted.planted, rows, "k|", ms=14, label="planted")
    axis.set_yticks(rows, predicted.value)
    axis.invert_yaxis()
    axis.set_xlabel(f"change per unit of {RAISED}")
    axis.set_title(f"What raising {RAISED} does to the other values")
    axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.16), ncols=3)
    return save_figure(figure, folder / "predicted_and_measured", predicted)
