"""Figures of the steering study: collateral by method and budget; predicted against measured."""

from pathlib import Path

import pandas as pd

from causalvalues.report.figures import in_house_style, new_figure, save_figure

FAMILIES = ("features", "role prompts", "both")
STYLES = {  # colour, marker, and how far beside the budget
    "unguided": ("#999999", "s", -0.15),
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


@in_house_style
def draw_collateral(table: pd.DataFrame, stem: Path) -> list[Path]:
    """Return the files of the figure of collateral, a row per model, a column per family."""
    models = sorted(table.model.unique())
    figure, axes = new_figure(n_rows=len(models), n_columns=3, height=2.6, width=3.1)
    for place, axis in enumerate(axes):
        model, family = models[place // 3], FAMILIES[place % 3]
        part = table[(table.model == model) & (table.family == family)]
        budgets = sorted(part.budget.unique())
        for method, (colour, marker, beside) in STYLES.items():
            rows = part[part.method == method].sort_values("budget")
            x = [budgets.index(budget) + beside for budget in rows.budget]
            axis.vlines(x, rows.low, rows.high, color=colour, lw=1.2)
            axis.plot(x, rows.collateral, marker, color=colour, ms=5, label=LABELS[method])
        axis.set_xticks(range(len(budgets)), [str(budget) for budget in budgets])
        axis.set_ylim(bottom=0)
        axis.set_title(f"{model.removeprefix('organism/')}: {family}")
        if place % 3 == 0:
            axis.set_ylabel("collateral at a gain of .3")
        if place // 3 == len(models) - 1:
            axis.set_xlabel("answers per candidate")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return save_figure(figure, stem, table)


@in_house_style
def draw_predictions(values: pd.DataFrame, stem: Path) -> list[Path]:
    """Return the files of the figure of predicted against measured changes, plans of both."""
    values = values[values.family == "both"]
    models = sorted(values.model.unique())
    figure, axes = new_figure(n_columns=len(models), height=3.4, width=3.6)
    shown = values[["model", "budget", "role", "predicted", "measured"]]
    for axis, model in zip(axes, models, strict=True):
        part = values[values.model == model]
        axis.axline((0, 0), slope=1, color="#bbbbbb", lw=0.8)
        for role, colour, size in (("other", "#0072B2", 3), ("target", "#D55E00", 6)):
            rows = part[part.role == role]
            axis.scatter(
                rows.predicted,
                rows.measured,
                s=size,
                color=colour,
                lw=0,
                alpha=0.4,
                rasterized=True,
                label=role,
            )
        axis.set_xlabel("predicted change")
        axis.set_title(model.removeprefix("organism/"))
    axes[0].set_ylabel("measured on held-out items and roles")
    axes[0].legend(loc="upper left", title="value", markerscale=2)
    return save_figure(figure, stem, shown.round(3))
