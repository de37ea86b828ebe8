"""Who shares the work of a command, as the options of the command line say it.

    WorkersOption  RayOption  SlurmOption  GpusOption     one wording for every command that shares
    sharing(…)     the executor that they name, for as long as the command works

Guarantee: what an executor holds is let go of when the command ends, however it ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from causalvalues.errors import OptionError
from causalvalues.scale.executors import Executor

__all__ = [
    "GpusOption",
    "RayOption",
    "SlurmOption",
    "WorkersOption",
    "executor_of",
    "sharing",
]

N_WORKERS = 4  # of a cluster, where no number is given
SLURM_FOLDER = "slurm"

WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        help="Share the work between so many processes, or workers of a cluster; "
        "processes are dealt out over the GPUs there are.",
        show_default=False,
    ),
]
RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray",
        help="Share the work over a Ray cluster: its address, auto, or local for a new one.",
        show_default=False,
    ),
]
SlurmOption = Annotated[
    str | None,
    typer.Option(
        "--slurm",
        help="Share the work over a Slurm cluster: a partition, or default. What is written must "
        "lie on its disk.",
        show_default=False,
    ),
]
GpusOption = Annotated[
    int, typer.Option("--gpus", min=0, help="GPUs of each worker, with --ray or --slurm.")
]


@contextmanager
def sharing(
    folder: Path, *, workers: int | None, ray: str | None, slurm: str | None, gpus: int
) -> Iterator[Executor | None]:
    """Yield the executor that is asked for, closed at the end; None where this process works alone.

    folder: where the command writes; a Slurm cluster leaves notes there while it works.
    """
    executor = executor_of(folder, workers=workers, ray=ray, slurm=slurm, gpus=gpus)
    try:
        yield executor
    finally:
        if executor is not None:
            executor.close()


def executor_of(
    folder: Path, *, workers: int | None, ray: str | None, slurm: str | None, gpus: int
) -> Executor | None:
    """Return the executor that is asked for; None where this process works alone."""
    if ray is not None and slurm is not None:
        raise OptionError("One cluster shares the work", found="--ray and --slurm")
    if gpus and ray is None and slurm is None:
        raise OptionError(
            "--gpus belongs to --ray or --slurm",
            found="neither",
            remedy="leave it out: processes are dealt out over the GPUs that they may use",
        )
    if ray is not None:
        from causalvalues.scale.ray_executor import RayExecutor

        return RayExecutor(ray, workers or N_WORKERS, gpus_per_worker=gpus)
    if slurm is not None:
        from causalvalues.scale.slurm import SlurmExecutor

        partition = None if slurm == "default" else slurm
        place = (folder / SLURM_FOLDER).absolute()
        return SlurmExecutor(place, partition, workers or N_WORKERS, gpus_per_worker=gpus)
    if workers is not None:
        from causalvalues.scale.processes import Processes

        return Processes.on_all_gpus(workers)
    return None
