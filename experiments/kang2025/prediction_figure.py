"""One figure per model: predicted against measured, calibration, and correlation by method."""

from pathlib import Path

import numpy as np
import pandas as pd
from figures import BLUE, GREY, ORANGE, TITLE
from matplotlib.axes import Axes
from prediction import Predicted
from prediction_sources import CEILING, TEST

from causalvalues.planning.prediction_cases import Cases
from causalvalues.report.figures import in_house_style, new_figure, save_figure

__all__ = ["draw_prediction"]

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
IN_CALIBRATION = ("graph", "hand-made graph", "plain correlations", "no graph")
CORRELATION = "pearson across"


@in_house_style
def draw_prediction(out: Path, model: str, predicted: Predicted) -> list[Path]:
    """Return the files of the figure of one model."""
    figure, axes = new_figure(n_columns=3, height=3.6, width=3.9)
    frames = [
        _draw_cases(axes[0], predicted.cases),
        _draw_calibration(axes[1], predicted.calibration),
        _draw_correlations(axes[2], predicted.scores),
    ]
    axes[0].set_title(f"{TITLE[model]}: unseen values")
    plotted = pd.concat(frames, ignore_index=True)
    return save_figure(figure, out / f"figure_prediction_{model}", plotted)


def _draw_cases(axis: Axes, by_method: dict[str, Cases]) -> pd.DataFrame:
    """Return the plotted means: per feature and value, over the seen sets that left it unseen."""
    rows = []
    for method, marker in ((CEILING, "."), ("plain correlations", "x"), ("graph", "o")):
        means = _means(by_method[method])
        axis.plot(
            means.predicted, means.measured, marker, color=COLOUR[method], ms=3.5, alpha=0.8,
            label=LABEL.get(method, method).replace("\n", " "), ls="",
        )  # fmt: skip
        rows.append(means.assign(panel="cases", method=method))
    reach = max(float(np.abs(pd.concat(rows).measured).max()), 0.1) * 1.05
    axis.plot([-reach, reach], [-reach, reach], color="#bbbbbb", lw=0.8, zorder=0)
    axis.axhline(0, color="#dddddd", lw=0.8, zorder=0)
    axis.set(xlim=(-reach, reach), ylim=(-reach, reach))
    axis.set_xlabel("predicted change, three other values seen")
    axis.set_ylabel("measured change, test roles")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)
    return pd.concat(rows)


def _means(cases: Cases) -> pd.DataFrame:
    """Return predicted and measured changes, one row per feature and value.

    A feature's values are told apart by their measured change, which no seen set alters.
    """
    frame = pd.DataFrame(
        {"feature": cases.intervention, "measured": cases.change, "predicted": cases.middle}
    )
    frame["feature"] = [cases.interventions[place] for place in cases.intervention]
    return frame.groupby(["feature", "measured"], as_index=False).predicted.mean()


def _draw_calibration(axis: Axes, calibration: pd.DataFrame) -> pd.DataFrame:
    """Return the plotted shares of measured changes inside their intervals."""
    axis.plot([0.45, 1], [0.45, 1], color="#bbbbbb", lw=0.8)
    shown = calibration[calibration.method.isin(IN_CALIBRATION)]
    for method, own in shown.groupby("method"):
        axis.plot(
            own.nominal, own.actual, "o-", color=COLOUR[str(method)], ms=3.5,
            label=LABEL.get(str(method), str(method)),
        )  # fmt: skip
    axis.set_xlabel("level of the interval")
    axis.set_ylabel("share of measured changes inside")
    axis.set_title("Calibration, three values seen")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)
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
    axis.set_xlabel("correlation of predicted and measured change")
    axis.set_title("By method, 95 % over features")
    axis.legend(loc="upper center", bbox_to_anchor=(0.35, -0.18), ncols=2)
    return own.drop(columns="place").assign(panel="correlation")
