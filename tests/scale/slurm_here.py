"""A real Slurm of one node: munge, controller and node daemon, begun and ended by a test."""

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "sinfo")
PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
CONFIGURATION = """
ClusterName=here
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerParameters=sched_interval=2,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=here Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


class NoSlurm(Exception):
    """Why Slurm cannot be started here."""


@dataclass(frozen=True)
class SlurmHere:
    """A cluster in a folder."""

    folder: Path

    @classmethod
    def start(cls, folder: Path) -> "SlurmHere":
        """A cluster whose node takes jobs; raises where this machine has none to start."""
        absent = [name for name in PROGRAMS if shutil.which(name, path=PLACES) is None]
        if absent:
            raise NoSlurm(f"{', '.join(absent)} not installed (Debian: slurm-wlm, munge)")
        cluster = cls(folder)
        cluster._write()
        try:
            cluster._daemons()
            cluster._wait()
        except (OSError, subprocess.SubprocessError, NoSlurm) as fault:
            cluster.stop()
            raise NoSlurm(f"it does not start here: {fault}") from fault
        return cluster

    @property
    def configuration(self) -> Path:
        return self.folder / "slurm.conf"

    def stop(self) -> None:
        """End all daemons, jobs first."""
        with suppress(OSError, subprocess.SubprocessError):
            self._cancel_all()
        for name in ("slurmd", "slurmctld", "munged"):
            with suppress(OSError, ValueError):
                os.kill(int((self.folder / f"{name}.pid").read_text()), signal.SIGTERM)

    def _cancel_all(self) -> None:
        """Wait until no job is left."""
        environment = os.environ | {"SLURM_CONF": str(self.configuration)}
        until = time.monotonic() + 10
        while time.monotonic() < until:
            told = {"env": environment, "capture_output": True, "timeout": 5}
            jobs = subprocess.run(["squeue", "-h", "-o", "%A"], check=False, **told).stdout.split()
            if not jobs:
                return
            subprocess.run(["scancel", *sorted(set(jobs))], check=False, **told)
            time.sleep(0.3)

    def _write(self) -> None:
        """Write the configuration, on two ports that are free."""
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        told = CONFIGURATION.format(
            host=socket.gethostname().split(".")[0],
            user=os.environ.get("USER", "root"),
            folder=self.folder,
            ports=_free_ports(),
        )
        self.configuration.write_text(told, encoding="utf-8")

    def _daemons(self) -> None:
        """Start munge and the controller, then the node with whichever control groups it takes."""
        own = self.folder
        _said(
            "munged",
            "--force",
            f"--socket={own}/munge.socket",
            f"--key-file={own}/munge.key",
            f"--pid-file={own}/munged.pid",
            f"--log-file={own}/munged.log",
            f"--seed-file={own}/munged.seed",
        )
        _said("slurmctld", "-f", str(self.configuration))
        for plugin in ("autodetect", "cgroup/v1", "disabled"):
            (own / "cgroup.conf").write_text(f"CgroupPlugin={plugin}\n", encoding="utf-8")
            with suppress(NoSlurm):
                _said("slurmd", "-f", str(self.configuration))
                return
        raise NoSlurm("slurmd finds no control groups")

    def _wait(self) -> None:
        """Wait until the node is idle."""
        words = (shutil.which("sinfo", path=PLACES) or "sinfo", "-h", "-o", "%T")
        environment = os.environ | {"SLURM_CONF": str(self.configuration)}
        until = time.monotonic() + 15
        while time.monotonic() < until:
            found = subprocess.run(
                words, env=environment, capture_output=True, text=True, check=False, timeout=10
            )
            if found.stdout.strip() == "idle":
                return
            time.sleep(0.3)
        raise NoSlurm(f"its node is {found.stdout.strip() or found.stderr.strip()!r}")


def _said(name: str, *words: str) -> None:
    """Run a daemon, which goes to the background by itself."""
    path = shutil.which(name, path=PLACES) or name
    environment = {key: value for key, value in os.environ.items() if key != "SLURM_CONF"}
    log = subprocess.DEVNULL
    found = subprocess.run(
        [path, *words], env=environment, stdin=log, stdout=log, stderr=log, check=False, timeout=20
    )
    if found.returncode:
        raise NoSlurm(f"{name} ends with exit code {found.returncode}")


def _free_ports() -> list[int]:
    """Two ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(2)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
