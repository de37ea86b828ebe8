"""The plain way, to compare with: one prompt, one option at a time, no packing, no cache."""

from collections.abc import Sequence

import numpy as np
import torch

from causalvalues.models.edit import Edit, Tokens
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.options import continuations
from causalvalues.survey.request import Request


def log_probabilities(
    model: LanguageModel, request: Request, edit: Edit | None = None
) -> tuple[float, ...]:
    """Log-probability of each option, by the model's own forward."""
    (prompt,) = model.chat.prompts([request])
    found = continuations(request.options, lambda label: model.chat.continued(prompt.text, label))
    weighed = [
        _of_sequence(model, list(prompt.ids), prompt.role_end, sequence, edit)
        for sequence in found.sequences
    ]
    return found.weigh(np.array(weighed))


def _of_sequence(
    model: LanguageModel,
    ids: list[int],
    role_end: int,
    sequence: Sequence[int],
    edit: Edit | None,
) -> float:
    """Log-probability of a sequence after a prompt."""
    whole = torch.tensor([[*ids, *sequence]], device=model.model.device)
    place = torch.arange(whole.shape[1], device=whole.device)[None]
    tokens = Tokens(whole, place, place >= role_end, place == len(ids) - 1)

    def hook(layer: object, entered: object, left: torch.Tensor) -> torch.Tensor:
        return left if edit is None else edit(left, tokens)

    layer = model.parts.layers[edit.layer if edit else 0]
    handle = layer.register_forward_hook(hook)
    with torch.inference_mode():
        logits = model.model(input_ids=whole, use_cache=False).logits[0]
    handle.remove()
    after = logits.float().log_softmax(-1)
    return sum(float(after[len(ids) - 1 + step, token]) for step, token in enumerate(sequence))
