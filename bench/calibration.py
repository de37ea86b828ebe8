"""Do the numbers mean what they say? Support, intervals and nulls on worlds with a known truth.

    support     among pairs with support near s, the share that is adjacent in the planted graph
    intervals   share of planted effects inside the 95 % interval, graph fixed and searched anew
    nulls       share of p ≤ .05 when every value is independent and rows repeat within roles

None of these worlds was used to choose an option.
"""

import argparse
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from record import RESULTS, record

from causalvalues import discover, effects, nulls, stability
from causalvalues.discovery.options import Search
from causalvalues.errors import CausalValuesWarning
from causalvalues.organism.world import planted_world, random_world
from causalvalues.report.figures import in_house_style, new_figure, save_figure

BINS = np.array([0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0 + 1e-9])
N_VALUES = 10


def support_table(n_worlds: int, n_roles: int, search: Search) -> pd.DataFrame:
    """Return, per bin of support, how many pairs are adjacent in the planted graph."""
    shares, truths = [], []
    pairs = np.triu_indices(N_VALUES, 1)
    for seed in range(n_worlds):
        world = random_world(N_VALUES, degree=2.4, seed=1000 + seed)
        table = world.sample(n_roles, seed=seed)
        found = stability(table, search=search, n_resamples=200, seed=seed).support
        shares.append(found.adjacent[pairs])
        truths.append((world.weights != 0)[pairs] | (world.weights != 0).T[pairs])
    share, truth = np.concatenate(shares), np.concatenate(truths)
    place = np.digitize(share, BINS) - 1
    rows = [
        {
            "search": search.algorithm,
            "n_roles": n_roles,
            "support_mean": float(share[place == b].mean()),
            "planted_share": float(truth[place == b].mean()),
            "n_pairs": int((place == b).sum()),
        }
        for b in range(len(BINS) - 1)
        if (place == b).any()
    ]
    return pd.DataFrame(rows)


def coverage(n_worlds: int, n_roles: int) -> dict[str, float]:
    """Return the share of planted effects inside their interval."""
    covered: dict[str, list[bool]] = {"graph_fixed": [], "graph_searched_anew": []}
    for seed in range(n_worlds):
        world = random_world(N_VALUES, degree=2.0, seed=2000 + seed)
        table = world.sample(n_roles, seed=seed)
        graph, truth = discover(table), world.total_effects()
        for name, search in (("graph_fixed", None), ("graph_searched_anew", Search())):
            for e in effects(table, graph, n_resamples=200, search=search, seed=seed).effects:
                true = truth[world.names.index(e.cause), world.names.index(e.effect)]
                inside = e.interval_low - 1e-9 <= true <= e.interval_high + 1e-9
                covered[name].append(bool(inside))
    return {name: float(np.mean(hits)) for name, hits in covered.items()}


def false_alarms(n_tables: int) -> dict[str, float]:
    """Return how often independent values look dependent: by the null, and by counting edges."""
    world = replace(planted_world(), weights=np.zeros((10, 10)), persona_share=0.95)
    p_values, p_dependence, edges = [], [], []
    for seed in range(n_tables):
        found = nulls(world.sample(60, n_states=8, seed=seed), n_permutations=199, seed=seed)
        p_values.append(found.p_value)
        p_dependence.append(found.p_value_of_dependence)
        edges.append(found.observed_edges)
    return {
        "n_tables": n_tables,
        "edges_found_in_independent_values": float(np.mean(edges)),
        "p_of_edges_at_most_05": float(np.mean(np.array(p_values) <= 0.05)),
        "p_of_dependence_at_most_05": float(np.mean(np.array(p_dependence) <= 0.05)),
        "mean_p_of_edges": float(np.mean(p_values)),
    }


@in_house_style
def draw(frame: pd.DataFrame) -> list[Path]:
    """Return the files of the calibration figure."""
    figure, (axis,) = new_figure(height=3.6, width=4.4)
    axis.plot([0, 1], [0, 1], color="#bbbbbb", lw=0.8)
    for (search, n_roles), part in frame.groupby(["search", "n_roles"], sort=False):
        label = f"{search}, {n_roles} roles"
        axis.plot(part.support_mean, part.planted_share, marker="o", ms=3.5, label=label)
    axis.set_xlabel("support over resamples of roles")
    axis.set_ylabel("share of pairs that are planted edges")
    axis.set_title("Is support what it says?")
    axis.legend(loc="lower right")
    return save_figure(figure, RESULTS / "calibration", frame)


def main() -> None:
    """Ask everything and write bench/results/calibration.json and the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=60)
    n_worlds = parser.parse_args().worlds
    warnings.simplefilter("ignore", CausalValuesWarning)
    searches = (Search(), Search("ges"))
    frame = pd.concat(
        [support_table(n_worlds, n, search) for search in searches for n in (100, 400)],
        ignore_index=True,
    )
    numbers = {
        "support": frame.to_dict(orient="records"),
        "interval_coverage": {str(n): coverage(n_worlds // 2, n) for n in (200, 1000)},
        "nulls": false_alarms(2 * n_worlds),
    }
    record("calibration", numbers)
    draw(frame)


if __name__ == "__main__":
    main()
