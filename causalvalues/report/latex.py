"""Tables for papers: booktabs, every cell escaped, numbers with their intervals.

    plain text      escaped, whatever it holds          `Tex`    LaTeX already, taken as it is

Guarantee: no text of a table can end its cell, its row or its table, or run a command; the same
rows give the same bytes.
"""

import unicodedata
from collections.abc import Collection, Sequence

import numpy as np

from causalvalues.errors import TableError

__all__ = ["Tex", "escaped", "interval", "latex_table", "number"]

ABSENT = "--"
ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",
    "[": "{[}",  # behind the end of a row it would open an option of that end
    "]": "{]}",
    "*": "{*}",
    "`": r"\textasciigrave{}",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "÷": r"$\div$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "→": r"$\rightarrow$",
    "δ": r"$\delta$",
    "γ": r"$\gamma$",
}


class Tex(str):
    """Text that is LaTeX already."""

    __slots__ = ()


def escaped(text: str) -> Tex:
    """Return any text as LaTeX that prints it; control characters and line ends become spaces."""
    if isinstance(text, Tex):
        return text
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return Tex("".join(ESCAPES.get(c, c) for c in plain).replace("--", "-{}-"))


def number(value: float, digits: int) -> Tex:
    """Return a number with so many digits behind the point, a dash where there is none."""
    return Tex(f"${value:.{digits}f}$" if np.isfinite(value) else ABSENT)


def interval(value: float, low: float, high: float, digits: int, *, below: bool = False) -> Tex:
    """Return a number with its interval in small print behind it, or below where room is dear."""
    if not np.isfinite(value):
        return Tex(ABSENT)
    if not (np.isfinite(low) and np.isfinite(high)):
        return number(value, digits)
    ends = f"[${low:.{digits}f}$, ${high:.{digits}f}$]"
    small = rf"{{\scriptsize {ends}}}"
    if below:
        cell = rf"{number(value, digits)} \\[-2pt] {small}"
        return Tex(rf"\begin{{tabular}}[t]{{@{{}}r@{{}}}}{cell}\end{{tabular}}")
    return Tex(rf"{number(value, digits)}\,{small}")


def latex_table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    n_names: int = 1,
    rules: Collection[int] = (),
    groups: Sequence[tuple[str, int]] = (),
    tight: bool = False,
) -> str:
    """Return a tabular with the first columns to the left and all others to the right.

    `rules` are the places of rows that have a thin line above them; `groups` name so many columns
    each, from the first that is no name on, in a line above the heads; `tight` columns stand close.
    """
    for row in rows:
        if len(row) != len(heads):
            raise TableError(
                f"Rows of a table have {len(heads)} cells", found=f"{len(row)} in {list(row)}"
            )
    lines = [
        *([r"\begingroup\setlength{\tabcolsep}{3pt}"] if tight else []),
        rf"\begin{{tabular}}{{@{{}}{'l' * n_names}{'r' * (len(heads) - n_names)}@{{}}}}",
        r"\toprule",
        *_groups(groups, n_names),
        _row(heads),
        r"\midrule",
    ]
    for place, row in enumerate(rows):
        lines += [r"\midrule"] if place in rules else []
        lines.append(_row(row))
    lines += [r"\bottomrule", r"\end{tabular}", *([r"\endgroup"] if tight else [])]
    return "\n".join(lines) + "\n"


def _groups(groups: Sequence[tuple[str, int]], n_names: int) -> list[str]:
    """Return the line above the heads, and the thin lines below it."""
    if not groups:
        return []
    cells = [Tex("{}")] * n_names
    lines, first = "", n_names + 1
    for name, size in groups:
        cells.append(Tex(rf"\multicolumn{{{size}}}{{c}}{{{escaped(name)}}}"))
        lines += rf"\cmidrule(lr){{{first}-{first + size - 1}}}"
        first += size
    return [_row(cells), lines]


def _row(cells: Sequence[str]) -> str:
    """Return a row of cells; an empty one holds its place."""
    return " & ".join(escaped(cell) or "{}" for cell in cells) + r" \\"
