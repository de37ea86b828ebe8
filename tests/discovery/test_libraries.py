"""causal-learn behind our interface: really run, quiet, repeatable, and right about clear worlds."""

import random

import numpy as np
import pytest

from causalvalues import Knowledge, ScoreTable, compare, discover
from causalvalues.discovery import libraries
from causalvalues.discovery.classes import in_causal_order
from causalvalues.discovery.knowledge import Rules
from causalvalues.discovery.marks import adjacent_pairs, directed_pairs
from causalvalues.discovery.options import Algorithm
from causalvalues.organism.world import planted_world, random_world

WORLD = planted_world()
TABLE = WORLD.sample(250, seed=5)
SHUFFLERS: tuple[Algorithm, ...] = ("boss", "grasp")


def no_rules(n_nodes: int) -> Rules:
    nothing = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
    return Rules(nothing, nothing)


@pytest.mark.parametrize("algorithm", ["boss", "grasp", "ges", "xges"])
def test_a_planted_class_comes_back_from_many_rows(algorithm: Algorithm) -> None:
    table = WORLD.sample(2000, seed=1)
    outcome = compare(discover(table, algorithm), WORLD.graph_class(), n_relabellings=0)
    assert (outcome.measure("shd").value or 0) <= 2
    assert outcome.measure("adjacency_recall").value == 1.0


def test_fci_finds_the_skeleton_and_no_false_cause() -> None:
    table = WORLD.sample(2000, seed=1)
    found, truth = discover(table, "fci"), WORLD.graph()
    assert (adjacent_pairs(found.marks) != adjacent_pairs(truth.marks)).sum() <= 4
    ancestors = np.linalg.inv(np.eye(10) - (WORLD.weights != 0)) > 0
    assert ancestors[directed_pairs(found.marks)].mean() >= 0.8


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
    with pytest.raises(ValueError, match="inside"), libraries.seeded(1):
        random.random()
        raise ValueError("inside")
    assert random.getstate() == state


def test_causal_learn_itself_gives_the_reference_marks() -> None:
    from causallearn.search.ConstraintBased.PC import pc
    from causallearn.search.ScoreBased.GES import ges

    by_pc = pc(TABLE.scores, 0.05, uc_rule=1, uc_priority=3, show_progress=False).G.graph
    found = discover(TABLE, "pc", "causal-learn", 0.05, 1, uc_priority=3)
    assert np.array_equal(found.marks, by_pc)
    by_ges = ges(TABLE.scores, "local_score_BIC", parameters=None)["G"].graph
    assert np.array_equal(discover(TABLE, "ges", "causal-learn").marks, by_ges)


@pytest.mark.parametrize("seed", range(3))
def test_rules_that_say_nothing_change_nothing(seed: int) -> None:
    rows = random_world(6, degree=2.0, seed=seed).latents(3000, seed=seed)[:, 0]
    for find in (libraries.boss_marks, libraries.grasp_marks):
        plain = find(rows, penalty=0.5, seed=1, rules=None)
        ruled = find(rows, penalty=0.5, seed=1, rules=no_rules(6))
        assert np.array_equal(plain, ruled)
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
def test_a_total_order_of_the_values_gives_a_graph_along_it(algorithm: Algorithm) -> None:
    world = random_world(6, degree=2.5, seed=11)
    order = [world.names[i] for i in in_causal_order(world.weights != 0)]
    known = Knowledge(tiers=tuple((name,) for name in order))
    table = ScoreTable(names=world.names, scores=world.latents(3000, seed=2)[:, 0])
    assert np.array_equal(discover(table, algorithm, knowledge=known).marks, world.graph().marks)
