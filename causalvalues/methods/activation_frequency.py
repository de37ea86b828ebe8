"""How often each gate of a model is open while the model writes, and how far.

    p      share of the written tokens at which a = act(gate_proj(h)) is above 0
    q95    the 95 % quantile of a over those tokens at which it is above 0; 0 where it never is

Texts are written greedily; then prompt and text are read in one pass in which every layer counts
for itself, so that no activation outlives its layer but those of the tokens kept for q95. p is
exact. q95 is exact where the activations of all written tokens fit into `room` bytes; else it is
that of as many tokens as fit, the same for all gates, drawn by the seed before anything is read.
Guarantee: what is counted does not depend on how texts are put into batches, but for rounding.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalvalues.errors import OptionError, PromptTooLong
from causalvalues.methods.neuron_counts import neuron_counts
from causalvalues.methods.written import Written, written
from causalvalues.models.conditions import Step
from causalvalues.models.edit import Site, Tokens
from causalvalues.models.forward import first_device
from causalvalues.models.hooked import acting
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.memory import in_halves
from causalvalues.models.packing import batches
from causalvalues.steering.checking import frozen
from causalvalues.survey.request import Request

__all__ = ["ROOM", "GateActivity", "gate_activity", "quantile_above_zero"]

ROOM = 2**30  # bytes of activations that are kept for quantiles

Shares = NDArray[np.float64]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GateActivity:
    """How often and how far every gate was open while some texts were written."""

    n_tokens: int
    n_kept: int  # tokens that the quantile is of
    share_open: Mapping[int, Shares]  # (neuron,) by layer: p
    high: Mapping[int, Floats]  # (neuron,) by layer: q95

    def __post_init__(self) -> None:
        object.__setattr__(self, "share_open", frozen(self.share_open))
        object.__setattr__(self, "high", frozen(self.high))


@dataclass(frozen=True, eq=False)
class _Text:
    """A text, and for each of its written tokens its row among the kept; −1 where it has none."""

    text: Written
    slots: Ints


@dataclass(frozen=True, eq=False)
class _Count:
    """What one batch adds, by layer: how often each gate was open, and the rows that are kept."""

    n_open: Mapping[int, Ints]
    rows: Mapping[int, Floats]
    slots: Ints


@dataclass(eq=False)
class _Counting:
    """Counts a layer's open gates at written tokens; changes nothing."""

    layer: int
    kept: Tensor  # (batch, token)
    site: Site = "gates"
    phrase: str = ""
    alone: bool = False
    n_open: Ints | None = None
    rows: Floats | None = None

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        """Return the gates (batch, token, neuron) as they are."""
        self.n_open = (activation[tokens.is_answer] > 0).sum(0).cpu().numpy()
        self.rows = activation[self.kept].float().cpu().numpy()
        return activation


