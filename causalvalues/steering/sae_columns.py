"""One feature at a time: its row of the decoder and its column of the encoder, read alone.

    standard    a = relu(x·w + b)
    jumprelu    a = relu(x·w + b) where x·w + b > threshold
    gated       a = relu(x·(w exp r) + m) where x·w + b > 0

Guarantee: what is read is as large as one feature, whatever the file holds; a file whose arrays do
not fit its config is an error that names both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from causalvalues.errors import FileError, SaeError, WrongWidth

if TYPE_CHECKING:
    from causalvalues.steering.sae_source import Source

__all__ = ["Column", "Weights"]

NAMES_BY_LOADER: Mapping[str, Mapping[str, str]] = {  # where a file has its own names
    "gemma_3": {"W_enc": "w_enc", "W_dec": "w_dec"},
    "llama_scope": {
        "W_enc": "encoder.weight",
        "W_dec": "decoder.weight",
        "b_enc": "encoder.bias",
        "b_dec": "decoder.bias",
    },
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "standard": ("W_enc", "W_dec", "b_enc", "b_dec"),
    "topk": ("W_enc", "W_dec", "b_enc", "b_dec"),
    "jumprelu": ("W_enc", "W_dec", "b_enc", "b_dec"),
    "gated": ("W_enc", "W_dec", "b_gate", "b_mag", "r_mag", "b_dec"),
}


@dataclass(frozen=True, eq=False)
class Column:
    """All that one feature's activation depends on, in float32."""

    encoder: Tensor  # (width,)
    bias: Tensor  # a number
    threshold: Tensor | None = None  # of jumprelu
    growth: Tensor | None = None  # of gated: the logarithm of how much steeper a magnitude is
    magnitude_bias: Tensor | None = None

    def activation(self, taken: Tensor) -> Tensor:
        """Return (…,) how active the feature is for what enters the encoder (…, width)."""
        before = taken @ self.encoder + self.bias
        if self.growth is not None and self.magnitude_bias is not None:
            size = taken @ (self.encoder * self.growth.exp()) + self.magnitude_bias
            return (before > 0) * size.relu()
        found = before.relu()
        return found if self.threshold is None else found * (before > self.threshold)

    def to(self, device: torch.device) -> "Column":
        """Return the same on a device."""
        found = (self.encoder, self.bias, self.threshold, self.growth, self.magnitude_bias)
        return Column(*(each if each is None else each.to(device) for each in found))  # type: ignore[arg-type]


class Weights:
    """The file of a sparse autoencoder, by feature."""

    def __init__(self, source: "Source") -> None:
        self._source, self._stored = source, source.stored
        self._turned = source.loader == "llama_scope"  # (feature, width) and (width, feature)

    def decoder(self, feature: int) -> Tensor:
        """Return (width,) a feature's row of the decoder, as it is kept."""
        return self._line("W_dec", feature, by_row=not self._turned)

    def column(self, feature: int) -> Column:
        """Return what a feature's activation depends on."""
        gated = self._source.architecture == "gated"
        jumps = self._source.architecture == "jumprelu"
        return Column(
            encoder=self._line("W_enc", feature, by_row=self._turned),
            bias=self._entry("b_gate" if gated else "b_enc", feature),
            threshold=self._threshold(feature) if jumps else None,
            growth=self._entry("r_mag", feature) if gated else None,
            magnitude_bias=self._entry("b_mag", feature) if gated else None,
        )

    def bias(self) -> Tensor:
        """Return (width,) the decoder's bias, as it is kept."""
        return self._stored.whole(self._names["b_dec"])

    def _line(self, key: str, feature: int, *, by_row: bool) -> Tensor:
        read = self._stored.row if by_row else self._stored.column
        return read(self._names[key], feature)

    def _entry(self, key: str, feature: int) -> Tensor:
        return self._stored.row(self._names[key], feature)

    def _threshold(self, feature: int) -> Tensor:
        """Return a feature's own threshold, or the one that all share."""
        if "threshold" in self._kept:
            return self._stored.row("threshold", feature)
        shared = self._source.config.get("threshold")
        if shared is None:
            raise self._broken("no threshold")
        return torch.tensor(float(shared))

    @cached_property
    def _kept(self) -> frozenset[str]:
        return frozenset(self._stored.names())

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """Return what the file calls each array, checked when the first is read."""
        own = NAMES_BY_LOADER.get(self._source.loader, {})
        found = {key: own.get(key, key) for key in NEEDED[self._source.architecture]}
        found = {  # both cases are in use
            key: name if name in self._kept else name.replace("W_", "w_")
            for key, name in found.items()
        }
        absent = sorted(set(found.values()) - self._kept)
        if absent:
            raise self._broken(f"no {', '.join(absent)}")
        self._check(found["W_dec"])
        return found

    def _check(self, decoder: str) -> None:
        """Raise unless the file is of the size its config says, and scales nothing besides."""
        config = self._source.config
        shape = self._stored.shape(decoder)
        asked = (int(config["d_sae"]), int(config["d_in"]))
        if shape != (asked[::-1] if self._turned else asked):
            raise WrongWidth(
                f"The config of {self._source.name} says {asked[0]} features of a residual of "
                f"{asked[1]}",
                found=f"a decoder of shape {shape}",
                remedy="download or save it again; config and weights must belong together",
            )
        if "scaling_factor" in self._kept:
            scaling = self._stored.whole("scaling_factor")
            if not torch.allclose(scaling, torch.ones_like(scaling)):
                raise SaeError(
                    "Activations that were rescaled after training are not read here",
                    found=f"a scaling_factor in {self._source.name}",
                    remedy="fold it into the decoder with sae-lens and save it again",
                )

    def _broken(self, found: str) -> FileError:
        """Return the error for a file without what its architecture needs."""
        return FileError(
            f"The weights of a {self._source.architecture} autoencoder were expected at "
            f"{self._stored.path}",
            found=found,
            remedy="download or save it again; config and weights must belong together",
        )
