"""Tables, figures and the tables of the page, from the committed results of every run.

python experiments/methods/report.py --out experiments/methods/results
"""

import argparse
import sys
from pathlib import Path

from figures import draw_board, draw_curves, draw_distance, draw_guidance, draw_variants
from latex import write_latex
from page import write_page
from tables import (
    csv,
    curves,
    distance,
    falls,
    gate_table,
    gathered,
    guidance,
    leaderboard,
    truth,
    variants,
)

RUNS = Path(__file__).parent / "results" / "runs"


def main() -> int:
    """Write everything that the runs tell."""
    parser = argparse.ArgumentParser(description="Tables and figures of the methods side by side.")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of what is done")
    parser.add_argument("--out", type=Path, required=True, help="folder for tables and figures")
    options = parser.parse_args()
    for path in written(options.runs, options.out):
        print(f"Wrote {path}")
    return 0


def written(runs: Path, out: Path) -> list[Path]:
    """Return every file that was written."""
    entries, profiles = gathered(runs, "entries"), gathered(runs, "profiles")
    board, plans, far = leaderboard(entries), guidance(entries), distance(profiles)
    tried, fall = curves(gathered(runs, "tuning")), falls(profiles)
    tables = {
        "leaderboard": board,
        "guidance": plans,
        "distance_fall": fall,
        "truth": truth(profiles),
    }
    paths = [csv(table, out / f"{name}.csv") for name, table in tables.items()]
    paths.append(write_latex(board, out / "leaderboard.tex"))
    paths += draw_board(board, out / "board")
    paths += draw_curves(tried, out / "curves")
    paths += draw_distance(far, out / "distance")
    paths += draw_guidance(plans, out / "guidance_figure")
    varied, gated = gathered(runs, "variant_entries"), gathered(runs, "gates")
    shown, gates = (None, None)
    if len(varied):
        shown, gates = variants(varied), gate_table(gated)
        paths += [csv(shown, out / "variants.csv"), csv(gates, out / "gates.csv")]
        paths += draw_variants(shown, out / "variants_figure")
    paths.append(write_page(board, plans, fall, shown, gates))
    return paths


if __name__ == "__main__":
    sys.exit(main())
