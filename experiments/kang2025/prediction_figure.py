"""One figure per model: predicted against measured, calibration, and correlation by method."""

from pathlib import Path

import numpy as np
import pandas as pd
from audit_figures import BLUE, GREY, ORANGE, TITLE
from matplotlib.axes import Axes

from causalvalues.report.figure_checks import same_rows
from causalvalues.report.figure_manifest import Source
from causalvalues.report.figures import in_house_style, new_figure, save_figure

__all__ = ["draw_prediction"]

TEST, CEILING = "test roles", "same feature, known roles"  # as the tables of results name them
GREEN, PINK = "#009E73", "#CC79A7"
COLOUR = {
    "graph": BLUE,
    "graph, informed": "#56B4E9",
    "published graph": GREEN,
    "hand-made graph": PINK,
    "plain correlations": ORANGE,
    "no graph": GREY,
    CEILING: "#000000",
}
LABEL = {
    "graph": "our graph",
    "graph, informed": "our graph, informed\nby other features",
    CEILING: "the same feature,\ntraining roles",
}
DASH = {  # marker and dash, so that methods tell apart in grey
    "graph": "o-",
    "hand-made graph": "^--",
    "plain correlations": "x:",
    "no graph": "s-.",
}
CORRELATION = "pearson across"


@in_house_style
def draw_prediction(out: Path, model: str, source: Source) -> list[Path]:
    """Return the files of the figure of one model, from scores, cases and calibration."""
    scores, cases, calibration = (pd.read_csv(p, dtype={"n_seen": str}) for p in source.inputs)
    figure, axes = new_figure(n_columns=3, height=3.3, page="double")
    frames = [
        _draw_cases(axes[0], cases),
        _draw_calibration(axes[1], calibration),
        _draw_correlations(axes[2], scores),
    ]
    figure.suptitle(f"{TITLE[model]}: values that were not shown", x=0.01, ha="left", fontsize=8.5,
                    weight="bold")  # fmt: skip
    checks = [same_rows(f, path) for f, path in zip(frames, _in_order(source), strict=True)]
    plotted = pd.concat(frames, ignore_index=True)
    gaps = dict.fromkeys(plotted.select_dtypes("number").columns, "another panel's column")
    gaps |= {"p": "asked of graphs alone, or another panel's column"}
    return save_figure(
        figure, out / f"figure_prediction_{model}", plotted, source, gaps=gaps, checks=checks
    )


def _in_order(source: Source) -> list[Path]:
    """Return the tables in the order of the panels."""
    scores, cases, calibration = source.inputs
    return [cases, calibration, scores]


def _draw_cases(axis: Axes, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the plotted means: per feature and value, over the seen sets that left it unseen."""
    rows = []
    for method, marker in ((CEILING, "."), ("plain correlations", "x"), ("graph", "o")):
        means = cases[cases.method == method]
        axis.plot(
            means.predicted, means.measured, marker, color=COLOUR[method], ms=3, alpha=0.8,
            mew=0.7, label=LABEL.get(method, method).replace("\n", " "), ls="",
        )  # fmt: skip
        rows.append(means.assign(panel="cases"))
    reach = max(float(np.abs(pd.concat(rows).measured).max()), 0.1) * 1.05
    axis.plot([-reach, reach], [-reach, reach], color="#bbbbbb", lw=0.8, zorder=0)
    axis.axhline(0, color="#dddddd", lw=0.8, zorder=0)
    axis.set(xlim=(-reach, reach), ylim=(-reach, reach))
    axis.set_xlabel("predicted change")
    axis.set_ylabel("measured change, test roles")
    axis.set_title("Three values seen")
    axis.legend(loc="upper left", bbox_to_anchor=(-0.25, -0.2), handlelength=1.2)
    return pd.concat(rows)


def _draw_calibration(axis: Axes, calibration: pd.DataFrame) -> pd.DataFrame:
    """Return the plotted shares of measured changes inside their intervals."""
    axis.plot([0.45, 1], [0.45, 1], color="#bbbbbb", lw=0.8)
    shown = calibration[calibration.method.isin(list(DASH))]
    for method, own in shown.groupby("method"):
        axis.plot(
            own.nominal, own.actual, DASH[str(method)], color=COLOUR[str(method)], ms=3.5,
            label=LABEL.get(str(method), str(method)),
        )  # fmt: skip
    axis.set_xlabel("level of the interval")
    axis.set_ylabel("share of changes inside")
    axis.set_title("Calibration")
    axis.legend(loc="upper left", bbox_to_anchor=(-0.25, -0.2))
    return shown.assign(panel="calibration")


def _draw_correlations(axis: Axes, scores: pd.DataFrame) -> pd.DataFrame:
    """Return the plotted correlations with their intervals over features."""
    own = scores[(scores.target == TEST) & (scores.score == CORRELATION) & scores.number.notna()]
    own = own[own.method.isin(COLOUR)]
    own = own.assign(place=own.method.map(list(COLOUR).index)).sort_values("place")
    methods = list(dict.fromkeys(own.method))
    for n_seen, shift, face in (("1", -0.17, "white"), ("3", 0.17, None)):
        part = own[own.n_seen == n_seen]
        rows = np.array([methods.index(each) for each in part.method]) + shift
        for row, each in zip(rows, part.itertuples(), strict=True):
            colour = COLOUR[each.method]
            axis.plot([each.low, each.high], [row, row], color=colour, lw=1.2)
            axis.plot(each.number, row, "o", color=colour, mfc=face or colour, ms=5)
    axis.plot([], [], "o", color="#444444", mfc="white", label="one value seen")
    axis.plot([], [], "o", color="#444444", label="three values seen")
    axis.axvline(0, color="#bbbbbb", lw=0.8, zorder=0)
    axis.set_yticks(np.arange(len(methods)), [LABEL.get(each, each) for each in methods])
    axis.invert_yaxis()
    axis.set_xlim(-0.5, 1.02)
    axis.set_xlabel("correlation of change")
    axis.set_title("95 % over features")
    axis.legend(loc="upper left", bbox_to_anchor=(-0.5, -0.2), handlelength=1.2)
    return own.drop(columns="place").assign(panel="correlation")
