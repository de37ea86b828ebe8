"""Training: a network learns the planted world from lessons, with or without its mechanism.

In mechanistic lessons, registers are overwritten in half of the documents and the answers must
follow the world's counterfactual (interchange-intervention training, Geiger et al. 2022); half of
the documents are blind to their role above the registers; and the registers have a loss of their
own. Behavioural lessons have none of the three: the same questions, and answers alone.
Guarantee: a seed gives the same lessons in the same order.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel

from causalvalues.organism.documents import Lessons
from causalvalues.organism.forward import forward
from causalvalues.organism.losses import Losses, Readers, Weights, losses_of
from causalvalues.organism.registers import Registers

__all__ = ["Kind", "Report", "Schedule", "train"]

Kind = Literal["mechanistic", "behavioural"]
Report = Callable[[int, Losses], None]

EASY_PERCENT = 30  # of the behavioural lessons
STEEPEST = 1.0  # gradients are cut to this norm


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn."""

    n_steps: int = 1500
    n_documents: int = 32
    n_items: int = 12
    peak_rate: float = 3e-3
    warm_up: int = 80
    write_share: float = 0.5
    blind_share: float = 0.5
    easy_steps: int = 0  # first lessons without reversed items or options
    weights: Weights = field(default_factory=Weights)

    def of(self, kind: Kind) -> "Schedule":
        """Return the schedule of a kind: the behavioural one plants nothing, and starts easily.

        From answers alone, a product of value, key and order is not learnt at once.
        """
        if kind == "mechanistic":
            return self
        weights = replace(self.weights, registers=0.0)
        easy = self.n_steps * EASY_PERCENT // 100
        return replace(self, write_share=0.0, blind_share=0.0, weights=weights, easy_steps=easy)

    def rate(self, step: int) -> float:
        """Return the learning rate: a linear rise, then a cosine down to a fiftieth."""
        if step < self.warm_up:
            return self.peak_rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(self.n_steps - self.warm_up, 1)
        return self.peak_rate * (0.02 + 0.49 * (1 + math.cos(math.pi * done)))


def train(
    network: PreTrainedModel,
    lessons: Lessons,
    registers: Registers,
    *,
    schedule: Schedule,
    seed: int = 0,
    report: Report | None = None,
) -> None:
    """Train a network in place."""
    rng = np.random.default_rng([seed, 11])
    readers = Readers(network.config.hidden_size, len(registers.names))
    learnt = [*network.parameters(), *readers.parameters()]
    optimizer = torch.optim.AdamW(
        learnt, lr=schedule.peak_rate, betas=(0.9, 0.98), weight_decay=0.01
    )
    network.train()
    for step in range(schedule.n_steps):
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        batch = lessons.batch(
            schedule.n_documents,
            schedule.n_items,
            rng=rng,
            write_share=schedule.write_share,
            easy=step < schedule.easy_steps,
        )
        blind = rng.random(schedule.n_documents) < schedule.blind_share
        total, losses = losses_of(
            forward(network, batch, blind, registers),
            batch,
            lessons.world,
            vocabulary=network.lm_head.weight,
            readers=readers,
            weights=schedule.weights,
            rng=rng,
        )
        optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), STEEPEST)
        optimizer.step()
        if report is not None:
            report(step, losses)
    network.train(False)
