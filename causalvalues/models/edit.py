"""An `Edit` changes what leaves one decoder layer, or what passes a place inside its MLP.

    site "residual"   (batch, token, width)     what leaves the layer
    site "neurons"    (batch, token, neuron)    what enters `mlp.down_proj` of the layer
    site "gates"      (batch, token, neuron)    what leaves `mlp.act_fn`, before it meets up_proj

`Tokens` says where in the text. Guarantee: what an edit is given is its own copy, and what it
returns is what all later layers see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["BEFORE", "NOBODY", "Edit", "Site", "Tokens"]

Site = Literal["residual", "neurons", "gates"]

NOBODY, BEFORE = -1, -2  # a token of no single query; of one whose prompt was read before


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
    is_answer: "Tensor"  # true where the token belongs to an answer, not to the prompt
    in_phrase: Mapping[str, "Tensor"] = field(default_factory=dict)  # true at the phrase's tokens
    query: "Tensor | None" = None  # the place of the last token of the one prompt it belongs to
    memory: "dict[object, Tensor] | None" = None  # kept from a prompt to its answer, if need be


class Edit(Protocol):
    """Whatever changes a residual, or neurons."""

    @property
    def layer(self) -> int:
        """Return the decoder layer that is changed, from 0."""

    @property
    def site(self) -> Site:
        """Return what of the layer is changed."""

    @property
    def phrase(self) -> str:
        """Return the phrase whose tokens the edit asks for; empty where it asks for none."""

    @property
    def alone(self) -> bool:
        """Return whether it changes tokens by what their prompt says later: none may be shared."""

    def __call__(self, activation: "Tensor", tokens: Tokens) -> "Tensor":
        """Return what later layers see instead of an activation (batch, token, width)."""
