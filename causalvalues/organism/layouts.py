"""How a document lies in memory: what all its items share, then the items side by side.

    begin │ role │ instruction │ item, answer │ item, answer │ …

Each item sees the shared part and itself, at the positions it would have if it were asked alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["NO_OPTION", "Due", "Layout", "Tokens", "padded"]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NO_OPTION = -1
MOST_OPTIONS = 6
TELLING_WEIGHT = 3  # of a told sentence, which is rarer than what is asked


@dataclass(frozen=True, eq=False)
class Due:
    """An answer that is due: which tokens, from which step to which, about what."""

    labels: Sequence[int]
    steps: Ints
    value: int
    key: float


@dataclass(eq=False)
class Layout:
    """One document as it grows."""

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    branch: list[int] = field(default_factory=list)  # 0 is shared
    role_span: tuple[int, int] = (0, 0)
    n_shared: int = 0
    n_branches: int = 0
    answer_at: list[int] = field(default_factory=list)
    due: list[Due] = field(default_factory=list)
    text: list[tuple[int, int]] = field(default_factory=list)  # a place, and the token after it

    def share(self, tokens: Sequence[int], *, is_role: bool = False) -> None:
        """Add what every branch sees."""
        start = len(self.ids)
        self._add(tokens, start, 0)
        self.text += [(start + i - 1, token) for i, token in enumerate(tokens) if start + i]
        self.n_shared = len(self.ids)
        if is_role:
            self.role_span = (start, self.n_shared)

    def ask(self, tokens: Sequence[int], answer: Sequence[int], due: Due) -> None:
        """Add an item that waits for an answer, and an answer that ends its turn."""
        start = self._branch([*tokens, *answer])
        self.text += [(start + i, token) for i, token in enumerate(tokens[1:])]
        self.answer_at.append(start + len(tokens) - 1)
        self.text.append((start + len(tokens), answer[-1]))
        self.due.append(due)

    def tell(self, tokens: Sequence[int], told: Sequence[int]) -> None:
        """Add a sentence that is told; nothing but the sentence is learnt."""
        start = self._branch([*tokens, *told]) + len(tokens)
        self.text += [(start + i - 1, token) for i, token in enumerate(told)] * TELLING_WEIGHT

    def _branch(self, tokens: Sequence[int]) -> int:
        """Return where a new branch starts."""
        start = len(self.ids)
        self.n_branches += 1
        self._add(tokens, self.n_shared, self.n_branches)
        return start

    def _add(self, tokens: Sequence[int], position: int, branch: int) -> None:
        """Add tokens of one branch."""
        self.ids += tokens
        self.positions += range(position, position + len(tokens))
        self.branch += [branch] * len(tokens)


@dataclass(frozen=True, eq=False)
class Tokens:
    """Documents as arrays, padded on the right."""

    ids: Ints  # (document, token)
    positions: Ints  # (document, token)
    visible: Bools  # (document, query, key)
    role: Bools  # (document, token): the role's own text
    after: Bools  # (document, token): everything after it
    answer_at: tuple[Ints, Ints]  # documents and tokens before an answer
    options: Ints  # (answer, option) token ids; NO_OPTION pads
    steps: Ints  # (answer, option)
    item_values: Ints  # (answer,)
    item_keys: NDArray[np.float64]  # (answer,)
    text_at: tuple[Ints, Ints]  # documents and tokens before a token of text
    text_ids: Ints


def padded(layouts: Sequence[Layout]) -> Tokens:
    """Return documents as one batch."""
    longest = max(len(layout.ids) for layout in layouts)
    shape = len(layouts), longest
    ids, positions = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    branch = np.full(shape, -1)
    role, after = np.zeros(shape, bool), np.zeros(shape, bool)
    for i, layout in enumerate(layouts):
        size = len(layout.ids)
        ids[i, :size], positions[i, :size] = layout.ids, layout.positions
        branch[i, :size] = layout.branch
        role[i, slice(*layout.role_span)] = True
        after[i, layout.role_span[1] : size] = True
    due = [each for layout in layouts for each in layout.due]
    options = np.full((len(due), MOST_OPTIONS), NO_OPTION)
    steps = np.zeros((len(due), MOST_OPTIONS), np.int64)
    for row, each in enumerate(due):
        options[row, : len(each.labels)], steps[row, : len(each.labels)] = each.labels, each.steps
    answers = [(i, at) for i, layout in enumerate(layouts) for at in layout.answer_at]
    text = [(i, at, token) for i, layout in enumerate(layouts) for at, token in layout.text]
    rows, columns = np.array(answers, dtype=np.int64).reshape(-1, 2).T
    text_rows, text_columns, text_ids = np.array(text, dtype=np.int64).reshape(-1, 3).T
    return Tokens(
        ids=ids, positions=positions, visible=_visible(branch), role=role, after=after,
        answer_at=(rows, columns), options=options, steps=steps,
        item_values=np.array([each.value for each in due]),
        item_keys=np.array([each.key for each in due]),
        text_at=(text_rows, text_columns), text_ids=text_ids,
    )  # fmt: skip


def _visible(branch: Ints) -> Bools:
    """Return which token sees which: the past of its own branch, and what is shared."""
    order = np.arange(branch.shape[1])
    seen = (branch[:, None, :] == 0) | (branch[:, None, :] == branch[:, :, None])
    visible: Bools = seen & (order[None, :] <= order[:, None])[None]
    return visible | np.eye(len(order), dtype=bool)  # padding sees itself
