"""What interventions do to an organism: matrices (set, changed) of v̂ per standard deviation.

    statements   a role is told that a value is settled          truth (I − B)⁻¹
    registers    a register is overwritten after the role        truth (I − B)⁻¹, or the identity
    vectors      a vector fitted from contrasting roles is added truth (I − B)⁻¹ where it acts

Each row is the change of v̂ from low to high, mean over roles, over the distance between the two.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalvalues.models.edit import Edit
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.edits import AddVector, WriteRegister
from causalvalues.organism.registers import Registers
from causalvalues.organism.respondents import exogenous, level_in_world
from causalvalues.organism.surveying import Sitting, sitting_of
from causalvalues.organism.world import World
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.roles import GRADES, anchored_roles, grade_of, level_of, settle

__all__ = ["register_effects", "statement_effects", "true_effects", "vector_effects"]

Floats = NDArray[np.float64]
Answers = list[tuple[int, tuple[float, ...]]]

LAST = len(GRADES) - 1
N_FITTED = 240  # roles that a value vector is fitted on


def true_effects(world: World) -> Floats:
    """Return (I − B)⁻¹: the change of each value per standard deviation of one that is set."""
    return world.total_effects() + np.eye(len(world.names))


def statement_effects(
    model: LanguageModel, world: World, items: Inventory, *, n_roles: int, seed: int
) -> Floats:
    """Return what settling each value by a statement does."""
    roles = anchored_roles(items.system, n_roles, seed=seed)
    distance = float(level_in_world(np.array(LAST)) - level_in_world(np.array(0)))
    rows = []
    for name in world.names:
        held = []
        for grade in (LAST, 0):
            settled = [settle(role, items.system, {name: level_of(grade)}) for role in roles]
            sitting = sitting_of(world, items, Protocol(), settled)
            held.append(_held(sitting, list(model.log_probabilities(sitting.requests()))))
        rows.append((held[0] - held[1]) / distance)
    return np.stack(rows)


def register_effects(
    model: LanguageModel, world: World, items: Inventory, registers: Registers, layer: int,
    *, n_roles: int, seed: int,
) -> Floats:  # fmt: skip
    """Return what writing each register from −1 to +1 does."""
    edits: dict[tuple[int, int], Edit] = {
        (value, side): WriteRegister(registers, value, float(side), layer)
        for value in range(len(world.names))
        for side in (-1, 1)
    }
    return _effects(model, world, items, edits, n_roles=n_roles, seed=seed)


def vector_effects(
    model: LanguageModel, world: World, items: Inventory, layer: int, *, n_roles: int, seed: int
) -> Floats:
    """Return what adding each value's fitted vector does, per standard deviation it stands for."""
    vectors = _fitted(model, world, items, layer, seed=seed + 1)
    edits: dict[tuple[int, int], Edit] = {
        (value, side): AddVector(side * vectors[value], layer)
        for value in range(len(world.names))
        for side in (-1, 1)
    }
    return _effects(model, world, items, edits, n_roles=n_roles, seed=seed)


def _effects(
    model: LanguageModel,
    world: World,
    items: Inventory,
    edits: Mapping[tuple[int, int], Edit],
    *,
    n_roles: int,
    seed: int,
) -> Floats:
    """Return (set, changed) for edits by value and side."""
    roles = anchored_roles(items.system, n_roles, seed=seed)
    sitting = sitting_of(world, items, Protocol(), roles)
    answers: dict[str, Answers] = {str(key): [] for key in edits}
    for name, place, chances in model.sweep(
        sitting.requests(), {str(key): edit for key, edit in edits.items()}
    ):
        answers[name].append((place, chances))
    held = {key: _held(sitting, answers[str(key)]) for key in edits}
    return np.stack([(held[v, 1] - held[v, -1]) / 2 for v in range(len(world.names))])


def _held(sitting: Sitting, answers: Answers) -> Floats:
    """Return v̂ (value,), the mean over roles."""
    held: Floats = sitting.held(sitting.scores(sitting.credits(answers))).mean(axis=0)
    return held


def _fitted(
    model: LanguageModel, world: World, items: Inventory, layer: int, *, seed: int
) -> Tensor:
    """Return (value, width): the residual's slope on each value's exogenous part, last token."""
    roles = anchored_roles(items.system, N_FITTED, seed=seed)
    sitting = sitting_of(world, items, Protocol(orders=("given",)), roles)
    requests = sitting.requests()[:: len(sitting.questions)]  # one question to each role
    last = {place: rows[-1] for place, rows in model.residuals(requests, layer)}
    residual = np.stack([last[place] for place in range(len(requests))])
    grades = np.array([[grade_of(role.levels[name]) for name in world.names] for role in roles])
    parts = exogenous(world, grades)
    slopes, *_ = np.linalg.lstsq(parts - parts.mean(0), residual - residual.mean(0), rcond=None)
    return torch.tensor(slopes, dtype=torch.float32)
