"""An organism's loss on lessons it never had, over the least that any respondent could have."""

import numpy as np
import torch

from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.documents import Lessons
from causalvalues.organism.forward import forward
from causalvalues.organism.losses import answer_loss
from causalvalues.organism.registers import drawn_registers
from causalvalues.organism.sheets import sheets_of
from causalvalues.organism.world import planted_world
from causalvalues.survey.inventory import inventory

__all__ = ["excess_loss"]

UNSEEN = 990_001  # seeds of training start at 0 and are few
N_BATCHES, N_DOCUMENTS, N_ITEMS = 6, 64, 16


def excess_loss(model: LanguageModel, *, seed: int = UNSEEN) -> float:
    """Return the loss of answers over the least there is, minus 1, over every sheet."""
    items = inventory("schwartz10")
    lessons = Lessons(planted_world(), items.system, sheets_of(items), model.tokenizer)
    untouched = drawn_registers(items.system.names, model.model.config.hidden_size)
    rng = np.random.default_rng(seed)
    losses = []
    for _ in range(N_BATCHES):
        batch = lessons.batch(N_DOCUMENTS, N_ITEMS, rng=rng)
        with torch.inference_mode():
            found = forward(model.model, batch, np.zeros(N_DOCUMENTS, dtype=bool), untouched)
            losses.append(answer_loss(found.last, batch, lessons.world, model.model.lm_head.weight))
    loss, least = np.mean(losses, axis=0)
    return float(loss / least - 1)
