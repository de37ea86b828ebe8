"""A `Dictionary` is what steering needs of a sparse autoencoder: directions and activations.

Directions and activations are in the units of the residual itself, whatever the autoencoder does to
its input before it encodes: adding `a · direction(f)` moves the residual as feature f at activation
a does. Guarantee: asking for one direction reads one row, not the whole decoder.
"""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Dictionary"]


class Dictionary(Protocol):
    """Features of the residual that leaves one layer."""

    @property
    def name(self) -> str:
        """Return what interventions call it."""

    @property
    def layer(self) -> int:
        """Return the decoder layer whose output it reads, from 0."""

    @property
    def width(self) -> int:
        """Return the width of the residual."""

    @property
    def n_features(self) -> int:
        """Return how many features there are."""

    @property
    def digest(self) -> str:
        """Return the digest of the weights."""

    def direction(self, feature: int) -> "Tensor":
        """Return (width,) what one unit of a feature adds to the residual, in float32."""

    def activation(self, residual: "Tensor", feature: int) -> "Tensor":
        """Return (…,) how active one feature is in a residual (…, width)."""

    def activations(self, residual: "Tensor") -> "Tensor":
        """Return (…, feature) how active every feature is in a residual (…, width)."""
