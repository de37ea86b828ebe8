"""Which pages the reference has: a page for each room of the package, its modules in order.

Guarantee: every module of the package that says what it offers is on one of the pages.
"""

import ast
from pathlib import Path

__all__ = ["PACKAGE", "documented_modules", "page_of_room", "pages", "rooms"]

PACKAGE = Path(__file__).parents[2] / "causalvalues"
LONE = "package"  # the page of the modules that live in no room

ORDER = (  # imports point one way; a room that is not named here comes last
    "values",
    "survey",
    "contrasts",
    "models",
    "organism",
    "discovery",
    "steering",
    "methods",
    "evaluation",
    "planning",
    "leaderboard",
    "report",
    "scale",
    "study",
)
INTRODUCTION = """# The API, room by room

Built from the docstrings. Imports point one way: a room uses those above it in this table, never
those below. `import causalvalues` offers what most need.

"""
COMMAND_LINE = {"cli", "__main__", "commands"}  # documented as commands, not as an API


def rooms() -> list[str]:
    """Return the rooms of the package that have a page, and the page of what lies in none."""
    found = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - COMMAND_LINE
    return [*(r for r in ORDER if r in found), *sorted(found - set(ORDER)), LONE]


def documented_modules(room: str) -> list[str]:
    """Return the dotted names of a room's modules that offer something, in reading order."""
    found = PACKAGE.glob("*.py") if room == LONE else (PACKAGE / room).rglob("*.py")
    packed = sorted(path for path in found if (path.parent / "__init__.py").exists())
    return [name for path in packed if (name := _dotted(path)) and _offers(path)]


def page_of_room(room: str) -> str:
    """Return a room's page in Markdown: its idea, a table of modules, then each in full."""
    modules = documented_modules(room)
    title = "The package itself" if room == LONE else f"causalvalues.{room}"
    rows = [f"| [`{name}`](#{name}) | {_idea(name)} |" for name in modules]
    directives = [f"::: {name}" for name in modules]
    table = ["| module | its idea |", "|---|---|", *rows]
    return "\n\n".join([f"# {title}", _idea_of_room(room), "\n".join(table), *directives]) + "\n"


def pages() -> dict[str, str]:
    """Return the text of every page of the reference by its place under docs/."""
    listed = [f"| [{room}]({room}.md) | {_idea_of_room(room)} |" for room in rooms()]
    head = (
        "# The API, room by room\n\nBuilt from the docstrings. Imports point one way, from the top "
    )
    head += "of this table to the bottom; `import causalvalues` offers what most need.\n\n"
    index = head + "\n".join(["| room | what it is for |", "|---|---|", *listed]) + "\n\n"
    index += "::: causalvalues\n    options:\n      heading_level: 2\n"
    return {"reference/index.md": index} | {
        f"reference/{room}.md": page_of_room(room) for room in rooms()
    }


def _idea_of_room(room: str) -> str:
    """Return what a room is for."""
    if room == LONE:
        return (
            "What all rooms use: errors, provenance; and what uses all rooms: the demo, the doctor."
        )
    return _idea(f"causalvalues.{room}")


def _dotted(path: Path) -> str | None:
    """Return the dotted name of a file's module; none for the command line."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    if parts[1] in COMMAND_LINE or path == PACKAGE / "__init__.py":
        return None
    return ".".join(part for part in parts if part != "__init__")


def _offers(path: Path) -> bool:
    """Return whether a module has an `__all__`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    targets = (t for node in tree.body if isinstance(node, ast.Assign) for t in node.targets)
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _idea(name: str) -> str:
    """Return the first line of a module's docstring, fit for a cell of a table."""
    place = PACKAGE.parent.joinpath(*name.split("."))
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(told.split("\n\n")[0].split())
    return paragraph.replace("|", r"\|")
