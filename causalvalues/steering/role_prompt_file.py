"""Role prompts in a CSV file: `id,text` and, where a line settles values, `settles`.

    id,text,settles
    calm,"You have learnt to wait.",
    lead,"You lead.","power=0.8; security=-0.4"

Guarantee: what `write_role_prompts` wrote is read back the same; a row that is no prompt is an
error that names it.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from causalvalues.errors import FileError, OptionError
from causalvalues.provenance import write_atomically
from causalvalues.steering.intervention import RolePrompt
from causalvalues.survey.cells import csv_of
from causalvalues.survey.columns import read_csv
from causalvalues.values import ValueSystem

__all__ = ["read_role_prompts", "write_role_prompts"]

COLUMNS = ("id", "text", "settles")


def read_role_prompts(
    path: str | Path, *, system: ValueSystem | None = None
) -> dict[str, RolePrompt]:
    """Return the prompts of a file by id; with a system, what they settle are values of it."""
    frame = read_csv(Path(path), labels=COLUMNS)
    if not {"id", "text"} <= set(frame.columns) <= set(COLUMNS):
        raise FileError(
            f"A file of role prompts has the columns id, text and, if need be, settles: {path}",
            found=", ".join(map(str, frame.columns)),
        )
    found: dict[str, RolePrompt] = {}
    for row in frame.to_dict(orient="records"):
        name = _text(row["id"]).strip()
        if not name or name in found:
            raise FileError(f"Every role prompt of {path} needs its own id", found=repr(name))
        found[name] = _prompt(path, name, _text(row["text"]), _text(row.get("settles")), system)
    if not found:
        raise FileError(f"A file of role prompts was expected at {path}", found="no row")
    return found


def write_role_prompts(prompts: Mapping[str, RolePrompt], path: str | Path) -> Path:
    """Return the file after the prompts are written to it."""
    odd = [name for name, prompt in prompts.items() if (prompt.place, prompt.share) != ("end", 1)]
    if odd:
        raise OptionError(
            "A file of role prompts holds lines that are told at the end of a role",
            found=odd[0],
            remedy="write it with write_intervention",
        )
    rows = [
        (
            name,
            prompt.text,
            "; ".join(f"{value}={level!r}" for value, level in prompt.settles.items()),
        )
        for name, prompt in prompts.items()
    ]
    return write_atomically(Path(path), csv_of(pd.DataFrame(rows, columns=COLUMNS)))


def _prompt(
    path: str | Path, name: str, text: str, settles: str, system: ValueSystem | None
) -> RolePrompt:
    """Return the prompt of one row."""
    levels: dict[str, float] = {}
    for part in filter(None, (each.strip() for each in settles.split(";"))):
        value, sign, level = part.rpartition("=")
        value = value.strip()
        try:
            levels[value] = float(level)
        except ValueError:
            sign = ""
        known = system is None or value in system.names
        if not sign or not value or not known or not -1 <= levels[value] <= 1:
            raise FileError(
                f"The prompt {name!r} of {path} settles values at levels from −1 to 1, as "
                '"power=-0.4; security=0.8"',
                found=repr(part) if known else f"{part!r}, which {_named(system)} does not have",
            )
    try:
        return RolePrompt(text.strip(), settles=levels)
    except OptionError as fault:
        raise FileError(
            f"A prompt was expected in row {name!r} of {path}", found=fault.found
        ) from (fault)


def _named(system: ValueSystem | None) -> str:
    """Return the name of a system."""
    return system.name if system else ""


def _text(cell: object) -> str:
    """Return a cell as text; an empty one is no text."""
    return "" if cell is None or pd.isna(cell) else str(cell)  # type: ignore[call-overload]
