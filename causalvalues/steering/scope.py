"""Where an intervention works: a scope as a mask over tokens.

    all   prompt   generated   last   answering   phrase   after role

Guarantee: a mask is true exactly at the tokens that the scope names; a token that is generated is
never part of the prompt, of its last token or of a phrase.
"""

import torch
from torch import Tensor

from causalvalues.errors import OptionError
from causalvalues.models.edit import Tokens
from causalvalues.steering.intervention import Scope

__all__ = ["reached", "where_reached"]


def reached(scope: Scope, tokens: Tokens) -> Tensor:
    """Return (batch, token) true where a scope reaches."""
    match scope.where:
        case "all":
            return torch.ones_like(tokens.is_answer)
        case "prompt":
            return ~tokens.is_answer
        case "generated":
            return tokens.is_answer
        case "last":
            return tokens.is_last & ~tokens.is_answer
        case "answering":
            return tokens.is_answer | tokens.is_last
        case "after role":
            return tokens.after_role
        case "phrase":
            return _in_phrase(scope.phrase, tokens)


def where_reached(scope: Scope, tokens: Tokens, changed: Tensor, own: Tensor) -> Tensor:
    """Return (batch, token, width) what is changed where the scope reaches, own bits elsewhere."""
    if scope.where == "all":
        return changed
    mask = reached(scope, tokens).to(own.device)
    return torch.where(mask[..., None], changed, own)


def _in_phrase(phrase: str, tokens: Tokens) -> Tensor:
    """Return (batch, token) true at the tokens of a phrase."""
    if phrase not in tokens.in_phrase:
        raise OptionError(
            "Who runs an edit of a phrase must look for the phrase in the text",
            found=f"nobody looked for {phrase!r}",
        )
    return tokens.in_phrase[phrase] & ~tokens.is_answer
