"""Which files a script is made of: itself, the modules beside it, and what draws for it.

A script's neighbours and the drawing code of this package are followed through their imports, with
the style file; the rest of the package is named in a manifest by its version.

Guarantee: nothing is run or imported; a file is read once, the order is that of names.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

__all__ = ["scripts_of"]

DRAWING = "causalvalues.report"
STYLE = "causalvalues.mplstyle"
# they write manifests, and change no byte of what they tell of
WITNESSES = {"figure_checks", "figure_manifest", "rebuild", "scripts_read"}


def scripts_of(script: Path, root: Path) -> tuple[Path, ...]:
    """Return the script and every file that it is made of."""
    found: set[Path] = set()
    root, script = root.resolve(), script.resolve()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported(path, script.parent, root)
    style = root / DRAWING.replace(".", "/") / STYLE
    if any(path.parent == style.parent for path in found) and style.exists():
        found.add(style)
    return tuple(sorted(found))


def _imported(path: Path, beside: Path, root: Path) -> Iterator[Path]:
    """Yield the files that a file imports, of those that are followed."""
    for name in _names(ast.parse(path.read_text(encoding="utf-8"))):
        place = name.replace(".", "/") + ".py"
        if "." not in name and (beside / place).is_file():
            yield beside / place
        elif name.startswith(f"{DRAWING}.") and name.rpartition(".")[2] not in WITNESSES:
            yield from [root / place] if (root / place).is_file() else []


def _names(tree: ast.Module) -> Iterator[str]:
    """Yield every dotted name that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
