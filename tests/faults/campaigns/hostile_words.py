"""The hostile strings of the viewer's tests, at hand for every campaign; and names for paths."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

TESTS = Path(__file__).parents[2]
for _folder in (TESTS / "report" / "viewer", TESTS / "report", TESTS / "study"):
    if str(_folder) not in sys.path:
        sys.path.append(str(_folder))

from hostile_strings import hostile_strings  # noqa: E402
from made_report import made_report  # noqa: E402

__all__ = ["in_groups", "made_report", "path_names", "words"]

PIECES = (
    *(
        "..",
        ".",
        "~",
        "~root",
        "",
        " ",
        "a",
        "outside",
        "\x00",
        "\n",
        "\t",
        "CON",
        "NUL",
        "aux.txt",
    ),
    *(
        "%2e%2e",
        "..%2f",
        "．．",
        "‥",
        "\u2215",
        "\u202e",
        "$HOME",
        "`id`",
        "$(id)",
        "-rf",
        "*",
        "?",
    ),
    *("é", "e\u0301", "\ud7ff", "a" * 300, "::$DATA", "|", ">", "<", "..\\..", "C:", "file:"),
)
JOINS = ("/", "//", "/./", "\\", "/../", "%2f", "\u2044", "")


def words(count: int) -> list[str]:
    """Return so many hostile strings, all of them first once."""
    known = hostile_strings()
    return [known[at % len(known)] for at in range(count)]


def in_groups(texts: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Yield the texts, so many at once."""
    for at in range(0, len(texts), size):
        yield tuple(texts[at : at + size])


def path_names(count: int, seed: int, outside: Path) -> list[str]:
    """Return so many different names that try to leave a folder; some say where to."""
    rng = np.random.default_rng(seed)
    found = dict.fromkeys(("../outside", "../../outside", str(outside), f"{outside}/x.yaml", ""))
    while len(found) < count:
        parts = [str(PIECES[at]) for at in rng.integers(len(PIECES), size=rng.integers(1, 6))]
        name = str(JOINS[rng.integers(len(JOINS))]).join(parts)
        kind = rng.random()
        if kind < 0.3:
            name = "../" * int(rng.integers(1, 12)) + name
        elif kind < 0.45:
            name = f"{outside}/{name}"
        found[name + str(rng.choice(["", "", ".yaml", "/", "\n"]))] = None
    return list(found)[:count]
