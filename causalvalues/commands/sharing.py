"""Who shares the asking of a run, as the options of the command line say it."""

from pathlib import Path

from causalvalues.errors import OptionError
from causalvalues.scale.executors import Executor

__all__ = ["executor_of"]

N_WORKERS = 4  # of a cluster, where no number is given
SLURM_FOLDER = "slurm"


def executor_of(
    folder: Path, *, workers: int | None, ray: str | None, slurm: str | None, gpus: int
) -> Executor | None:
    """Return the executor that is asked for; None where this process asks by itself."""
    if ray is not None and slurm is not None:
        raise OptionError("One cluster shares the asking", found="--ray and --slurm")
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
