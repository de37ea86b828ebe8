"""Oracles for every search: known graphs come back, options do what they say."""

import random
import warnings
from dataclasses import replace as replace_fields

import numpy as np
import pytest

from causalvalues import Knowledge, ScoreTable, ValueGraph, compare, discover
from causalvalues.discovery.classes import acyclic_extension, class_of_edges
from causalvalues.discovery.column_order import column_order
from causalvalues.discovery.evidence import gather, rows_with_correlation
from causalvalues.discovery.ges import ges_marks
from causalvalues.discovery.graph import NodeKind
from causalvalues.discovery.options import Algorithm, ContextUse, Engine, Search
from causalvalues.discovery.pc import pc_marks
from causalvalues.discovery.visiting_order import visiting_order
from causalvalues.discovery.xges import xges_marks
from causalvalues.errors import CausalValuesWarning, CyclicGraph, OptionError
from causalvalues.organism.world import World, planted_world, random_world

NAMES = ("a", "b", "c")
SEARCHES: list[tuple[Algorithm, Engine]] = [
    ("pc", "fast"),
    ("pc", "causal-learn"),
    ("ges", "fast"),
    ("ges", "causal-learn"),
    ("xges", "fast"),
    ("boss", "causal-learn"),
    ("grasp", "causal-learn"),
]


def rows_from(edges: list[tuple[str, str, float]], n_rows: int = 3000) -> ScoreTable:
    world = World.from_edges(NAMES, edges)
    return ScoreTable(names=NAMES, scores=world.latents(n_rows, seed=4).reshape(-1, 3))


def exact_correlation(world: World) -> np.ndarray:
    spread = world.total_effects() + np.eye(len(world.names))
    return spread.T @ np.diag(world.disturbances) @ spread


def edges_of(graph: ValueGraph) -> set[str]:
    return {str(edge) for edge in graph.edges()}


@pytest.mark.parametrize(("algorithm", "engine"), SEARCHES)
def test_a_collider_is_directed_and_a_chain_is_not(algorithm: Algorithm, engine: Engine) -> None:
    collider = rows_from([("a", "c", 0.5), ("b", "c", 0.5)])
    chain = rows_from([("a", "b", 0.6), ("b", "c", 0.6)])
    assert edges_of(discover(collider, algorithm, engine)) == {"a —→ c", "b —→ c"}
    assert edges_of(discover(chain, algorithm, engine)) == {"a —— b", "b —— c"}


@pytest.mark.parametrize("rule", [0, 1, 2])
def test_every_rule_of_pc_knows_a_collider_from_a_chain(rule: int) -> None:
    collider = rows_from([("a", "c", 0.5), ("b", "c", 0.5)])
    chain = rows_from([("a", "b", 0.6), ("b", "c", 0.6)])
    assert edges_of(discover(collider, uc_rule=rule)) == {"a —→ c", "b —→ c"}
    assert edges_of(discover(chain, uc_rule=rule)) == {"a —— b", "b —— c"}


def test_fci_leaves_circles_where_a_common_cause_may_hide() -> None:
    found = discover(rows_from([("a", "b", 0.6), ("b", "c", 0.6)]), "fci")
    assert {edge.kind for edge in found.edges()} == {"partial"}


@pytest.mark.parametrize("seed", range(6))
def test_score_searches_find_the_class_from_exact_correlations(seed: int) -> None:
    world = random_world(7, degree=2.0, seed=seed)
    truth = world.graph_class().marks
    exact = exact_correlation(world)
    assert np.array_equal(xges_marks(exact, 1_000_000), truth)
    assert np.array_equal(pc_marks(exact, 10_000_000, alpha=1e-9), truth)


def test_the_forced_deletions_mend_what_greed_broke() -> None:
    ges_wrong, xges_wrong = 0, 0
    for seed in range(8):
        world = random_world(15, degree=3.5, seed=seed)
        truth, exact = world.graph_class().marks, exact_correlation(world)
        ges_wrong += int((ges_marks(exact, 100_000) != truth).sum())
        xges_wrong += int((xges_marks(exact, 100_000) != truth).sum())
    assert xges_wrong <= ges_wrong


