"""A linear world that answers a survey and can be steered inside: v = (e + edit)(I − B)⁻¹.

A role says its own parts ("power +0.20"); a line "settled power +0.50" sets a value, whatever would
have caused it. The residual is e, one number per value; edits change it as they would a model's.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from causalvalues.models.edit import Edit, Tokens
from causalvalues.survey.credits import main_value
from causalvalues.survey.inventory import Inventory, Item
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.request import Request
from causalvalues.survey.roles import Role
from causalvalues.values import ValueSystem, value_system

NAMES = ("self-direction", "stimulation", "hedonism", "achievement")
CHAIN = np.zeros((4, 4))
CHAIN[0, 1], CHAIN[1, 2] = 0.8, 0.5  # achievement stands apart
TOO_MUCH = 20.0  # a residual beyond it breaks the model
SHARPNESS = 2.0


def small_inventory(n_per_key: int = 2, names: Sequence[str] = NAMES) -> Inventory:
    """An inventory of plain items, as many for each value as against it."""
    items = [
        Item(
            f"{name}/{side}/{place}",
            name,
            key,
            {"portrait": (f"This person is {side} {name} in way {place} of life.",)},
        )
        for name in names
        for side, key in (("for", 1), ("against", -1))
        for place in range(n_per_key)
    ]
    return Inventory("small", system_of(), tuple(items), "ours", "MIT")


def system_of() -> ValueSystem:
    """The system that the names belong to."""
    return value_system("schwartz10")


QUESTIONS = tuple(Protocol(scale="yes-no").questions(small_inventory()))


def roles_of(n_roles: int, seed: int = 0, names: Sequence[str] = NAMES) -> tuple[Role, ...]:
    """Roles whose own parts are drawn at random."""
    rng = np.random.default_rng(seed)
    return tuple(
        Role(
            f"role-{place:03}",
            "You are a person: "
            + "; ".join(f"{name} {part:+.2f}" for name, part in zip(names, parts, strict=True)),
        )
        for place, parts in enumerate(rng.normal(0, 0.4, (n_roles, len(names))))
    )


@dataclass
class Unswept:
    """A linear world that weighs options and cannot be steered inside."""

    questions: Sequence[Question] = QUESTIONS
    identity: Mapping[str, str] = field(default_factory=lambda: {"model": "linear world"})
    n_asked: int = 0

    def log_probabilities(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Yield the place and the log-probabilities of each request."""
        for place, request in enumerate(requests):
            self.n_asked += 1
            yield place, self._answer(request, ())

    def texts(
        self, requests: Sequence[Request], *, max_new_tokens: int
    ) -> Iterator[tuple[int, str]]:
        """Yield yes to everything."""
        for place in range(len(requests)):
            self.n_asked += 1
            yield place, "Answer: yes"

    def _answer(self, request: Request, edits: Sequence[Edit]) -> tuple[float, ...]:
        """Return log-probabilities of options."""
        question = next(q for q in self.questions if q.text == request.messages[-1].text)
        parts, settled = _said(request.messages[0].text)
        moved = _edited(parts, edits)
        if np.abs(moved).max() > TOO_MUCH:
            return tuple(math.log(0.9 if i == 0 else 0.01) for i in range(len(question.options)))
        value = main_value(question)
        leaning = _values(moved, settled)[NAMES.index(value)]
        weights = [math.exp(SHARPNESS * o.credit[value] * leaning) for o in question.options]
        return tuple(math.log(0.98 * weight / sum(weights)) for weight in weights)


@dataclass
class LinearWorld(Unswept):
    """A linear world that is also a sweeper."""

    sweeps: list[tuple[str, ...]] = field(default_factory=list)

    def sweep(
        self, requests: Sequence[Request], edits: Mapping[str, Sequence[Edit] | None]
    ) -> Iterator[tuple[str, int, tuple[float, ...]]]:
        """Yield condition, place and log-probabilities of every request under every edit."""
        self.sweeps.append(tuple(edits))
        for place, request in enumerate(requests):
            for name, each in edits.items():
                self.n_asked += 1
                yield name, place, self._answer(request, each or ())


@dataclass(frozen=True)
class Registers:
    """A dictionary whose features are the world's own parts."""

    name: str = "registers"
    layer: int = 0
    digest: str = "r1"
    width: int = len(NAMES)
    n_features: int = len(NAMES)

    def direction(self, feature: int) -> torch.Tensor:
        """Return one axis."""
        return torch.eye(self.width)[feature]

    def activation(self, residual: torch.Tensor, feature: int) -> torch.Tensor:
        """Return one part."""
        return residual[..., feature]

    def activations(self, residual: torch.Tensor) -> torch.Tensor:
        """Return all parts."""
        return residual


def expected_credit(leaning: np.ndarray) -> np.ndarray:
    """The score that a yes-no question gives a leaning."""
    return np.tanh(SHARPNESS * leaning)


def true_scores(roles: Sequence[Role], shift: np.ndarray | None = None) -> np.ndarray:
    """(role, value) scores of the world, its parts moved by a shift."""
    parts = np.array([_said(role.text)[0] for role in roles])
    moved = parts + (0 if shift is None else shift)
    return expected_credit(np.array([_values(each, {}) for each in moved]))


def _said(text: str) -> tuple[np.ndarray, dict[int, float]]:
    """Return the parts that a role says, and what is settled."""
    found = re.findall(r"(settled )?([a-z-]+) ([+-]\d\.\d\d)", text)
    parts, settled = np.zeros(len(NAMES)), {}
    for set_to, name, number in found:
        if set_to:
            settled[NAMES.index(name)] = float(number)
        else:
            parts[NAMES.index(name)] = float(number)
    return parts, settled


def _values(parts: np.ndarray, settled: Mapping[int, float]) -> np.ndarray:
    """Return the values that follow from parts; what is settled has no causes."""
    values = np.zeros(len(NAMES))
    for place in range(len(NAMES)):  # the chain runs in this order
        values[place] = settled.get(place, values @ CHAIN[:, place] + parts[place])
    return values


def _edited(parts: np.ndarray, edits: Sequence[Edit]) -> np.ndarray:
    """Return the residual after all edits."""
    residual = torch.tensor(parts, dtype=torch.float32)[None, None]
    yes, no = torch.ones(1, 1, dtype=torch.bool), torch.zeros(1, 1, dtype=torch.bool)
    zero = torch.zeros(1, 1, dtype=torch.int64)
    for edit in edits:
        phrases = {edit.phrase: yes} if edit.phrase else {}
        residual = edit(residual.clone(), Tokens(zero, zero, yes, yes, no, phrases))
    return residual[0, 0].double().numpy()
