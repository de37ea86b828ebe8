"""Each guard is fed its fault, and no algorithm ever sees a faulty table."""

import warnings

import numpy as np
import pytest

from causalvalues import ScoreTable, discover, nulls, stability
from causalvalues.discovery.options import ENGINES, Algorithm, Engine
from causalvalues.errors import (
    BadClusters,
    ConstantColumn,
    DependentColumns,
    DependentRows,
    DuplicateColumn,
    FewRows,
    NearConstantColumn,
    NearDuplicateColumn,
    NotFinite,
    NotNumeric,
    OneCluster,
    OptionError,
    RepeatedColumn,
    RowCentred,
    TableError,
    TooFewRows,
)
from causalvalues.survey.dependence import design_effect, intraclass_correlation
from causalvalues.survey.guards import ensure_usable, problems

pytestmark = pytest.mark.fault

SEARCHES: list[tuple[Algorithm, Engine]] = [
    ("pc", "fast"),
    ("pc", "causal-learn"),
    ("ges", "fast"),
    ("ges", "causal-learn"),
    ("xges", "fast"),
    ("boss", "causal-learn"),
    ("grasp", "causal-learn"),
    ("fci", "causal-learn"),
]


def good(n_rows: int = 100, n_values: int = 4) -> np.ndarray:
    return np.random.default_rng(5).standard_normal((n_rows, n_values))


def table_of(scores: np.ndarray, **fields: np.ndarray) -> ScoreTable:
    names = tuple(f"v{i}" for i in range(scores.shape[1]))
    return ScoreTable(names=names, scores=scores, **fields)


def with_column(column: np.ndarray | float, place: int = 2) -> np.ndarray:
    scores = good()
    scores[:, place] = column
    return scores


def with_cell(cell: float) -> np.ndarray:
    scores = good()
    scores[7, 1] = cell
    return scores


def without_a_role() -> ScoreTable:
    return table_of(good(), clusters=np.array(["", *["a", "b", "c"] * 33]))


def constant_in_roles() -> ScoreTable:
    return table_of(with_column(0.0), clusters=np.repeat(np.arange(20), 5).astype(str))


FATAL = {
    "missing": (with_cell(np.nan), NotFinite, "row 8"),
    "infinite": (with_cell(np.inf), NotFinite, "'v1'"),
    "minus infinite": (with_cell(-np.inf), NotFinite, "'v1'"),
    "too large to square": (with_cell(1e200), NotFinite, "below 1e"),
    "constant": (with_column(0.1), ConstantColumn, "'v2'"),
    "constant everywhere": (np.full((100, 3), 0.1), ConstantColumn, "'v0'"),
    "constant in roles": (constant_in_roles(), ConstantColumn, "'v2'"),
    "duplicate": (with_column(good()[:, 0]), DuplicateColumn, "'v0' and 'v2'"),
    "negated": (with_column(-good()[:, 0]), DuplicateColumn, "'v0' and 'v2'"),
    "negated and scaled": (with_column(3 - 2 * good()[:, 0]), DuplicateColumn, "'v0' and 'v2'"),
    "a sum": (with_column(good()[:, 0] + good()[:, 1]), DependentColumns, "v0, v1, v2"),
    "centred": (good() - good().mean(axis=1, keepdims=True), RowCentred, "raw scores"),
    "one row": (good(1), TooFewRows, "1 row"),
    "few rows": (good(7), TooFewRows, "at least 8"),
    "one value": (good(50, 1), TableError, "two values"),
    "no rows": (good(0), TooFewRows, "0 rows"),
    "a row without its role": (without_a_role(), BadClusters, "1 rows without one"),
}


def faulty(fault: str) -> tuple[ScoreTable, type[TableError], str]:
    table, kind, said = FATAL[fault]
    return table if isinstance(table, ScoreTable) else table_of(table), kind, said


@pytest.mark.parametrize("fault", FATAL)
def test_a_fault_is_named_with_what_was_found_and_what_to_do(fault: str) -> None:
    table, kind, said = faulty(fault)
    with pytest.raises(kind, match=said) as caught:
        ensure_usable(table)
    assert type(caught.value) is kind
    assert "Found:" in str(caught.value)
    assert "What to do:" in str(caught.value)
    assert str(caught.value) == problems(table)[0].message


@pytest.mark.parametrize("fault", FATAL)
@pytest.mark.parametrize(("algorithm", "engine"), SEARCHES)
def test_no_algorithm_sees_a_faulty_table(fault: str, algorithm: Algorithm, engine: Engine) -> None:
    table, kind, said = faulty(fault)
    with pytest.raises(kind, match=said) as caught:
        discover(table, algorithm, engine)
    assert type(caught.value) is kind


def test_the_faults_are_tried_on_every_search_there_is() -> None:
    assert [(name, engine) for name in ENGINES for engine in ENGINES[name]] == SEARCHES


@pytest.mark.parametrize("fault", FATAL)
def test_neither_resampling_nor_a_null_sees_a_faulty_table(fault: str) -> None:
    table, kind, _ = faulty(fault)
    with pytest.raises(kind):
        stability(table, n_resamples=2)
    with pytest.raises(kind):
        nulls(table, n_permutations=2)


