"""Questions to a mark matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalvalues.discovery import marks as m


def chain(n: int) -> m.Marks:
    """0 → 1 → … → n − 1."""
    marks = np.zeros((n, n), dtype=np.int8)
    for i in range(n - 1):
        marks[i, i + 1], marks[i + 1, i] = m.TAIL, m.ARROW
    return marks


def test_the_mark_at_a_cause_is_a_tail_and_at_its_effect_an_arrow() -> None:
    directed = m.directed_pairs(chain(2))
    assert directed[0, 1]
    assert not directed[1, 0]


def test_every_kind_of_pair_is_told_apart() -> None:
    marks = np.array([[0, -1, -1, 1], [1, 0, 0, 2], [-1, 0, 0, 0], [1, 1, 0, 0]], dtype=np.int8)
    assert np.argwhere(m.directed_pairs(marks)).tolist() == [[0, 1]]
    assert np.argwhere(m.undirected_pairs(marks)).tolist() == [[0, 2], [2, 0]]
    assert np.argwhere(m.bidirected_pairs(marks)).tolist() == [[0, 3], [3, 0]]
    assert m.adjacent_pairs(marks).sum() == 8


def test_a_path_reaches_everything_behind_it_and_nothing_before() -> None:
    closure = m.reachable(m.directed_pairs(chain(4)))
    assert np.array_equal(closure, np.triu(np.ones((4, 4), dtype=bool), k=1))


@given(st.integers(1, 7), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_closure_equals_powers_of_the_adjacency_matrix(n: int, seed: int, density: float) -> None:
    follows = np.random.default_rng(seed).random((n, n)) < density
    steps = np.eye(n, dtype=np.int64)
    expected = np.zeros((n, n), dtype=bool)
    for _ in range(n):
        steps = ((steps @ follows) > 0).astype(np.int64)
        expected |= steps > 0
    assert np.array_equal(m.reachable(follows), expected)


@pytest.mark.parametrize("n", [3, 5])
def test_a_cycle_is_returned_in_its_order(n: int) -> None:
    marks = chain(n)
    marks[n - 1, 0], marks[0, n - 1] = m.TAIL, m.ARROW
    cycle = m.directed_cycle(marks)
    assert sorted(cycle) == list(range(n))
    directed = m.directed_pairs(marks)
    assert all(directed[a, b] for a, b in zip(cycle, (*cycle[1:], cycle[0]), strict=True))


def test_a_chain_has_no_cycle_and_neither_has_a_ring_without_directions() -> None:
    assert m.directed_cycle(chain(4)) == ()
    ring = np.array([[0, -1, -1], [-1, 0, -1], [-1, -1, 0]], dtype=np.int8)
    assert m.directed_cycle(ring) == ()
