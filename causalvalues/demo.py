"""The demo: sample the planted world, find its graph, and hold one against the other.

1. sample     roles of the planted world, with do-interventions beside      scores.csv
2. discover   PC on the rows without intervention                           graph.json
3. doubt      support by role, block-permutation null, effects              graph.json
4. judge      found against planted, predicted against measured effects     comparison.json
5. draw       planted and found side by side, and what an intervention does four figures each
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from pathlib import Path

import numpy as np
import pandas as pd

from causalvalues.discovery.column_order import column_order
from causalvalues.discovery.compare import Comparison, compare
from causalvalues.discovery.discover import discover
from causalvalues.discovery.effects import EffectsResult, effects
from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.nulls import NullResult, nulls
from causalvalues.discovery.resampling import Progress
from causalvalues.discovery.stability import stability
from causalvalues.organism.world import World, do_name, planted_world
from causalvalues.report.figures import in_house_style, new_figure, save_figure
from causalvalues.report.graph_drawing import (
    circle_layout,
    draw_against,
    draw_graph,
    edge_numbers,
)
from causalvalues.survey.scores import ScoreTable
from causalvalues.values import schwartz10

__all__ = ["Story", "tell"]

RAISED = {"security": 1.0}
Bar = Callable[[str], AbstractContextManager[Progress]]


@dataclass(frozen=True, eq=False)
class Story:
    """Everything the demo found, and the files it wrote."""

    world: World
    graph: ValueGraph
    null: NullResult
    comparison: Comparison
    predicted: pd.DataFrame  # per value: planted, predicted with interval, measured with interval
    files: tuple[Path, ...]


def tell(
    out: Path, *, n_roles: int = 600, n_resamples: int = 500, seed: int = 7, bar: Bar
) -> Story:
    """Return the story after writing its files into a folder."""
    world = planted_world()
    table = world.sample(n_roles, interventions=[RAISED], seed=seed)
    unsteered = without_contexts(table)
    graph = discover(unsteered)
    with bar("Resampling roles") as progress:
        support = stability(
            unsteered, n_resamples=n_resamples, seed=seed, progress=progress
        ).support
    with bar("Permuting blocks") as progress:
        null = nulls(unsteered, n_permutations=n_resamples, seed=seed, progress=progress)
    with bar("Estimating effects") as progress:
        estimated = effects(table, graph, n_resamples=n_resamples, seed=seed, progress=progress)
    graph = replace_fields(
        graph,
        support=support,
        effects=estimated.effects,
        checks=(*graph.checks, column_order(unsteered, seed=seed), null.check()),
    )
    comparison = compare(graph, world.graph_class(), seed=seed)
    predicted = predicted_against_measured(world, estimated)
    written = [
        table.to_csv(out / "scores.csv"),
        graph.to_json(out / "graph.json"),
        world.truth().to_json(out / "planted.json"),
        comparison.to_json(out / "comparison.json"),
        *_draw_graphs(world, graph, out),
        *_draw_effects(predicted, out),
    ]
    return Story(world, graph, null, comparison, predicted, tuple(written))


def without_contexts(table: ScoreTable) -> ScoreTable:
    """Return the rows that were under no intervention, as a plain table."""
    if table.contexts is None:
        return table
    return replace_fields(table.rows(np.flatnonzero(table.contexts == "")), contexts=None)


def predicted_against_measured(world: World, estimated: EffectsResult) -> pd.DataFrame:
    """Return, per value, the change that raising a value by one unit of its score brings."""
    (raised, _), truth = next(iter(RAISED.items())), world.total_effects()
    measured = {e.effect: e for e in estimated.measured if e.context == do_name(RAISED)}
    own = measured[raised].change
    rows = []
    for effect in estimated.effects:
        if effect.cause != raised:
            continue
        seen = measured[effect.effect]
        rows.append(
            {
                "value": effect.effect,
                "planted": truth[world.names.index(raised), world.names.index(effect.effect)],
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


def _draw_graphs(world: World, graph: ValueGraph, out: Path) -> list[Path]:
    """Return the files of the first figure: the planted graph, the found one, their difference."""
    system = schwartz10()
    places = circle_layout(system.names, [v.angle_in_degrees for v in system.values])
    truth = world.truth()
    figure, axes = new_figure(n_columns=3, height=4.3, width=4.4)
    draw_graph(axes[0], truth, places, title="planted (its equivalence class)")
    draw_graph(axes[1], graph, places, title="found, opacity = support")
    draw_against(axes[2], graph, truth, places, title="found against planted")
    return save_figure(figure, out / "planted_and_found", edge_numbers(graph, truth))


@in_house_style
def _draw_effects(predicted: pd.DataFrame, out: Path) -> list[Path]:
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
        label="measured under the intervention, 95 %",
    )  # fmt: skip
    axis.plot(predicted.planted, rows, "k|", ms=14, label="planted")
    axis.set_yticks(rows, predicted.value)
    axis.invert_yaxis()
    raised = next(iter(RAISED))
    axis.set_xlabel(f"change per unit of {raised}")
    axis.set_title(f"What raising {raised} does to the other values")
    axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.16), ncols=3)
    return save_figure(figure, out / "predicted_and_measured", predicted)
