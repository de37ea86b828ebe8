"""Figures of the steering study: collateral by method and budget; predicted against measured."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from causalvalues.report.figure_checks import same_rows
from causalvalues.report.figure_manifest import Source
from causalvalues.report.figures import in_house_style, new_figure, save_figure

FAMILIES = ("features", "role prompts", "both")
STYLES = {  # colour, marker, and how far beside the budget
    "unguided": ("#888888", "s", -0.15),
    "measured": ("#E69F00", "^", -0.05),
    "guided": ("#0072B2", "o", 0.05),
    "oracle": ("#000000", "D", 0.15),
}
LABELS = {
    "unguided": "best for the target",
    "measured": "measured profiles, no graph",
    "guided": "graph-guided",
    "oracle": "knows the planted model",
}


ROLES = {"other": ("#0072B2", "o", 3, "another value"), "target": ("#D55E00", "^", 8, "the target")}


@in_house_style
def draw_collateral(results: Path, stem: Path, source: Source) -> list[Path]:
    """Return the files of the figure of collateral, a row per model, a column per family."""
    table = pd.read_csv(results)
    models = sorted(table.model.unique())
    figure, axes = new_figure(n_rows=len(models), n_columns=3, height=2.0, page="double")
    for place, axis in enumerate(axes):
        model, family = models[place // 3], FAMILIES[place % 3]
        part = table[(table.model == model) & (table.family == family)]
        _collateral(axis, part)
        axis.set_title(f"{model.removeprefix('organism/').capitalize()}, {family}")
        if place % 3 == 0:
            axis.set_ylabel("collateral at a gain of .3")
        if place // 3 == len(models) - 1:
            axis.set_xlabel("answers per candidate")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, handlelength=1.2)
    return save_figure(figure, stem, table, source, checks=[same_rows(table, results)])


def _collateral(axis: Axes, part: pd.DataFrame) -> None:
    """Draw every method of one model and family."""
    budgets = sorted(part.budget.unique())
    for method, (colour, marker, beside) in STYLES.items():
        rows = part[part.method == method].sort_values("budget")
        x = [budgets.index(budget) + beside for budget in rows.budget]
        axis.vlines(x, rows.low, rows.high, color=colour, lw=1.2)
        axis.plot(x, rows.collateral, marker, color=colour, ms=4, label=LABELS[method])
    axis.set_xticks(range(len(budgets)), [str(budget) for budget in budgets])
    axis.set_ylim(bottom=0)


@in_house_style
def draw_predictions(results: Sequence[Path], stem: Path, source: Source) -> list[Path]:
    """Return the files of the figure of predicted against measured changes, plans of both."""
    values = pd.concat([pd.read_parquet(path) for path in results], ignore_index=True)
    values = values[values.family == "both"]
    shown = values[["model", "budget", "role", "predicted", "measured"]]
    shown = shown.astype({"predicted": "float64", "measured": "float64"}).round(5)
    models = sorted(shown.model.unique())
    figure, axes = new_figure(n_columns=len(models), height=3.2, page="double")
    for axis, model in zip(axes, models, strict=True):
        axis.axline((0, 0), slope=1, color="#bbbbbb", lw=0.8)
        for role, (colour, marker, size, label) in ROLES.items():
            rows = shown[(shown.model == model) & (shown.role == role)]
            axis.scatter(
                rows.predicted, rows.measured, s=size, color=colour, marker=marker, lw=0,
                alpha=0.4, rasterized=True, label=label,
            )  # fmt: skip
        axis.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), aspect="equal")
        axis.set_xlabel("predicted change")
        axis.set_title(model.removeprefix("organism/").capitalize())
    axes[0].set_ylabel("measured on held-out items and roles")
    axes[0].legend(loc="upper left", markerscale=2, handlelength=1.2)
    return save_figure(figure, stem, shown, source, checks=[same_rows(shown, *results)])
