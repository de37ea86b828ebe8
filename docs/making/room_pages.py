"""Which pages the reference has: a page for each room of the package, its modules in order.

Guarantee: every module of the package that says what it offers is on one of the pages.
"""

import ast
from pathlib import Path

__all__ = ["PACKAGE", "ROOMS", "documented_modules", "page_of_room", "pages"]

PACKAGE = Path(__file__).parents[2] / "causalvalues"
LONE = "package"  # the page of the modules that live in no room

ROOMS: dict[str, str] = {
    "values": "Value systems: names, definitions, the circle, opposites.",
    "survey": "Items, roles, protocols, answers, scores; guards and reliability.",
    "contrasts": "Texts that differ in one value, with linters and readers.",
    "models": "Any Hugging Face decoder or served model as a respondent.",
    "organism": "The embedded models whose truth is planted, and the world they learnt.",
    "discovery": "From a table of scores to a graph: search, support, nulls, effects, comparison.",
    "steering": "Interventions as data, and the hooks that carry them out.",
    "methods": "Steering methods that are fitted to a value, each behind one interface.",
    "evaluation": "What an intervention does: profiles, health, leakage, fluency, judges.",
    "planning": "Predictions from few measured values to all, plans, and the check of a plan.",
    "leaderboard": "One protocol that tunes and judges every method alike.",
    "report": "Figures and pages for people.",
    "study": "A study file, its stages, and the run folder.",
    LONE: "What all rooms use: errors, provenance, the demo, the doctor.",
}
INTRODUCTION = """# The API, room by room

Built from the docstrings. Imports point one way: a room uses those above it in this table, never
those below. `import causalvalues` offers what most need.

"""
COMMAND_LINE = {"cli", "__main__", "commands"}  # documented as commands, not as an API


def documented_modules(room: str) -> list[str]:
    """Return the dotted names of a room's modules that offer something, in reading order."""
    found = PACKAGE.glob("*.py") if room == LONE else (PACKAGE / room).rglob("*.py")
    packed = sorted(path for path in found if (path.parent / "__init__.py").exists())
    return [name for path in packed if (name := _dotted(path)) and _offers(path)]


def page_of_room(room: str) -> str:
    """Return a room's page in Markdown: its idea, a table of modules, then each in full."""
    modules = documented_modules(room)
    title = "The package itself" if room == LONE else f"`causalvalues.{room}`"
    rows = [f"| [`{name}`](#{name}) | {_idea(name)} |" for name in modules]
    directives = [f"::: {name}" for name in modules]
    table = ["| module | its idea |", "|---|---|", *rows]
    return "\n\n".join([f"# {title}", ROOMS[room], "\n".join(table), *directives]) + "\n"


def pages() -> dict[str, str]:
    """Return the text of every page of the reference by its place under docs/."""
    listed = [f"| [{room}]({room}.md) | {idea} |" for room, idea in ROOMS.items()]
    head = (
        "# The API, room by room\n\nBuilt from the docstrings. Imports point one way, from the top "
    )
    head += "of this table to the bottom; `import causalvalues` offers what most need.\n\n"
    index = head + "\n".join(["| room | what it is for |", "|---|---|", *listed]) + "\n\n"
    index += "::: causalvalues\n    options:\n      heading_level: 2\n"
    return {"reference/index.md": index} | {
        f"reference/{room}.md": page_of_room(room) for room in ROOMS
    }


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
