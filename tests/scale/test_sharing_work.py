"""Work that is shared between workers: the same answers, whoever gives them and whoever dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import pytest
from scripted_models import (
    N_ANSWERS,
    PARTIES,
    QUESTIONS,
    ROLES,
    Changing,
    Mortal,
    Refusing,
    Steady,
    contents,
    damage,
    n_noted,
)

from causalvalues.errors import WorkFailed
from causalvalues.scale.executors import Executor, InProcess
from causalvalues.scale.persistence import Patience
from causalvalues.scale.processes import Processes
from causalvalues.scale.shard import Model, Shard, Survey, ask_shard, identity_of, shard_path
from causalvalues.scale.surveying import Surveyed, shards_of, survey_over
from causalvalues.survey.asking import ask
from causalvalues.survey.responses import AnswerStore

pytestmark = pytest.mark.fault

DRIVER = Path(__file__).with_name("scripted_models.py")


@pytest.fixture
def workers() -> Iterator[Processes]:
    """Two processes."""
    processes = Processes(2)
    yield processes
    processes.close()


def surveyed(executor: Executor, model: Model, folder: Path, **more: object) -> Surveyed:
    """The survey of the tests, over an executor."""
    with AnswerStore.open(folder / "answers.sqlite") as store:
        return survey_over(executor, model, QUESTIONS, PARTIES, store, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[bytes, tuple[float, ...]]:
    """The answers that one process gives, without any shard."""
    folder = tmp_path_factory.mktemp("known")
    respondent = Steady(folder / "log").open()
    with AnswerStore.open(folder / "answers.sqlite") as store:
        for party in PARTIES:
            ask(
                respondent,
                QUESTIONS,
                party.roles,
                store,
                condition=party.condition,
                condition_digest=party.condition_digest,
            )
    return contents(folder / "answers.sqlite")


def survey_of(model: Model) -> Survey:
    return Survey(model, tuple(sorted(identity_of(model).items())), QUESTIONS)


def test_two_processes_answer_as_one_does(
    workers: Processes, tmp_path: Path, known: dict[bytes, tuple[float, ...]]
) -> None:
    told: list[tuple[int, int]] = []
    found = surveyed(
        workers, Steady(tmp_path / "log"), tmp_path, progress=lambda *each: told.append(each)
    )
    assert found == Surveyed({"model": "steady"}, N_ANSWERS)
    assert contents(tmp_path / "answers.sqlite") == known
    assert n_noted(tmp_path / "log") == N_ANSWERS
    assert len(set((tmp_path / "log").read_text().splitlines())) == 2  # processes
    assert told[0] == (0, N_ANSWERS)
    assert told[-1] == (N_ANSWERS, N_ANSWERS)
    assert not (tmp_path / "shards").exists()


def test_a_second_survey_asks_nothing(workers: Processes, tmp_path: Path) -> None:
    surveyed(InProcess(), Steady(tmp_path / "log"), tmp_path)
    assert surveyed(workers, Steady(tmp_path / "log"), tmp_path).n_asked == 0
    assert n_noted(tmp_path / "log") == N_ANSWERS


def test_what_one_process_has_begun_others_finish_and_ask_nothing_twice(
    tmp_path: Path, known: dict[bytes, tuple[float, ...]]
) -> None:
    model = Steady(tmp_path / "log")
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        ask(model.open(), QUESTIONS[:3], ROLES[:21], store)
    assert surveyed(InProcess(), model, tmp_path).n_asked == N_ANSWERS - 63
    assert n_noted(tmp_path / "log") == N_ANSWERS
    assert contents(tmp_path / "answers.sqlite") == known


def test_killed_workers_cost_no_answer(
    workers: Processes, tmp_path: Path, known: dict[bytes, tuple[float, ...]]
) -> None:
    model = Mortal(tmp_path / "log", n_answers=100, n_deaths=2)
    assert surveyed(workers, model, tmp_path).n_asked == N_ANSWERS
    assert (tmp_path / "death-1").exists()
    assert contents(tmp_path / "answers.sqlite") == known


def test_a_driver_that_is_killed_costs_no_whole_shard_and_leaves_no_worker(
    tmp_path: Path, known: dict[bytes, tuple[float, ...]]
) -> None:
    log = tmp_path / "log"
    words = [sys.executable, str(DRIVER), str(tmp_path)]
    with subprocess.Popen(words, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}) as it:
        while it.poll() is None and (n_noted(log) < 150 or len(workers_in(log)) < 2):
            time.sleep(0.005)
        it.send_signal(signal.SIGKILL)
    workers = workers_in(log)
    until = time.monotonic() + 30
    while any(map(lives, workers)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(map(lives, workers))
    whole = n_of_whole_shards(tmp_path)
    n_before = n_noted(log)
    found = surveyed(InProcess(), Steady(log), tmp_path)
    assert contents(tmp_path / "answers.sqlite") == known
    assert whole > 0
    assert n_noted(log) - n_before == N_ANSWERS - whole
    assert found.n_asked <= N_ANSWERS


def workers_in(log: Path) -> set[int]:
    """The processes that have answered."""
    return (
        {int(line) for line in log.read_text("utf-8").split("\n")[:-1]} if log.exists() else set()
    )


def lives(process: int) -> bool:
    """Whether a process runs."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    except OSError:
        return False
    return state.split()[0] != "Z"


