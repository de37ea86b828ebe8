"""An `Edit` changes the residual that leaves one decoder layer; `Tokens` says where in the text.

Guarantee: what an edit is given is its own copy, and what it returns is what all later layers see.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Edit", "Tokens"]


@dataclass(frozen=True, eq=False)
class Tokens:
    """The tokens that a residual belongs to; each (batch, token).

    Prompts that begin alike share tokens, so a row is a tree, not one text: what a token follows
    is told by `positions` alone. Rows are filled up with tokens that nobody reads.
    """

    ids: "Tensor"
    positions: "Tensor"
    after_role: "Tensor"  # true where the whole text of the role came before
    is_last: "Tensor"  # true where the next token is the answer


class Edit(Protocol):
    """Whatever changes a residual."""

    @property
    def layer(self) -> int:
        """Return the decoder layer whose output is changed, from 0."""

    def __call__(self, residual: "Tensor", tokens: Tokens) -> "Tensor":
        """Return the residual (batch, token, width) that later layers see."""
