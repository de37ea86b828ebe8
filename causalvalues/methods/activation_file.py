"""What a model says inside at the last token of texts, kept on disk: one pass, then point by point.

    with activation_file(model, texts, [Point(layer) for layer in layers]) as file:
        for point in file.points:
            rows = file.rows(point)      (text, width), mapped from disk

A point has a file of raw numbers, one row for each text, in its place. Guarantee: the model reads
every text once, whatever the number of points; memory holds one batch at a time, never all texts
at all points; on leaving, also by an exception, the files are gone.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import Fault, OptionError
from causalvalues.models.conditions import Point
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.last_tokens import LastTokens, last_tokens

__all__ = ["ActivationFile", "Precision", "activation_file", "kept_on_disk"]

Precision = Literal["float32", "float16"]
Progress = Callable[[int, int], None]  # texts that were read, of how many
Rows = NDArray[np.float32] | NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class ActivationFile:
    """What passed some points at the last token of every text; it lasts as long as its block."""

    folder: Path
    n_texts: int
    precision: Precision
    widths: Mapping[Point, int] = field(default_factory=dict)

    @property
    def points(self) -> tuple[Point, ...]:
        """Return the points, as the model passes them."""
        return tuple(sorted(self.widths, key=lambda point: point.order))

    def rows(self, point: Point) -> Rows:
        """Return (text, width) what passed one point: pages of its file, none of the others."""
        if point not in self.widths:
            raise OptionError(
                "What is looked at must have been read",
                found=f"{point.site} of layer {point.layer}",
            )
        shape = self.n_texts, self.widths[point]
        return np.memmap(self.path(point), dtype=self.precision, mode="r", shape=shape)

    def path(self, point: Point) -> Path:
        """Return the file of a point: rows end to end, numbers as this machine holds them."""
        return self.folder / f"{point.layer:03}-{point.site}.{self.precision}"


@contextmanager
def activation_file(
    model: LanguageModel,
    texts: Sequence[str],
    points: Sequence[Point],
    *,
    precision: Precision = "float32",
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> Iterator[ActivationFile]:
    """Give what passes some points at the last token of every text.

    folder   where the temporary files go; None: where the system keeps them, often in memory
    """
    batches = last_tokens(model, texts, points)
    with kept_on_disk(
        batches, len(texts), precision=precision, folder=folder, progress=progress
    ) as file:
        yield file


@contextmanager
def kept_on_disk(
    batches: Iterable[LastTokens],
    n_texts: int,
    *,
    precision: Precision = "float32",
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> Iterator[ActivationFile]:
    """Give what batches hold, once all of them are written."""
    if n_texts < 1:
        raise OptionError("Reading a model needs a text", found="none")
    with TemporaryDirectory(prefix="activations-", dir=folder) as place:
        yield _written(batches, Path(place), n_texts, precision, progress)


def _written(
    batches: Iterable[LastTokens],
    folder: Path,
    n_texts: int,
    precision: Precision,
    progress: Progress | None,
) -> ActivationFile:
    """Return the file after every batch is written to it."""
    widths: dict[Point, int] = {}
    file = ActivationFile(folder, n_texts, precision, widths)
    n_written = 0
    with ExitStack() as stack:
        handles: dict[Point, BinaryIO] = {}
        for batch in batches:
            if not handles:
                widths |= {point: rows.shape[1] for point, rows in batch.rows.items()}
                _check_room(file)
                for point in widths:
                    handles[point] = stack.enter_context(file.path(point).open("wb"))
            for point, rows in batch.rows.items():
                _write(handles[point], batch.places, _rounded(rows, precision))
            n_written += len(batch.places)
            if progress is not None:
                progress(n_written, n_texts)
    if n_written != n_texts:
        raise Fault("Every text is read once", found=f"{n_written} rows of {n_texts} texts")
    return file


def _write(handle: BinaryIO, places: NDArray[np.int64], rows: Rows) -> None:
    """Write each row in its place."""
    for place, row in zip(places.tolist(), rows, strict=True):
        handle.seek(place * row.nbytes)
        handle.write(row.tobytes())


def _rounded(rows: NDArray[np.float32], precision: Precision) -> Rows:
    """Return rows in the precision of the file, all of them finite."""
    with np.errstate(over="ignore"):
        rounded: Rows = rows.astype(precision)
    if not np.isfinite(rounded).all():
        raise OptionError(
            "What a model says inside must be numbers that the file can hold",
            found=f"{float(np.abs(rows).max()):.3g} in {precision}",
            remedy="keep float32, or load the model in a wider type",
        )
    return rounded


def _check_room(file: ActivationFile) -> None:
    """Raise where the disk is too full, before it is."""
    needed = file.n_texts * sum(file.widths.values()) * np.dtype(file.precision).itemsize
    free = shutil.disk_usage(file.folder).free
    if needed > free:
        raise OptionError(
            f"Activations need {needed / 2**30:.1f} GiB of disk",
            found=f"{free / 2**30:.1f} GiB free where {file.folder.parent} lies",
            remedy="give another `folder`, fewer layers, or precision='float16'",
        )
