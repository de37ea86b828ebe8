"""The tables of the study's README, between two marks, from the tables that were written."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from causalvalues.provenance import write_atomically
from causalvalues.report.figure_manifest import Source

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- steering: begin -->", "<!-- steering: end -->"
FAMILIES = ("features", "role prompts", "both")
METHODS = ("unguided", "measured", "guided", "oracle")


def write_page(out: Path, source: Source) -> list[Path]:
    """Return the README and how its tables were made, after those between its marks are replaced.

    Where results are not those of the checkout the page stays as it is.
    """
    if out.resolve() != (README.parent / "results").resolve():
        return []
    results = [out / f"steering_{name}.csv" for name in ("collateral", "claims", "predictions")]
    collateral, claims, predictions = (pd.read_csv(path) for path in results)
    text = README.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = "\n\n".join([_collateral(collateral), _claims(claims), _predictions(predictions)])
    page = write_atomically(README, f"{before}{BEGIN}\n{tables}\n{END}{after}")
    part = page.with_name(f"{page.name}#steering")
    return [page, replace(source, inputs=tuple(results)).write(out / "page.manifest.json", [part])]


def _collateral(table: pd.DataFrame) -> str:
    """Return collateral by model, family and budget, in thousandths of the score."""
    lines = [
        "Mean \\|change\\| of the nine other values at a gain of .3, in thousandths of the score:",
        "",
        "| | answers | best for the target | measured, no graph | graph-guided | oracle |",
        "|---|---|---|---|---|---|",
    ]
    for model in sorted(table.model.unique()):
        for family in FAMILIES:
            for budget in sorted(table.budget.unique()):
                cell = (table.model == model) & (table.family == family) & (table.budget == budget)
                by_method = table[cell].set_index("method")
                numbers = [_range(by_method.loc[method], 1000, 0) for method in METHODS]
                what = f"{model.removeprefix('organism/').capitalize()}, {family}"
                lines.append(f"| {what} | {budget} | {' | '.join(numbers)} |")
    return "\n".join(lines)


def _claims(table: pd.DataFrame) -> str:
    """Return what was to be shown, both models together."""
    both = table[table.model == "both"]
    names = list(dict.fromkeys(both.claim))
    lines = [
        "Both models together:",
        "",
        f"| | answers | {' | '.join(names)} |",
        "|---|---|" + "---|" * len(names),
    ]
    for family in FAMILIES:
        for budget in sorted(both.budget.unique()):
            cell = both[(both.family == family) & (both.budget == budget)].set_index("claim")
            numbers = []
            for name in names:
                digits = 3 if "−" in name else 2
                row = cell.loc[name].rename({"value": "collateral"})
                verdict = str(row.verdict) if isinstance(row.verdict, str) else ""
                numbers.append(f"{_range(row, 1, digits)} {verdict}".strip())
            lines.append(f"| {family} | {budget} | {' | '.join(numbers)} |")
    return "\n".join(lines)


def _predictions(table: pd.DataFrame) -> str:
    """Return how well was predicted, both models together."""
    lines = [
        "| both models | n | coverage of 95 % intervals | n above .2 | signs right | r |",
        "|---|---|---|---|---|---|",
    ]
    for _, row in table[table.model == "both"].iterrows():
        lines.append(
            f"| {row.kind} | {row.n} | {row.coverage:.3f} [{row.coverage_low:.3f}, "
            f"{row.coverage_high:.3f}] | {row.n_clear} | {row.sign_accuracy:.3f} "
            f"[{row.sign_accuracy_low:.3f}, {row.sign_accuracy_high:.3f}] | {row.r:.2f} |"
        )
    return "\n".join(lines)


def _range(row: "pd.Series[float]", times: float, digits: int) -> str:
    """Return a number with its interval."""
    middle, low, high = (
        f"{row[each] * times:.{digits}f}" for each in ("collateral", "low", "high")
    )
    return f"{middle} [{low}, {high}]"
