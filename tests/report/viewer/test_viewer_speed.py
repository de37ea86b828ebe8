"""Large graphs stay in hand; bench/viewer.py has the times, here are bounds that no load breaks."""

from collections.abc import Callable
from typing import Any

import numpy as np
from shell_pages import started

from causalvalues.discovery.graph import Support, ValueGraph
from causalvalues.report.viewer import document_of, page_of

CHANGES = 12
SLIDE = """async (least) => {
  const slider = document.getElementById("least-support"), start = performance.now();
  for (const share of least) {
    slider.value = share;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  }
  return (performance.now() - start) / least.length; }"""


def random_graph(n_nodes: int, n_edges: int) -> ValueGraph:
    random = np.random.default_rng(0)
    pairs = np.argwhere(np.triu(np.ones((n_nodes, n_nodes)), k=1))
    cause, effect = pairs[random.choice(len(pairs), n_edges, replace=False)].T
    marks, shares = np.zeros((n_nodes, n_nodes), np.int8), np.zeros((n_nodes, n_nodes))
    marks[cause, effect], marks[effect, cause] = -1, 1
    shares[cause, effect] = random.uniform(0.2, 1, n_edges)
    both, nothing = shares + shares.T, np.zeros_like(shares)
    support = Support(both, shares, nothing, nothing, n_resamples=100, unit="row")
    return ValueGraph(names=tuple(f"v{n}" for n in range(n_nodes)), marks=marks, support=support)


def test_60_values_and_400_edges_are_filtered_and_searched_at_once(
    open_page: Callable[..., Any],
) -> None:
    page = started(open_page(page_of(document_of(random_graph(60, 400)))))
    each = page.evaluate(SLIDE, [n / CHANGES for n in range(CHANGES)])
    assert each < 400  # about 30 on a machine that does nothing else
    assert page.inner_text("#shown-count").endswith(" of 400 edges shown")
    page.fill("#search", "v59")
    assert page.locator("#found button").all_inner_texts() == ["v59"]


def test_450_values_are_usable(open_page: Callable[..., Any]) -> None:
    page = started(open_page(page_of(document_of(random_graph(450, 1500)))))
    assert page.evaluate(SLIDE, [0.5, 0.9]) < 2000
    page.focus("#network")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert page.inner_text("#spoken") == "v449 chosen."
