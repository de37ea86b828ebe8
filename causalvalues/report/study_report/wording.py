"""How numbers and cells read: signs, shares, counts; what is missing is a dash.

    signed  +0.34      plain    0.34     precise  0.00934     count  24,000
    share   93 %       yes      yes or no                     text, file  as it is

Guarantee: rounding never makes a share certain that is not: "more than 99 %", "less than 1 %".
"""

from urllib.parse import quote

from causalvalues.report.study_report.document import Cell, How
from causalvalues.report.study_report.part import Source

__all__ = ["MISSING", "address", "shown", "told"]

MISSING, MINUS, THIN = "–", "−", "\N{NARROW NO-BREAK SPACE}"


def shown(cell: Cell, how: How, brief: bool = False) -> str:
    """Return what a reader sees of a cell; `brief` in tables, where words would not fit."""
    if cell is None:
        return MISSING
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        return cell
    text = _number(cell, how).replace("-", MINUS)
    return text.replace("more than ", ">").replace("less than ", "<") if brief else text


def address(file: str) -> str:
    """Return the relative link to a file; what could be read as a scheme is encoded."""
    return quote(file, safe="/")


def told(source: Source) -> str:
    """Return the name of a file, and where in it."""
    return f"{source.file}: {source.column}" if source.column else source.file


def _number(number: float, how: How) -> str:
    """Return a number in one of its forms."""
    if how == "share":
        return _share(number)
    if how == "precise" and isinstance(number, int):
        return str(number)
    if how == "count":
        return f"{number:,.0f}"
    if how == "precise":
        return f"{number:.3g}" if abs(number) >= 1 else f"{number:.2g}"
    text = f"{number:+.2f}" if how == "signed" else f"{number:.2f}"
    return text.lstrip("+-") if float(text) == 0 else text


def _share(share: float) -> str:
    """Return a share of one in percent."""
    if 0 < share < 0.005:
        return f"less than 1{THIN}%"
    if 0.995 <= share < 1:
        return f"more than 99{THIN}%"
    return f"{100 * share:.0f}{THIN}%"
