"""Hostile strings in every cell of a LaTeX table: the table keeps its shape and runs nothing."""

import re
import shutil
import subprocess
from collections.abc import Sequence
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

PAPER = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{booktabs}
\begin{document}
BODY
\end{document}
"""
_LATEX = shutil.which("pdflatex")


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Set each string in a heading, a name and a cell, also behind what LaTeX takes for itself."""
    ledger = Ledger("hostile_latex")
    texts = [behind + word for word, behind in zip(words(count), _behind(count), strict=True)]
    set_by_latex = [text for text in texts if escaped(text).isascii()]  # others need other fonts
    refused = _compiled(set_by_latex, folder)
    for text in texts:
        wrong = _wrong(text) or (refused if text in set_by_latex else "")
        if wrong:
            ledger.was_silent(f"{text!r:.80}: {wrong}")
        else:
            ledger.survived()
    by = f"{len(set_by_latex)} were set by pdflatex, a page each" if _LATEX else "no pdflatex here"
    return ledger.outcome(by)


def _compiled(texts: Sequence[str], folder: Path) -> str:
    """Return what pdflatex does besides setting a page for each text; "" where there is none."""
    if not _LATEX:
        return ""
    tables = [latex_table([text, "b"], [[text, text], ["b", text]]) for text in texts]
    body = "\\newpage\n".join(tables)
    paper = PAPER.replace("BODY", body)
    (folder / "paper.tex").write_text(paper, encoding="utf-8")
    words = [_LATEX, "-interaction=nonstopmode", "-no-shell-escape", "-recorder", "paper.tex"]
    subprocess.run(words, cwd=folder, capture_output=True, check=False, timeout=300)
    said = (folder / "paper.log").read_text(encoding="utf-8", errors="replace")
    errors = [line for line in said.splitlines() if line.startswith("!")]
    if errors:
        return f"pdflatex says {errors[0]}"
    pages = re.search(r"Output written on paper\.pdf \((\d+) pages?", said)
    if pages is None or int(pages[1]) != len(texts):
        return f"{pages[1] if pages else 'no'} pages of {len(texts)} tables"
    read = set(re.findall(r"^INPUT (.*)$", (folder / "paper.fls").read_text("utf-8"), re.MULTILINE))
    foreign = [each for each in read if each.startswith("/") and "/tex" not in each]
    return f"pdflatex read {foreign[0]}" if foreign else ""


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
