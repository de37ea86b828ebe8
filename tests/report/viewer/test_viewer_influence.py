"""What if, in Python: setting is cutting off, holding is setting to nothing, draws are acyclic."""

import base64

import numpy as np
import pytest
from numbered_pages import CHAIN, chain_effects, chain_influence, random_influence

from causalvalues import ValueGraph
from causalvalues.discovery.classes import in_causal_order
from causalvalues.discovery.graph import Effect
from causalvalues.errors import GraphError, OptionError
from causalvalues.planning.propagation import Propagation
from causalvalues.report.viewer import Influence
from causalvalues.report.viewer.influence import influence_of_effects

DRAWN = random_influence(9, 16, 25, seed=3)


def member(draw: np.ndarray, settings: dict[int, float]) -> np.ndarray:
    """What follows in one draw, by walking from causes to effects."""
    changes = np.zeros(len(draw))
    for node in in_causal_order(draw != 0):
        changes[node] = settings.get(node, changes @ draw[:, node])
    return changes


def test_a_chain_is_worked_out_by_hand() -> None:
    found = chain_influence(((0.5, 0.8, -0.1),)).what_if({"a": 2.0})
    assert found.of("a") == pytest.approx((2.0, 2.0, 2.0), abs=1e-6)
    assert found.of("b") == pytest.approx((1.0, 1.0, 1.0), abs=1e-6)
    assert found.of("c")[0] == pytest.approx(2.0 * (0.5 * 0.8 - 0.1), abs=1e-6)
    assert found.of("d") == (0.0, 0.0, 0.0)


def test_what_is_held_passes_nothing_on_and_keeps_its_place() -> None:
    found = chain_influence().what_if({"a": 1.0, "b": 0.0})
    assert found.of("b") == (0.0, 0.0, 0.0)
    assert found.of("c") == pytest.approx((-0.1, -0.1, -0.1), abs=1e-6)


def test_setting_is_doing_whatever_the_causes_do() -> None:
    alone = DRAWN.what_if({"value 2": 0.4})
    beside = DRAWN.what_if({"value 2": 0.4, "value 5": -1.0})
    assert beside.of("value 2") == alone.of("value 2") == pytest.approx((0.4, 0.4, 0.4))
    assert beside.of("value 5") == pytest.approx((-1.0, -1.0, -1.0))


@pytest.mark.parametrize("seed", range(6))
def test_every_draw_is_walked_from_causes_to_effects(seed: int) -> None:
    random = np.random.default_rng(seed)
    settings = {int(n): float(random.normal()) for n in random.choice(9, 3, replace=False)}
    walked = np.array([member(draw, settings) for draw in DRAWN.matrix()])
    found = DRAWN.what_if({f"value {n}": by for n, by in settings.items()})
    assert found.mean == pytest.approx(walked.mean(axis=0), abs=1e-12)
    assert found.low == pytest.approx(np.quantile(walked, 0.025, axis=0), abs=1e-12)
    assert found.high == pytest.approx(np.quantile(walked, 0.975, axis=0), abs=1e-12)


def test_changes_add_up_and_grow_in_proportion() -> None:
    one, other = DRAWN.what_if({"value 0": 1.0}), DRAWN.what_if({"value 0": -2.5})
    assert other.mean == pytest.approx(-2.5 * one.mean)
    assert other.low == pytest.approx(-2.5 * one.high)
    both = DRAWN.what_if({"value 0": 0.3, "value 4": 0.7}).mean
    first = DRAWN.what_if({"value 0": 0.3, "value 4": 0.0}).mean
    second = DRAWN.what_if({"value 0": 0.0, "value 4": 0.7}).mean
    assert both == pytest.approx(first + second)


def test_nothing_set_changes_nothing() -> None:
    assert not DRAWN.what_if({}).mean.any()


def test_every_draw_is_acyclic() -> None:
    assert all(len(in_causal_order(draw != 0)) == 9 for draw in DRAWN.matrix())


def test_a_single_draw_has_no_width() -> None:
    found = chain_influence(((0.5, 0.8, -0.1),)).what_if({"a": 1.0})
    assert found.low == pytest.approx(found.mean)
    assert found.high == pytest.approx(found.mean)


def test_weights_are_32_bit_numbers_in_python_and_in_the_page() -> None:
    influence = Influence(("a", "b"), np.array([(0, 1)]), np.array([[1 / 3], [0.1]]))
    assert influence.weights[:, 0].tolist() == [float(np.float32(1 / 3)), float(np.float32(0.1))]
    view = influence.view({"a": 4, "b": 2})
    packed = np.frombuffer(base64.b64decode(view.weights), dtype="<f4")
    assert view.pairs == [(4, 2)]
    assert packed.astype(float).tolist() == influence.weights[:, 0].tolist()


def test_a_propagation_gives_its_draws_and_fewer_where_there_would_be_too_many() -> None:
    weights = DRAWN.matrix()
    drawn = Propagation(DRAWN.names, weights, np.ones(9))
    whole = Influence.of(drawn)
    assert whole.matrix() == pytest.approx(weights)
    few = Influence.of(drawn, most_weights=len(whole.pairs) * 4)
    assert few.n_draws == 4
    assert few.matrix() == pytest.approx(weights[:4])


def test_the_effects_of_a_file_give_one_graph_that_implies_them() -> None:
    influence = influence_of_effects(
        ValueGraph(
            names=CHAIN.names,
            marks=CHAIN.marks,
            effects=(
                *chain_effects()[:2],
                Effect("b", "c", 0.8, 0.8, 0.7, 0.9, "by hand"),
            ),
        )
    )
    assert influence is not None
    assert influence.n_draws == 1
    assert influence.what_if({"a": 1.0}).mean == pytest.approx([1.0, 0.5, 0.1, 0.0], abs=1e-6)
    assert influence.what_if({"b": 1.0}).mean == pytest.approx([0.0, 1.0, 0.8, 0.0], abs=1e-6)
    assert influence.what_if({"a": 1.0, "b": 0.0}).mean[2] == pytest.approx(
        0.1 - 0.5 * 0.8, abs=1e-6
    )


def test_a_graph_without_effects_has_no_influence() -> None:
    assert influence_of_effects(CHAIN) is None


def test_a_stranger_is_refused_by_name_and_so_is_a_weight_that_is_no_number() -> None:
    with pytest.raises(OptionError, match=r"a, b, c, d.*wealth"):
        chain_influence().what_if({"wealth": 1.0})
    with pytest.raises(GraphError, match="finite"):
        chain_influence(((0.5, float("nan"), 0.0),))
    with pytest.raises(GraphError, match="row per draw"):
        Influence(("a", "b"), np.array([(0, 1)]), np.zeros((0, 1)))
    with pytest.raises(GraphError, match="column per pair"):
        Influence(("a", "b"), np.array([(0, 1)]), np.zeros((3, 2)))
