"""One style and one way to save: PDF, SVG, PNG, the plotted numbers as CSV, and how it was made.

    single    3.33 inches, a column of a two-column paper        double    6.9 inches, both

Guarantee: the same numbers give the same bytes in every format, on every run; a figure made for a
page is as wide as its columns, to the point.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from importlib.resources import files
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from causalvalues.provenance import write_atomically
from causalvalues.report.figure_checks import finite_or_named, page_wide
from causalvalues.report.figure_manifest import NamedCheck, Source
from causalvalues.survey.cells import csv_of

__all__ = ["WIDTH_BY_PAGE", "Page", "in_house_style", "new_figure", "save_figure"]

Page = Literal["single", "double"]
STYLE = mpl.rc_params_from_file(
    str(files("causalvalues.report") / "causalvalues.mplstyle"), use_default_template=False
)
Inputs = ParamSpec("Inputs")
Output = TypeVar("Output")

COLUMN_IN_INCHES = 4.6
WIDTH_BY_PAGE: Mapping[Page, float] = {"single": 3.33, "double": 6.9}  # in inches
METADATA_BY_FORMAT: dict[str, dict[str, str | None]] = {  # dates and versions left out
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None},
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}


def in_house_style(draw: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
    """Return a drawing function that uses the house style and leaves matplotlib's as it was."""

    @wraps(draw)
    def drawn(*args: Inputs.args, **kwargs: Inputs.kwargs) -> Output:
        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


@in_house_style
def new_figure(
    *,
    n_columns: int = 1,
    n_rows: int = 1,
    height: float = 3.4,
    width: float = COLUMN_IN_INCHES,
    page: Page | None = None,
) -> tuple[Figure, list[Axes]]:
    """Return an empty figure in the house style and its axes, row by row.

    Height and width are those of one panel; for a page, all panels share the width of its columns.
    """
    whole = width * n_columns if page is None else WIDTH_BY_PAGE[page]
    figure = Figure(figsize=(whole, height * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(n_rows, n_columns, squeeze=False)
    return figure, list(np.ravel(axes))


@in_house_style
def save_figure(
    figure: Figure,
    stem: str | Path,
    plotted: pd.DataFrame,
    source: Source | None = None,
    *,
    gaps: Mapping[str, str] | None = None,
    checks: Sequence[NamedCheck] = (),
) -> list[Path]:
    """Return the files: `stem`.pdf, .svg, .png, .csv with the plotted numbers, and how it was made.

    The manifest is written where a source is given, last, after its checks passed: every number is
    finite, or its column is named in `gaps` with the reason; the width; and checks of the caller.
    """
    folder, name = Path(stem).parent, Path(stem).name
    is_for_a_page = figure.get_figwidth() in WIDTH_BY_PAGE.values()
    written = []
    with mpl.rc_context({"savefig.bbox": None} if is_for_a_page else {}):
        for kind, metadata in METADATA_BY_FORMAT.items():
            stream = io.BytesIO()
            figure.savefig(stream, format=kind, metadata=metadata)
            written.append(write_atomically(folder / f"{name}.{kind}", stream.getvalue()))
    numbers = csv_of(plotted)
    written.append(write_atomically(folder / f"{name}.csv", numbers))
    if source is None:
        return written
    own = [finite_or_named(plotted, gaps or {}), page_wide(figure, WIDTH_BY_PAGE.values())]
    manifest = folder / f"{name}.manifest.json"
    return [*written, source.write(manifest, written, checks=[*own, *checks])]
