"""How the fast engines grow with the number of values and of rows, up to 450 × 1,000,000."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
from planted import sparse_rows
from record import RESULTS, best_of, record

from causalvalues import ScoreTable, discover
from causalvalues.discovery.evidence import gather
from causalvalues.discovery.options import Search
from causalvalues.discovery.search import search_marks
from causalvalues.report.figures import in_house_style, new_figure, save_figure

VALUES = (10, 25, 50, 100, 200, 450)
ROWS = (1_000, 10_000, 100_000, 1_000_000)


def time_one(algorithm: str, n_values: int, n_rows: int) -> dict[str, object]:
    """Return the seconds of a whole discovery and of its search alone."""
    rows = sparse_rows(n_values, n_rows, degree=2, seed=n_values)
    table = ScoreTable(names=tuple(f"V{i}" for i in range(n_values)), scores=rows)
    del rows
    n_runs = 3 if n_values * n_rows < 10**7 else 1
    whole = best_of(n_runs, lambda: discover(replace(table), algorithm))  # a table of its own
    evidence = gather(table)
    search = Search(algorithm=algorithm)
    alone = best_of(n_runs, lambda: search_marks(evidence, search))
    print(f"{algorithm} p={n_values} n={n_rows}: {whole:.3f} s, search {alone:.3f} s", flush=True)
    return {
        "algorithm": algorithm,
        "n_values": n_values,
        "n_rows": n_rows,
        "seconds": whole,
        "search_seconds": alone,
    }


@in_house_style
def draw(points: list[dict[str, object]]) -> list[Path]:
    """Return the files of the growth figure."""
    frame = pd.DataFrame(points).sort_values(["algorithm", "n_values", "n_rows"])
    figure, axes = new_figure(n_columns=2, height=3.2, width=4.2)
    panels = (("n_values", "n_rows", 10_000, "values (10,000 rows)"),
              ("n_rows", "n_values", 50, "rows (50 values)"))  # fmt: skip
    for axis, (varied, fixed, level, label) in zip(axes, panels, strict=True):
        for algorithm, part in frame[frame[fixed] == level].groupby("algorithm"):
            color = {"pc": "#0072B2", "ges": "#D55E00"}[str(algorithm)]
            axis.loglog(part[varied], part["seconds"], "o-", ms=4, color=color,
                        label=f"{algorithm}, whole call")  # fmt: skip
            axis.loglog(part[varied], part["search_seconds"], "s--", ms=3, color=color,
                        label=f"{algorithm}, search alone")  # fmt: skip
        axis.set_xlabel(label)
        axis.set_ylabel("seconds")
    axes[0].legend()
    largest = frame.sort_values("seconds").iloc[-1]
    axes[1].set_title(
        f"{largest.algorithm}, {largest.n_values} × {largest.n_rows:,}: {largest.seconds:.0f} s",
        fontweight="normal",
    )
    return save_figure(figure, RESULTS / "growth", frame)


def main() -> None:
    """Time the grid and write bench/results/growth.json and the figure."""
    sizes = [(p, 10_000) for p in VALUES] + [(50, n) for n in ROWS if n != 10_000]
    points = [time_one(algorithm, p, n) for algorithm in ("pc", "ges") for p, n in sizes]
    points.append(time_one("pc", 450, 1_000_000))
    record("growth", {"points": points})
    draw(points)


if __name__ == "__main__":
    main()
