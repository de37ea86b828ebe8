"""lm-evaluation-harness as a peer, kept apart: an environment of its own that borrows from ours.

    python bench/harness.py        installs it (about 2 minutes); nothing goes into our environment

The harness is appended to the path after our own packages, so that torch, transformers and the
model are one and the same for both sides.
"""

import subprocess
import sys
import sysconfig
import tempfile
import venv
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from site import addsitedir

__all__ = ["FOLDER", "INSTALL", "VERSION", "found", "installed", "packages_of", "version"]

VERSION = "0.4.13"
FOLDER = Path(tempfile.gettempdir()) / "causalvalues-harness"
INSTALL = "python bench/harness.py"
CONSTRAINTS = Path(__file__).parent.parent / "constraints.txt"


def packages_of(folder: Path) -> Path:
    """Return where an environment in a folder keeps its packages."""
    places = {"base": str(folder), "platbase": str(folder)}
    return Path(sysconfig.get_path("purelib", "venv", vars=places))


def installed(folder: Path = FOLDER) -> Path:
    """Return the folder after the harness is installed in it, beside our own packages."""
    venv.create(folder, with_pip=True, clear=True)
    ours = sysconfig.get_path("purelib")
    borrowed = packages_of(folder) / "borrowed.pth"
    borrowed.write_text(f"import site; site.addsitedir({ours!r})\n", encoding="utf-8")
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    wanted = ["--constraint", str(CONSTRAINTS), f"lm-eval=={VERSION}"]
    subprocess.run([*pip, *wanted], check=True)
    return folder


def found(folder: Path = FOLDER) -> bool:
    """Return whether the harness can be imported now, from our path or the end of it."""
    if find_spec("lm_eval") is None and packages_of(folder).is_dir():
        addsitedir(str(packages_of(folder)))
    return find_spec("lm_eval") is not None


def version() -> str:
    """Return the version of the harness that is found."""
    return metadata.version("lm_eval")


if __name__ == "__main__":
    print(f"{installed()}: lm-eval {VERSION}", file=sys.stdout)
