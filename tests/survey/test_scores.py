"""Tables keep every digit and every label, and refuse what they cannot hold."""

from dataclasses import replace as replace_fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalvalues import ScoreTable
from causalvalues.errors import BadClusters, FileError, NotNumeric, RepeatedColumn, TableError
from causalvalues.survey.files import read_table

# Text as people name roles and conditions; digits, commas and quotes included.
LABEL = st.text('ab01é-," ', min_size=1, max_size=4).filter(lambda text: text == text.strip())


def full_table() -> ScoreTable:
    rng = np.random.default_rng(1)
    return ScoreTable(
        names=("care", "fair, all", 'said "so"'),
        scores=rng.standard_normal((6, 3)),
        clusters=np.array(["a", "a", "b", "b", "c", "c"]),
        contexts=np.array(["", "up", "", "up", "", "up"]),
        weights=np.array([1.0, 0.5, 1.0, 0.25, 0.0, 2.0]),
    )


def assert_same(one: ScoreTable, other: ScoreTable) -> None:
    assert one.names == other.names
    assert one.scores.tobytes() == other.scores.tobytes()
    for field in ("clusters", "contexts", "weights"):
        mine, theirs = getattr(one, field), getattr(other, field)
        assert (mine is None) == (theirs is None)
        assert mine is None or mine.tobytes() == theirs.astype(mine.dtype).tobytes()
    assert one.digest == other.digest


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_survives_a_file_to_the_last_bit(tmp_path: Path, ending: str) -> None:
    table = full_table()
    path = tmp_path / f"scores.{ending}"
    getattr(table, f"to_{ending}")(path)
    assert_same(read_table(path, cluster="cluster", context="context", weight="weight"), table)


@settings(deadline=None, max_examples=25)
@given(
    scores=st.lists(st.floats(allow_nan=False, width=64), min_size=4, max_size=4),
    clusters=st.lists(LABEL, min_size=2, max_size=2),
    contexts=st.lists(LABEL | st.just(""), min_size=2, max_size=2),
    weights=st.lists(st.floats(1e-300, 1e300), min_size=2, max_size=2),
)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_every_number_and_label_survives_a_file(
    tmp_path_factory: pytest.TempPathFactory,
    ending: str,
    scores: list[float],
    clusters: list[str],
    contexts: list[str],
    weights: list[float],
) -> None:
    path = tmp_path_factory.mktemp("tables") / f"scores.{ending}"
    table = ScoreTable(
        ("a", "b"),
        np.reshape(scores, (2, 2)),
        clusters=np.array(clusters),
        contexts=np.array(contexts),
        weights=np.array(weights),
    )
    getattr(table, f"to_{ending}")(path)
    assert_same(read_table(path, cluster="cluster", context="context", weight="weight"), table)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_missing_score_survives_as_missing(tmp_path: Path, ending: str) -> None:
    scores = np.array([[1.0, np.nan], [np.nan, 2.0]])
    path = tmp_path / f"scores.{ending}"
    getattr(ScoreTable(names=("a", "b"), scores=scores), f"to_{ending}")(path)
    assert np.array_equal(read_table(path).scores, scores, equal_nan=True)


@pytest.mark.parametrize("written", ["14351.0\n3,\n5,9.0", "14351\n3,\n5,9"])
def test_whole_numbers_of_contexts_are_read_without_a_point(tmp_path: Path, written: str) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(f"care,state\n1,{written}\n", encoding="utf-8")
    contexts = ScoreTable.from_csv(path, context="state").contexts
    assert contexts is not None
    assert contexts.tolist() == ["14351", "", "9"]


def test_labels_of_digits_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("care,role\n1,007\n2,7\n3,12345678901234567\n4,\n", encoding="utf-8")
    clusters = ScoreTable.from_csv(path, "role").clusters
    assert clusters is not None
    assert clusters.tolist() == ["007", "7", "12345678901234567", ""]


def test_truth_values_and_whole_numbers_are_scores() -> None:
    frame = pd.DataFrame({"care": [True, False], "fair": pd.array([1, None], dtype="Int64")})
    assert np.array_equal(
        ScoreTable.from_frame(frame).scores, [[1.0, 1.0], [0.0, np.nan]], equal_nan=True
    )


def test_only_the_values_asked_for_are_read() -> None:
    frame = pd.DataFrame({"name": ["x", "y"], "care": [1.0, 2.0], "fair": [3.0, 4.0]})
    assert ScoreTable.from_frame(frame, values=["fair"]).scores.tolist() == [[3.0], [4.0]]


def test_columns_named_otherwise_are_no_values() -> None:
    frame = pd.DataFrame({"role": ["x", "y"], "care": [1, 2], "state": [np.nan, 14351.0]})
    table = ScoreTable.from_frame(frame, "role", "state")
    assert table.names == ("care",)
    assert table.contexts is not None
    assert table.contexts.tolist() == ["", "14351"]
    assert table.scores.dtype == np.float64


def test_arrays_are_read_only_and_the_caller_keeps_its_own() -> None:
    scores = np.zeros((3, 2))
    table = ScoreTable(names=("a", "b"), scores=scores)
    scores[0, 0] = 9.0
    assert table.scores[0, 0] == 0.0
    full = full_table()
    for array in (table.scores, table.covariance, full.clusters, full.contexts, full.weights):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