def n_of_whole_shards(folder: Path) -> int:
    """How many answers lie in the store and in the shards beside it."""
    paths = [folder / "answers.sqlite", *(folder / "shards").glob("*.sqlite")]
    return len({key for path in paths for key in contents(path)})


def test_patience_ends_in_one_error_that_says_what_failed_and_keeps_the_rest(
    workers: Processes, tmp_path: Path, known: dict[bytes, tuple[float, ...]]
) -> None:
    model = Mortal(tmp_path / "log", n_answers=150, n_deaths=1000)
    with pytest.raises(WorkFailed, match=r"given up after .* tries: .*signal 9") as found:
        surveyed(workers, model, tmp_path, patience=Patience(n_tries=1))
    assert found.value.exit_code == 1
    kept = contents(tmp_path / "answers.sqlite")
    assert 0 < len(kept) < N_ANSWERS
    assert kept.items() <= known.items()
    (tmp_path / "log").unlink()
    rest = surveyed(workers, Steady(tmp_path / "log"), tmp_path)
    assert rest.n_asked == n_noted(tmp_path / "log") == N_ANSWERS - len(kept)
    assert contents(tmp_path / "answers.sqlite") == known


def test_a_fault_that_lasts_ends_the_work_at_once(tmp_path: Path) -> None:
    with pytest.raises(WorkFailed, match=r"A role must be short.*change what it says"):
        surveyed(InProcess(), Refusing(tmp_path / "log"), tmp_path)


def test_a_fault_that_may_pass_is_tried_as_often_as_patience_says(tmp_path: Path) -> None:
    with pytest.raises(WorkFailed) as found:
        surveyed(InProcess(), Refusing(tmp_path / "log", lasting=False), tmp_path)
    assert "the cable is loose" in found.value.found
    assert "process" in found.value.found


def test_what_lies_in_the_working_folder_shadows_no_package(
    workers: Processes, tmp_path: Path
) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit('not this one')", encoding="utf-8")
    with chdir(tmp_path):
        assert [outcome.result for outcome in workers.map(str, [7])] == ["7"]


def test_a_worker_with_another_model_is_refused(workers: Processes, tmp_path: Path) -> None:
    with pytest.raises(WorkFailed, match=r"must load the same model.*dtype"):
        surveyed(workers, Changing(), tmp_path, patience=Patience(n_tries=1))


def test_a_shard_is_named_by_what_it_is_to_hold(tmp_path: Path) -> None:
    survey = survey_of(Steady(tmp_path / "log"))
    shard = Shard.of(survey, ROLES[:16])
    assert shard.name == Shard.of(survey, ROLES[:16]).name
    others = [
        Shard.of(survey, ROLES[16:32]),
        Shard.of(survey, ROLES[:16], condition="do(power=+0.8)", condition_digest="settled"),
        Shard.of(replace(survey, questions=QUESTIONS[:4]), ROLES[:16]),
        Shard.of(replace(survey, identity=(("model", "other"),)), ROLES[:16]),
        Shard.of(survey, ROLES[:16], held=frozenset(shard.wanted(survey)[:1])),
    ]
    assert len({shard.name, *(other.name for other in others)}) == 6


def test_shards_are_cut_between_the_chunks_of_one_process(tmp_path: Path) -> None:
    survey = survey_of(Steady(tmp_path / "log"))
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        for n_workers in (1, 2, 64):
            shards = shards_of(survey, PARTIES, store, n_workers=n_workers)
            for party in PARTIES:
                own = [shard for shard in shards if shard.condition == party.condition]
                assert tuple(role for shard in own for role in shard.roles) == party.roles
                assert all(len(shard.roles) % 16 == 0 for shard in own[:-1])


def test_a_whole_shard_is_not_asked_again_and_a_damaged_one_is(tmp_path: Path) -> None:
    survey = survey_of(Steady(tmp_path / "log"))
    shard = Shard.of(survey, ROLES[:16])
    path = ask_shard(shard, survey=survey, folder=tmp_path)
    assert path == shard_path(shard, tmp_path)
    assert list(tmp_path.glob("*.sqlite*")) == [path]
    ask_shard(shard, survey=survey, folder=tmp_path)
    assert n_noted(tmp_path / "log") == 80
    damage(path)
    ask_shard(shard, survey=survey, folder=tmp_path)
    assert n_noted(tmp_path / "log") == 160
