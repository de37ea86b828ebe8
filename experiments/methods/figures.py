"""Figures, the table for papers and the page's tables of the methods side by side.

python experiments/methods/figures.py --out experiments/methods/results
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from drawing import draw_board, draw_curves, draw_distance, draw_guidance, draw_variants
from leaderboard_table import write_latex
from page import write_page

from causalvalues.report.figure_manifest import Source

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Draw and write everything."""
    parser = argparse.ArgumentParser(description="Figures and tables of the methods side by side.")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    for path in drawn(parser.parse_args().out):
        print(f"Wrote {path}")
    return 0


def drawn(out: Path) -> list[Path]:
    """Return every file that was written."""
    source = Source(Path(__file__), ROOT)
    written = []
    for draw, results, stem in (
        (draw_board, "leaderboard.csv", "board"),
        (draw_curves, "curves.csv", "curves_figure"),
        (draw_distance, "distance.csv", "distance_figure"),
        (draw_guidance, "guidance.csv", "guidance_figure"),
        (draw_variants, "variants.csv", "variants_figure"),
        (write_latex, "leaderboard.csv", "table_leaderboard"),
    ):
        if (out / results).exists():  # variants are run apart
            table = out / results
            written += draw(table, out / stem, replace(source, inputs=(table,)))
    return [*written, *write_page(out, source)]


if __name__ == "__main__":
    sys.exit(main())
