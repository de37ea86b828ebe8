"""The leaderboard as a picture: a row per method, a small panel per mark, its interval beside it.

    ●  the method alone, at equal gain        ◇  a plan among its interventions, with the graph
    □  its control: as large an edit that knows nothing of the value

Guarantee: every number in it stands in the CSV file beside it; marks tell apart without colour; a
mark that no method was given has no panel, a method without a mark has no point there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from causalvalues.errors import TableError
from causalvalues.report.figures import in_house_style, new_figure, save_figure
from causalvalues.report.method_names import shown_name

__all__ = ["draw_leaderboard"]

COLUMNS = ("model", "comparison", "method", "mark", "mean", "low", "high")
LABEL_INCHES = 0.9  # that the names of methods take


@dataclass(frozen=True)
class _Panel:
    """One mark: what it is called, and the number that would be nothing at all."""

    mark: str
    title: str
    nothing: float
    of_controls: bool = True  # False where a control's gain, near 0, would divide


@dataclass(frozen=True)
class _Shown:
    """One comparison: how it is drawn, and where in the row."""

    comparison: str
    label: str
    shape: str
    colour: str
    filled: bool
    above: float  # the middle of the row


PANELS = (
    _Panel("gain", "gain of\nthe target", 0),
    _Panel("at_gain", "others move,\nat equal gain", 0, of_controls=False),
    _Panel("leakage_ratio", "leakage\nratio", 0, of_controls=False),
    _Panel("truth_r", "r with planted\neffects", 0),
    _Panel("graph_r", "r with the\nfound graph", 0),
    _Panel("told_gain", "gain in\nopen answers", 0),
    _Panel("perplexity_ratio", "perplexity,\ntimes unsteered", 1),
    _Panel("capability_change", "capability,\nchange", 0),
    _Panel("robustness", "opposite prompt\nundone", 0),
    _Panel("time_ratio", "time,\ntimes unsteered", 1),
)
SHOWN = (
    _Shown("equal gain", "the method alone, at equal gain", "o", "#0072B2", True, -0.22),
    _Shown("plan, guided", "a plan of its interventions, with the graph", "D", "#D55E00", False, 0),
    _Shown("control", "an edit as large that knows nothing", "s", "#8a8a8a", False, 0.22),
)


@in_house_style
def draw_leaderboard(leaderboard: pd.DataFrame, folder: Path) -> list[Path]:
    """Return the files of the figure, leaderboard.csv with all its numbers among them."""
    absent = [name for name in COLUMNS if name not in leaderboard]
    if absent:
        raise TableError("A leaderboard has its columns", found=f"no {', '.join(absent)}")
    known = leaderboard[leaderboard["comparison"].isin([each.comparison for each in SHOWN])]
    if known.empty:
        raise TableError("A leaderboard has entries at equal gain", found="none")
    rows = _rows(known)
    panels = _panels(known)
    figure, axes = new_figure(
        n_columns=len(panels), height=1.35 + 0.42 * len(rows), width=1.28 + LABEL_INCHES / 6
    )
    for place, (axis, panel) in enumerate(zip(axes, panels, strict=True)):
        _draw(axis, panel, known, rows)
        axis.set_yticks(range(len(rows)), list(rows.values()) if place == 0 else [])
    _legend(figure, axes[0], known)
    return save_figure(figure, folder / "leaderboard", leaderboard)


def _rows(known: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return the name of each row by its model and method, in the order of the table."""
    keys = list(dict.fromkeys(zip(known["model"], known["method"], strict=True)))
    several = len({model for model, _ in keys}) > 1
    return {
        (model, method): shown_name(method) + (f"\n({model})" if several else "")
        for model, method in keys
    }


def _panels(known: pd.DataFrame) -> list[_Panel]:
    """Return the panels that have a number to show; that of gain always."""
    has = set(known.loc[np.isfinite(known["mean"].to_numpy(np.float64)), "mark"])
    return [panel for panel in PANELS if panel.mark in has or panel.mark == "gain"]


def _draw(
    axis: Axes, panel: _Panel, known: pd.DataFrame, rows: Mapping[tuple[str, str], str]
) -> None:
    """Draw one mark of all methods."""
    axis.axvline(panel.nothing, color="#bbbbbb", lw=0.8, zorder=1)
    for shown in SHOWN:
        if shown.comparison == "control" and not panel.of_controls:
            continue
        own = known[(known["comparison"] == shown.comparison) & (known["mark"] == panel.mark)]
        places = [list(rows).index(key) for key in zip(own["model"], own["method"], strict=True)]
        _points(axis, shown, own, np.asarray(places, dtype=np.float64) + shown.above)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_title(panel.title, fontsize="medium")
    axis.tick_params(axis="y", length=0)
    for below in range(1, len(rows)):
        axis.axhline(below - 0.5, color="#eeeeee", lw=0.6, zorder=0)


def _points(axis: Axes, shown: _Shown, own: pd.DataFrame, heights: np.ndarray) -> None:
    """Draw what one comparison gave each method."""
    axis.hlines(heights, own["low"], own["high"], color=shown.colour, lw=1.3, zorder=2)
    axis.plot(
        own["mean"], heights, shown.shape, ms=4.4, color=shown.colour, mew=1.1, zorder=3,
        mfc=shown.colour if shown.filled else "white", label=shown.label,
    )  # fmt: skip


def _legend(figure: Figure, axis: Axes, known: pd.DataFrame) -> None:
    """Say below all panels what the marks are."""
    there = set(known["comparison"])
    drawn = zip(*axis.get_legend_handles_labels(), strict=True)
    kept = [pair for pair, shown in zip(drawn, SHOWN, strict=True) if shown.comparison in there]
    handles, labels = zip(*kept, strict=True)
    figure.legend(handles, labels, loc="outside lower left", ncols=len(SHOWN))
