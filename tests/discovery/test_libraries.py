"""causal-learn behind our interface: really run, quiet, repeatable, right about clear worlds."""

import random
import warnings
from collections.abc import Callable

import numpy as np
import pytest

from causalvalues import Knowledge, ScoreTable, compare, discover
from causalvalues.discovery import libraries
from causalvalues.discovery.classes import in_causal_order
from causalvalues.discovery.evidence import rows_with_correlation
from causalvalues.discovery.knowledge import Rules
from causalvalues.discovery.marks import Marks, adjacent_pairs
from causalvalues.discovery.options import Algorithm
from causalvalues.errors import CyclicGraph
from causalvalues.organism.world import World, planted_world, random_world

Find = Callable[..., Marks]
WORLD = planted_world()
TABLE = WORLD.sample(250, seed=5)
SHUFFLERS: tuple[Algorithm, ...] = ("boss", "grasp")


def exact_correlation(world: World) -> np.ndarray:
    spread = world.total_effects() + np.eye(len(world.names))
    return spread.T @ np.diag(world.disturbances) @ spread


def no_rules(n_nodes: int) -> Rules:
    nothing = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
    return Rules(nothing, nothing)


@pytest.mark.parametrize("algorithm", ["boss", "grasp", "ges", "xges"])
def test_a_planted_class_comes_back_from_many_rows(algorithm: Algorithm) -> None:
    table = WORLD.sample(2000, seed=1)
    outcome = compare(discover(table, algorithm), WORLD.graph_class(), n_relabellings=0)
    assert outcome.measure("skeleton_shd").value == 0
    assert (outcome.measure("shd").value or 0) <= 4  # a class whose score is less than 1 away


def test_fci_finds_the_skeleton_and_marks_of_every_kind() -> None:
    table = WORLD.sample(2000, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CyclicGraph)
        found = discover(table, "fci")
    assert np.array_equal(adjacent_pairs(found.marks), adjacent_pairs(WORLD.graph().marks))
    assert {edge.kind for edge in found.edges()} >= {"directed", "partial"}


@pytest.mark.parametrize("algorithm", ["pc", "ges", "boss", "grasp", "fci"])
def test_a_library_says_nothing(algorithm: Algorithm, capfd: pytest.CaptureFixture[str]) -> None:
    engine = "causal-learn"
    discover(TABLE, algorithm, engine)
    if algorithm != "ges":
        discover(TABLE, algorithm, engine, knowledge=Knowledge(forbidden=("power -> security",)))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("algorithm", SHUFFLERS)
@pytest.mark.parametrize("known", [None, Knowledge(forbidden=("* -> universalism",))])
def test_a_seed_fixes_what_is_shuffled_and_nothing_else(
    algorithm: Algorithm, known: Knowledge | None
) -> None:
    random.seed(17)
    state = random.getstate()
    first = discover(TABLE, algorithm, knowledge=known, seed=3)
    assert random.getstate() == state
    random.seed(99)
    assert np.array_equal(discover(TABLE, algorithm, knowledge=known, seed=3).marks, first.marks)


@pytest.mark.fault
def test_the_shared_generator_comes_back_after_a_crash() -> None:
    random.seed(17)
    state = random.getstate()
    with pytest.raises(RuntimeError, match="inside"):
        crash_while_seeded()
    assert random.getstate() == state


def crash_while_seeded() -> None:
    with libraries.seeded(1):
        random.random()
        raise RuntimeError("inside")


def test_causal_learn_itself_gives_the_reference_marks() -> None:
    from causallearn.search.ConstraintBased.PC import pc
    from causallearn.search.ScoreBased.GES import ges

    by_pc = pc(TABLE.scores, 0.05, uc_rule=1, uc_priority=3, show_progress=False).G.graph
    found = discover(TABLE, "pc", "causal-learn", 0.05, 1, uc_priority=3)
    assert np.array_equal(found.marks, by_pc)
    by_ges = ges(TABLE.scores, "local_score_BIC", parameters=None)["G"].graph
    assert np.array_equal(discover(TABLE, "ges", "causal-learn").marks, by_ges)


@pytest.mark.parametrize("find", [libraries.boss_marks, libraries.grasp_marks])
def test_a_search_with_rules_is_as_good_as_the_library_where_they_say_nothing(find: Find) -> None:
    n_same = 0
    for seed in range(12):
        rows = random_world(6, degree=2.0, seed=seed).latents(3000, seed=seed)[:, 0]
        plain = find(rows, penalty=0.5, seed=1, rules=None)
        n_same += np.array_equal(plain, find(rows, penalty=0.5, seed=1, rules=no_rules(6)))
    assert n_same >= 10  # they shuffle in another order, and each may stop at another summit


@pytest.mark.parametrize("seed", range(3))
def test_rules_that_say_nothing_change_nothing(seed: int) -> None:
    rows = random_world(6, degree=2.0, seed=seed).latents(3000, seed=seed)[:, 0]
    plain_fci, ruled_fci = (
        libraries.fci_marks(rows, alpha=0.01, max_condition_size=None, rules=rules)
        for rules in (None, no_rules(6))
    )
    assert np.array_equal(plain_fci, ruled_fci)
    plain_pc, ruled_pc = (
        libraries.pc_marks(
            rows, alpha=0.01, uc_rule=2, uc_priority=2, max_condition_size=None, rules=rules
        )
        for rules in (None, no_rules(6))
    )
    assert np.array_equal(plain_pc, ruled_pc)


def test_a_broken_rule_ruins_a_score_and_a_kept_one_costs_nothing() -> None:
    forbidden, required = np.zeros((10, 10), dtype=np.bool_), np.zeros((10, 10), dtype=np.bool_)
    forbidden[0, 1] = required[2, 3] = True
    free = libraries.RuledScore(TABLE.scores, 0.5, no_rules(10))
    ruled = libraries.RuledScore(TABLE.scores, 0.5, Rules(forbidden, required))
    for node, parents in ((1, [2]), (3, [2]), (3, [1, 2]), (5, [])):
        assert ruled.score(node, parents) == free.score(node, parents)
    for node, parents in ((1, [0]), (1, [0, 2]), (3, []), (3, [1])):
        assert ruled.score(node, parents) < free.score(node, parents) - libraries.RUINOUS / 2


@pytest.mark.parametrize("algorithm", SHUFFLERS)
def test_a_total_order_of_the_values_gives_the_graph_along_it(algorithm: Algorithm) -> None:
    for seed in range(8):
        world = random_world(6, degree=2.0, seed=20 + seed)
        order = [world.names[i] for i in in_causal_order(world.weights != 0)]
        known = Knowledge(tiers=tuple((name,) for name in order))
        scores = rows_with_correlation(exact_correlation(world), 20_000)
        table = ScoreTable(names=world.names, scores=scores)
        found = discover(table, algorithm, knowledge=known)
        assert np.array_equal(found.marks, world.graph().marks)
