"""Hostile strings in every cell of a LaTeX table: the table keeps its shape and runs nothing."""

import re
from itertools import product
from pathlib import Path

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.hostile_words import words
from causalvalues.report.latex import ESCAPES, escaped, latex_table

KNOWN = {name for text in ESCAPES.values() for name in re.findall(r"\\([A-Za-z]+)", text)}
OF_LATEX = (
    *(r"\end{tabular}", r"\input{/etc/passwd}", r"\write18{ls}", r"\\", r"\\[9pt]", "&", "%", "$"),
    *(r"\def\x{\x}\x", "^^5cinput", r"\catcode`\@=0", "#1", "{", "}", r"\csname input\endcsname"),
)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Set each string in a heading, a name and a cell, also behind what LaTeX takes for itself."""
    ledger, hostile = Ledger("hostile_latex"), words(count)
    for word, behind in zip(hostile, _behind(count), strict=True):
        text = behind + word
        wrong = _wrong(text)
        if wrong:
            ledger.was_silent(f"{text!r:.80}: {wrong}")
        else:
            ledger.survived()
    return ledger.outcome()


def _behind(count: int) -> list[str]:
    """Return what stands before each string: nothing for the first, then LaTeX's own."""
    return [*("",), *(a for a, _ in product(OF_LATEX, range(-(-count // len(OF_LATEX)))))][:count]


def _wrong(text: str) -> str:
    """Return how a text gets out of its cell, if it does."""
    found = escaped(text)
    if not set(re.findall(r"\\([A-Za-z]+)", found)) <= KNOWN:
        return "a command"
    rest = re.sub(r"\\[A-Za-z]+|\\[{}&%$#_]", "", found)
    if set(rest) & set("&%#_~^\\\n\r\x00\u2028\x85") or found.startswith(("[", "*")):
        return "a sign of LaTeX"
    if rest.count("{") != rest.count("}") or rest.count("$") % 2:
        return "an open brace"
    lines = latex_table([text, "b"], [[text, text], ["b", text]]).split("\n")
    rows = [line for line in lines if line.endswith(r" \\")]
    if len(lines) != 9 or any(len(re.findall(r"(?<!\\)&", row)) != 1 for row in rows):
        return "another table"
    return ""


CAMPAIGN = Campaign(
    name="hostile_latex",
    group="security",
    fault="hostile strings in headings and cells of LaTeX tables",
    promise="no text ends its cell, row or table, or runs a command",
    n_full=500,
    n_small=500,
    work=work,
)
