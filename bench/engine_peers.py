"""The other ways to ask a model the same prompts: what the survey engine is measured against.

    write      the published way: batches of 8, padded on the left, 100 new tokens each, greedy
    alone      one prompt at a time, one plain forward, the log-softmax of the options' tokens
    harness    lm-evaluation-harness's Hugging Face backend, whose cache answers all one-token
               options of a prompt by one forward

Peers are handed the tokens of every prompt and option; our own engine starts from the text.
"""

import copy
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from transformers import GenerationConfig

from causalvalues.models.generation import ends_of_turn
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.options import Continuations, continuations
from causalvalues.survey.request import Request

__all__ = ["Answers", "Peer", "Sheet", "alone", "harness_peer", "sheets_of", "write"]

Answers = list[tuple[float, ...]]
N_AT_ONCE, N_NEW = 8, 100  # as published


@dataclass(frozen=True, eq=False)
class Sheet:
    """A prompt as tokens, and how its options continue it."""

    ids: list[int]
    continuations: Continuations


Peer = Callable[[Sequence[Sheet]], Answers]


def sheets_of(model: LanguageModel, requests: Sequence[Request]) -> list[Sheet]:
    """Return the tokens that our engine asks, prompt by prompt."""
    return [
        Sheet(
            prompt.ids.tolist(),
            continuations(request.options, partial(model.chat.continued, prompt.text)),
        )
        for request, prompt in zip(requests, model.chat.prompts(requests), strict=True)
    ]


@torch.inference_mode()
def alone(model: LanguageModel, sheets: Sequence[Sheet], *, last_logits_only: bool) -> Answers:
    """Return the answers of one prompt at a time; logits of every token, or of few."""
    return [_alone(model, sheet, last_logits_only) for sheet in sheets]


def _alone(model: LanguageModel, sheet: Sheet, last_logits_only: bool) -> tuple[float, ...]:
    """Return the answer to one prompt: a forward for it and for each longer beginning."""
    sequences = sheet.continuations.sequences
    weighed = np.zeros(len(sequences))
    for branch in _beginnings(sequences):
        whole = torch.tensor([[*sheet.ids, *branch]], device=model.model.device)
        n_logits = len(branch) + 1 if last_logits_only else 0
        logits = model.model(input_ids=whole, use_cache=False, logits_to_keep=n_logits).logits
        after = logits[0, -len(branch) - 1 :].float().log_softmax(-1)
        for place, sequence in enumerate(sequences):
            if branch[: len(sequence) - 1] == sequence[:-1]:
                steps = torch.arange(len(sequence)), torch.tensor(sequence)
                weighed[place] = float(after[steps].sum())
    return sheet.continuations.weigh(weighed)


def _beginnings(sequences: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """Yield what must be read after a prompt, each that begins no other one."""
    every = {sequence[:-1] for sequence in sequences}
    for one in sorted(every):
        if not any(one == other[: len(one)] for other in every - {one}):
            yield one


@torch.inference_mode()
def write(model: LanguageModel, sheets: Sequence[Sheet], *, to_end_of_turn: bool) -> int:
    """Return how many tokens were written in all: 100 per prompt, or until each turn ends."""
    ends = ends_of_turn(model.model, model.tokenizer)
    settings = GenerationConfig(
        do_sample=False,
        max_new_tokens=N_NEW,
        min_new_tokens=None if to_end_of_turn else N_NEW,
        eos_token_id=ends,
        pad_token_id=ends[0],
    )
    n_written = 0
    for start in range(0, len(sheets), N_AT_ONCE):
        ids, seen = _padded([sheet.ids for sheet in sheets[start : start + N_AT_ONCE]], ends[0])
        device = model.model.device
        written = model.model.generate(
            ids.to(device), attention_mask=seen.to(device), generation_config=settings
        )
        n_written += written[:, ids.shape[1] :].numel()
    return n_written


def _padded(texts: Sequence[list[int]], filler: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids padded on the left, and where there is text."""
    width = max(map(len, texts))
    ids = [[filler] * (width - len(text)) + text for text in texts]
    seen = [[0] * (width - len(text)) + [1] * len(text) for text in texts]
    return torch.tensor(ids), torch.tensor(seen)


def harness_peer(model: LanguageModel, *, batch_size: int) -> Peer:
    """Return the harness around the same loaded model, asked the same sequences of tokens."""
    from lm_eval.models.huggingface import HFLM  # only where it is installed

    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    tokenizer = copy.deepcopy(model.tokenizer)  # it may be given a token to pad with
    backend = HFLM(pretrained=model.model, tokenizer=tokenizer, batch_size=batch_size)

    def answers(sheets: Sequence[Sheet]) -> Answers:
        asked = [
            ((str(place), str(sequence)), sheet.ids, list(sequence))
            for place, sheet in enumerate(sheets)
            for sequence in sheet.continuations.sequences
        ]
        found = iter(backend._loglikelihood_tokens(asked, disable_tqdm=True))
        return [
            sheet.continuations.weigh(
                np.array([next(found)[0] for _ in sheet.continuations.owners])
            )
            for sheet in sheets
        ]

    return answers
