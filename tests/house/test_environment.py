"""One tested set of versions: the conda environment, the constraints and the package agree."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def normal(name: str) -> str:
    """A distribution's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines: list[str]) -> dict[str, str]:
    """The version by name of every `name==version` line."""
    found = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {normal(name): version.strip() for name, version in found}


def conda_environment() -> tuple[list[str], list[str]]:
    """The conda part and the pip part of environment.yml."""
    document = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda = [entry for entry in document["dependencies"] if isinstance(entry, str)]
    (nested,) = [entry for entry in document["dependencies"] if isinstance(entry, dict)]
    return conda, nested["pip"]


def requirements() -> dict[str, str]:
    """Every direct requirement of the package and its models extra, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    direct = [*project["dependencies"], *project["optional-dependencies"]["models"]]
    return {normal(re.split(r"[<>=!~\[ ]", line)[0]): line for line in direct}


def test_the_conda_pins_equal_the_constraints() -> None:
    constraints = pins((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    conda, by_pip = conda_environment()
    assert "python=3.11" in conda
    assert pins(by_pip).items() <= constraints.items()
    assert set(pins(by_pip)) == set(requirements())
    assert {"-c constraints.txt", "-e ."} <= set(by_pip)


def test_torch_is_pinned_to_the_tested_build() -> None:
    constraints = pins((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    assert constraints["torch"] == "2.13.0"


def test_the_pip_section_of_the_conda_environment_installs(tmp_path: Path) -> None:
    _, by_pip = conda_environment()
    section = tmp_path / "section.txt"
    lines = [line for line in by_pip if "==" in line]
    section.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "-q"]
    outcome = subprocess.run(
        [*command, "--ignore-installed", "-c", str(ROOT / "constraints.txt"), "-r", str(section)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr


def test_the_installed_versions_are_the_pinned_ones() -> None:
    from importlib import metadata

    constraints = pins((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    for name in requirements():
        assert metadata.version(name).split("+")[0] == constraints[name], name
