"""One style and one way to save: PDF, SVG, PNG and the plotted numbers as CSV.

Guarantee: the same numbers give the same bytes in every format, on every run.
"""

import io
from collections.abc import Callable
from functools import wraps
from importlib.resources import files
from pathlib import Path
from typing import ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from causalvalues.provenance import write_atomically

__all__ = ["in_house_style", "new_figure", "save_figure"]

STYLE = mpl.rc_params_from_file(
    str(files("causalvalues.report") / "causalvalues.mplstyle"), use_default_template=False
)
Inputs = ParamSpec("Inputs")
Output = TypeVar("Output")

COLUMN_IN_INCHES = 4.6
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
    *, n_columns: int = 1, n_rows: int = 1, height: float = 3.4, width: float = COLUMN_IN_INCHES
) -> tuple[Figure, list[Axes]]:
    """Return an empty figure in the house style and its axes, row by row."""
    figure = Figure(figsize=(width * n_columns, height * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(n_rows, n_columns, squeeze=False)
    return figure, list(np.ravel(axes))


@in_house_style
def save_figure(figure: Figure, stem: str | Path, plotted: pd.DataFrame) -> list[Path]:
    """Return the four files: `stem`.pdf, .svg, .png, and .csv with the plotted numbers."""
    folder, name = Path(stem).parent, Path(stem).name
    written = []
    for kind, metadata in METADATA_BY_FORMAT.items():
        stream = io.BytesIO()
        figure.savefig(stream, format=kind, metadata=metadata)
        written.append(write_atomically(folder / f"{name}.{kind}", stream.getvalue()))
    numbers = plotted.to_csv(index=False, lineterminator="\n")
    return [*written, write_atomically(folder / f"{name}.csv", numbers)]
