"""Shards become part of a store: whole, once, and with every checksum right."""

from pathlib import Path

import pytest
from scripted_models import (
    N_ANSWERS,
    PARTIES,
    QUESTIONS,
    ROLES,
    Steady,
    contents,
    damage,
    n_noted,
)

from causalvalues.errors import FileError
from causalvalues.scale.executors import InProcess
from causalvalues.scale.merging import merge, merge_left
from causalvalues.scale.shard import Shard, Survey, ask_shard
from causalvalues.scale.surveying import survey_over
from causalvalues.survey.responses import AnswerStore

pytestmark = pytest.mark.fault

N_OF_SHARD = 16 * len(QUESTIONS)


@pytest.fixture
def survey(tmp_path: Path) -> Survey:
    return Survey(Steady(tmp_path / "log"), (("model", "steady"),), QUESTIONS)


@pytest.fixture
def shard(survey: Survey) -> Shard:
    return Shard.of(survey, ROLES[:16])


def test_merging_twice_is_merging_once(survey: Survey, shard: Shard, tmp_path: Path) -> None:
    path = ask_shard(shard, survey=survey, folder=tmp_path / "shards")
    again = path.read_bytes()
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        assert merge(path, store, shard.wanted(survey)) == N_OF_SHARD
        assert not path.exists()
        path.write_bytes(again)
        assert merge(path, store, shard.wanted(survey)) == 0
        assert not path.exists()
        assert len(store) == N_OF_SHARD


def test_a_damaged_shard_is_named_removed_and_nothing_of_it_taken(
    survey: Survey, shard: Shard, tmp_path: Path
) -> None:
    path = ask_shard(shard, survey=survey, folder=tmp_path / "shards")
    damage(path)
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        with pytest.raises(FileError, match=f"{path.name}.*1 damaged, 1 of 80 missing"):
            merge(path, store, shard.wanted(survey))
        assert len(store) == 0
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(4000)])
def test_what_is_no_shard_is_removed_with_a_sentence(
    survey: Survey, shard: Shard, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / f"{shard.name}.sqlite"
    path.write_bytes(content)
    with AnswerStore.open(tmp_path / "answers.sqlite") as store, pytest.raises(FileError):
        merge(path, store, shard.wanted(survey))
    assert not path.exists()


def test_what_a_stopped_driver_left_is_taken_and_what_is_damaged_asked_again(
    survey: Survey, shard: Shard, tmp_path: Path
) -> None:
    folder = tmp_path / "shards"
    ask_shard(shard, survey=survey, folder=folder)
    damage(ask_shard(Shard.of(survey, ROLES[16:32]), survey=survey, folder=folder))
    (folder / ".half.sqlite.x1y2").write_bytes(b"half a copy")
    n_before = n_noted(tmp_path / "log")
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = survey_over(InProcess(), survey.model, QUESTIONS, PARTIES, store)
    assert found.n_asked == N_ANSWERS
    assert n_noted(tmp_path / "log") - n_before == N_ANSWERS - N_OF_SHARD
    assert len(contents(tmp_path / "answers.sqlite")) == N_ANSWERS
    assert not folder.exists()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        assert merge_left(tmp_path / "shards", store) == 0