def test_a_larger_penalty_gives_fewer_edges() -> None:
    table = planted_world().sample(300, seed=3)
    sizes = [discover(table, "ges", penalty=penalty).n_edges for penalty in (0.25, 0.5, 2.0, 8.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]


def test_a_planted_world_comes_back() -> None:
    world = planted_world()
    found = discover(world.sample(2000, seed=1))
    outcome = compare(found, world.graph_class(), n_relabellings=200)
    assert outcome.measure("skeleton_shd").value == 0
    assert (outcome.measure("shd").value or 0) <= 3
    assert outcome.measure("adjacency_f1").p_value == pytest.approx(1 / 201)


@pytest.mark.parametrize("algorithm", ["pc", "ges"])
def test_clear_data_give_one_graph_in_any_column_order(algorithm: Algorithm) -> None:
    world = planted_world()
    table = world.sample(20_000, seed=2)
    found = discover(table, algorithm)
    for seed in range(4):
        names = [str(n) for n in np.random.default_rng(seed).permutation(world.names)]
        other = discover(table.select(names), algorithm)
        order = [names.index(name) for name in world.names]
        assert np.array_equal(other.marks[np.ix_(order, order)], found.marks)


@pytest.mark.parametrize(
    ("algorithm", "engine", "contexts"),
    [
        *((algorithm, engine, "pool") for algorithm, engine in SEARCHES),
        *((algorithm, "fast", "joint") for algorithm in ("pc", "ges", "xges")),
    ],
)
def test_murky_data_give_one_graph_in_any_column_order(
    algorithm: Algorithm, engine: Engine, contexts: ContextUse
) -> None:
    under = np.repeat(["", "lower power", "raise power"], 50)
    table = replace_fields(planted_world().sample(150, seed=2), contexts=under)
    found = discover(table, algorithm, engine, contexts=contexts)
    for seed in range(3):
        names = [str(n) for n in np.random.default_rng(seed).permutation(table.names)]
        other = discover(table.select(names), algorithm, engine, contexts=contexts)
        order = [other.names.index(name) for name in found.names]
        assert np.array_equal(other.marks[np.ix_(order, order)], found.marks)


def test_values_are_visited_as_their_system_has_them_and_others_by_name_and_number() -> None:
    told = ("hedonism", "self-direction", "power", "context: a")
    kinds: tuple[NodeKind, ...] = ("value", "value", "value", "context")
    assert visiting_order(told, kinds) == (1, 0, 2, 3)
    assert visiting_order(("v10", "v9", "a b", "v9b"), ("value",) * 4) == (2, 1, 3, 0)


def test_dependence_on_the_order_of_visiting_is_found_and_said() -> None:
    clear = column_order(planted_world().sample(20_000, seed=2))
    assert clear.passed
    table = planted_world().sample(100, seed=2)
    murky = column_order(table, search=Search(alpha=0.3, uc_rule=0))
    assert murky.passed is False
    assert "of 20 random orders" in murky.detail


def test_the_column_order_check_carries_knowledge_along() -> None:
    table = planted_world().sample(300, seed=2)
    known = Knowledge(required=("power -> security",), forbidden=("security -- conformity",))
    assert column_order(table, search=Search("ges"), knowledge=known, n_orders=3).passed is not None


@pytest.mark.parametrize("algorithm", ["boss", "grasp"])
def test_libraries_are_quiet_and_leave_the_shared_generator_alone(
    algorithm: Algorithm, capfd: pytest.CaptureFixture[str]
) -> None:
    table = planted_world().sample(300, seed=5)
    state = random.getstate()
    one, two = discover(table, algorithm, seed=3), discover(table, algorithm, seed=3)
    assert random.getstate() == state
    assert np.array_equal(one.marks, two.marks)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("algorithm", "engine"), [*SEARCHES, ("fci", "causal-learn")])
