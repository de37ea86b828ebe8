"""Support: shares that add up, units that matter, searches, rules and contexts carried along."""

import random
import sys
import warnings

import numpy as np
import pytest

from causalvalues import Knowledge, ScoreTable, discover, stability
from causalvalues.discovery.options import Algorithm, Search
from causalvalues.discovery.resampling import source_of, unit_codes
from causalvalues.errors import BadClusters, DependentRows, OptionError
from causalvalues.organism.world import planted_world

WORLD = planted_world()
TABLE = WORLD.sample(600, seed=1)
SMALL = WORLD.sample(150, seed=1)


@pytest.mark.parametrize("search", [Search(), Search("ges"), Search("xges"), Search("boss")])
def test_shares_add_up_where_every_mark_is_a_tail_or_an_arrow(search: Search) -> None:
    support = stability(SMALL, search=search, n_resamples=12).support
    assert np.array_equal(support.adjacent, support.adjacent.T)
    parts = support.directed + support.directed.T + support.undirected + support.bidirected
    assert np.allclose(parts, support.adjacent)
    assert not np.diagonal(support.adjacent).any()
    assert np.allclose(support.adjacent * 12, np.round(support.adjacent * 12))


def test_circles_belong_to_no_other_share() -> None:
    chain = SMALL.select(WORLD.names[:4])
    support = stability(chain, search=Search("fci"), n_resamples=10).support
    parts = support.directed + support.directed.T + support.undirected + support.bidirected
    assert (parts <= support.adjacent + 1e-12).all()
    assert parts.sum() < support.adjacent.sum()


def test_true_edges_are_supported_and_absent_ones_are_not() -> None:
    true = np.triu(WORLD.graph().marks != 0)
    absent = np.triu(~(WORLD.graph().marks != 0), 1)
    for search in (Search(), Search("ges")):
        support = stability(TABLE, search=search, n_resamples=100).support
        assert support.adjacent[true].mean() > 0.9
        assert np.median(support.adjacent[absent]) < 0.1


def test_what_the_whole_table_says_clearly_its_resamples_repeat() -> None:
    result = stability(TABLE, n_resamples=60)
    found = discover(TABLE).marks != 0
    assert result.support.adjacent[found].mean() > 0.9
    assert abs(result.n_edges.mean() - found.sum() / 2) < 3


def test_rows_are_the_unit_where_no_cluster_is_named() -> None:
    plain = ScoreTable(names=SMALL.names, scores=SMALL.scores)
    assert stability(plain, n_resamples=3).support.unit == "row"
    assert stability(SMALL, n_resamples=3).support.unit == "cluster"
    assert stability(SMALL, n_resamples=3, by="row").support.unit == "row"
    assert np.array_equal(unit_codes(plain), np.arange(150))


def test_one_row_per_role_makes_no_difference_which_is_drawn() -> None:
    """Roles in the order of the rows: the same draws, the same rows."""
    one, two = (stability(SMALL, n_resamples=20, by=unit, seed=4) for unit in ("cluster", "row"))
    assert np.array_equal(one.support.directed, two.support.directed)


def test_draws_hold_whole_roles() -> None:
    table = WORLD.sample(20, n_states=5, seed=2)
    source = source_of(table)
    assert source.n_units == 20
    for counts in source.counts(200, seed=1):
        assert (counts.sum(axis=1) == 20).all()
        assert (source.n_rows(counts) == 100).all()


def test_batches_do_not_change_the_draws() -> None:
    source = source_of(SMALL)
    many = np.concatenate(list(source.counts(150, seed=3)))
    few = np.concatenate(list(source.counts(70, seed=3)))
    assert np.array_equal(many[:64], few[:64])
    assert many.shape == (150, 150)


@pytest.mark.parametrize("correlation", ["spearman", "polychoric"])
def test_other_correlations_are_resampled_by_their_rows(correlation: str) -> None:
    ordinal = np.digitize(SMALL.scores[:, :4], (-0.3, 0.3)).astype(float)
    table = ScoreTable(names=SMALL.names[:4], scores=ordinal)
    search = Search(correlation=correlation)  # type: ignore[arg-type]
    one, two = (stability(table, search=search, n_resamples=6, seed=2).support for _ in range(2))
    assert np.array_equal(one.adjacent, two.adjacent)
    assert one.adjacent.any()


