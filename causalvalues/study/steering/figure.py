"""The figure of a plan: per value, what was predicted, what came, and what else could have come.

Guarantee: every number in it stands in the CSV file beside it; colours tell apart for everyone, and
marks of their own do so without colour.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from causalvalues.report.figures import in_house_style, new_figure, save_figure
from causalvalues.study.steering.verdict_file import Verdict

__all__ = ["draw_steering"]

BLUE, RED, GREY, SHADE = "#0072B2", "#D55E00", "#8a8a8a", "#eef3f8"
HALF = 0.46  # of a row


@in_house_style
def draw_steering(verdict: Verdict, folder: Path) -> list[Path]:
    """Return the files of the figure."""
    frame = _in_order(verdict.to_frame())
    figure, (axis,) = new_figure(height=1.25 + 0.34 * len(frame), width=7.2)
    rows = np.arange(len(frame))
    _rows(axis, frame)
    axis.axvline(0, color="#bbbbbb", lw=0.8, zorder=1)
    if "planted" in frame:
        axis.plot(
            frame.planted, rows, "|", color="black", ms=13, mew=1.4, zorder=3,
            label="planted: what the gain alone brings",
        )  # fmt: skip
    if frame.unguided.notna().any():
        axis.plot(
            frame.unguided, rows, "D", color="white", mec=GREY, mew=1.3, ms=5.5, zorder=3,
            label="without the graph: best single candidate",
        )  # fmt: skip
    axis.hlines(rows - 0.2, frame.predicted_low, frame.predicted_high, color=BLUE, lw=1.6)
    axis.plot(frame.predicted, rows - 0.2, "o", color=BLUE, ms=5, label="plan: predicted, 95 %")
    axis.hlines(rows + 0.2, frame.measured_low, frame.measured_high, color=RED, lw=1.6)
    axis.plot(
        frame.measured, rows + 0.2, "s", color=RED, ms=4.5,
        label="plan: measured on held-out items and roles, 95 %",
    )  # fmt: skip
    axis.set_xlabel("change of the mean score")
    axis.set_title(_title(verdict))
    axis.legend(loc="upper center", bbox_to_anchor=(0.42, -0.55 / (0.34 * len(frame))), ncols=2)
    return save_figure(figure, folder / "steering", frame)


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the targets first, then values that are held, then others, each as they stood."""
    rank = frame["role"].map({"target": 0, "held": 1, "other": 2})
    return frame.iloc[np.argsort(rank.to_numpy(), kind="stable")].reset_index(drop=True)


def _rows(axis: Axes, frame: pd.DataFrame) -> None:
    """Name every row, and shade those of targets."""
    width = axis.get_yaxis_transform()  # across, whatever the numbers
    for row in np.flatnonzero((frame["role"] == "target").to_numpy()):
        axis.add_patch(
            Rectangle((0, row - HALF), 1, 2 * HALF, transform=width, color=SHADE, lw=0, zorder=0)
        )
    names = [
        f"{n} (held)" if r == "held" else n for n, r in zip(frame.value, frame.role, strict=True)
    ]
    axis.set_yticks(np.arange(len(frame)), names)
    axis.set_ylim(len(frame) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)


def _title(verdict: Verdict) -> str:
    """Return what was asked for."""
    targets = verdict.report.plan.targets
    asked = ", ".join(f"{value} by {gain:+.2f}" for value, gain in targets.items())
    others = "hold the others" if not verdict.report.plan.hold else "hold some others"
    return f"Move {asked}, and {others}"
