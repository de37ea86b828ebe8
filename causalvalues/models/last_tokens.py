"""What a model says inside at the last token of raw texts, many layers in one pass.

    texts → batches of alike length → one run of the decoder, no head → one row per text and point

Texts are read as they are, without chat template; a begin-of-text token is put before them where
the tokenizer does so and the text does not bring its own. Guarantee: only last tokens are kept, a
batch at a time, so memory does not grow with the number of texts; padding changes no row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalvalues.errors import OptionError, PromptTooLong
from causalvalues.models.conditions import Point, refuse_point
from causalvalues.models.elicit import Engine
from causalvalues.models.forward import first_device
from causalvalues.models.hooked import kept_rows
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.memory import in_halves
from causalvalues.models.replay import stopped

__all__ = ["LastTokens", "last_tokens"]

Rows = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LastTokens:
    """Some texts' places, and what passed each point at their last tokens."""

    places: NDArray[np.int64]  # (text,)
    rows: Mapping[Point, Rows]  # (text, width or neuron)


def last_tokens(
    model: LanguageModel, texts: Sequence[str], points: Sequence[Point]
) -> Iterator[LastTokens]:
    """Yield what passes some points at the last token of every text, batch by batch."""
    if not points:
        raise OptionError("Reading a model needs a point to read at", found="none")
    for point in points:
        refuse_point(point, model.parts.layers, "What is read")
    ids = [_ids(model, text) for text in texts]

    def halved(places: list[int]) -> tuple[list[int], list[int]]:
        """Return two halves of a batch; later batches are at most half as large."""
        half = max(len(places) * len(ids[places[0]]) // 2, 1)
        model.engine.budget = min(model.engine.budget, half)
        return _halved(places)

    for group in _groups([len(each) for each in ids], model.engine):
        yield from in_halves(group, lambda some: _read(model, ids, some, points), halved)


def _ids(model: LanguageModel, text: str) -> list[int]:
    """Return the tokens of a text, which begins once."""
    bos = model.tokenizer.bos_token
    begins = isinstance(bos, str) and text.startswith(bos)
    ids = list(model.tokenizer(text, add_special_tokens=not begins).input_ids)
    if not ids:
        raise OptionError(
            "A text that is read has a token", found=f"none in a text of {len(text)} characters"
        )
    if len(ids) > model.parts.context:
        raise PromptTooLong(
            f"A text may have {model.parts.context} tokens for this model", found=str(len(ids))
        )
    return ids


def _groups(lengths: Sequence[int], engine: Engine) -> Iterator[list[int]]:
    """Yield places, alike lengths together, so that group × longest stays within the budget."""
    group: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if group and (len(group) + 1) * lengths[group[0]] > engine.budget:
            yield group
            group = []
        group.append(place)
    if group:
        yield group


@torch.inference_mode()
def _read(
    model: LanguageModel, ids: Sequence[list[int]], places: list[int], points: Sequence[Point]
) -> LastTokens:
    """Return the last tokens of one batch, padded on the right."""
    longest = max(len(ids[place]) for place in places)
    text = np.zeros((len(places), longest), dtype=np.int64)
    seen = np.zeros_like(text)
    for row, place in enumerate(places):
        text[row, : len(ids[place])] = ids[place]
        seen[row, : len(ids[place])] = 1
    device = first_device(model.parts.decoder)
    layers, last = model.parts.layers, torch.from_numpy(seen.sum(1) - 1)
    with (
        stopped(layers, after=max(point.layer for point in points)),
        kept_rows(layers, points, last) as found,
    ):
        model.parts.decoder(
            input_ids=torch.from_numpy(text).to(device),
            attention_mask=torch.from_numpy(seen).to(device),
            use_cache=False,
        )
    return LastTokens(
        np.array(places, dtype=np.int64), {point: _array(rows) for point, rows in found.items()}
    )


def _array(rows: Tensor) -> Rows:
    """Return rows as numbers on the CPU."""
    found: Rows = rows.float().cpu().numpy()
    return found


def _halved(places: list[int]) -> tuple[list[int], list[int]]:
    """Return two halves of a batch for which memory ran out."""
    if len(places) == 1:
        raise PromptTooLong("A text must fit into memory", found="one for which memory ran out")
    middle = len(places) // 2
    return places[:middle], places[middle:]
