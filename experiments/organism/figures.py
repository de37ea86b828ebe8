"""Figures, tables for papers and the page's tables of the organism's studies, from their results.

python experiments/organism/figures.py --out experiments/organism/results
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from latex_tables import write_tables
from recovery_figures import draw_planted_and_found, draw_recovery
from steering_figures import draw_collateral, draw_predictions
from steering_page import write_page

from causalvalues.report.figure_manifest import Source

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Draw and write everything."""
    parser = argparse.ArgumentParser(description="Figures and tables of the organism's studies.")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    for path in drawn(parser.parse_args().out):
        print(f"Wrote {path}")
    return 0


def drawn(out: Path) -> list[Path]:
    """Return every file that was written."""
    source = Source(Path(__file__), ROOT)

    def of(*inputs: Path) -> Source:
        return replace(source, inputs=inputs)

    recovery, graph = out / "recovery.csv", out / "found_graph.json"
    collateral = out / "steering_collateral.csv"
    planned = sorted((out / "steering_runs").glob("*-*/planned_values.parquet"))
    return [
        *draw_recovery(recovery, out / "recovery_figure", of(recovery)),
        *draw_planted_and_found(graph, out / "planted_and_found", of(graph)),
        *draw_collateral(collateral, out / "steering_collateral_figure", of(collateral)),
        *draw_predictions(planned, out / "steering_predictions_figure", of(*planned)),
        *write_tables(out, source),
        *write_page(out, source),
    ]


if __name__ == "__main__":
    sys.exit(main())
