"""Imports point one way, files stay small, and looking at the package costs nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "causalvalues"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Each room with the rooms it may import; `errors` and `provenance` are open to all.
MAY_IMPORT = {
    "errors": set(),
    "provenance": set(),
    "values": set(),
    "survey": {"values"},
    "discovery": {"values", "survey"},
    "models": {"values", "survey"},
    "contrasts": {"values", "survey"},
    "organism": {"values", "survey", "contrasts", "discovery", "models"},
    "steering": {"values", "survey", "discovery", "models"},
    "methods": {"values", "survey", "contrasts", "models", "steering"},
    "evaluation": {"values", "survey", "contrasts", "discovery", "models", "steering"},
    "planning": {"values", "survey", "discovery", "steering", "evaluation"},
    "leaderboard": {
        "values",
        "survey",
        "contrasts",
        "models",
        "steering",
        "methods",
        "evaluation",
        "planning",
    },
    "report": {
        "values",
        "survey",
        "discovery",
        "models",
        "organism",
        "steering",
        "evaluation",
        "planning",
    },
    "scale": {"values", "survey", "models"},
    "doctor": {"discovery"},
}
EVERY_ROOM = set(MAY_IMPORT)
MAY_IMPORT["study"] = EVERY_ROOM
MAY_IMPORT["demo"] = EVERY_ROOM | {"study"}
MAY_IMPORT["cli"] = EVERY_ROOM | {"study", "demo", "commands"}
MAY_IMPORT["__main__"] = {"cli"}
MAY_IMPORT["commands"] = EVERY_ROOM | {"study", "demo"}

OPEN_TO_ALL = {"errors", "provenance"}


def room_of(path: Path) -> str:
    """The top-level room a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_names(path: Path) -> set[str]:
    """Every dotted module a file imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def rooms_imported(path: Path) -> set[str]:
    """The rooms of this package that a file imports."""
    own = [name.split(".") for name in imported_names(path) if name.startswith("causalvalues.")]
    return {parts[1] for parts in own if (PACKAGE / parts[1]).exists() or _is_module(parts[1])}


def _is_module(name: str) -> bool:
    return (PACKAGE / f"{name}.py").exists()


def loaded_after(statement: str) -> set[str]:
    """The top-level modules that a fresh Python holds after a statement."""
    code = f"{statement}\nimport sys\nprint(*sorted({{n.split('.')[0] for n in sys.modules}}))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(answer.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_the_rooms_below_it(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    allowed = MAY_IMPORT[room] | OPEN_TO_ALL | {room}
    assert rooms_imported(path) <= allowed


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_is_one_idea_under_three_hundred_lines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_command_line_prints(path: Path) -> None:
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    if room_of(path) not in {"cli", "commands"}:
        assert "print" not in calls
        assert "rich" not in {name.split(".")[0] for name in imported_names(path)}


def test_nobody_imports_the_experiments() -> None:
    for path in MODULES:
        assert "experiments" not in {name.split(".")[0] for name in imported_names(path)}


def test_discovery_never_names_torch() -> None:
    for path in (PACKAGE / "discovery").rglob("*.py"):
        assert "torch" not in {name.split(".")[0] for name in imported_names(path)}


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = loaded_after("import causalvalues")
    assert not loaded & {"torch", "causallearn", "numba", "pandas", "scipy", "matplotlib"}


def test_discovering_loads_neither_torch_nor_causal_learn() -> None:
    loaded = loaded_after("from causalvalues import ScoreTable, ValueGraph, discover")
    assert not loaded & {"torch", "causallearn", "matplotlib", "sklearn"}


def test_asking_for_help_loads_no_numerics() -> None:
    loaded = loaded_after("import causalvalues.cli")
    assert not loaded & {"torch", "causallearn", "numba", "pandas", "scipy", "matplotlib"}


def test_a_compiled_kernel_has_one_door() -> None:
    """Called from Python or from other kernels, never both: see `discovery.compiled`."""
    inside, outside, kernels = set(), set(), set()
    for path in (PACKAGE / "discovery").glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            called = {
                node.func.id
                for node in ast.walk(function)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            decorators = {d.id for d in function.decorator_list if isinstance(d, ast.Name)}
            if "compiled" in decorators:
                kernels.add(function.name)
                inside |= called
            else:
                outside |= called
    assert kernels
    assert kernels & inside & outside == set()
