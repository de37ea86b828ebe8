"""Who shares the work, as commands are told it."""

from contextlib import suppress
from pathlib import Path

import pytest

from causalvalues.commands.sharing import executor_of, sharing
from causalvalues.errors import OptionError
from causalvalues.scale.executors import Executor
from causalvalues.scale.processes import Processes, gpus
from causalvalues.scale.ray_executor import RayExecutor
from causalvalues.scale.slurm import SlurmExecutor


def told(
    *, workers: int | None = None, ray: str | None = None, slurm: str | None = None, gpus: int = 0
) -> Executor | None:
    return executor_of(Path("runs/a"), workers=workers, ray=ray, slurm=slurm, gpus=gpus)


def test_nobody_is_told_to_share_unless_asked() -> None:
    assert told() is None


def test_each_option_has_its_executor() -> None:
    assert told(workers=3) == Processes(3, gpus())
    assert told(ray="auto", workers=8, gpus=1) == RayExecutor("auto", 8, gpus_per_worker=1)
    assert told(slurm="long") == SlurmExecutor(Path("runs/a/slurm").absolute(), "long", 4)
    assert told(slurm="default", gpus=2) == SlurmExecutor(
        Path("runs/a/slurm").absolute(), None, 4, gpus_per_worker=2
    )


def test_two_clusters_and_gpus_of_nobody_are_refused() -> None:
    with pytest.raises(OptionError, match="One cluster"):
        told(ray="auto", slurm="long")
    with pytest.raises(OptionError, match="--gpus belongs to"):
        told(workers=2, gpus=1)


def test_workers_are_let_go_of_however_a_command_ends() -> None:
    folder = Path("runs/a")
    with (
        suppress(KeyboardInterrupt),
        sharing(folder, workers=1, ray=None, slurm=None, gpus=0) as executor,
    ):
        assert isinstance(executor, Processes)
        (outcome,) = executor.map(str, [7])
        worker = int(outcome.where.split()[-1])
        raise KeyboardInterrupt
    assert outcome.result == "7"
    assert not Path(f"/proc/{worker}").exists()
    with sharing(folder, workers=None, ray=None, slurm=None, gpus=0) as nobody:
        assert nobody is None


@pytest.mark.parametrize("kind", [Processes, RayExecutor, SlurmExecutor])
def test_no_workers_are_none(kind: type) -> None:
    first = [Path("slurm")] if kind is SlurmExecutor else []
    with pytest.raises(OptionError, match="1 or more"):
        kind(*first, n_workers=0)
