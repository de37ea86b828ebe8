"""`open_sae` gives a `Sae`: a sparse autoencoder of sae-lens, in the units of the residual.

    x → norm(x) · factor → encode → a          what sae-lens computes
    a in units of the residual                  a · (what norm took out of this token)
    direction(f)                                row f of the decoder / factor

so that `residual + a · direction(f)` moves the residual as feature f at activation a does, for
every architecture and normalisation that is let in.
Guarantee: one direction reads one row of the decoder, one feature's activation one column of the
encoder (all of it for top-k, where features compete); the whole autoencoder is loaded, by sae-lens,
when all activations are asked.
"""

import math
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch
from torch import Tensor

from causalvalues.errors import OptionError, SaeError, WrongWidth
from causalvalues.steering.cards import SaeCard
from causalvalues.steering.sae_columns import Column, Weights
from causalvalues.steering.sae_fit import check_fit
from causalvalues.steering.sae_source import Source, source_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["Sae", "SaeDtype", "open_sae"]

SaeDtype = Literal["float32", "bfloat16", "float16"]

STEADY = 1e-5  # what sae-lens adds to a deviation before it divides by it


def open_sae(
    name_or_path: str | Path,
    *,
    device: str = "cpu",
    dtype: SaeDtype = "float32",
    check_model: "PreTrainedModel | None" = None,
) -> "Sae":
    """Return a sparse autoencoder by its card, release, hub path or folder; no weights are read.

    With `check_model` it must fit that model: its width, its layers and, where known, its name.
    """
    if dtype not in get_args(SaeDtype):
        raise OptionError(
            f"`dtype` must be one of {', '.join(get_args(SaeDtype))}", found=repr(dtype)
        )
    sae = Sae(source_of(name_or_path), _device(device), dtype)
    if check_model is not None:
        check_fit(sae.source, check_model)
    return sae


class Sae:
    """A sparse autoencoder; see `Dictionary` for what steering asks of it."""

    def __init__(self, source: Source, device: torch.device, dtype: str) -> None:
        self.source, self.device, self.dtype = source, device, dtype
        self._weights = Weights(source)
        self._directions: dict[int, Tensor] = {}
        self._columns: dict[int, Column] = {}

    @property
    def name(self) -> str:
        """Return what interventions call it."""
        return self.source.name

    @property
    def card(self) -> SaeCard | None:
        """Return its card, if it was found by one or lies beside one."""
        return self.source.card

    @property
    def layer(self) -> int:
        """Return the decoder layer whose output it reads, from 0."""
        return self.source.layer

    @property
    def width(self) -> int:
        """Return the width of the residual."""
        return int(self.source.config["d_in"])

    @property
    def n_features(self) -> int:
        """Return how many features there are."""
        return int(self.source.config["d_sae"])

    @cached_property
    def digest(self) -> str:
        """Return the digest of the weights."""
        return self.source.digest()

    def direction(self, feature: int) -> Tensor:
        """Return (width,) what one unit of a feature adds to the residual, in float32."""
        self._check_feature(feature)
        if feature not in self._directions:
            row = self._weights.decoder(feature).to(self.device)
            if self.source.config.get("rescale_acts_by_decoder_norm"):
                row = row / row.norm()
            self._directions[feature] = row / self.source.factor
        return self._directions[feature]

    def activation(self, residual: Tensor, feature: int) -> Tensor:
        """Return (…,) how active one feature is in a residual (…, width), in float32."""
        self._check_feature(feature)
        self._check_residual(residual)
        if self.source.architecture == "topk":  # features compete: all are needed
            return self.activations(residual)[..., feature].float()
        taken, scale = self._taken(residual.float())
        if feature not in self._columns:
            self._columns[feature] = self._weights.column(feature).to(self.device)
        return self._columns[feature].activation(taken) * scale[..., 0]

    def activations(self, residual: Tensor) -> Tensor:
        """Return (…, feature) how active every feature is in a residual (…, width)."""
        self._check_residual(residual)
        self._check_scaling()
        with torch.no_grad():
            found: Tensor = self._whole.encode(residual.to(self._whole.dtype))
        return found * self._scale(residual.float()).to(found.dtype)

    def reconstruction(self, residual: Tensor) -> Tensor:
        """Return (…, width) what the autoencoder makes of a residual (…, width)."""
        self._check_residual(residual)
        self._check_scaling()
        with torch.no_grad():
            features = self._whole.encode(residual.to(self._whole.dtype))
            found: Tensor = self._whole.decode(features)
        return found

    @cached_property
    def _whole(self) -> Any:
        """Return the autoencoder as sae-lens loads it."""
        return self.source.whole(str(self.device), self.dtype)

    @cached_property
    def _bias(self) -> Tensor:
        """Return (width,) what is subtracted before encoding."""
        return self._weights.bias().to(self.device)

    def _taken(self, residual: Tensor) -> tuple[Tensor, Tensor]:
        """Return what enters the encoder, and by how much (…, 1) an activation is scaled."""
        self._check_scaling()
        scale = self._scale(residual)
        if self.source.normalisation == "layer_norm":
            residual = (residual - residual.mean(-1, keepdim=True)) / (scale + STEADY)
        elif self.source.normalisation == "constant_norm_rescale":
            residual = residual / scale
        taken = residual * self.source.factor
        if self.source.config.get("apply_b_dec_to_input", True):
            taken = taken - self._bias
        return taken, scale

    def _scale(self, residual: Tensor) -> Tensor:
        """Return (…, 1) what normalising took out of each token, which decoding puts back."""
        if self.source.normalisation == "layer_norm":
            return residual.std(dim=-1, keepdim=True)
        if self.source.normalisation == "constant_norm_rescale":
            size: Tensor = residual.norm(dim=-1, keepdim=True)
            return size / math.sqrt(self.width)
        return torch.ones_like(residual[..., :1])

    def _check_scaling(self) -> None:
        """Raise where nobody knows in which units the autoencoder wants the residual."""
        if not self.source.factor_known:
            raise SaeError(
                f"{self.name} expects a residual scaled to the norm √{self.width} on average, and "
                "nobody has written down by what",
                found="no norm_scaling_factor in its card or in sae-lens' registry",
                remedy="write norm_scaling_factor into a card: √width over the mean norm of the "
                "residual there, or 1 to leave it as it is",
            )

    def _check_feature(self, feature: int) -> None:
        """Raise unless there is such a feature."""
        if not 0 <= feature < self.n_features:
            raise OptionError(
                f"{self.name} has features from 0 to {self.n_features - 1}", found=str(feature)
            )

    def _check_residual(self, residual: Tensor) -> None:
        """Raise unless a residual is as wide as those it was trained on."""
        if residual.shape[-1] != self.width:
            raise WrongWidth(
                f"{self.name} reads a residual of width {self.width}",
                found=str(residual.shape[-1]),
            )


def _device(device: str) -> torch.device:
    """Return the device asked for, if this machine has it."""
    try:
        found = torch.device(device)
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError) as fault:
        raise OptionError(
            "`device` must be cpu, or an accelerator of this machine such as cuda",
            found=f"{device} ({str(fault).splitlines()[0]})",
        ) from fault
    return found