def gate_activity(
    model: LanguageModel,
    requests: Sequence[Request],
    *,
    max_new_tokens: int = 64,
    quantile: float = 0.95,
    room: int = ROOM,
    seed: int = 0,
) -> GateActivity:
    """Return how active every gate is over the tokens that a model writes to some requests."""
    if not 0 < quantile < 1:
        raise OptionError("A quantile lies between 0 and 1", found=str(quantile))
    counts = neuron_counts(model)
    said = written(model, requests, max_new_tokens=max_new_tokens)
    n_tokens = sum(text.n_written for text in said)
    if not n_tokens:
        raise OptionError(
            "Activity is counted over what a model writes",
            found=f"nothing in answer to {len(requests)} requests",
            remedy="give requests, and ones that the model answers",
        )
    n_kept = min(n_tokens, max(1, room // (4 * sum(counts.values()))))
    n_open = {layer: np.zeros(n, dtype=np.int64) for layer, n in counts.items()}
    rows = {layer: np.zeros((n_kept, n), dtype=np.float32) for layer, n in counts.items()}
    for part in _counts(model, _with_slots(said, n_tokens, n_kept, seed)):
        for layer in counts:
            n_open[layer] += part.n_open[layer]
            rows[layer][part.slots] = part.rows[layer]
    return GateActivity(
        n_tokens,
        n_kept,
        {layer: each / n_tokens for layer, each in n_open.items()},
        {layer: quantile_above_zero(each, quantile) for layer, each in rows.items()},
    )


def quantile_above_zero(rows: Floats, quantile: float) -> Floats:
    """Return (column,) the quantile of what is above 0 in rows (row, column); 0 if nothing is.

    Between two ranks it is interpolated linearly, as numpy does.
    """
    ordered, n_above = np.sort(rows, axis=0), (rows > 0).sum(axis=0)
    rank = len(rows) - n_above + quantile * np.maximum(n_above - 1, 0)
    below = np.minimum(np.floor(rank).astype(np.int64), len(rows) - 1)
    above = np.minimum(below + 1, len(rows) - 1)
    low = np.take_along_axis(ordered, below[None], axis=0)[0]
    high = np.take_along_axis(ordered, above[None], axis=0)[0]
    found: Floats = np.where(n_above > 0, low + (rank - below) * (high - low), 0.0)
    return found.astype(np.float32)


def _with_slots(said: Sequence[Written], n_tokens: int, n_kept: int, seed: int) -> list[_Text]:
    """Return texts, some of whose written tokens, drawn by the seed, have a row among the kept."""
    slots = np.full(n_tokens, -1, dtype=np.int64)
    chosen = np.random.default_rng(seed).choice(n_tokens, size=n_kept, replace=False)
    slots[np.sort(chosen)] = np.arange(n_kept)
    ends = np.cumsum([text.n_written for text in said])[:-1]
    return [_Text(text, own) for text, own in zip(said, np.split(slots, ends), strict=True)]


def _counts(model: LanguageModel, texts: Sequence[_Text]) -> Iterator[_Count]:
    """Yield what each batch adds."""
    sizes = [len(each.text.ids) for each in texts]
    for group in batches(sizes, budget=model.engine.budget):
        some = [texts[place] for place in group]
        yield from in_halves(some, lambda part: _count(model, part), _halved)


@torch.inference_mode()
def _count(model: LanguageModel, texts: Sequence[_Text]) -> _Count:
    """Return what one batch adds; its rows are filled up on the right."""
    shape = len(texts), max(len(each.text.ids) for each in texts)
    ids, seen = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    is_written, slots = np.zeros(shape, dtype=bool), np.full(shape, -1, dtype=np.int64)
    for row, each in enumerate(texts):
        end = len(each.text.ids)
        ids[row, :end], seen[row, :end] = each.text.ids, 1
        is_written[row, each.text.n_prompt : end] = True
        slots[row, each.text.n_prompt : end] = each.slots
    device, layers = first_device(model.parts.decoder), model.parts.layers
    tokens = _tokens(torch.from_numpy(ids).to(device), torch.from_numpy(is_written).to(device))
    kept = torch.from_numpy(slots >= 0)
    counting = [_Counting(layer, kept) for layer in range(len(layers))]
    with acting(layers, [Step("activity", each) for each in counting], tokens):
        model.parts.decoder(
            input_ids=tokens.ids,
            attention_mask=torch.from_numpy(seen).to(device),
            use_cache=False,
        )
    return _Count(
        {each.layer: each.n_open for each in counting if each.n_open is not None},
        {each.layer: each.rows for each in counting if each.rows is not None},
        slots[slots >= 0],
    )


def _tokens(ids: Tensor, is_written: Tensor) -> Tokens:
    """Return tokens of which no more is told than which were written."""
    none, places = torch.zeros_like(is_written), torch.arange(ids.shape[1], device=ids.device)
    return Tokens(ids, places.expand_as(ids), none, none, is_answer=is_written)


def _halved(texts: list[_Text]) -> tuple[list[_Text], list[_Text]]:
    """Return two halves of a batch for which memory ran out."""
    if len(texts) == 1:
        raise PromptTooLong("A text must fit into memory", found="one for which memory ran out")
    return texts[: len(texts) // 2], texts[len(texts) // 2 :]
