"""How long the page of a graph takes: to be ready, to filter, to search, to answer a click.

    python bench/viewer.py        writes bench/results/viewer.json

Times are those of the page itself (performance.now in Chromium without a window): `ready` from the
start of navigation until every panel stands and a frame is drawn, the others from the input until
the frame after it is drawn. Told are the least and the median of some runs, each with a fresh page,
and how many processes waited for a core meanwhile.
"""

import shutil
import tempfile
from os import getloadavg
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright
from record import record

from causalvalues import ValueGraph
from causalvalues.discovery.graph import Effect, Support
from causalvalues.report.viewer import view

SIZES = {"small": (10, 12), "asked": (60, 400), "large": (450, 1500)}
N_RUNS = 9
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
FRAMES = "await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));"
READY = f"""async () => {{
  const stands = () => document.documentElement.dataset.ready === "yes";
  while (!stands()) await new Promise((go) => setTimeout(go, 1));
  {FRAMES} return performance.now(); }}"""


def random_graph(n_nodes: int, n_edges: int, *, seed: int = 0) -> ValueGraph:
    """Return a directed acyclic graph with support and an effect along every edge."""
    random = np.random.default_rng(seed)
    pairs = np.argwhere(np.triu(np.ones((n_nodes, n_nodes)), k=1))
    chosen = pairs[random.choice(len(pairs), n_edges, replace=False)]
    marks, adjacent = np.zeros((n_nodes, n_nodes), np.int8), np.zeros((n_nodes, n_nodes))
    marks[chosen[:, 0], chosen[:, 1]], marks[chosen[:, 1], chosen[:, 0]] = -1, 1
    adjacent[chosen[:, 0], chosen[:, 1]] = random.uniform(0.2, 1, n_edges)
    names = tuple(f"value {place}" for place in range(n_nodes))
    effects = tuple(
        Effect(names[i], names[j], size, size, size - 0.1, size + 0.1, "drawn")
        for (i, j), size in zip(chosen, random.normal(0, 0.3, n_edges), strict=True)
    )
    nothing = np.zeros_like(adjacent)
    support = Support(
        adjacent + adjacent.T, adjacent, nothing, nothing, n_resamples=100, unit="row"
    )
    return ValueGraph(names=names, marks=marks, support=support, effects=effects)


def after(page: Any, doing: str) -> float:
    """Return the milliseconds from an input until the frame after it is drawn."""
    timed = f"const start = performance.now(); {doing} {FRAMES} return performance.now() - start;"
    return float(page.evaluate(f"async () => {{ {timed} }}"))


def typed(selector: str, value: str) -> str:
    """Return a script that puts a value into a field as a hand would."""
    return (
        f"const field = document.querySelector('{selector}'); field.value = '{value}';"
        "field.dispatchEvent(new Event('input', { bubbles: true }));"
    )


def times_of(page: Any, url: str) -> dict[str, float]:
    """Return the times of one fresh page."""
    page.goto(url)
    times = {"ready_ms": float(page.evaluate(READY))}
    times["filter_ms"] = after(page, typed("#least-support", "0.6"))
    times["search_ms"] = after(page, typed("#search", "value 1"))
    times["choose_ms"] = after(page, "document.querySelector('#found button').click();")
    times["circle_ms"] = after(page, "document.querySelector('.layouts button + button').click();")
    return times


def main() -> None:
    """Time pages of three sizes and write bench/results/viewer.json."""
    numbers: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        chromium = driver.chromium.launch(executable_path=found, args=list(QUIET))
        for name, (n_nodes, n_edges) in SIZES.items():
            path = view(random_graph(n_nodes, n_edges)).write(Path(folder) / f"{name}.html")
            runs = []
            for _ in range(N_RUNS):
                page = chromium.new_page(viewport={"width": 1440, "height": 900})
                runs.append(times_of(page, path.as_uri()))
                page.close()
            told = {
                f"{word}_{key}": round(of(run[key] for run in runs), 1)
                for word, of in (("least", min), ("median", median))
                for key in runs[0]
            }
            size = {"nodes": n_nodes, "edges": n_edges, "bytes": path.stat().st_size}
            numbers[name] = {**size, **told, "load": round(getloadavg()[0], 1)}
            print(name, numbers[name])
        chromium.close()
    record("viewer", numbers)


if __name__ == "__main__":
    main()
