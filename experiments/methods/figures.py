"""Figures: the board, gain against collateral, leakage by distance, plans, variants."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

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
    "perplexity_ratio": "perplexity ÷ unsteered",
    "capability": "completions right",
    "told_gain": "gain in what is told",
    "tokens_ratio": "tokens computed ÷ unsteered",
}
MODELS = ("organism/gemma", "organism/llama")


@in_house_style
def draw_board(table: pd.DataFrame, stem: Path) -> list[Path]:
    """Return the files of the leaderboard at equal gain: a panel per mark, a row per method."""
    part = table[(table.comparison == "equal gain") & table.mark.isin(PANELS)]
    figure, axes = new_figure(n_rows=3, n_columns=4, height=1.9, width=2.5)
    for axis, (mark, title) in zip(axes, PANELS.items(), strict=True):
        for model, offset, filled in zip(MODELS, (-0.16, 0.16), (True, False), strict=True):
            rows = part[(part.model == model) & (part.mark == mark)].set_index("method")
            for place, method in enumerate(reversed(METHODS)):
                if method not in rows.index or not np.isfinite(rows.loc[method, "mean"]):
                    if offset < 0:
                        _absent(axis, place)
                    continue
                row, colour = rows.loc[method], COLOURS[method]
                axis.hlines(place - offset, row.low, row.high, color=colour, lw=1.2)
                axis.plot(
                    row["mean"], place - offset, MARKERS[method], color=colour, ms=4,
                    mfc=colour if filled else "white",
                )  # fmt: skip
        axis.set_title(title, fontsize=8)
        axis.set_yticks(range(len(METHODS)))
        first = axis in axes[::4]
        axis.set_yticklabels([NAMES[m] for m in reversed(METHODS)] if first else [])
        axis.set_ylim(-0.6, len(METHODS) - 0.4)
    figure.supxlabel("filled: organism/gemma   open: organism/llama   bars: 95 %", fontsize=8)
    return save_figure(figure, stem, part)


@in_house_style
def draw_curves(table: pd.DataFrame, stem: Path) -> list[Path]:
    """Return the files of collateral against gain, dose by dose."""
    figure, axes = new_figure(n_columns=2, height=3.0, width=3.5)
    for axis, model in zip(axes, MODELS, strict=True):
        for method in METHODS:
            rows = table[(table.model == model) & (table.method == method)].sort_values("dose")
            axis.plot(
                [0, *rows.gain], [0, *rows.collateral], MARKERS[method] + LINES[method],
                color=COLOURS[method], ms=4, lw=1, label=NAMES[method],
            )  # fmt: skip
        axis.axvline(0.3, color="#bbbbbb", lw=0.8, zorder=0)
        axis.set_xlabel("gain of the target")
        axis.set_title(model.removeprefix("organism/"))
    axes[0].set_ylabel("mean |change| of the nine others")
    axes[0].legend(fontsize=7)
    return save_figure(figure, stem, table.round(4))


@in_house_style
def draw_distance(table: pd.DataFrame, stem: Path) -> list[Path]:
    """Return the files of leakage by distance on the circle, with what was planted."""
    figure, axes = new_figure(n_columns=2, height=3.0, width=3.5)
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
                x, rows.leak, MARKERS[method] + LINES[method], color=COLOURS[method], ms=4, lw=1,
                label=NAMES[method],
            )  # fmt: skip
        axis.set_xticks(range(5))
        axis.set_xlabel("steps apart on the circle (0: the same wedge)")
        axis.set_ylim(bottom=0)
        axis.set_title(model.removeprefix("organism/"))
    axes[0].set_ylabel("|change| of the other ÷ gain")
    axes[1].legend(fontsize=7)
    return save_figure(figure, stem, table.round(4))


@in_house_style
def draw_guidance(table: pd.DataFrame, stem: Path) -> list[Path]:
    """Return the files of what guidance saves: collateral alone, measured and guided."""
    figure, axes = new_figure(n_columns=2, height=2.6, width=3.5)
    ways = {"alone": ("#999999", "s"), "measured": ("#E69F00", "^"), "guided": ("#0072B2", "o")}
    for axis, model in zip(axes, MODELS, strict=True):
        rows = table[table.model == model].set_index("method")
        shown = [method for method in reversed(METHODS) if method in rows.index]
        for place, method in enumerate(shown):
            row = rows.loc[method]
            if not row.n:
                _absent(axis, place)
                continue
            axis.hlines(place, row.guided, row.alone, color="#dddddd", lw=3, zorder=0)
            for way, (colour, marker) in ways.items():
                axis.plot(row[way], place, marker, color=colour, ms=5,
                          label=way if place == len(shown) - 1 else None)  # fmt: skip
        axis.set_yticks(range(len(shown)), [NAMES[m] for m in shown])
        axis.set_ylim(-0.6, len(shown) - 0.4)
        axis.set_xlim(left=0)
        axis.set_xlabel("collateral at a gain of .3")
        axis.set_title(model.removeprefix("organism/"))
    axes[0].legend(fontsize=7)
    return save_figure(figure, stem, table.round(4))


@in_house_style
def draw_variants(table: pd.DataFrame, stem: Path) -> list[Path]:
    """Return the files of what each variant changes in collateral and in r with the truth."""
    part = table[(table.model == "both") & table.mark.isin(("at_gain", "truth_r"))]
    names = [name for name in part.variant.drop_duplicates() if "," in name and "neva" not in name]
    figure, axes = new_figure(n_columns=2, height=2.8, width=3.6)
    titles = ("change of collateral at a gain of .3", "change of r with the planted effects")
    for axis, mark, title in zip(axes, ("at_gain", "truth_r"), titles, strict=True):
        rows = part[part.mark == mark].set_index("variant")
        for place, name in enumerate(reversed(names)):
            row = rows.loc[name]
            axis.hlines(place, row["less low"], row["less high"], color="#0072B2", lw=1.2)
            axis.plot(row["less mean"], place, "o", color="#0072B2", ms=4)
        axis.axvline(0, color="#bbbbbb", lw=0.8, zorder=0)
        axis.set_yticks(range(len(names)), list(reversed(names)) if axis is axes[0] else [])
        axis.set_title(title, fontsize=8)
    return save_figure(figure, stem, part.round(4))


def _absent(axis: Axes, place: int) -> None:
    """Say that a method does not reach the gain."""
    axis.text(
        0.5, place, "out of reach", color="#999999", va="center", ha="center", fontsize=6,
        transform=axis.get_yaxis_transform(),
    )  # fmt: skip
