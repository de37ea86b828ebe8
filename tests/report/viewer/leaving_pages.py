"""Pages to export from: graphs with everything in them, and what a page hands over."""

from pathlib import Path
from typing import Any

import numpy as np

from causalvalues.discovery.graph import Check, Effect, Support, ValueGraph
from causalvalues.provenance import Manifest

NAMES = ("care", "fame", "order", "thrill", "calm", "wealth")
N_RESAMPLES = 30


def full_graph(
    names: tuple[str, ...] = NAMES, *, seed: int = 0, n_edges: int | None = None
) -> ValueGraph:
    """A graph with every field filled: all kinds of edges, shares as counts of resamples."""
    generator = np.random.default_rng(seed)
    n = len(names)
    upper = np.triu(generator.choice([-1, 0, 1, 2], (n, n), p=[0.4, 0.3, 0.2, 0.1]), k=1)
    if n_edges is not None:
        chosen = generator.permutation(np.argwhere(np.triu(np.ones((n, n)), k=1)))[:n_edges]
        upper = np.zeros((n, n), dtype=np.int64)
        upper[chosen[:, 0], chosen[:, 1]] = generator.choice([-1, 1], n_edges)
    other_end = np.triu(generator.choice([-1, 1, 1, 2], (n, n)), k=1) * (upper != 0)
    sizes = generator.normal(0, 0.4, (n, n)).round(3)
    return ValueGraph(
        names=names,
        marks=(upper + other_end.T).astype(np.int8),
        kinds=(*["value"] * (n - 1), "context"),  # type: ignore[arg-type]
        support=_counted(generator, n),
        effects=tuple(
            Effect(one, other, size, size + 0.1, size - 0.2, size + 0.3, "IDA")
            for i, one in enumerate(names)
            for j, other in enumerate(names)
            if i != j and (size := float(sizes[i, j]))
        ),
        checks=(
            Check("acyclic", True),
            Check("more edges than chance gives", False, "2 found, 3 by chance"),
            Check("the same graph in any column order", None, "there is one column order"),
        ),
        manifest=Manifest(
            command="discover",
            parameters={"alpha": 0.1 + 0.2, "algorithm": "pc"},
            seeds={"search": 2**62},
            versions={"numpy": "2.4"},
            revision="0123456789ab",
            digests={"table": "00ff" * 16},
        ),
    )


def _counted(generator: np.random.Generator, n: int) -> Support:
    """Shares that are counts of resamples, symmetric where they must be."""
    parts = generator.multinomial(N_RESAMPLES, [0.2, 0.2, 0.2, 0.1, 0.3], (n, n))
    parts[np.tril_indices(n)] = 0
    forth, back, undirected, bidirected, _ = np.moveaxis(parts, -1, 0) / N_RESAMPLES
    directed = forth + back.T
    both = undirected + undirected.T, bidirected + bidirected.T
    adjacent = np.round((directed + directed.T + sum(both)) * N_RESAMPLES) / N_RESAMPLES
    return Support(adjacent, directed, *both, n_resamples=N_RESAMPLES, unit="cluster")


def exported(shown: Any, ending: str, *, page: Any = None) -> str:
    """The text of a file that the menu of a page, or of a frame in it, hands over."""
    data = path_of_export(shown, ending, page=page).read_bytes()
    return data.decode("latin-1" if ending == "png" else "utf-8")


def path_of_export(shown: Any, ending: str, *, page: Any = None) -> Path:
    """The file that the menu of a page, or of a frame in it, hands over."""
    if shown.locator("#exports").get_attribute("open") is None:
        shown.locator("#exports > summary").click()
    with (page or shown).expect_download() as download:
        shown.locator(f"[data-format={ending}]").click()
    return Path(download.value.path())
