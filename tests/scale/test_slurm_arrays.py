"""A real Slurm of one node, started by the test, gives the bytes of one process."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn_here import QUICK, Deadly, drawn
from scripted_models import N_ANSWERS, PARTIES, QUESTIONS, Mortal, Steady, contents
from slurm_here import NoSlurm, SlurmHere

from causalvalues.discovery.draws import in_threads
from causalvalues.errors import OptionError
from causalvalues.scale.drawing import Over
from causalvalues.scale.executors import Executor, InProcess
from causalvalues.scale.shard import Model
from causalvalues.scale.slurm import SlurmExecutor
from causalvalues.scale.surveying import survey_over
from causalvalues.survey.responses import AnswerStore

pytest.importorskip("submitit", reason="the scale extra is not installed")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmHere]:
    """A cluster that the commands of Slurm find."""
    try:
        found = SlurmHere.start(tmp_path_factory.mktemp("slurm"))
    except NoSlurm as fault:
        pytest.skip(f"no Slurm of one node: {fault}")
    os.environ["SLURM_CONF"] = str(found.configuration)
    yield found
    del os.environ["SLURM_CONF"]
    found.stop()


def surveyed(executor: Executor, model: Model, folder: Path) -> dict[bytes, tuple[float, ...]]:
    """All answers of a survey over an executor."""
    with AnswerStore.open(folder / "answers.sqlite") as store:
        found = survey_over(executor, model, QUESTIONS, PARTIES, store)
    assert found.n_asked == N_ANSWERS
    return contents(folder / "answers.sqlite")


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("n_deaths", [0, 1])
def test_an_array_of_two_jobs_gives_the_answers_of_one_process_though_a_job_is_killed(
    tmp_path: Path, n_deaths: int
) -> None:
    executor = SlurmExecutor(
        tmp_path / "slurm", "here", n_workers=2, look_every_seconds=0.1, ask_every_seconds=1.0
    )
    found = surveyed(executor, Mortal(tmp_path / "log", 100, n_deaths), tmp_path)
    assert len(list(tmp_path.glob("death-*"))) == n_deaths
    assert not (tmp_path / "slurm").exists()
    assert found == surveyed(InProcess(), Steady(tmp_path / "log"), tmp_path / "here")


@pytest.mark.usefixtures("cluster")
def test_draws_of_an_array_are_those_of_threads_though_a_job_is_killed(tmp_path: Path) -> None:
    executor = SlurmExecutor(
        tmp_path / "slurm", "here", n_workers=2, look_every_seconds=0.1, ask_every_seconds=1.0
    )
    kinds = {"roles": QUICK["roles"]}
    assert drawn(kinds, Over(Deadly(executor, tmp_path))) == drawn(kinds, in_threads)
    assert (tmp_path / "death-0").exists()
    assert not (tmp_path / "slurm").exists()


@pytest.mark.usefixtures("cluster")
def test_a_partition_that_is_not_there_is_named(tmp_path: Path) -> None:
    executor = SlurmExecutor(tmp_path / "slurm", "moon", n_workers=2)
    with pytest.raises(OptionError, match=r"Slurm cluster was expected.*partition"):
        next(executor.map(str, [1, 2]))
    assert not (tmp_path / "slurm").exists()
