"""How well an organism's sparse autoencoder did, on roles it was not trained on.

    explained    1 − |x − x̂|² / |x − mean|², of the residual and of the registers in it
    match        for each value, held high and held low: the feature whose activation follows the
                 value's exogenous part on that side most closely; r on other roles than it was
                 chosen on, and the cosine of its direction with the value's register
    statement    how much more a matched feature is active in roles in whom the value is settled
                 on its side than on the other, and how many features move more

Tokens are those after the role, where registers hold what they should.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import JsonValue

from causalvalues.models.language_model import LanguageModel
from causalvalues.models.silence import import_sae_lens, silent
from causalvalues.organism.registers import Registers
from causalvalues.organism.respondents import exogenous
from causalvalues.organism.sae_residuals import residuals_of
from causalvalues.organism.world import planted_world
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.roles import GRADES, Role, anchored_roles, grade_of, level_of, settle

__all__ = ["Match", "Statement", "report_of"]

Floats = NDArray[np.float64]

N_ROLES, N_SETTLED, N_QUESTIONS = 150, 20, 4
SIDES = (("high", 1), ("low", -1))


@dataclass(frozen=True)
class Match:
    """The feature that follows one value on one side."""

    value: str
    side: str
    feature: int
    r: float
    cosine: float | None  # with the value's register, turned to the side
    cosine_elsewhere: float | None  # the largest with another value's register


@dataclass(frozen=True)
class Statement:
    """What settling a value does to its matched feature, and to how many others more."""

    value: str
    side: str
    feature: int
    difference: float  # mean activation, settled on its side minus on the other
    n_moved_more: int  # besides the feature of the value's other side


def report_of(
    folder: Path,
    model: LanguageModel,
    inventory: Inventory,
    registers: Registers | None,
    layer: int,
    *,
    n_roles: int = N_ROLES,
    seed: int,
) -> dict[str, JsonValue]:
    """Return the report on the autoencoder in a folder, ready for JSON."""
    bench = _Bench(_loaded(folder), model, inventory, layer, seed)
    chosen, held_out = (
        anchored_roles(inventory.system, n_roles, seed=1000 * (seed + 1) + k) for k in (1, 2)
    )
    rows, active = bench.of(chosen)
    features = _followers(active, _parts(chosen)[rows.roles])
    rows, active = bench.of(held_out)
    x = torch.from_numpy(rows.residuals)
    with torch.no_grad():
        error = (x - bench.sae.decode(torch.from_numpy(active).float())).numpy()
    matches = _matches(features, active, _parts(held_out)[rows.roles], bench.sae, registers)
    statements = bench.statements(features, held_out[:N_SETTLED])
    spread = rows.residuals - rows.residuals.mean(axis=0)
    read = None if registers is None else registers.directions.numpy().T
    all_r = [match.r for match in matches]
    return {
        "explained_variance": _share(error, spread),
        "explained_variance_of_registers": None
        if read is None
        else _share(error @ read, spread @ read),
        "l0": round(float((active > 0).sum(axis=1).mean()), 2),
        "n_features": active.shape[1],
        "n_dead": int((active.max(axis=0) == 0).sum()),
        "r_median": round(float(np.median(all_r)), 4),
        "r_least": round(min(all_r), 4),
        "matches": [asdict(each) for each in matches],
        "statements": [asdict(each) for each in statements],
    }


class _Bench:
    """An autoencoder and the roles it is scored on."""

    def __init__(
        self, sae: Any, model: LanguageModel, inventory: Inventory, layer: int, seed: int
    ) -> None:
        self.sae, self.model, self.inventory, self.layer = sae, model, inventory, layer
        self.seed = 1000 * (seed + 1)

    def of(self, roles: Sequence[Role]) -> tuple[Any, Floats]:
        """Return the rows after the role, and every feature's activation (token, feature)."""
        rows = residuals_of(
            self.model, self.inventory, roles, self.layer, n_questions=N_QUESTIONS, seed=self.seed
        ).after()
        with torch.no_grad():
            active = self.sae.encode(torch.from_numpy(rows.residuals)).numpy()
        return rows, active.astype(np.float64)

    def statements(self, features: NDArray[np.int64], roles: Sequence[Role]) -> list[Statement]:
        """Return what settling each value high and low does to every feature."""
        found = []
        for place, value in enumerate(planted_world().names):
            high, low = (
                self.of([settle(role, self.inventory.system, {value: level}) for role in roles])[1]
                for level in (level_of(len(GRADES) - 1), level_of(0))
            )
            change = high.mean(axis=0) - low.mean(axis=0)
            for (side, sign), feature in zip(SIDES, features[place], strict=True):
                moved = sign * float(change[feature])
                apart = np.delete(change, features[place])  # its opposite moves as it should
                n_more = int((np.abs(apart) > abs(moved)).sum())
                found.append(Statement(value, side, int(feature), round(moved, 4), n_more))
        return found


def _loaded(folder: Path) -> Any:
    """Return the autoencoder in a folder, as sae-lens loads it."""
    import_sae_lens()
    from sae_lens import SAE

    with silent():
        return SAE.load_from_disk(folder, dtype="float32").eval()


def _parts(roles: Sequence[Role]) -> Floats:
    """Return the exogenous parts (role, value) of anchored roles."""
    world = planted_world()
    grades = np.array([[grade_of(role.levels[name]) for name in world.names] for role in roles])
    return exogenous(world, grades)


def _followers(active: Floats, parts: Floats) -> NDArray[np.int64]:
    """Return (value, side) the feature that follows a value on a side most closely."""
    by_side = [_r(active, np.maximum(sign * parts, 0)).argmax(axis=0) for _, sign in SIDES]
    return np.stack(by_side, axis=1).astype(np.int64)


def _matches(
    features: NDArray[np.int64],
    active: Floats,
    parts: Floats,
    sae: Any,
    registers: Registers | None,
) -> list[Match]:
    """Return how well chosen features follow values, on these rows."""
    found = []
    for place, value in enumerate(planted_world().names):
        for (side, sign), feature in zip(SIDES, features[place], strict=True):
            r = _r(active[:, [feature]], np.maximum(sign * parts[:, [place]], 0))[0, 0]
            own, other = None, None
            if registers is not None:
                direction = sae.W_dec[feature].detach()
                cosines = (registers.directions @ direction / direction.norm()).numpy()
                own = round(float(sign * cosines[place]), 4)
                other = round(float(np.abs(np.delete(cosines, place)).max()), 4)
            found.append(Match(value, side, int(feature), round(float(r), 4), own, other))
    return found


def _r(one: Floats, other: Floats) -> Floats:
    """Return correlations (column of one, column of other); 0 where a column never varies."""
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    size = np.linalg.norm(one, axis=0)[:, None] * np.linalg.norm(other, axis=0)[None]
    found: Floats = np.divide(one.T @ other, size, out=np.zeros(size.shape), where=size > 0)
    return found


def _share(error: NDArray[np.float32], spread: NDArray[np.float32]) -> float:
    """Return the share of variance that is explained."""
    return round(1 - float((error**2).sum() / (spread**2).sum()), 4)
