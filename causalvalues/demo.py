"""The demo: survey the embedded Gemma, find its graph, and hold it against the planted one.

1. ask        a few hundred roles, some of them also with one value settled     answers.sqlite
2. score      answers to scores                                                 scores.parquet
3. discover   PC on the roles without intervention, support, null, effects      graph.json
4. judge      found against planted, predicted against measured effects         comparison.json
5. draw       planted and found side by side, and what an intervention does     figures/
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from causalvalues.discovery.measured import measured_effects
from causalvalues.organism.embedded import is_organism
from causalvalues.organism.world import planted_world
from causalvalues.report.figures import in_house_style, new_figure, save_figure
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

__all__ = ["RAISED", "Story", "study_of_demo", "tell"]

RAISED = "security"
SETTLED_IN = 4  # one in so many roles is also asked with the value settled


@dataclass(frozen=True, eq=False)
class Story:
    """Everything the demo found, and the files it wrote."""

    outcome: Outcome
    predicted: pd.DataFrame  # per value: planted, predicted with interval, measured with interval
    files: tuple[Path, ...]


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


def tell(study: Study, out: Path, *, bar: Bar) -> Story:
    """Return the story after writing its files into a folder."""
    outcome = run(study, out, bar=bar)
    predicted = predicted_against_measured(outcome, seed=study.discovery.seed)
    written = _draw_effects(predicted, out / "figures")
    return Story(outcome, predicted, (*outcome.files, *written))


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
