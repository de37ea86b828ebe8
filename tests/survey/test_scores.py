"""Tables keep every digit and every label, and refuse what they cannot hold."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalvalues import ScoreTable
from causalvalues.errors import BadClusters, FileError, NotNumeric, RepeatedColumn, TableError
from causalvalues.survey.files import read_table


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
    assert np.array_equal(one.scores, other.scores)
    for field in ("clusters", "contexts", "weights"):
        mine, theirs = getattr(one, field), getattr(other, field)
        assert (mine is None) == (theirs is None)
        assert mine is None or np.array_equal(mine, theirs)
    assert one.digest == other.digest


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_survives_a_file_to_the_last_bit(tmp_path: Path, ending: str) -> None:
    table = full_table()
    path = tmp_path / f"scores.{ending}"
    getattr(table, f"to_{ending}")(path)
    assert_same(read_table(path, cluster="cluster", context="context", weight="weight"), table)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(allow_nan=False, width=64), min_size=4, max_size=4))
def test_every_float_survives_csv(
    tmp_path_factory: pytest.TempPathFactory, row: list[float]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "scores.csv"
    table = ScoreTable(names=("a", "b"), scores=np.reshape(row, (2, 2)))
    table.to_csv(path)
    assert np.array_equal(ScoreTable.from_csv(path).scores, table.scores)


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
    with pytest.raises(ValueError, match="read-only"):
        table.scores[0, 0] = 1.0


def test_selecting_and_keeping_rows_keeps_labels_in_step() -> None:
    table = full_table().select(["fair, all"]).rows(np.array([5, 0]))
    assert table.names == ("fair, all",)
    assert table.clusters is not None
    assert table.clusters.tolist() == ["c", "a"]
    assert np.array_equal(table.scores[:, 0], full_table().scores[[5, 0], 1])


def test_the_digest_sees_every_change() -> None:
    table = full_table()
    assert table.digest == full_table().digest
    changed = table.scores.copy()
    changed[0, 0] += 1e-12
    others = [
        table.replace(scores=changed),
        table.replace(names=("care", "fair", 'said "so"')),
        table.rows(np.arange(5)),
    ]
    assert len({table.digest, *(other.digest for other in others)}) == 4


@pytest.mark.fault
def test_a_repeated_header_is_an_error_not_a_new_name(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("care,care\n1,2\n", encoding="utf-8")
    with pytest.raises(RepeatedColumn, match="'care'"):
        ScoreTable.from_csv(path)


@pytest.mark.fault
def test_text_in_a_value_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("care,role\n1,x\n2,y\n", encoding="utf-8")
    with pytest.raises(NotNumeric, match=r"'role'.*'x'.*cluster"):
        ScoreTable.from_csv(path)


@pytest.mark.fault
def test_a_column_that_is_not_there_is_an_error() -> None:
    with pytest.raises(TableError, match="'rolle'"):
        ScoreTable.from_frame(pd.DataFrame({"care": [1.0]}), "rolle")


@pytest.mark.fault
@pytest.mark.parametrize("name", ["absent.csv", "absent.parquet"])
def test_a_file_that_is_not_there_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match="absent"):
        read_table(tmp_path / name)


@pytest.mark.fault
@pytest.mark.parametrize("name", ["broken.csv", "broken.parquet"])
def test_a_file_of_another_kind_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00\x01,\x80\n")
    with pytest.raises((FileError, TableError)):
        read_table(tmp_path / name)


@pytest.mark.fault
def test_labels_and_weights_must_fit_the_rows() -> None:
    scores = np.zeros((3, 2))
    with pytest.raises(BadClusters, match="one label per row"):
        ScoreTable(names=("a", "b"), scores=scores, clusters=np.array(["x"]))
    for weights in ([1.0, 1.0], [1.0, -1.0, 1.0], [1.0, np.nan, 1.0], [0.0, 0.0, 0.0]):
        with pytest.raises(TableError):
            ScoreTable(names=("a", "b"), scores=scores, weights=np.array(weights))