def test_every_search_takes_ordinal_and_weighted_data(algorithm: Algorithm, engine: Engine) -> None:
    table = planted_world().sample(400, seed=6, n_levels=4).select(planted_world().names[:5])
    weights = np.random.default_rng(1).uniform(0.5, 1.5, 400)
    ranked = discover(table, algorithm, engine, correlation="spearman")
    weighted = discover(
        ScoreTable(names=table.names, scores=table.scores, weights=weights), algorithm, engine
    )
    assert ranked.n_edges > 0
    assert weighted.n_edges > 0


def test_rows_made_for_a_library_have_exactly_the_correlation() -> None:
    correlation = gather(planted_world().sample(200, seed=1)).correlation
    rows = rows_with_correlation(correlation, 200)
    assert np.allclose(np.corrcoef(rows.T), correlation, atol=1e-12)


def test_a_cycle_is_a_warning_and_a_failed_check() -> None:
    marks = np.zeros((3, 3), dtype=np.int8)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        marks[i, j], marks[j, i] = -1, 1
    with pytest.warns(CyclicGraph, match="a → b → c → a"):
        graph = ValueGraph(names=NAMES, marks=marks).with_cycle_check()
    assert graph.checks[-1].passed is False


def test_a_class_and_its_graphs_lead_to_each_other() -> None:
    for seed in range(30):
        marks = random_world(8, degree=3.0, seed=seed).graph_class().marks
        edges = acyclic_extension(marks)
        assert edges is not None
        assert np.array_equal(class_of_edges(edges), marks)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"algorithm": "magic"}, "`algorithm` must be one of"),
        ({"engine": "slow"}, "`engine` must be"),
        ({"algorithm": "xges", "engine": "causal-learn"}, "fast engine only"),
        ({"alpha": 0.0}, "`alpha`"),
        ({"uc_rule": 3}, "`uc_rule`"),
        ({"uc_priority": 7}, "`uc_priority`"),
        ({"uc_rule": 2, "uc_priority": 0}, "2, 3 or 4 with uc_rule=2"),
        ({"penalty": -1.0}, "`penalty`"),
        ({"correlation": "kendall"}, "`correlation`"),
        ({"preset": "nobody1999"}, "`preset`"),
        ({"contexts": "joint"}, "context column"),
    ],
)
def test_an_option_out_of_its_range_is_named(options: dict[str, object], said: str) -> None:
    table = planted_world().sample(200, seed=1)
    with pytest.raises(OptionError, match=said):
        discover(table, **options)  # type: ignore[arg-type]


@pytest.mark.fault
def test_a_hub_that_would_take_for_ever_is_an_error() -> None:
    rng = np.random.default_rng(1)
    scores = rng.standard_normal((2000, 1)) + rng.standard_normal((2000, 24))
    table = ScoreTable(names=tuple(f"v{i}" for i in range(24)), scores=scores)
    with pytest.raises(OptionError, match="at most 20 neighbours"):
        discover(table, max_condition_size=0)
    assert discover(table, uc_rule=0, max_condition_size=0).n_edges == 276


def test_the_preset_is_the_published_pc_whatever_else_is_said() -> None:
    assert Search.preset("kang2025") == Search(alpha=0.05, uc_rule=0, uc_priority=2)
    table = planted_world().sample(300, seed=8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CyclicGraph)
        preset = discover(table, "ges", alpha=0.4, preset="kang2025")
        by_hand = discover(table, alpha=0.05, uc_rule=0)
    assert np.array_equal(preset.marks, by_hand.marks)


@pytest.mark.fault
@pytest.mark.parametrize("seed", range(4))
def test_a_search_ends_where_two_columns_are_nearly_equal(seed: int) -> None:
    rng = np.random.default_rng([7, 109 + seed])
    scores = rng.standard_normal((240, 5))
    for at in range(1, 5):
        scores[:, at] += 0.8 * scores[:, at - 1]
    scores[:, 3] = scores[:, 2] + 1e-4 * rng.standard_normal(240)
    with pytest.warns(CausalValuesWarning):
        evidence = gather(ScoreTable(tuple("abcde"), scores))
    assert xges_marks(evidence.correlation, evidence.n_rows).any()
