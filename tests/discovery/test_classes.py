"""Equivalence classes of acyclic graphs, against a search through all members."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalvalues.discovery.classes import (
    acyclic_extension,
    class_of,
    is_class,
    is_directed_acyclic,
)
from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.marks import Marks, adjacent_pairs, directed_pairs


def random_dag(n: int, density: float, seed: int) -> Marks:
    """A directed acyclic graph in a random order."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(n)
    causes = np.triu(generator.random((n, n)) < density, k=1)[np.ix_(order, order)]
    return (causes.T.astype(np.int8) - causes).astype(np.int8)


def colliders(marks: Marks) -> set[tuple[int, int, int]]:
    """Every cause, cause, effect with the causes apart."""
    directed, adjacent = directed_pairs(marks), adjacent_pairs(marks)
    n = len(marks)
    return {
        (i, j, k)
        for i, j, k in product(range(n), repeat=3)
        if i < j and directed[i, k] and directed[j, k] and not adjacent[i, j]
    }


def class_by_brute_force(marks: Marks) -> Marks:
    """The union of all acyclic graphs with the same skeleton and colliders."""
    pairs = np.argwhere(np.triu(adjacent_pairs(marks)))
    members = []
    for ways in product((0, 1), repeat=len(pairs)):
        member = np.zeros_like(marks)
        for (i, j), way in zip(pairs, ways, strict=True):
            cause, effect = (i, j) if way else (j, i)
            member[cause, effect], member[effect, cause] = -1, 1
        if is_directed_acyclic(member) and colliders(member) == colliders(marks):
            members.append(member)
    result = members[0].copy()
    for i, j in pairs:
        if len({int(member[i, j]) for member in members}) > 1:
            result[i, j] = result[j, i] = -1
    return result


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.floats(0.1, 1), st.integers(0, 2**32))
def test_a_class_is_the_union_of_its_members(n: int, density: float, seed: int) -> None:
    marks = random_dag(n, density, seed)
    assert np.array_equal(class_of(marks), class_by_brute_force(marks))


def test_a_collider_is_directed_and_a_chain_is_not() -> None:
    names = ["a", "b", "c"]
    collider = ValueGraph.from_edges(names, [("a", "c"), ("b", "c")]).marks
    chain = ValueGraph.from_edges(names, [("a", "b"), ("b", "c")]).marks
    assert np.array_equal(class_of(collider), collider)
    assert (class_of(chain)[chain != 0] == -1).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.floats(0, 1), st.integers(0, 2**32))
def test_a_class_has_a_member_and_knows_itself(n: int, density: float, seed: int) -> None:
    own = class_of(random_dag(n, density, seed))
    edges = acyclic_extension(own)
    assert edges is not None
    member = edges.T.astype(np.int8) - edges.astype(np.int8)
    assert member is not None
    assert is_directed_acyclic(member)
    assert np.array_equal(class_of(member), own)
    assert is_class(own)


@pytest.mark.parametrize(
    "marks",
    [
        [[0, -1, 0], [1, 0, -1], [0, -1, 0]],  # a → b — c: b → c would be implied
        [[0, -1, 0], [1, 0, 1], [0, 1, 0]],  # a → b ↔ c
        [[0, -1, 1], [1, 0, -1], [-1, 1, 0]],  # a cycle
        [[0, 2, 0], [2, 0, 0], [0, 0, 0]],  # circles
    ],
)
def test_marks_that_are_no_class_are_told(marks: list[list[int]]) -> None:
    assert not is_class(np.array(marks, dtype=np.int8))


def test_a_ring_of_four_without_directions_is_no_class() -> None:
    ring = np.zeros((4, 4), dtype=np.int8)
    for i in range(4):
        ring[i, (i + 1) % 4] = ring[(i + 1) % 4, i] = -1
    assert acyclic_extension(ring) is None
    assert not is_class(ring)
