"""What an organism's sparse autoencoder is trained and scored on: residuals of surveys.

In training, few values stand out in most roles and the others matter as much as to anyone: where
every value is spread evenly, a mixture of values is as sparse as a value, and no method that looks
for sparseness can tell them apart. Some roles have a value or two settled. Scores are made on the
package's own anchored roles, in whom every value is spread evenly.
Guarantee: a seed gives the same roles, questions and rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalvalues.models.language_model import LanguageModel
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import GRADES, Role, anchored_text, level_of
from causalvalues.values import ValueSystem

__all__ = ["Rows", "residuals_of", "training_roles"]

STANDOUT_ROLES, STANDOUT_VALUES, SETTLED_ROLES = 0.9, 0.2, 0.2
MIDDLE = len(GRADES) // 2
AT_ONCE = 256  # requests whose residuals are held at once

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Rows:
    """Residuals, token by token."""

    residuals: NDArray[np.float32]  # (token, width)
    roles: NDArray[np.int64]  # (token,) place of the role
    after_role: NDArray[np.bool_]  # (token,)

    def after(self) -> "Rows":
        """Return the rows after the role alone."""
        kept = self.after_role
        return Rows(self.residuals[kept], self.roles[kept], self.after_role[kept])


def training_roles(system: ValueSystem, n_roles: int, *, seed: int) -> list[Role]:
    """Return anchored roles; in nine of ten, one value in five stands out, or is like anyone's."""
    rng = np.random.default_rng([seed, 5])
    n = len(system.names)
    roles = []
    for place in range(n_roles):
        grades = rng.integers(len(GRADES), size=n)
        if rng.random() < STANDOUT_ROLES:
            grades = np.where(rng.random(n) < STANDOUT_VALUES, grades, MIDDLE)
        is_set = rng.choice(n, size=rng.integers(1, 3), replace=False)
        if rng.random() >= SETTLED_ROLES:
            is_set = is_set[:0]
        levels = {system.names[v]: level_of(int(grades[v])) for v in rng.permutation(n)}
        settled = {system.names[v]: level_of(int(rng.integers(len(GRADES)))) for v in is_set}
        text = anchored_text(system, levels, settled=settled)
        roles.append(Role(id=f"drawn-{place + 1}", text=text, levels=levels))
    return roles


def residuals_of(
    model: LanguageModel,
    inventory: Inventory,
    roles: Sequence[Role],
    layer: int,
    *,
    n_questions: int,
    seed: int,
    progress: Progress | None = None,
) -> Rows:
    """Return the residual that leaves a layer in some questions to each role.

    A role's own tokens come once, those after it with every question; the first token, which holds
    nothing, is left out.
    """
    requests, owner = _requests(inventory, roles, n_questions, seed)
    parts: list[Rows] = []
    for start in range(0, len(requests), AT_ONCE):
        chosen = slice(start, start + AT_ONCE)
        parts += _read(model, requests[chosen], owner[chosen], layer, n_questions, start)
        if progress is not None:
            progress(min(start + AT_ONCE, len(requests)), len(requests))
    return Rows(
        np.concatenate([part.residuals for part in parts]),
        np.concatenate([part.roles for part in parts]),
        np.concatenate([part.after_role for part in parts]),
    )


def _requests(
    inventory: Inventory, roles: Sequence[Role], n_questions: int, seed: int
) -> tuple[list[Request], NDArray[np.int64]]:
    """Return some questions to each role, and which role each is put to."""
    rng = np.random.default_rng([seed, 6])
    questions = tuple(Protocol().questions(inventory))
    requests = []
    for role in roles:
        for place in rng.choice(len(questions), size=n_questions, replace=False):
            question = questions[place]
            labels = tuple(option.label for option in question.options)
            said = (Message("system", role.text), Message("user", question.text))
            requests.append(Request(said, labels))
    return requests, np.repeat(np.arange(len(roles)), n_questions)


def _read(
    model: LanguageModel,
    requests: Sequence[Request],
    owner: NDArray[np.int64],
    layer: int,
    n_questions: int,
    start: int,
) -> list[Rows]:
    """Return the rows of some requests, in their order."""
    ends = [prompt.role_end for prompt in model.chat.prompts(requests)]
    found: dict[int, Rows] = {}
    for place, residuals in model.residuals(requests, layer):
        is_first = (start + place) % n_questions == 0
        begin = 1 if is_first else ends[place]
        after = np.arange(len(residuals)) >= ends[place]
        roles = np.full(len(residuals) - begin, owner[place])
        found[place] = Rows(residuals[begin:], roles, after[begin:])
    return [found[place] for place in range(len(requests))]
