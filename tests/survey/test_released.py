"""The released format is read as roles and features; bookkeeping is left behind."""

from pathlib import Path

import numpy as np
import pytest

from causalvalues.errors import TableError
from causalvalues.survey.released import NO_ROLE, read_released

RELEASED = Path(__file__).parents[2].parent / "shared" / "data" / "kang2025"
GEMMA = (14351, 1025, 2965, 10096, 1341, 1975, 10605, 14049, 1312, 4752)

SMALL = """steer_dim,player_name,Care,Care:scstd,Order,Order:scstd,stds,scstds
,,0.5,-1,0.25,-1,0,-1
7.0,,0.5,0,-0.25,0,0,-1
,Ada,1.0,-1,0.0,-1,0,-1
7.0,Ada,0.0,0,1.0,0,0,-1
9.0,Ada,-1.0,0,1.0,0,0,-1
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "scores.csv"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_features_are_contexts_and_players_clusters(small: Path) -> None:
    table = read_released(small)
    assert table.names == ("Care", "Order")
    assert table.clusters is not None
    assert table.contexts is not None
    assert table.clusters.tolist() == [NO_ROLE, NO_ROLE, "Ada", "Ada", "Ada"]
    assert table.contexts.tolist() == ["", "7", "", "7", "9"]
    assert np.array_equal(table.scores[-1], [-1.0, 1.0])


def test_only_the_features_asked_for_are_kept(small: Path) -> None:
    assert read_released(small, features=(7,)).n_rows == 4


def test_a_file_without_any_role_is_one_cluster(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("steer_dim,player_name,Care,Order\n7,,1,2\n,,2,3\n", encoding="utf-8")
    table = read_released(path)
    assert table.clusters is not None
    assert table.clusters.tolist() == [NO_ROLE, NO_ROLE]


def test_roles_with_numbers_for_names_keep_them(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("steer_dim,player_name,Care,Order\n7,007,1,2\n,7,2,3\n", encoding="utf-8")
    table = read_released(path)
    assert table.clusters is not None
    assert table.clusters.tolist() == ["007", "7"]


@pytest.mark.fault
def test_a_feature_without_rows_is_an_error(small: Path) -> None:
    with pytest.raises(TableError, match="none of 8"):
        read_released(small, features=(7, 8))


@pytest.mark.fault
def test_another_format_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("role,care\nx,1\n", encoding="utf-8")
    with pytest.raises(TableError, match="steer_dim and no player_name"):
        read_released(path)


@pytest.mark.skipif(not RELEASED.exists(), reason="the released scores are not beside the checkout")
def test_the_released_gemma_table_has_its_published_size() -> None:
    table = read_released(RELEASED / "gemma_train.csv", features=GEMMA)
    assert table.contexts is not None
    assert (table.n_rows, table.n_values, table.n_clusters) == (1111, 17, 101)
    assert set(table.contexts) == {"", *map(str, GEMMA)}
    assert set(np.unique(table.contexts, return_counts=True)[1]) == {101}
    assert np.isfinite(table.scores).all()
