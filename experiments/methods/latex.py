"""The leaderboard at equal gain as a LaTeX table (booktabs), to be cited."""

from pathlib import Path

import numpy as np
import pandas as pd

from causalvalues.provenance import write_atomically

COLUMNS = {
    "gain": (r"gain", 2),
    "at_gain": (r"collateral", 3),
    "leakage_ratio": (r"leakage", 2),
    "truth_r": (r"$r$ with truth", 2),
    "forms_gain": (r"other form", 2),
    "robustness": (r"undone", 2),
    "perplexity_ratio": (r"perplexity", 2),
    "capability": (r"capability", 2),
}
NAMES = {
    "prompt": "Prompt (settling)", "sae": "SAE feature", "caa": "CAA", "conva": "ConVA",
    "valuelocate": "ValueLocate", "neva": "NeVA-style (formulas ours)",
}  # fmt: skip


def write_latex(board: pd.DataFrame, path: Path) -> Path:
    """Return the file of the table: a row per method, both organisms pooled."""
    part = board[(board.comparison == "equal gain") & (board.model == "both")]
    heads = " & ".join(head for head, _ in COLUMNS.values())
    rows = [_row(method, part[part.method == method].set_index("mark")) for method in NAMES]
    lines = [
        r"\begin{tabular}{l" + "r" * len(COLUMNS) + "}",
        r"\toprule",
        rf" & {heads} \\",
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return write_atomically(path, "\n".join(lines) + "\n")


def _row(method: str, marks: pd.DataFrame) -> str:
    """Return one method: each mark with its interval below, a dash where there is none."""
    cells = []
    for mark, (_, digits) in COLUMNS.items():
        if mark not in marks.index or not np.isfinite(marks.loc[mark, "mean"]):
            cells.append("--")
            continue
        row = marks.loc[mark]
        interval = rf"\,{{\scriptsize [{row.low:.{digits}f}, {row.high:.{digits}f}]}}"
        cells.append(f"{row['mean']:.{digits}f}{interval}")
    return rf"{NAMES[method]} & {' & '.join(cells)} \\"
