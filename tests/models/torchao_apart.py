"""torchao in a folder of its own: beside our packages it slows every import of transformers."""

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
SKIPPED = "torchao is not installed here: pip install 'causalvalues[quantised]'"


def is_here() -> bool:
    """Whether this Python finds torchao."""
    return find_spec("torchao") is not None


def folder() -> Path | None:
    """A folder that holds torchao at the pinned version, or none where it cannot be installed."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    (pin,) = [line for line in lines if line.startswith("torchao==")]
    place = Path(tempfile.gettempdir()) / f"causalvalues-{pin.replace('==', '-')}"
    if not (place / "torchao" / "__init__.py").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--target", str(place), pin], check=False, capture_output=True)
    return place if (place / "torchao" / "__init__.py").exists() else None
