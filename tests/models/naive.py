"""The plain way, to compare with: one prompt, one option at a time, no packing, no cache."""

from collections.abc import Sequence

import numpy as np
import torch

from causalvalues.models.chat import Prompt
from causalvalues.models.edit import Edit, Tokens
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.options import continuations
from causalvalues.survey.request import Request


def log_probabilities(
    model: LanguageModel, request: Request, edit: Edit | Sequence[Edit] | None = None
) -> tuple[float, ...]:
    """Log-probability of each option, by the model's own forward."""
    (prompt,) = model.chat.prompts([request])
    found = continuations(request.options, lambda label: model.chat.continued(prompt.text, label))
    edits = () if edit is None else edit if isinstance(edit, Sequence) else (edit,)
    weighed = [_of_sequence(model, prompt, sequence, edits) for sequence in found.sequences]
    return found.weigh(np.array(weighed))


def says(model: LanguageModel, prompt: Prompt, phrase: str) -> list[bool]:
    """Whether each token of a prompt has a character of the phrase, character by character."""
    text = prompt.text
    there: set[int] = set()
    for start in range(len(text)):
        if phrase and text[start : start + len(phrase)] == phrase:
            there |= set(range(start, start + len(phrase)))
    read = model.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    found = [bool(there & set(range(*span))) for span in read["offset_mapping"]]
    n_added = len(prompt.ids) - len(found)  # a BOS that the template does not write
    return [False] * n_added + found


def _of_sequence(
    model: LanguageModel, prompt: Prompt, sequence: Sequence[int], edits: Sequence[Edit]
) -> float:
    """Log-probability of a sequence after a prompt."""
    ids = [int(token) for token in prompt.ids]
    whole = torch.tensor([[*ids, *sequence]], device=model.model.device)
    place = torch.arange(whole.shape[1], device=whole.device)[None]
    tokens = Tokens(
        ids=whole,
        positions=place,
        after_role=place >= prompt.role_end,
        is_last=place == len(ids) - 1,
        is_answer=place >= len(ids),
        in_phrase={
            edit.phrase: torch.tensor(
                [[*says(model, prompt, edit.phrase), *([False] * len(sequence))]]
            )
            for edit in edits
        },
        query=torch.full_like(whole, len(ids) - 1),
    )
    handles = [hooked(model, edit, tokens) for edit in edits]
    with torch.inference_mode():
        logits = model.model(input_ids=whole, use_cache=False).logits[0]
    for handle in handles:
        handle.remove()
    after = logits.float().log_softmax(-1)
    return sum(float(after[len(ids) - 1 + step, token]) for step, token in enumerate(sequence))


def hooked(model: LanguageModel, edit: Edit, tokens: Tokens) -> torch.utils.hooks.RemovableHandle:
    """A plain hook that edits."""

    def changed(seen: torch.Tensor) -> torch.Tensor:
        return edit(seen, tokens).to(seen)

    layer = model.parts.layers[edit.layer]
    if edit.site == "residual":
        return layer.register_forward_hook(lambda _, entered, left: changed(left))
    mlp: torch.nn.Module = layer.mlp  # type: ignore[assignment]
    if edit.site == "gates":
        return mlp.act_fn.register_forward_hook(lambda _, entered, left: changed(left))
    last: torch.nn.Module = mlp.down_proj
    return last.register_forward_pre_hook(lambda _, entered: (changed(entered[0]),))
