"""How well each search finds a planted graph, as the number of roles grows.

    python experiments/planted_world/run.py --out DIR

Worlds are random and none was used to choose an option. Writes recovery.csv, mean and standard
error over worlds; `figures.py` draws it.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from causalvalues import compare, discover
from causalvalues.discovery.options import Algorithm
from causalvalues.errors import CausalValuesWarning
from causalvalues.organism.world import World, random_world
from causalvalues.provenance import write_atomically
from causalvalues.report.figure_manifest import Source

ROOT = Path(__file__).parents[2]
SEARCHING = ("causalvalues", "numpy", "scipy", "pandas", "numba")
SEARCHES: tuple[Algorithm, ...] = ("pc", "ges", "xges", "boss")
ROLES = (50, 100, 200, 500, 1000, 2000)
MEASURES = ("shd", "adjacency_recall", "adjacency_precision", "arrow_precision")


def main() -> int:
    """Run the study."""
    parser = argparse.ArgumentParser(description="Recovery of planted graphs by number of roles.")
    parser.add_argument("--out", type=Path, required=True, help="folder for everything it writes")
    parser.add_argument("--worlds", type=int, default=30, help="random worlds per point")
    options = parser.parse_args()
    warnings.simplefilter("ignore", CausalValuesWarning)
    rows = []
    for seed in range(options.worlds):
        print(f"world {seed + 1} of {options.worlds}", flush=True)
        world = random_world(10, degree=2.4, seed=seed)
        rows += [row for n_roles in ROLES for row in score(world, n_roles, seed)]
    table = summary(pd.DataFrame(rows)).to_csv(index=False, lineterminator="\n")
    path = write_atomically(options.out / "recovery.csv", table)
    source = Source(
        Path(__file__), ROOT, (), {"worlds": options.worlds}, {"first world": 0}, SEARCHING
    )
    source.write(options.out / "run.manifest.json", [path])
    print(f"Wrote {path}")
    return 0


def score(world: World, n_roles: int, seed: int) -> list[dict[str, object]]:
    """Return one row per search: its distances to the planted class."""
    table, truth = world.sample(n_roles, seed=seed), world.graph_class()
    rows = []
    for algorithm in SEARCHES:
        found = discover(table, algorithm, seed=seed)
        outcome = compare(found, truth, adjustment=False, n_relabellings=0)
        numbers = {name: outcome.measure(name).value for name in MEASURES}
        rows.append({"search": algorithm, "n_roles": n_roles, "world": seed, **numbers})
    return rows


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard error over worlds, per search and number of roles."""
    by_point = frame.drop(columns="world").groupby(["search", "n_roles"], sort=False)
    mean, error = by_point.mean(), by_point.sem()
    return mean.join(error.add_suffix("_se")).reset_index()


if __name__ == "__main__":
    np.seterr(invalid="ignore")
    sys.exit(main())
