"""steering-vectors and repeng as peers: an environment of their own, a process that takes turns.

    python bench/extraction_peers.py     installs them (about 3 minutes, 1.4 GB, most of it torch)

steering-vectors asks for transformers < 5 and repeng for numpy < 2, so neither can share our
environment: they run under versions of their own, with the same torch, on the same checkpoint.
"""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["FOLDER", "INSTALL", "WAYS", "Peers", "found", "peers"]

HERE = Path(__file__).parent
FOLDER = Path(tempfile.gettempdir()) / "causalvalues-extraction-peers"
INSTALL = "python bench/extraction_peers.py"
WANTED = ("steering-vectors==0.12.2", "repeng==0.4.0", "transformers<5", "numpy<2")
WAYS = (
    "steering-vectors, one text at a time",
    "steering-vectors, batches of 32",
    "repeng, PCA",
    "repeng, its reading and a mean",
)  # each that the worker knows

Vectors = dict[int, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Peers:
    """A running process of peers that has loaded the model."""

    process: "subprocess.Popen[str]"
    versions: dict[str, str]
    folder: Path

    def times(self, way: str) -> tuple[float, float]:
        """Return the seconds that one way takes to find its vectors: by the clock, at work."""
        answer = self._asked({"way": way})
        return float(answer["seconds"]), float(answer["processor"])

    def vectors(self, way: str) -> Vectors:
        """Return the vectors that a way found when it was last timed, by layer."""
        path = self.folder / "vectors.npz"
        self._asked({"way": way, "save": str(path)})
        with np.load(path) as arrays:
            return {int(layer): arrays[layer] for layer in arrays.files}

    def _asked(self, what: dict[str, str]) -> dict[str, float]:
        """Return what the process answers."""
        if self.process.stdin is None or self.process.stdout is None:
            raise SystemExit("the peers cannot be talked to")
        print(json.dumps(what), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the peers ended at {what}")
        answer: dict[str, float] = json.loads(line)
        return answer


def found() -> bool:
    """Return whether the peers are installed."""
    return (FOLDER / "ready").exists()


@contextmanager
def peers(checkpoint: Path, pairs: list[tuple[str, str]], folder: Path) -> Iterator[Peers]:
    """Give the peers, which have loaded a checkpoint and know the pairs."""
    told = folder / "pairs.json"
    told.write_text(json.dumps(pairs), encoding="utf-8")
    words = [str(FOLDER / "bin" / "python"), str(HERE / "extraction_worker.py")]
    log = folder / "peers.log"
    with log.open("w", encoding="utf-8") as said, subprocess.Popen(
        [*words, str(checkpoint), str(told)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True,
    ) as process:  # fmt: skip
        if process.stdout is None:
            raise SystemExit("the peers cannot be heard")
        ready = process.stdout.readline()
        if not ready:
            complaint = log.read_text("utf-8").splitlines()[-1:]
            raise SystemExit(f"the peers did not start: {complaint}; to install: {INSTALL}")
        try:
            yield Peers(process, json.loads(ready), folder)
        finally:
            process.terminate()


def install() -> None:
    """Install the peers, with the torch that is ours."""
    venv.create(FOLDER, with_pip=True, clear=True)
    torch = metadata.version("torch").split("+")[0]
    pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, f"torch=={torch}", *WANTED], check=True)
    (FOLDER / "ready").write_text("\n".join(WANTED), encoding="utf-8")


if __name__ == "__main__":
    install()
    print(f"{FOLDER}: {', '.join(WANTED)}", file=sys.stdout)
