"""Free answers, written greedily: batches of prompts of like length, filled up from the left.

Guarantee: nothing is sampled, whatever the checkpoint's own settings say; a text ends where the
model ends its turn; a batch that does not fit into memory is halved, no text lost or given twice.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from causalvalues.errors import PromptTooLong
from causalvalues.models.chat import Prompt
from causalvalues.models.forward import first_device
from causalvalues.models.memory import in_halves
from causalvalues.models.packing import batches

__all__ = ["Writer", "ends_of_turn"]

ENDS = ("<end_of_turn>", "<|eot_id|>", "<|im_end|>", "<|end|>", "<|end_of_turn|>")

Placed = tuple[int, Prompt]


@dataclass(frozen=True, eq=False)
class Writer:
    """A model that writes, and how many tokens it may hold at once."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    budget: int

    def texts(self, prompts: Sequence[Placed], *, max_new_tokens: int) -> Iterator[tuple[int, str]]:
        """Yield (place, text) of every prompt."""
        sizes = [len(prompt.ids) + max_new_tokens for _, prompt in prompts]
        for group in batches(sizes, budget=self.budget):
            some = [prompts[place] for place in group]
            for written in in_halves(some, lambda part: self._write(part, max_new_tokens), _halved):
                yield from written

    @torch.inference_mode()
    def _write(self, prompts: list[Placed], max_new_tokens: int) -> list[tuple[int, str]]:
        """Return the texts of one batch."""
        width = max(len(prompt.ids) for _, prompt in prompts)
        ends = ends_of_turn(self.model, self.tokenizer)
        pad = self.tokenizer.pad_token_id
        filler = int(pad) if isinstance(pad, int) else (ends[0] if ends else 0)
        ids = np.full((len(prompts), width), filler, dtype=np.int64)
        seen = np.zeros_like(ids)
        for row, (_, prompt) in enumerate(prompts):
            ids[row, width - len(prompt.ids) :] = prompt.ids
            seen[row, width - len(prompt.ids) :] = 1
        device = first_device(self.model)
        settings = GenerationConfig(  # type: ignore[no-untyped-call]
            do_sample=False,
            max_new_tokens=max_new_tokens,
            eos_token_id=ends or None,
            pad_token_id=filler,
        )
        written = cast(Callable[..., torch.Tensor], self.model.generate)(
            torch.from_numpy(ids).to(device),
            attention_mask=torch.from_numpy(seen).to(device),
            generation_config=settings,
        )
        new = written[:, width:].cpu().tolist()
        return [
            (place, self._read(tokens, ends))
            for (place, _), tokens in zip(prompts, new, strict=True)
        ]

    def _read(self, tokens: list[int], ends: list[int]) -> str:
        """Return what tokens say, up to the end of the turn."""
        length = next((i for i, token in enumerate(tokens) if token in ends), len(tokens))
        text = self.tokenizer.decode(tokens[:length], skip_special_tokens=True)
        return str(text).strip()


def ends_of_turn(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return every token that ends a turn: the tokenizer's, the checkpoint's, and known marks."""
    said = [tokenizer.eos_token_id, getattr(model.generation_config, "eos_token_id", None)]
    flat = [t for each in said for t in (each if isinstance(each, list) else [each])]
    marks = {token.content: place for place, token in tokenizer.added_tokens_decoder.items()}
    found = {token for token in flat if token is not None}
    return sorted(found | {marks[mark] for mark in ENDS if mark in marks})


def _halved(prompts: list[Placed]) -> tuple[list[Placed], list[Placed]]:
    """Return two halves of a batch."""
    if len(prompts) == 1:
        raise PromptTooLong(
            "A prompt and its answer must fit into memory",
            found=f"{len(prompts[0][1].ids)} tokens before the answer, for which memory ran out",
            remedy="ask for fewer new tokens, or use a smaller model or dtype",
        )
    middle = len(prompts) // 2
    return prompts[:middle], prompts[middle:]
