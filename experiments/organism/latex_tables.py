"""Tables for papers: recovery at a thousand roles, collateral, effects foretold from three."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from causalvalues.provenance import write_atomically
from causalvalues.report.figure_manifest import Source
from causalvalues.report.latex import Tex, interval, latex_table

__all__ = ["write_tables"]

N_ROLES = 1000
N_SEEN = 3
RECOVERY = {"adjacency_f1": ("skeleton F1", 2), "arrow_precision": ("arrow precision", 2),
            "shd": ("edges that differ", 2)}  # fmt: skip
METHODS = {"unguided": "best for the target", "measured": "measured, no graph",
           "guided": "graph-guided", "oracle": "oracle"}  # fmt: skip
FORETOLD = ("graph", "planted graph", "circle of theory", "plain correlations")
SCORES = {"pearson across": (Tex("$r$"), 2), "sign of large": ("signs above .2", 2),
          "coverage": ("coverage", 3), "rmse": ("rms error", 3)}  # fmt: skip


def write_tables(out: Path, source: Source) -> list[Path]:
    """Return the files of all tables and how each was made."""
    written = []
    for name, results, rows in (
        ("table_recovery", "recovery.csv", recovery),
        ("table_collateral", "steering_collateral.csv", collateral),
        ("table_foretold", "foretold.csv", foretold),
    ):
        table = out / results
        file = write_atomically(out / f"{name}.tex", rows(pd.read_csv(table)))
        made = replace(source, inputs=(table,)).write(out / f"{name}.manifest.json", [file])
        written += [file, made]
    return written


def recovery(table: pd.DataFrame) -> str:
    """Return what comes back from a thousand roles, with interventions, by search and model."""
    part = table[(table.n_roles == N_ROLES) & table.interventions]
    rows = [
        [search.upper(), _shown(model), *(_cell(row, mark, *RECOVERY[mark]) for mark in RECOVERY)]
        for (search, model), row in part.set_index(["search", "model"]).iterrows()
    ]
    rows.sort(key=lambda row: row[0], reverse=True)  # PC first
    heads = ["search", "answers of", *(head for head, _ in RECOVERY.values())]
    return latex_table(heads, rows, n_names=2, rules=_rules(rows))


def collateral(table: pd.DataFrame) -> str:
    """Return collateral by model, family and number of answers, in thousandths of the score."""
    rows = []
    for (model, family, budget), part in table.groupby(["model", "family", "budget"], sort=True):
        own = part.set_index("method")
        cells = [
            interval(*(1000 * float(own.loc[m, c]) for c in ("collateral", "low", "high")), 0)
            for m in METHODS
        ]
        rows.append([_shown(str(model)), str(family), str(budget), *cells])
    heads = ["organism", "candidates", "answers", *METHODS.values()]
    return latex_table(heads, rows, n_names=2, rules=_rules(rows))


def foretold(table: pd.DataFrame) -> str:
    """Return how well the effects on seven values are foretold from three, by method."""
    part = table[(table.n_seen == N_SEEN) & table.score.isin(SCORES) & table.method.isin(FORETOLD)]
    rows = []
    for (family, model), own in part.groupby(["family", "model"], sort=True):
        by_cell = own.set_index(["score", "method"])
        for score, (head, digits) in SCORES.items():
            cells = [_number(by_cell.loc[(score, method)], digits) for method in FORETOLD]
            rows.append([f"{_shown(str(model))}, {family}", head, *cells])
    return latex_table(["", "score", *FORETOLD], rows, n_names=2, rules=_rules(rows))


def _cell(row: "pd.Series[float]", mark: str, _head: str, digits: int) -> Tex:
    """Return a mean over draws with 95 % of them."""
    return interval(row[mark], row[f"{mark}_low"], row[f"{mark}_high"], digits)


def _number(row: "pd.Series[float]", digits: int) -> Tex:
    """Return a score with its interval."""
    return interval(row["number"], row["low"], row["high"], digits)


def _shown(model: str) -> str:
    """Return the name of a model."""
    return model.removeprefix("organism/").capitalize()


def _rules(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return where the first column changes."""
    return [n for n in range(1, len(rows)) if rows[n][0] != rows[n - 1][0]]
