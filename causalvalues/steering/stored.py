"""Arrays in a file of weights, of which a row or a column can be read alone.

    .safetensors    through its own slices
    .npz            mapped into memory where it is kept plain, as NumPy writes it; else read whole

Guarantee: a row of a decoder costs a row of memory, however large the file; nothing is unpickled.
"""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from causalvalues.errors import FileError

__all__ = ["Stored"]

T = TypeVar("T")

LOCAL_HEADER = 30  # bytes of a zip member's header before its name


@dataclass(frozen=True)
class Stored:
    """A file with named arrays."""

    path: Path

    def names(self) -> tuple[str, ...]:
        """Return what arrays there are."""
        return _told(self.path, self._names)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array."""
        return _told(self.path, lambda: self._shape(name))

    def row(self, name: str, place: int) -> Tensor:
        """Return row `place` of an array (n, m), or its entry where it has one axis; float32."""
        return _told(self.path, lambda: self._part(name, (place,)))

    def column(self, name: str, place: int) -> Tensor:
        """Return column `place` of an array (m, n), float32."""
        return _told(self.path, lambda: self._part(name, (slice(None), place)))

    def whole(self, name: str) -> Tensor:
        """Return all of an array, float32."""
        return _told(self.path, lambda: self._part(name, ()))

    def _names(self) -> tuple[str, ...]:
        if self.path.suffix == ".npz":
            with zipfile.ZipFile(self.path) as archive:
                return tuple(each.removesuffix(".npy") for each in archive.namelist())
        with safe_open(self.path, "pt") as stream:
            return tuple(stream.keys())

    def _shape(self, name: str) -> tuple[int, ...]:
        if self.path.suffix == ".npz":
            return tuple(self._mapped(name).shape)
        with safe_open(self.path, "pt") as stream:
            return tuple(stream.get_slice(name).get_shape())

    def _part(self, name: str, index: tuple[int | slice, ...]) -> Tensor:
        if self.path.suffix == ".npz":
            return torch.from_numpy(np.array(self._mapped(name)[index], dtype=np.float32))
        with safe_open(self.path, "pt") as stream:
            if not index:
                found: Tensor = stream.get_tensor(name)
            else:
                found = stream.get_slice(name)[index if len(index) > 1 else index[0]]
            return found.float()

    def _mapped(self, name: str) -> np.ndarray[Any, np.dtype[Any]]:
        """Return an array of a .npz file without reading it, if it is kept plain."""
        with zipfile.ZipFile(self.path) as archive:
            entry = archive.getinfo(f"{name}.npy")
        if entry.compress_type != zipfile.ZIP_STORED:
            with np.load(self.path, allow_pickle=False) as arrays:
                return np.asarray(arrays[name])
        with self.path.open("rb") as stream:
            stream.seek(entry.header_offset)
            header = stream.read(LOCAL_HEADER)
            n_name, n_extra = (int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
            stream.seek(n_name + n_extra, 1)
            read = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }[np.lib.format.read_magic(stream)]
            shape, by_column, dtype = read(stream)
            order: Literal["F", "C"] = "F" if by_column else "C"
            if dtype.kind not in "fiu":  # objects would be pointers, taken from the file
                raise ValueError(f"an array of {dtype}")
            start = stream.tell()
        return np.memmap(self.path, dtype, "r", start, shape, order)


def _told(path: Path, read: Callable[[], T]) -> T:
    """Return what a read gives; one that fails is told in a sentence."""
    try:
        return read()
    except (SafetensorError, OSError, KeyError, ValueError, zipfile.BadZipFile) as fault:
        raise FileError(
            f"Weights were expected at {path}",
            found=f"{type(fault).__name__}: {str(fault).splitlines()[0] if str(fault) else ''}",
            remedy="download or save them again",
        ) from fault