@pytest.mark.parametrize("scores", [np.array([["1", "2"]]), np.array([[1j, 2.0]])])
def test_a_table_of_anything_but_numbers_cannot_be_made(scores: np.ndarray) -> None:
    with pytest.raises(NotNumeric, match=r"real numbers.*What to do:"):
        ScoreTable(names=("a", "b"), scores=scores)


def test_a_table_with_a_name_twice_cannot_be_made() -> None:
    with pytest.raises(RepeatedColumn, match=r"'care'.*What to do:"):
        ScoreTable(names=("care", "fair", "care"), scores=good(9, 3))


def test_a_column_that_hardly_varies_is_a_warning() -> None:
    column = np.zeros(300)
    column[:2] = 1.0
    scores = good(300)
    scores[:, 2] = column
    with pytest.warns(NearConstantColumn, match="2 rows"):
        discover(table_of(scores))


def test_two_columns_nearly_the_same_are_a_warning() -> None:
    scores = good()
    scores[:, 2] = scores[:, 0] + 0.01 * np.random.default_rng(6).standard_normal(100)
    with pytest.warns(NearDuplicateColumn, match="'v0' and 'v2'"):
        discover(table_of(scores))


def test_few_rows_are_a_warning() -> None:
    with pytest.warns(FewRows, match="30 rows for 4 values"):
        discover(table_of(good(30)))


def test_one_cluster_is_a_warning_and_cannot_be_resampled() -> None:
    table = table_of(good(), clusters=np.full(100, "me"))
    with pytest.warns(OneCluster):
        discover(table)
    with pytest.raises(BadClusters, match=r"at least two clusters.*by='row'"):
        ensure_usable(table, for_resampling=True)
    with pytest.raises(BadClusters, match="at least two clusters"):
        stability(table, n_resamples=2)
    with pytest.warns(OneCluster):
        assert stability(table, n_resamples=2, by="row").support.unit == "row"


def test_rows_that_repeat_in_their_cluster_are_a_warning() -> None:
    roles = np.repeat(np.arange(20), 5)
    scores = good(20)[roles] + 0.1 * good(100)
    with pytest.warns(DependentRows, match="100 rows carry about"):
        discover(table_of(scores, clusters=roles.astype(str)))


def test_rows_alike_to_the_last_digit_count_as_one_row_a_cluster() -> None:
    roles = np.repeat(np.arange(20), 5)
    scores = good(20)[roles]
    assert intraclass_correlation(scores, roles.astype(str)) == pytest.approx(1.0)
    assert design_effect(scores, roles.astype(str)) == pytest.approx(5.0)


def test_the_intraclass_correlation_is_the_planted_one() -> None:
    rng = np.random.default_rng(3)
    roles = np.repeat(np.arange(2000), rng.integers(2, 9, 2000))
    scores = rng.standard_normal((2000, 2))[roles] + rng.standard_normal((len(roles), 2)) * [1, 2]
    found = intraclass_correlation(scores, roles.astype(str))
    assert found == pytest.approx([1 / 2, 1 / 5], abs=0.03)


def test_rows_with_no_weight_cannot_vary_a_column() -> None:
    scores = good()
    scores[10:, 1] = 4.0
    weights = np.r_[np.zeros(10), np.ones(90)]
    with pytest.raises(ConstantColumn, match="'v1'"):
        discover(table_of(scores, weights=weights))


def test_weights_that_leave_too_few_rows_are_an_error() -> None:
    weights = np.r_[np.ones(3), np.full(97, 1e-9)]
    with pytest.raises(TooFewRows, match="effective number of 3"):
        discover(table_of(good(), weights=weights))


def test_a_context_that_is_also_a_value_is_an_error() -> None:
    contexts = np.array(["", "up"] * 50)
    scores = with_column((contexts == "up").astype(float))
    table = table_of(scores, contexts=contexts)
    for algorithm, engine in SEARCHES[:2]:
        with pytest.raises(DuplicateColumn, match="'v2' and 'up'"):
            discover(table, algorithm, engine, contexts="joint")


def test_observational_rows_must_exist() -> None:
    table = table_of(good(), contexts=np.array(["up", "down"] * 50))
    with pytest.raises(OptionError, match="an intervention in every row"):
        discover(table, contexts="observational")


def test_a_good_table_has_no_problem_and_warns_of_nothing() -> None:
    table = table_of(good(), clusters=np.arange(100).astype(str))
    assert problems(table) == ()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ensure_usable(table, for_resampling=True)


def test_a_table_validates_itself() -> None:
    table = table_of(good())
    assert table.validate() is table
    with pytest.raises(ConstantColumn):
        table_of(with_column(0.1)).validate()


def test_fatal_problems_come_first() -> None:
    scores = good(30)
    scores[:, 1] = 0.0
    found = problems(table_of(scores))
    assert [problem.fatal for problem in found] == [True, False]
    assert found[0].name == "ConstantColumn"
    assert "'v1'" in found[0].message
