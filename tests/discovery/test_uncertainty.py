"""Support, nulls and effects are held against worlds whose truth is known."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from every_graph import all_graphs

from causalvalues import ScoreTable, discover, effects, nulls, stability
from causalvalues.discovery.classes import class_of_edges
from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.measured import direct_changes, linear_model
from causalvalues.discovery.nulls import block_permutations, relabelled_null
from causalvalues.discovery.options import Search
from causalvalues.discovery.parent_sets import describes_graphs, possible_parents
from causalvalues.discovery.stability import consensus_marks
from causalvalues.errors import ConstantColumn, DependentRows, GraphError, OptionError
from causalvalues.organism.world import planted_world, random_world

WORLD = planted_world()
TABLE = WORLD.sample(600, seed=1)
SMALL = WORLD.sample(120, seed=1)


def test_true_edges_have_support_and_absent_ones_have_none() -> None:
    support = stability(TABLE, n_resamples=200).support
    true = WORLD.graph().marks != 0
    pairs = np.triu_indices(10, 1)
    assert support.adjacent[pairs][true[pairs]].min() > 0.5
    assert np.median(support.adjacent[pairs][true[pairs]]) > 0.99
    assert support.adjacent[pairs][~true[pairs]].mean() < 0.1
    assert support.unit == "cluster"
    assert support.n_resamples == 200


def test_the_consensus_is_the_graph_of_the_majority() -> None:
    result = stability(TABLE, n_resamples=200)
    found = {frozenset((e.first, e.second)) for e in result.consensus.edges()}
    assert found == {frozenset((e.first, e.second)) for e in WORLD.graph().edges()}
    assert 0.5 < result.orientation_stability <= 1.0
    frame = result.to_frame()
    assert frame["adjacent"].is_monotonic_decreasing
    assert len(result.n_edges) == 200


def test_a_seed_gives_the_same_support_for_every_search() -> None:
    for search in (Search(), Search("ges"), Search("ges", correlation="spearman")):
        one, two, other = (
            stability(SMALL, search=search, n_resamples=8, seed=seed).support for seed in (3, 3, 4)
        )
        assert np.array_equal(one.directed, two.directed)
        assert not np.array_equal(one.directed, other.directed)


def test_moments_and_rows_resample_alike() -> None:
    """The reference engine sees the drawn rows, the fast engine their moments: same draws."""
    fast = stability(TABLE, search=Search(), n_resamples=5, seed=9).support
    rows = stability(TABLE, search=Search(engine="causal-learn"), n_resamples=5, seed=9).support
    assert np.array_equal(fast.adjacent, rows.adjacent)
    assert np.array_equal(fast.directed, rows.directed)


def test_clusters_give_less_certainty_than_their_rows_pretend() -> None:
    table = replace(WORLD, persona_share=0.98).sample(40, n_states=10, seed=2)
    with pytest.warns(DependentRows):
        by_row = stability(table, n_resamples=100, by="row")
    by_cluster = stability(table, n_resamples=100)
    spread = [np.mean(s.support.adjacent * (1 - s.support.adjacent)) for s in (by_row, by_cluster)]
    assert spread[1] > spread[0]


def test_draws_that_lose_a_column_are_counted() -> None:
    scores = np.random.default_rng(1).standard_normal((100, 4))
    scores[:, 0] = 0.0
    scores[:2, 0] = (1.0, 2.0)
    table = ScoreTable(names=tuple("abcd"), scores=scores, clusters=np.repeat(list("abcde"), 20))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = stability(table, n_resamples=200)
        assert 30 < result.n_unusable < 110  # (4/5)⁵ = .33 of the draws lack cluster a
        assert result.support.n_resamples == 200 - result.n_unusable


@pytest.mark.fault
def test_a_column_that_no_draw_keeps_is_an_error() -> None:
    scores = np.random.default_rng(1).standard_normal((40, 3))
    scores[:, 0] = np.repeat([0.0, 1.0], 20)
    table = ScoreTable(names=tuple("abc"), scores=scores, clusters=np.repeat(["x", "y"], 20))
    one_sided = next(
        seed
        for seed in range(50)
        if 2 in np.random.default_rng(seed).multinomial(2, [0.5, 0.5], size=1)
    )
    for search in (Search(), Search(correlation="spearman")):
        with pytest.raises(ConstantColumn, match="resample"):
            stability(table, search=search, n_resamples=1, seed=one_sided)


def test_progress_is_reported_to_the_end() -> None:
    seen: list[tuple[int, int]] = []
    stability(TABLE, n_resamples=130, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (130, 130)
    assert len(seen) > 1


def test_consensus_marks_follow_the_majority_of_the_draws_that_join_a_pair() -> None:
    support = stability(TABLE, n_resamples=20).support
    zero = np.zeros((3, 3))
    joined = zero.copy()
    joined[0, 1] = joined[1, 0] = joined[1, 2] = joined[2, 1] = 0.8
    directed = zero.copy()
    directed[0, 1] = 0.7
    small = replace(support, adjacent=joined, directed=directed, undirected=zero, bidirected=zero)
    assert consensus_marks(small, 0.5).tolist() == [[0, -1, 0], [1, 0, 2], [0, 2, 0]]
    assert not consensus_marks(small, 0.9).any()


def test_a_null_of_dependent_values_is_rejected_and_of_independent_ones_is_not() -> None:
    assert nulls(TABLE, n_permutations=99).p_value == pytest.approx(0.01)
    independent = replace(WORLD, weights=np.zeros((10, 10)), persona_share=0.95)
    p_values, ordinary = [], []
    for seed in range(20):
        table = independent.sample(30, n_states=8, seed=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DependentRows)
            result = nulls(table, n_permutations=39, seed=seed)
        p_values.append(result.p_value)
        ordinary.append(result.observed_edges)
    assert np.mean(ordinary) > 5  # near-copies of a role make edges out of noise
    assert np.mean(np.array(p_values) <= 0.05) <= 0.2
    assert 0.3 < np.mean(p_values) < 0.75


def test_blocks_change_places_and_nothing_else() -> None:
    scores = np.arange(24.0).reshape(12, 2)
    codes = np.repeat(np.arange(4), 3)
    (permuted,) = block_permutations(scores, codes, 1, seed=1)
    for column in range(2):
        blocks = {tuple(permuted[start : start + 3, column]) for start in range(0, 12, 3)}
        assert blocks == {tuple(scores[start : start + 3, column]) for start in range(0, 12, 3)}
    uneven = np.array([0, 0, 0, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    (permuted,) = block_permutations(scores, uneven, 1, seed=2)
    assert np.array_equal(np.sort(permuted, axis=0), scores)


def test_other_names_are_the_null_of_inside_against_outside() -> None:
    strength = np.abs(np.corrcoef(TABLE.scores.T))

    def inside(graph: ValueGraph) -> np.ndarray:
        edges = graph.marks != 0
        return np.array([strength[edges].mean(), np.nan])

    null = relabelled_null(WORLD.graph(), inside, n_relabellings=199, seed=1)
    assert null.p_values[0] == pytest.approx(1 / 200)
    assert np.isnan(null.p_values[1])
    assert null.draws.shape == (199, 2)


@pytest.mark.fault
def test_numbers_of_draws_and_levels_are_checked() -> None:
    with pytest.raises(OptionError, match="n_resamples"):
        stability(TABLE, n_resamples=0)
    with pytest.raises(OptionError, match="threshold"):
        stability(TABLE, threshold=0.0)
    with pytest.raises(OptionError, match="`by`"):
        stability(TABLE, by="role")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="n_permutations"):
        nulls(TABLE, n_permutations=0)
    with pytest.raises(OptionError, match="level"):
        effects(TABLE, WORLD.graph_class(), level=1.0)


def test_possible_parents_are_those_of_some_graph_of_the_class() -> None:
    by_class: dict[bytes, list[np.ndarray]] = {}
    for edges in all_graphs(4):
        by_class.setdefault(class_of_edges(edges).tobytes(), []).append(edges)
    assert len(by_class) == 185  # the number of classes of four nodes
    for key, members in by_class.items():
        marks = np.frombuffer(key, dtype=np.int8).reshape(4, 4)
        assert describes_graphs(marks)
        for node in range(4):
            truth = {tuple(np.flatnonzero(edges[:, node]).tolist()) for edges in members}
            assert set(possible_parents(marks, node, exact=True)) == truth


def test_marks_that_clash_describe_no_graph() -> None:
    cycle = np.zeros((3, 3), dtype=np.int8)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        cycle[i, j], cycle[j, i] = -1, 1
    assert not describes_graphs(cycle)
    both = np.array([[0, 1], [1, 0]], dtype=np.int8)
    assert not describes_graphs(both)


@pytest.mark.parametrize("seed", range(4))
def test_the_range_of_effects_holds_the_truth(seed: int) -> None:
    world = random_world(7, degree=2.0, seed=seed)
    scores = world.latents(200_000, seed=seed).reshape(-1, 7)
    table = ScoreTable(names=world.names, scores=scores)
    found = effects(table, world.graph_class(), n_resamples=10).effects
    truth = world.total_effects()
    assert len(found) == 42
    for effect in found:
        true = truth[world.names.index(effect.cause), world.names.index(effect.effect)]
        assert effect.low - 0.02 <= true <= effect.high + 0.02
        assert effect.interval_low <= effect.low + 1e-9 or effect.low == pytest.approx(
            effect.interval_low, abs=0.02
        )


def test_intervals_that_doubt_the_graph_cover_the_planted_effects() -> None:
    covered, n_pairs = 0, 0
    for seed in range(6):
        world = random_world(6, degree=1.8, seed=50 + seed)
        table = ScoreTable(names=world.names, scores=world.latents(400, seed=seed).reshape(-1, 6))
        found = effects(table, discover(table), n_resamples=200, search=Search(), seed=seed)
        truth = world.total_effects()
        for effect in found.effects:
            true = truth[world.names.index(effect.cause), world.names.index(effect.effect)]
            covered += effect.interval_low - 1e-9 <= true <= effect.interval_high + 1e-9
            n_pairs += 1
    assert covered / n_pairs >= 0.9


def test_what_an_intervention_did_is_measured_within_roles() -> None:
    table = WORLD.sample(800, interventions=[{"security": 1.0}], seed=4)
    result = effects(table, WORLD.graph(), n_resamples=200)
    truth = WORLD.profile_of({"security": 1.0})
    for change in result.measured:
        assert 2 * change.change == pytest.approx(truth[change.effect], abs=0.12)
        assert change.interval_low <= change.change <= change.interval_high
        assert change.n_clusters == 800
    assert len(result.measured_frame()) == len(result.measured) == 10
    direct = {d.effect: d.change for d in result.direct}
    others = [abs(size) for name, size in direct.items() if name != "security"]
    assert direct["security"] > 0.35
    assert max(others) < 0.1


def test_a_prediction_never_sees_the_rows_that_test_it() -> None:
    quiet = WORLD.sample(300, seed=4)
    told = WORLD.sample(300, interventions=[{"security": 1.0}], seed=4)
    alone = effects(quiet, WORLD.graph(), n_resamples=10).effects
    assert effects(told, WORLD.graph(), n_resamples=10).effects == alone


def test_direct_changes_undo_the_model() -> None:
    model = WORLD.weights
    direct = np.zeros(10)
    direct[5] = 1.0
    passed_on = direct @ np.linalg.inv(np.eye(10) - model)
    assert np.allclose(direct_changes(passed_on, model), direct)


def test_the_linear_model_is_the_planted_one_where_the_graph_is_known() -> None:
    scores = WORLD.latents(100_000, seed=1).reshape(-1, 10)
    table = ScoreTable(names=WORLD.names, scores=scores)
    assert np.allclose(linear_model(table, WORLD.graph()), WORLD.weights, atol=0.02)


@pytest.mark.fault
def test_effects_need_the_values_of_the_graph() -> None:
    with pytest.raises(GraphError, match="same nodes"):
        effects(WORLD.sample(200, interventions=[{"power": 1}], seed=1), joint_graph_of_another())


def joint_graph_of_another() -> ValueGraph:
    """A graph with a context that the table does not have."""
    names = (*WORLD.names, "do(power=+2)")
    kinds = ("value",) * 10 + ("context",)
    return ValueGraph(names=names, marks=np.zeros((11, 11), dtype=np.int8), kinds=kinds)
