"""The figure of recovery by number of roles, from recovery.csv.

python experiments/planted_world/figures.py --out experiments/planted_world/results
"""

import argparse
import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from causalvalues.report.figure_checks import same_rows
from causalvalues.report.figure_manifest import Source
from causalvalues.report.figures import in_house_style, new_figure, save_figure

ROOT = Path(__file__).parents[2]
PANELS = {
    "shd": "edges that differ (SHD)",
    "adjacency_recall": "planted edges found",
    "adjacency_precision": "found edges that are planted",
    "arrow_precision": "found arrows that are planted",
}
SEARCHES = {  # colour, dash and marker
    "pc": ("#0072B2", "-", "o"),
    "ges": ("#D55E00", "--", "s"),
    "xges": ("#009E73", "-.", "^"),
    "boss": ("#CC79A7", ":", "D"),
}


def main() -> int:
    """Draw the study."""
    parser = argparse.ArgumentParser(description="The figure of recovery, from its table.")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    out = parser.parse_args().out
    for path in draw(out):
        print(f"Wrote {path}")
    return 0


@in_house_style
def draw(out: Path) -> list[Path]:
    """Return the files of the figure: one panel per measure."""
    table = out / "recovery.csv"
    frame = pd.read_csv(table)
    figure, axes = new_figure(n_columns=2, n_rows=2, height=2.15, page="double")
    for axis, (measure, title) in zip(axes, PANELS.items(), strict=True):
        _panel(axis, frame, measure)
        axis.set_title(title)
    for axis in axes[2:]:
        axis.set_xlabel("roles asked")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    source = Source(Path(__file__), ROOT, (table,))
    check = same_rows(frame, table)
    return save_figure(figure, out / "recovery_figure", frame, source, checks=[check])


def _panel(axis: Axes, frame: pd.DataFrame, measure: str) -> None:
    """Draw one measure of every search, mean and standard error."""
    for search, (colour, dash, marker) in SEARCHES.items():
        part = frame[frame.search == search]
        axis.errorbar(
            part.n_roles, part[measure], yerr=part[f"{measure}_se"], color=colour, ls=dash,
            marker=marker, ms=3.5, lw=1.2, elinewidth=0.8, label=search.upper(),
        )  # fmt: skip
    roles = sorted(frame.n_roles.unique())
    axis.set_xscale("log")
    axis.set_xticks(roles, [f"{n:,}" for n in roles])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_ylim(0, None if measure == "shd" else 1.03)


if __name__ == "__main__":
    sys.exit(main())
