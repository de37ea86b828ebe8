"""The tables of the study's README, between two marks, from the tables that were written."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from causalvalues.provenance import write_atomically
from causalvalues.report.figure_manifest import Source

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- methods: begin -->", "<!-- methods: end -->"
RESULTS = ("leaderboard", "guidance", "distance_fall", "variants", "gates")
METHODS = ("prompt", "sae", "caa", "conva", "valuelocate", "neva")
MODELS = ("organism/gemma", "organism/llama")
SHOWN = {  # mark: what the column is called, digits
    "gain": ("gain", 2),
    "at_gain": ("collateral at .3", 3),
    "leakage_ratio": ("leakage ratio", 2),
    "truth_r": ("r with truth", 2),
    "circumplex_fit": ("circle fit", 2),
    "forms_gain": ("gain, other form", 2),
    "robustness": ("opposite prompt undone", 2),
    "told_gain": ("gain, told", 2),
    "perplexity_ratio": ("perplexity ×", 2),
    "capability": ("completions", 2),
    "tokens_ratio": ("tokens ×", 2),
}


def write_page(out: Path, source: Source) -> list[Path]:
    """Return the README and how its tables were made, after those between its marks are replaced.

    Where results are not those of the checkout the page stays as it is.
    """
    if out.resolve() != (README.parent / "results").resolve():
        return []
    results = [out / f"{name}.csv" for name in RESULTS if (out / f"{name}.csv").exists()]
    table = {path.stem: pd.read_csv(path) for path in results}
    board = table["leaderboard"]
    tables = [
        _board(board, "equal gain", list(SHOWN)),
        _board(board, "equal norm", ["gain", "collateral", "at_gain", "leakage_ratio", "norm"]),
        _board(board, "control", ["gain", "collateral", "norm"]),
        _board(board, "strongest", ["gain", "collateral", "leakage_ratio", "truth_r"]),
        _plans(table["guidance"]),
        _falls(table["distance_fall"]),
    ]
    if "variants" in table:
        tables += [_variants(table["variants"]), _gates(table["gates"])]
    text, body = README.read_text("utf-8"), "\n\n".join(tables)
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page = write_atomically(README, f"{before}{BEGIN}\n{body}\n{END}{after}")
    part = page.with_name(f"{page.name}#methods")
    return [page, replace(source, inputs=tuple(results)).write(out / "page.manifest.json", [part])]


def _board(board: pd.DataFrame, comparison: str, marks: list[str]) -> str:
    """Return one comparison, a row per model and method."""
    part = board[board.comparison == comparison]
    names = {"collateral": ("collateral", 3), "norm": ("edit norm", 2)} | SHOWN
    heads = [names[mark][0] for mark in marks]
    lines = [f"**{comparison.capitalize()}**", "", _head(["model", "method", *heads, "missed"])]
    for model in MODELS:
        for method in METHODS:
            own = part[(part.model == model) & (part.method == method)].set_index("mark")
            if not len(own):
                continue
            cells = [
                _range(own.loc[mark], names[mark][1]) if mark in own.index else "–"
                for mark in marks
            ]
            missed = f"{int(own.loc['gain', 'n_missed'])}" if "gain" in own.index else "–"
            lines.append(_row([model.removeprefix("organism/"), method, *cells, missed]))
    return "\n".join(lines)


def _plans(plans: pd.DataFrame) -> str:
    """Return what guidance saves."""
    lines = [
        "**Collateral at a gain of .3, in thousandths: the method alone, and plans among its own "
        "interventions**",
        "",
        _head(["model", "method", "n", "alone", "measured", "guided", "guided − alone",
               "guided − measured"]),
    ]  # fmt: skip
    for _, row in plans.iterrows():
        cells = [_number(1000 * row[way], 0) for way in ("alone", "measured", "guided")]
        gaps = [
            f"{_number(1000 * row[g], 1)} [{_number(1000 * row[f'{g}, low'], 1)}, "
            f"{_number(1000 * row[f'{g}, high'], 1)}]"
            for g in ("guided − alone", "guided − measured")
        ]
        name = str(row.model).removeprefix("organism/")
        lines.append(_row([name, row.method, f"{row.n:.0f}", *cells, *gaps]))
    return "\n".join(lines)


def _falls(falls: pd.DataFrame) -> str:
    """Return whether leakage falls with distance on the circle."""
    lines = [
        "**Leakage by distance on the circle** (rank correlation over five distances; mean up to "
        "two steps over mean beyond)",
        "",
        _head(["model", "method", "rank r", "near ÷ far"]),
    ]
    for _, row in falls.iterrows():
        name = str(row.model).removeprefix("organism/")
        lines.append(_row([name, row.method, _number(row["rank r"], 2),
                           _number(row["near ÷ far"], 2)]))  # fmt: skip
    return "\n".join(lines)


def _variants(variants: pd.DataFrame) -> str:
    """Return what each variant changes, both models."""
    part = variants[variants.model == "both"]
    lines = [
        "**Variants, both models** (collateral at a gain of .3 in thousandths)",
        "",
        _head(["variant", "n", "missed", "collateral", "less the method as it is", "r with truth",
               "less the method as it is"]),
    ]  # fmt: skip
    for name in part.variant.drop_duplicates():
        own = part[part.variant == name].set_index("mark")
        gain, truth = own.loc["at_gain"], own.loc["truth_r"]
        lines.append(
            _row([name, f"{gain.n:.0f}", f"{gain.n_missed:.0f}", _number(1000 * gain["mean"], 0),
                  _less(gain, 1000, 1), _number(truth["mean"], 2), _less(truth, 1, 2)])
        )  # fmt: skip
    return "\n".join(lines)


def _gates(gates: pd.DataFrame) -> str:
    """Return what a gate hides, both models."""
    part = gates[gates.model == "both"]
    marks = ["gain", "collateral", "leakage_ratio", "capability", "perplexity_ratio"]
    lines = ["**Gates, both models**", "", _head(["method", "gate", *marks])]
    for (method, gate), own in part.groupby(["method", "gate"], sort=False):
        by_mark = own.set_index("mark")
        lines.append(_row([method, gate, *(_range(by_mark.loc[mark], 3) for mark in marks)]))
    return "\n".join(lines)


def _less(row: "pd.Series[float]", times: float, digits: int) -> str:
    """Return a paired difference with its interval."""
    numbers = [_number(times * row[f"less {key}"], digits) for key in ("mean", "low", "high")]
    return f"{numbers[0]} [{numbers[1]}, {numbers[2]}]"


def _range(row: "pd.Series[float]", digits: int) -> str:
    """Return a number with its interval."""
    if not np.isfinite(row["mean"]):
        return "–"
    return (
        f"{_number(row['mean'], digits)} [{_number(row.low, digits)}, {_number(row.high, digits)}]"
    )


def _number(number: float, digits: int) -> str:
    """Return a number as papers print it."""
    return f"{number:.{digits}f}" if np.isfinite(number) else "–"


def _head(cells: list[str]) -> str:
    """Return the head of a table."""
    return f"{_row(cells)}\n{'|---' * len(cells)}|"


def _row(cells: list[str]) -> str:
    """Return a row of a table."""
    return f"| {' | '.join(cells)} |"