def test_selecting_and_keeping_rows_keeps_labels_in_step() -> None:
    table = full_table().select(["fair, all"]).rows(np.array([5, 0]))
    assert table.names == ("fair, all",)
    assert table.clusters is not None
    assert table.clusters.tolist() == ["c", "a"]
    assert table.contexts is not None
    assert table.contexts.tolist() == ["up", ""]
    assert table.weights is not None
    assert table.weights.tolist() == [2.0, 1.0]
    assert np.array_equal(table.scores[:, 0], full_table().scores[[5, 0], 1])


def test_a_mask_and_an_index_keep_the_same_rows() -> None:
    table = full_table()
    mask = np.array([True, False, False, True, True, False])
    assert_same(table.rows(mask), table.rows(np.flatnonzero(mask)))


def test_a_changed_copy_leaves_the_table_alone() -> None:
    table = full_table()
    changed = table.replace(clusters=np.array(["z"] * 6))
    assert (table.n_clusters, changed.n_clusters) == (3, 1)
    assert changed.scores.tobytes() == table.scores.tobytes()
    assert_same(table, full_table())


def test_the_digest_sees_every_change() -> None:
    table = full_table()
    assert table.digest == full_table().digest
    changed = table.scores.copy()
    changed[0, 0] += 1e-12
    others = [
        table.replace(scores=changed),
        table.replace(names=("care", "fair", 'said "so"')),
        table.replace(clusters=np.array(["a", "a", "b", "b", "c", "d"])),
        table.rows(np.arange(5)),
        table.select(table.names[::-1]),
        replace_fields(table, contexts=None),
        replace_fields(table, weights=None),
        replace_fields(table, clusters=table.contexts, contexts=table.clusters),
    ]
    assert len({table.digest, *(other.digest for other in others)}) == 1 + len(others)


@pytest.mark.fault
@pytest.mark.parametrize("header", ["care,care", "care, care", "\ncare,care", "\ufeffcare,care"])
def test_a_repeated_header_is_an_error_not_a_new_name(tmp_path: Path, header: str) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(f"{header}\n1,2\n", encoding="utf-8")
    with pytest.raises(RepeatedColumn, match="'care'"):
        ScoreTable.from_csv(path)


@pytest.mark.fault
def test_row_numbers_without_a_name_are_no_value(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    pd.DataFrame({"care": [1.0, 2.0]}).to_csv(path)
    with pytest.raises(TableError, match="index=False"):
        ScoreTable.from_csv(path)


@pytest.mark.fault
@pytest.mark.parametrize("rows", ["1,2,3\n4,5,6", "0,2,3\n1,5,6", "1,2\n3,4,5"])
def test_rows_longer_than_the_header_are_an_error_not_shifted(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(f"care,fair\n{rows}\n", encoding="utf-8")
    with pytest.raises(FileError, match="What to do:"):
        ScoreTable.from_csv(path)


@pytest.mark.fault
def test_one_name_cannot_stand_for_two_columns() -> None:
    frame = pd.DataFrame([[1.0, 2.0]], columns=["care", "care"])
    with pytest.raises(RepeatedColumn, match="'care'"):
        ScoreTable.from_frame(frame)
    with pytest.raises(RepeatedColumn, match="'care'"):
        ScoreTable.from_frame(pd.DataFrame({"care": [1.0]}), values=["care", "care"])
    table = ScoreTable(("cluster", "b"), np.zeros((2, 2)), clusters=np.array(["x", "y"]))
    with pytest.raises(RepeatedColumn, match="'cluster'"):
        table.to_frame()


@pytest.mark.fault
def test_text_in_a_value_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("care,role\n1,x\n2,y\n", encoding="utf-8")
    with pytest.raises(NotNumeric, match=r"'role'.*'x'.*cluster"):
        ScoreTable.from_csv(path)


@pytest.mark.fault
def test_a_column_that_is_not_there_is_an_error() -> None:
    frame = pd.DataFrame({"care": [1.0]})
    for absent in ({"cluster": "rolle"}, {"context": "rolle"}, {"weight": "rolle"}):
        with pytest.raises(TableError, match=r"'rolle'.*columns care"):
            ScoreTable.from_frame(frame, **absent)
    with pytest.raises(TableError, match="'rolle'"):
        ScoreTable.from_frame(frame, values=["rolle"])
    with pytest.raises(TableError, match="'rolle'"):
        full_table().select(["care", "rolle"])


@pytest.mark.fault
@pytest.mark.parametrize("name", ["absent.csv", "absent.parquet"])
def test_a_file_that_is_not_there_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match="absent"):
        read_table(tmp_path / name)


@pytest.mark.fault
@pytest.mark.parametrize("name", ["broken.csv", "broken.parquet"])
def test_a_file_of_another_kind_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00\x01,\x80\n")
    with pytest.raises(FileError, match=r"broken.*What to do:"):
        read_table(tmp_path / name)


@pytest.mark.fault
def test_labels_and_weights_must_fit_the_rows() -> None:
    scores = np.zeros((3, 2))
    with pytest.raises(BadClusters, match="one label per row"):
        ScoreTable(names=("a", "b"), scores=scores, clusters=np.array(["x"]))
    for weights in ([1.0, 1.0], [1.0, -1.0, 1.0], [1.0, np.nan, 1.0], [0.0, 0.0, 0.0]):
        with pytest.raises(TableError):
            ScoreTable(names=("a", "b"), scores=scores, weights=np.array(weights))
