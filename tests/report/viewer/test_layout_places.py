"""Where values stand: causes above effects, apart from each other, the same every time."""

import time

import numpy as np
import pytest

from causalvalues.discovery.graph import ValueGraph
from causalvalues.report.viewer.layouts import circle_places, layer_places
from causalvalues.report.viewer.tidying import cost_of_places, tidied


def random_graph(n_nodes: int, share: float, seed: int, *, open_share: float = 0.0) -> ValueGraph:
    random = np.random.default_rng(seed)
    marks = np.zeros((n_nodes, n_nodes), dtype=np.int8)
    order = random.permutation(n_nodes)
    for step, cause in enumerate(order):
        for effect in order[step + 1 :]:
            if random.uniform() < share:
                marks[cause, effect] = -1
                marks[effect, cause] = -1 if random.uniform() < open_share else 1
    return ValueGraph(names=tuple(f"v{n}" for n in range(n_nodes)), marks=marks)


@pytest.mark.parametrize("seed", range(8))
def test_every_cause_stands_above_its_effects(seed: int) -> None:
    graph = random_graph(12, 0.25, seed, open_share=0.3)
    places = layer_places(graph)
    for cause, effect in np.argwhere(graph.directed):
        assert places[cause][1] < places[effect][1]


@pytest.mark.parametrize("seed", range(4))
def test_no_two_values_stand_in_one_place_and_all_fit_into_the_frame(seed: int) -> None:
    for graph in (random_graph(17, 0.2, seed), random_graph(40, 0.05, seed, open_share=0.5)):
        places = layer_places(graph)
        assert len(set(places)) == len(graph.names)
        assert np.abs(places).max() <= 1


def test_the_same_graph_has_the_same_places_every_time() -> None:
    graph = random_graph(15, 0.25, 3, open_share=0.4)
    assert layer_places(graph) == layer_places(graph)


def test_a_chain_without_directions_needs_two_layers() -> None:
    names = [f"v{n}" for n in range(8)]
    marks = np.zeros((8, 8), dtype=np.int8)
    for n in range(7):
        marks[n, n + 1] = marks[n + 1, n] = -1
    places = layer_places(ValueGraph(names=tuple(names), marks=marks))
    assert sorted({y for _, y in places}) == [-1, 1]


def test_two_ends_of_an_open_edge_never_share_a_layer() -> None:
    for seed in range(5):
        graph = random_graph(10, 0.3, seed, open_share=1.0)
        places = layer_places(graph)
        for i, j in np.argwhere(graph.marks != 0):
            assert places[i][1] != places[j][1]


def test_values_that_cause_each_other_stand_in_one_layer() -> None:
    names = ("a", "b", "c", "d")
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]
    places = layer_places(ValueGraph.from_edges(names, edges))
    assert places[0][1] == places[1][1] == places[2][1] < places[3][1]


def test_a_graph_of_nothing_and_of_one_value_has_places() -> None:
    one = ValueGraph.from_edges(["a"], [])
    assert layer_places(one) == [(0.0, 0.0)]
    assert circle_places([]) == []


def test_two_edges_that_could_cross_do_not() -> None:
    joined = np.zeros((4, 4), dtype=bool)
    for i, j in ((0, 3), (1, 2)):
        joined[i, j] = joined[j, i] = True
    top, bottom = tidied([[0, 1], [2, 3]], joined)
    assert (top[0] < top[1]) == (bottom[3] < bottom[2])
    assert set(top) == {0, 1}
    assert set(bottom) == {2, 3}


def test_a_crossing_and_an_edge_through_a_value_cost_more_than_length() -> None:
    pairs = np.array([(0, 1), (2, 3)])
    apart = np.array([(-1.0, -1), (-1, 1), (1, -1), (1, 1)])
    crossed = np.array([(-1.0, -1), (1, 1), (1, -1), (-1, 1)])
    assert cost_of_places(apart, pairs) == pytest.approx(4)
    assert cost_of_places(crossed, pairs) == pytest.approx(2 + 4 * np.sqrt(2))
    through = np.array([(0.0, -1), (0, 1), (0, 0)])
    assert cost_of_places(through, np.array([(0, 1)])) == pytest.approx(6 + 2)


def test_the_circle_goes_clockwise_from_the_top_in_equal_steps() -> None:
    places = np.array(circle_places([200.0, 10.0, None, 12.0]))
    turns = np.degrees(np.arctan2(places[:, 0], -places[:, 1])) % 360
    np.testing.assert_allclose(turns, [180, 0, 270, 90], atol=1e-3)
    np.testing.assert_allclose(np.hypot(*places.T), 1, atol=1e-5)


def test_450_values_have_places_in_seconds() -> None:
    graph = random_graph(450, 0.015, 1, open_share=0.3)
    start = time.perf_counter()
    places = layer_places(graph)
    assert time.perf_counter() - start < 20
    assert len(set(places)) == 450
