"""`RayExecutor` maps work over actors of a Ray cluster, each of which holds a model.

    "local"             a cluster of this machine, started here and stopped on `close`
    "auto", HOST:PORT   the cluster that `ray start` began: on a laptop, in a Slurm allocation, on
    ray://HOST:PORT     Kubernetes (its machines need this package and see the run folder)

Guarantee: an actor that dies, with its machine or alone, takes its task alone with it; another one
takes its place. A cluster that was connected to before is left as it was.
"""

import socket
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from causalvalues.errors import OptionError
from causalvalues.scale.outcome import Outcome, attempted

__all__ = ["RayExecutor"]

Task = TypeVar("Task")
Result = TypeVar("Result")

ANSWERS_IN_SECONDS = 10.0
MISSING = "pip install 'causalvalues[scale]'"


class Seat:
    """The actor: a process that does a task when it is told to."""

    def do(self, work: Callable[[Task], Result], task: Task) -> Outcome[Result]:
        """Return what became of a task."""
        return attempted(work, task, 0)


@dataclass
class RayExecutor:
    """So many actors; started with the first task, kept until `close`."""

    address: str = "local"
    n_workers: int = 2
    gpus_per_worker: float = 0.0
    cpus_per_worker: float = 1.0
    _idle: list[Any] = field(default_factory=list, init=False, repr=False)
    _is_ours: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.n_workers < 1:
            raise OptionError("`n_workers` must be 1 or more", found=str(self.n_workers))

    def map(
        self, work: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Generator[Outcome[Result], None, None]:
        """Yield what became of each task; an actor that dies is replaced."""
        ray = self._connected()
        shared = ray.put(work)
        waiting = deque(enumerate(tasks))
        busy: dict[Any, tuple[Any, int]] = {}  # what is to come: who does it, and of which task
        try:
            while waiting or busy:
                while waiting and len(busy) < self.n_workers:
                    place, task = waiting.popleft()
                    seat = self._idle.pop() if self._idle else self._seat(ray)
                    busy[seat.do.remote(shared, task)] = seat, place
                ready, _ = ray.wait(list(busy), num_returns=1)
                for answer in ready:
                    seat, place = busy.pop(answer)
                    yield replace(self._heard(ray, answer, seat), place=place)
        finally:
            for seat, _ in busy.values():
                ray.kill(seat)

    def close(self) -> None:
        """End all actors, and the cluster where it was started here."""
        if not self._idle and not self._is_ours:
            return
        import ray

        for seat in self._idle:
            ray.kill(seat)
        self._idle.clear()
        if self._is_ours:
            ray.shutdown()
            self._is_ours = False

    def _seat(self, ray: Any) -> Any:
        """Return a new actor."""
        actor = ray.remote(
            num_cpus=self.cpus_per_worker, num_gpus=self.gpus_per_worker, max_restarts=0
        )(Seat)
        return actor.remote()

    def _heard(self, ray: Any, answer: Any, seat: Any) -> Outcome[Any]:
        """Return what an actor says; what Ray tells of its death where it says nothing."""
        try:
            outcome: Outcome[Any] = ray.get(answer)
        except ray.exceptions.RayError as fault:
            ray.kill(seat)
            return Outcome(0, fault=f"a worker was lost: {_in_short(fault)}")
        self._idle.append(seat)
        return outcome

    def _connected(self) -> Any:
        """Return Ray, connected to the cluster."""
        try:
            import ray
        except ImportError as fault:
            raise OptionError(
                "Sharing work over Ray needs the package ray", found=str(fault), remedy=MISSING
            ) from fault
        if ray.is_initialized():
            return ray
        quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
        try:
            if self.address == "local":
                n_cpus = max(int(self.n_workers * self.cpus_per_worker), 1)
                ray.init(address="local", num_cpus=n_cpus, include_dashboard=False, **quiet)
            else:
                _refuse_silent(self.address)
                ray.init(address=self.address, **quiet)
        except (ConnectionError, RuntimeError, ValueError, OSError, TimeoutError) as fault:
            raise OptionError(
                "A Ray cluster was expected",
                found=f"{self.address}: {_in_short(fault)}",
                remedy="start one with `ray start --head`, or say --ray local",
            ) from fault
        self._is_ours = True
        return ray


def _refuse_silent(address: str) -> None:
    """Raise at once where nothing listens; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=ANSWERS_IN_SECONDS).close()


def _in_short(fault: BaseException) -> str:
    """Return the beginning and the end of what an error says."""
    lines = str(fault).strip().splitlines() or [""]
    said = lines[0] if len(lines) == 1 else f"{lines[0]} … {lines[-1]}"
    return f"{type(fault).__name__}: {said}"
