"""What is drawn of the methods: the board, gain against collateral, distance, plans, variants.

Methods tell apart by colour, marker and dash, organisms by filled and open marks.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from causalvalues.report.figure_checks import same_rows
from causalvalues.report.figure_manifest import Source
from causalvalues.report.figures import in_house_style, new_figure, save_figure

METHODS = ("prompt", "sae", "caa", "conva", "valuelocate", "neva")
NAMES = {
    "prompt": "prompt (settling)", "sae": "SAE feature", "caa": "CAA", "conva": "ConVA",
    "valuelocate": "ValueLocate", "neva": "NeVA-style (ours)",
}  # fmt: skip
COLOURS = {
    "prompt": "#000000", "sae": "#E69F00", "caa": "#0072B2", "conva": "#D55E00",
    "valuelocate": "#009E73", "neva": "#CC79A7",
}  # fmt: skip
MARKERS = {"prompt": "s", "sae": "^", "caa": "o", "conva": "D", "valuelocate": "v", "neva": "x"}
LINES = {"prompt": "-", "sae": "--", "caa": "-", "conva": "-.", "valuelocate": ":", "neva": "--"}
PANELS = {
    "gain": "gain of the target\n(.3 asked)",
    "at_gain": "collateral at a gain of .3\n(mean |change| of others)",
    "truth_r": "r with the planted\neffects",
    "leakage_ratio": "leakage ratio",
    "out_of_group_share": "share of leakage that\nleaves the group",
    "circumplex_fit": "fit with the circle",
    "forms_gain": "gain as “Should I …?”\n(yes/no, letters turned)",
    "robustness": "share of an opposite\nprompt undone",
    "perplexity_ratio": "perplexity ÷ unsteered\n(log scale)",
    "capability": "completions right",
    "told_gain": "gain in what is told",
    "tokens_ratio": "tokens computed\n÷ unsteered",
}
MODELS = ("organism/gemma", "organism/llama")
WAYS = {"alone": ("#888888", "s"), "measured": ("#E69F00", "^"), "guided": ("#0072B2", "o")}
TOO_FEW = dict.fromkeys(("low", "high"), "too few values or seeds for an interval")
OUT_OF_REACH = "the method does not reach the gain"

__all__ = ["draw_board", "draw_curves", "draw_distance", "draw_guidance", "draw_variants"]


@in_house_style
def draw_board(results: Path, stem: Path, source: Source) -> list[Path]:
    """Return the files of the leaderboard at equal gain: a panel per mark, a row per method."""
    table = pd.read_csv(results)
    part = table[(table.comparison == "equal gain") & table.mark.isin(PANELS)]
    figure, axes = new_figure(n_rows=4, n_columns=3, height=1.55, page="double")
    for axis, (mark, title) in zip(axes, PANELS.items(), strict=True):
        for model, offset in zip(MODELS, (-0.17, 0.17), strict=True):
            _marks(axis, part[(part.model == model) & (part.mark == mark)], offset)
        axis.set_title(title)
        if mark == "perplexity_ratio":  # one of them is seventeen times the others
            axis.set_xscale("log")
            axis.set_xticks([1, 3, 10, 30], ["1", "3", "10", "30"])
            axis.xaxis.set_minor_locator(NullLocator())
        axis.set_yticks(range(len(METHODS)))
        first = axis in axes[::3]
        axis.set_yticklabels([NAMES[m] for m in reversed(METHODS)] if first else [])
        axis.set_ylim(-0.6, len(METHODS) - 0.4)
    figure.supxlabel(
        "filled: organism/gemma      open: organism/llama      bars: 95 %", fontsize=7.5
    )
    return save_figure(
        figure, stem, part, source, gaps=TOO_FEW | {"mean": OUT_OF_REACH},
        checks=[same_rows(part, results)],
    )  # fmt: skip


def _marks(axis: Axes, rows: pd.DataFrame, offset: float) -> None:
    """Draw one mark of one organism, and say who does not reach the gain."""
    by_method = rows.set_index("method")
    for place, method in enumerate(reversed(METHODS)):
        if method not in by_method.index or not np.isfinite(by_method.loc[method, "mean"]):
            if offset < 0:
                _absent(axis, place)
            continue
        row, colour = by_method.loc[method], COLOURS[method]
        axis.hlines(place - offset, row.low, row.high, color=colour, lw=1.2)
        axis.plot(
            row["mean"], place - offset, MARKERS[method], color=colour, ms=4,
            mfc=colour if offset < 0 else "white",
        )  # fmt: skip


@in_house_style
def draw_curves(results: Path, stem: Path, source: Source) -> list[Path]:
    """Return the files of collateral against gain, dose by dose."""
    table = pd.read_csv(results)
    figure, axes = new_figure(n_columns=2, height=2.9, page="double")
    for axis, model in zip(axes, MODELS, strict=True):
        for method in METHODS:
            rows = table[(table.model == model) & (table.method == method)].sort_values("dose")
            axis.plot(
                [0, *rows.gain], [0, *rows.collateral], MARKERS[method], ls=LINES[method],
                color=COLOURS[method], ms=4, lw=1, label=NAMES[method],
            )  # fmt: skip
        axis.axvline(0.3, color="#bbbbbb", lw=0.8, zorder=0)
        axis.set_xlabel("gain of the target")
        axis.set_title(_shown(model))
    axes[0].set_ylabel("mean |change| of the nine others")
    _legend_below(figure, axes[0])
    return save_figure(figure, stem, table, source, checks=[same_rows(table, results)])


@in_house_style
def draw_distance(results: Path, stem: Path, source: Source) -> list[Path]:
    """Return the files of leakage by distance on the circle, with what was planted."""
    table = pd.read_csv(results)
    figure, axes = new_figure(n_columns=2, height=3.0, page="double")
    planted = table[table.model == "planted"]
    for axis, model in zip(axes, MODELS, strict=True):
        axis.plot(planted.steps, planted.leak, color="#999999", lw=4, alpha=0.5,
                  label="planted effect of setting it")  # fmt: skip
        for place, method in enumerate(METHODS):
            rows = table[(table.model == model) & (table.method == method)]
            if not len(rows):
                continue
            x = rows.steps + (place - 2.5) * 0.06
            axis.vlines(x, rows.low, rows.high, color=COLOURS[method], lw=1)
            axis.plot(
                x, rows.leak, MARKERS[method], ls=LINES[method], color=COLOURS[method], ms=4,
                lw=1, label=NAMES[method],
            )  # fmt: skip
        axis.set_xticks(range(5))
        axis.set_xlabel("steps apart on the circle (0: the same wedge)")
        axis.set_ylim(bottom=0)
        axis.set_title(_shown(model))
    axes[0].set_ylabel("|change| of the other ÷ gain")
    _legend_below(figure, axes[1])
    gaps = dict.fromkeys(("low", "high"), "what was planted is exact")
    return save_figure(figure, stem, table, source, gaps=gaps, checks=[same_rows(table, results)])


@in_house_style
def draw_guidance(results: Path, stem: Path, source: Source) -> list[Path]:
    """Return the files of what guidance saves: collateral alone, measured and guided."""
    table = pd.read_csv(results)
    figure, axes = new_figure(n_columns=2, height=2.4, page="double")
    for axis, model in zip(axes, MODELS, strict=True):
        rows = table[table.model == model].set_index("method")
        shown = [method for method in reversed(METHODS) if method in rows.index]
        for place, method in enumerate(shown):
            row = rows.loc[method]
            if not row.n:
                _absent(axis, place)
                continue
            axis.hlines(place, row.guided, row.alone, color="#dddddd", lw=3, zorder=0)
            for way, (colour, marker) in WAYS.items():
                axis.plot(row[way], place, marker, color=colour, ms=5, alpha=0.9,
                          label=way if place == len(shown) - 1 else None)  # fmt: skip
        axis.set_yticks(range(len(shown)), [NAMES[m] for m in shown] if axis is axes[0] else [])
        axis.set_ylim(-0.6, len(shown) - 0.4)
        axis.set_xlim(left=0)
        axis.set_xlabel("collateral at a gain of .3")
        axis.set_title(_shown(model))
    _legend_below(figure, axes[0], handlelength=1.2)
    gaps = dict.fromkeys(table.select_dtypes("number").columns, OUT_OF_REACH)
    return save_figure(figure, stem, table, source, gaps=gaps, checks=[same_rows(table, results)])


@in_house_style
def draw_variants(results: Path, stem: Path, source: Source) -> list[Path]:
    """Return the files of what each variant changes in collateral and in r with the truth."""
    table = pd.read_csv(results)
    part = table[(table.model == "both") & table.mark.isin(("at_gain", "truth_r"))]
    names = [name for name in part.variant.drop_duplicates() if "," in name and "neva" not in name]
    part = part[part.variant.isin(names)]
    figure, axes = new_figure(n_columns=2, height=2.5, page="double")
    titles = ("change of collateral at a gain of .3", "change of r with the planted effects")
    for axis, mark, title in zip(axes, ("at_gain", "truth_r"), titles, strict=True):
        rows = part[part.mark == mark].set_index("variant")
        for place, name in enumerate(reversed(names)):
            row = rows.loc[name]
            axis.hlines(place, row["less low"], row["less high"], color="#0072B2", lw=1.2)
            axis.plot(row["less mean"], place, "o", color="#0072B2", ms=4)
        axis.axvline(0, color="#bbbbbb", lw=0.8, zorder=0)
        labels = [_variant(name) for name in reversed(names)]
        axis.set_yticks(range(len(names)), labels if axis is axes[0] else [])
        axis.xaxis.set_major_locator(MaxNLocator(5))
        axis.set_title(title)
    return save_figure(figure, stem, part, source, checks=[same_rows(part, results)])


def _legend_below(figure: Figure, axis: Axes, *, handlelength: float = 2.6) -> None:
    """Put one legend for all panels below them."""
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, handlelength=handlelength)


def _variant(name: str) -> str:
    """Return the name of a variant, its method as it is called elsewhere."""
    method, _, change = name.partition(", ")
    return f"{NAMES[method]}, {change}"


def _shown(model: str) -> str:
    """Return the name of an organism."""
    return model.removeprefix("organism/").capitalize()


def _absent(axis: Axes, place: int) -> None:
    """Say that a method does not reach the gain."""
    axis.text(
        0.5, place, "out of reach", color="#777777", va="center", ha="center", fontsize=6.5,
        transform=axis.get_yaxis_transform(),
    )  # fmt: skip