def test_every_draw_obeys_knowledge() -> None:
    known = Knowledge(required=("power -> security",), forbidden=("security -- conformity",))
    for search in (Search(), Search("ges")):
        support = stability(SMALL, search=search, knowledge=known, n_resamples=15).support
        i, j, k = (WORLD.names.index(n) for n in ("power", "security", "conformity"))
        assert support.directed[i, j] == 1.0
        assert support.adjacent[j, k] == 0.0


def test_contexts_are_drawn_with_their_rows_and_stay_causes() -> None:
    table = WORLD.sample(200, interventions=[{"security": 1.5}], seed=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DependentRows)
        result = stability(table, contexts="joint", n_resamples=20)
    context, security = 10, WORLD.names.index("security")
    assert result.consensus.kinds[context] == "context"
    assert result.support.directed[context, security] == 1.0
    assert not result.support.directed[:, context].any()


def test_equal_weights_are_no_weights() -> None:
    plain = ScoreTable(names=SMALL.names, scores=SMALL.scores)
    heavy = ScoreTable(names=SMALL.names, scores=SMALL.scores, weights=np.full(150, 3.0))
    one, two = (stability(table, n_resamples=10).support for table in (plain, heavy))
    assert np.array_equal(one.directed, two.directed)


def test_a_higher_threshold_keeps_fewer_edges_of_the_same() -> None:
    low, high = (stability(SMALL, n_resamples=40, threshold=t).consensus for t in (0.3, 0.95))
    assert ((high.marks != 0) <= (low.marks != 0)).all()
    assert high.n_edges < low.n_edges
    assert low.manifest is not None
    assert low.manifest.parameters["threshold"] == 0.3
    assert [check.name for check in low.checks] == ["acyclic"]


def test_progress_counts_up_to_the_number_of_draws() -> None:
    seen: list[tuple[int, int]] = []
    stability(SMALL, n_resamples=65, progress=lambda done, total: seen.append((done, total)))
    done = [one for one, _ in seen]
    assert done == sorted(set(done))
    assert seen[-1] == (65, 65)
    assert {total for _, total in seen} == {65}


def test_a_table_of_noise_has_little_support_and_an_empty_consensus() -> None:
    scores = np.random.default_rng(3).standard_normal((500, 5))
    result = stability(ScoreTable(names=tuple("abcde"), scores=scores), n_resamples=50)
    assert result.consensus.n_edges == 0
    assert result.support.adjacent.mean() < 0.1
    assert list(result.to_frame().columns)[:3] == ["first", "second", "adjacent"]


@pytest.mark.parametrize("algorithm", ["boss", "grasp", "fci"])
def test_threads_share_no_generator_and_no_standard_output(algorithm: Algorithm) -> None:
    search, small = Search(algorithm, seed=5), SMALL.select(WORLD.names[:6])
    state, out = random.getstate(), sys.stdout
    one, two = (stability(small, search=search, n_resamples=25, seed=1).support for _ in range(2))
    assert sys.stdout is out
    assert random.getstate() == state
    assert np.array_equal(one.directed, two.directed)
    assert np.array_equal(one.adjacent, two.adjacent)


@pytest.mark.fault
def test_one_role_cannot_be_resampled() -> None:
    alone = ScoreTable(
        names=SMALL.names, scores=SMALL.scores, clusters=np.full(SMALL.n_rows, "only")
    )
    with pytest.raises(BadClusters):
        stability(alone, n_resamples=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert stability(alone, n_resamples=5, by="row").support.unit == "row"


@pytest.mark.fault
def test_a_joint_search_without_contexts_is_refused() -> None:
    with pytest.raises(OptionError, match="context column"):
        stability(SMALL, contexts="joint", n_resamples=2)
