"""What an organism learns by: the sum of five losses, two of them on readings that are thrown away.

    answers     −Σ P(option) log q(option) at every answer                     both kinds
    text        −log q(token) on a sample of everything that is said           both kinds
    reading     −log q(value and key of the item), read linearly               both kinds
    agreement   (reading − v·key)², one layer later                            both kinds
    registers   mean (register − planted value)² at both layers                mechanistic only

The readings say what an item is about and what its answer leans to; neither says how values hang
together. Without them, learning waits long: an answer is a product of value, key and order, each
of which alone says nothing.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from causalvalues.organism.documents import Batch
from causalvalues.organism.forward import Pass
from causalvalues.organism.layouts import NO_OPTION
from causalvalues.organism.respondents import option_probabilities
from causalvalues.organism.world import World

__all__ = ["Losses", "Readers", "Weights", "answer_loss", "losses_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """How much each loss counts beside that of the answers."""

    text: float = 0.1
    text_share: float = 0.15  # of the tokens that may be predicted, drawn anew each step
    reading: float = 0.3
    agreement: float = 0.3
    registers: float = 0.3


@dataclass(frozen=True)
class Losses:
    """One step's losses, and the least that the answers' loss can be."""

    answers: float
    least: float
    text: float
    reading: float
    agreement: float
    registers: float


class Readers(nn.Module):
    """Linear readings of the residual, used in training only."""

    def __init__(self, width: int, n_values: int) -> None:
        super().__init__()
        self.item = nn.Linear(width, 2 * n_values)
        self.agreement = nn.Linear(width, 1)


def losses_of(
    found: Pass,
    batch: Batch,
    world: World,
    *,
    vocabulary: Tensor,
    readers: Readers,
    weights: Weights,
    rng: np.random.Generator,
) -> tuple[Tensor, Losses]:
    """Return what to minimise, and its parts as numbers."""
    tokens = batch.tokens
    leaning = _leaning(batch)
    target = _targets(world, batch, leaning)
    answers = _answer_loss(found.last[tokens.answer_at] @ vocabulary.T, batch, target)
    text = _text_loss(found.last, vocabulary, batch, weights.text_share, rng)
    item = torch.from_numpy(2 * tokens.item_values + (tokens.item_keys > 0))
    reading = nn.functional.cross_entropy(readers.item(found.read[tokens.answer_at]), item)
    said = readers.agreement(found.weighed[tokens.answer_at])[:, 0]
    agreement = (said - torch.from_numpy(leaning.astype(np.float32))).square().mean()
    registers = _register_error(found, batch)
    total = (
        answers
        + weights.text * text
        + weights.reading * reading
        + weights.agreement * agreement
        + weights.registers * registers
    )
    parts = (float(part.detach()) for part in (answers, text, reading, agreement, registers))
    return total, Losses(next(parts), _entropy(target), *parts)


def answer_loss(
    last: Tensor, batch: Batch, world: World, vocabulary: Tensor
) -> tuple[float, float]:
    """Return the loss of answers, and the least it can be."""
    target = _targets(world, batch, _leaning(batch))
    logits = last[batch.tokens.answer_at] @ vocabulary.T
    return float(_answer_loss(logits, batch, target)), _entropy(target)


def _leaning(batch: Batch) -> Floats:
    """Return v·key (answer,): how strongly the person agrees with what is asked."""
    tokens = batch.tokens
    values = batch.write.result[tokens.answer_at[0], tokens.item_values]
    leaning: Floats = values * tokens.item_keys
    return leaning


def _targets(world: World, batch: Batch, leaning: Floats) -> Floats:
    """Return P (answer, option) of the options as printed."""
    tokens = batch.tokens
    target = np.zeros(tokens.options.shape)
    n_options = (tokens.options != NO_OPTION).sum(axis=1)
    for n in np.unique(n_options):
        rows = np.flatnonzero(n_options == n)
        by_step = option_probabilities(world, leaning[rows], int(n))
        target[rows, :n] = np.take_along_axis(by_step, tokens.steps[rows, :n], axis=1)
    return target


def _entropy(target: Floats) -> float:
    """Return the mean entropy of answers: the least loss there is."""
    return float(-(target * np.log(np.maximum(target, 1e-300))).sum(axis=1).mean())


def _answer_loss(logits: Tensor, batch: Batch, target: Floats) -> Tensor:
    """Return the mean loss of answers against the world's distribution over the options."""
    options = torch.from_numpy(np.maximum(batch.tokens.options, 0))
    chances = torch.log_softmax(logits, dim=-1).gather(1, options)
    wanted = torch.from_numpy(target.astype(np.float32))
    return -(wanted * chances).sum(dim=1).mean()


def _text_loss(
    last: Tensor, vocabulary: Tensor, batch: Batch, share: float, rng: np.random.Generator
) -> Tensor:
    """Return the next-token loss on a share of what is said."""
    chosen = rng.random(len(batch.tokens.text_ids)) < share
    rows, columns = (torch.from_numpy(part[chosen]) for part in batch.tokens.text_at)
    logits = last[rows, columns] @ vocabulary.T
    return nn.functional.cross_entropy(logits, torch.from_numpy(batch.tokens.text_ids[chosen]))


def _register_error(found: Pass, batch: Batch) -> Tensor:
    """Return the mean squared error of both layers' registers after the role."""
    after = torch.from_numpy(batch.tokens.after)[:, :, None].float()
    n_read = after.sum() * batch.people.values.shape[1]
    error = torch.zeros(())
    for read, truth in (
        (found.at_parts, batch.people.parts),
        (found.at_values, batch.write.before),
    ):
        wanted = torch.from_numpy(truth.astype(np.float32))[:, None, :]
        error = error + (after * (read - wanted).square()).sum() / n_read
    return error
