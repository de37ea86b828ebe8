"""Every text is a path, nothing shared stands twice, and cuts cost least."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalvalues.models.packing import Cost, batches, cuts
from causalvalues.models.tree import in_order, plant, shared_length

texts = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=8), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_every_text_is_the_path_to_its_last_node(sequences: list[list[int]]) -> None:
    tree = plant([np.array(each, dtype=np.int64) for each in sequences])
    for sequence, path in zip(sequences, tree.paths, strict=True):
        assert tree.keys[path].tolist() == sequence
        assert tree.depths[path].tolist() == list(range(len(sequence)))
        assert (np.diff(path) > 0).all()


@settings(max_examples=150, deadline=None)
@given(texts)
def test_no_smaller_tree_holds_the_texts(sequences: list[list[int]]) -> None:
    tree = plant([np.array(each, dtype=np.int64) for each in sequences])
    beginnings = {tuple(each[:n]) for each in sequences for n in range(1, len(each) + 1)}
    assert len(tree) == len(beginnings)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_a_node_is_under_its_ancestors_alone(sequences: list[list[int]]) -> None:
    tree = plant([np.array(each, dtype=np.int64) for each in sequences])
    place = np.arange(len(tree))
    sees = (place[None, :] <= place[:, None]) & (place[:, None] < tree.ends[None, :])
    for path in tree.paths:
        for depth, node in enumerate(path):
            assert np.flatnonzero(sees[node]).tolist() == path[: depth + 1].tolist()


@settings(max_examples=100, deadline=None)
@given(texts, st.integers(1, 40), st.sampled_from([0.1, 5.0, 200.0]))
def test_cuts_cost_least_of_all(sequences: list[list[int]], budget: int, linear: float) -> None:
    given_keys = [np.array(each, dtype=np.int64) for each in sequences[:7]]
    keys = [given_keys[place] for place in in_order(given_keys)]
    shared = np.array([0, *(shared_length(one, two) for one, two in pairwise(keys))])
    lengths = np.array([len(each) for each in keys])
    cost = Cost(linear=linear, attention=1.0)

    def price(ends: list[int]) -> float:
        total = 0.0
        for start, end in pairwise([0, *ends]):
            size = len(plant(keys[start:end]))
            if size > budget and end - start > 1:
                return np.inf
            total += float(cost.of(np.array(float(size))))
        return total

    n = len(keys)
    every = [
        [place for place in range(1, n) if chosen >> place & 1] + [n]
        for chosen in range(0, 2**n, 2)
    ]
    found = cuts(lengths, shared, budget=budget, cost=cost)
    assert [piece.start for piece in found][1:] == [piece.stop for piece in found][:-1]
    assert price([piece.stop for piece in found]) == pytest.approx(min(map(price, every)))


@given(st.lists(st.integers(1, 300), max_size=30), st.integers(1, 900))
def test_batches_hold_all_and_stay_within_the_budget(sizes: list[int], budget: int) -> None:
    groups = batches(sizes, budget=budget)
    assert sorted(place for group in groups for place in group) == list(range(len(sizes)))
    for group in groups:
        longest = max(sizes[place] for place in group)
        assert len(group) == 1 or len(group) * longest <= budget
        assert sum(sizes[place] for place in group) >= len(group) * min(0.8 * longest, longest - 32)
