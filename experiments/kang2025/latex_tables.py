"""Tables for papers: side effects against chance, and how well each method predicts."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from audit_figures import COMPARISONS, TITLE, expected_less_unexpected

from causalvalues.provenance import write_atomically
from causalvalues.report.figure_manifest import Source
from causalvalues.report.latex import Tex, interval, latex_table, number

__all__ = ["write_tables"]

METHODS = {
    "graph": "our graph", "graph, informed": "our graph, informed by other features",
    "published graph": "published graph", "hand-made graph": "hand-made graph",
    "plain correlations": "plain correlations", "no graph": "no graph",
    "same feature, known roles": "the same feature on training roles",
}  # fmt: skip
SCORES = {"pearson across": Tex("$r$"), "sign of clear": "signs", "coverage": "coverage"}
SEEN, TARGET = "3", "test roles"


def write_tables(out: Path, findings: Mapping[str, Any], source: Source) -> Iterator[Path]:
    """Yield the files of both tables and how each was made."""
    scores = {model: out / f"prediction_{model}.csv" for model in TITLE}
    for name, text, inputs in (
        ("table_side_effects", side_effects(findings), (out / "findings.json",)),
        ("table_prediction", prediction(scores), tuple(scores.values())),
    ):
        file = write_atomically(out / f"{name}.tex", text)
        yield file
        yield replace(source, inputs=inputs).write(out / f"{name}.manifest.json", [file])


def side_effects(findings: Mapping[str, Any]) -> str:
    """Return expected minus unexpected of each comparison: as published, and over all roles."""
    rows = []
    tables = [expected_less_unexpected(findings[model]).set_index("comparison") for model in TITLE]
    for comparison, label in COMPARISONS.items():
        cells = []
        for table in tables:
            row = table.loc[comparison]
            for what in ("", "_all_roles"):
                gap, p = number(row[f"difference{what}"], 3), row[f"p_difference{what}"]
                cells += [gap, Tex(f"${p:#.2g}$")]
        rows.append([label, *cells])
    heads = ["one role", Tex("$p$"), "all roles", Tex("$p$")]
    groups = [(name, len(heads)) for name in TITLE.values()]
    return latex_table(["comparison", *heads * len(groups)], rows, groups=groups)


def prediction(paths: Mapping[str, Path]) -> str:
    """Return the scores of each method on the test roles, three values seen."""
    tables = []
    for path in paths.values():
        table = pd.read_csv(path, dtype={"n_seen": str})
        part = table[(table.n_seen == SEEN) & (table.target == TARGET)]
        tables.append(part.set_index(["method", "score"]))
    rows = []
    for method, label in METHODS.items():
        cells = []
        for table in tables:
            r = table.loc[(method, "pearson across")]
            cells.append(interval(r["number"], r["low"], r["high"], 2, below=True))
            cells += [number(table.loc[(method, s)]["number"], 2) for s in list(SCORES)[1:]]
        rows.append([label, *cells])
    groups = [(name, len(SCORES)) for name in TITLE.values()]
    return latex_table(["method", *[*SCORES.values()] * len(groups)], rows, groups=groups)
