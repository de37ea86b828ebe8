"""Figures and tables for papers of the released study, from its results.

python experiments/kang2025/figures.py --out experiments/kang2025/results
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from audit_figures import (
    draw_edges_against_chance,
    draw_support,
    draw_table_2,
    expected_less_unexpected,
)
from latex_tables import write_tables
from prediction_figure import draw_prediction

from causalvalues.report.figure_manifest import Source

ROOT = Path(__file__).parents[2]
MODELS = ("gemma", "llama")


def main() -> int:
    """Draw and write everything."""
    parser = argparse.ArgumentParser(description="Figures and tables of the released study.")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    for path in drawn(parser.parse_args().out):
        print(f"Wrote {path}")
    return 0


def drawn(out: Path) -> Iterator[Path]:
    """Yield every file that was written."""
    told = out / "findings.json"
    findings = json.loads(told.read_text(encoding="utf-8"))
    source = Source(Path(__file__), ROOT)
    for model in MODELS:
        own = findings[model]

        def of(*names: str, model: str = model) -> Source:
            return replace(source, inputs=tuple(out / name.format(model) for name in names))

        yield from draw_support(out, model, of("graph_{}.json"))
        chance = of("edges_null_{}.csv", told.name)
        yield from draw_edges_against_chance(out, model, own["edges_against_chance"], chance)
        yield from draw_table_2(out, model, expected_less_unexpected(own), of(told.name))
        tables = ("prediction_{}.csv", "prediction_cases_{}.csv", "prediction_calibration_{}.csv")
        yield from draw_prediction(out, model, of(*tables))
    yield from write_tables(out, findings, source)


if __name__ == "__main__":
    sys.exit(main())
