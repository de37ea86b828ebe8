"""Small graphs in which every kind of edge occurs, their page, and where the page draws a value."""

from itertools import pairwise
from typing import Any

import numpy as np

from causalvalues.discovery.graph import Effect, Support, ValueGraph
from causalvalues.report.viewer import Background, document_of, page_of
from causalvalues.report.viewer.document import ItemView, ViewerDocument
from causalvalues.values import Value, ValueSystem

NAMES = ("care", "fame", "order", "thrill", "calm")
TAIL, ARROW, CIRCLE = -1, 1, 2
EDGES = {  # first, second: mark at the first, mark at the second, found in
    ("care", "fame"): (TAIL, ARROW, 0.9),
    ("order", "thrill"): (TAIL, ARROW, 0.7),
    ("care", "calm"): (TAIL, TAIL, 0.5),
    ("fame", "thrill"): (ARROW, ARROW, 0.3),
    ("order", "calm"): (CIRCLE, ARROW, 0.6),
}
SIZES = {("care", "fame"): 0.4, ("order", "thrill"): -0.2, ("care", "calm"): 0.1}


def small_graph() -> ValueGraph:
    """Return five values with one edge of each kind, and a second directed one that lowers."""
    marks, adjacent = np.zeros((5, 5), np.int8), np.zeros((5, 5))
    for (first, second), (mark_first, mark_second, share) in EDGES.items():
        i, j = NAMES.index(first), NAMES.index(second)
        marks[i, j], marks[j, i] = mark_first, mark_second
        adjacent[i, j] = adjacent[j, i] = share
    directed, nothing = np.triu(adjacent) * 0.8, np.zeros((5, 5))
    return ValueGraph(
        names=NAMES,
        marks=marks,
        support=Support(
            adjacent, directed, adjacent * 0.2, nothing, n_resamples=100, unit="cluster"
        ),
        effects=tuple(
            Effect(cause, effect, size, size, size - 0.1, size + 0.1, "IDA")
            for (cause, effect), size in SIZES.items()
        ),
    )


def small_system() -> ValueSystem:
    """Return what the five values mean and where they stand on a circle, fame before care."""
    angles = {"fame": 10.0, "care": 20.0, "calm": 100.0, "thrill": 200.0, "order": 300.0}
    values = [
        Value(name=name, definition=f"Wanting {name} above all.", angle_in_degrees=angles[name])
        for name in NAMES
    ]
    return ValueSystem(name="five", source="ours", licence="MIT", values=tuple(values))


def background() -> Background:
    """Return what is known of care: four items, a reliability, mean and spread."""
    items = [ItemView(text=f"Item {n} about care", key=-1 if n == 4 else 1) for n in range(1, 5)]
    return Background(
        small_system(),
        items={"care": items},
        n_items={"care": 4},
        reliability={"care": {"alpha": 0.81}},
        mean={"care": 1.25},
        spread={"care": 0.5},
    )


def small_document(**parts: Any) -> ViewerDocument:
    """Return the document of the small graph."""
    return document_of(small_graph(), background=background(), title="Five values", **parts)


def small_page(**parts: Any) -> str:
    """Return the page of the small graph."""
    return page_of(small_document(**parts))


def started(page: Any) -> Any:
    """Return a page once every panel stands."""
    page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
    page.wait_for_timeout(60)
    return page


def spot(page: Any) -> tuple[float, float]:
    """Return the middle of the ring around the value that has the focus, in the drawing."""
    page.wait_for_timeout(40)
    box = page.locator("#focus-ring").bounding_box()
    room = page.locator("#network").bounding_box()
    return box["x"] + box["width"] / 2 - room["x"], box["y"] + box["height"] / 2 - room["y"]


WALK = """(keys) => {
  const room = document.getElementById("network"), ring = document.getElementById("focus-ring");
  room.focus();
  return keys.map((key) => {
    room.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    const at = ring.getBoundingClientRect(), corner = room.getBoundingClientRect();
    const x = at.left + at.width / 2 - corner.left, y = at.top + at.height / 2 - corner.top;
    return [ring.dataset.node, x, y];
  });
}"""


def spots(page: Any, n_values: int = len(NAMES)) -> dict[str, tuple[float, float]]:
    """Return where every value stands in the drawing; keys go from one to the next."""
    walked = page.evaluate(WALK, ["Home", *["PageDown"] * (n_values - 1)])
    found = {name: (x, y) for name, x, y in walked}
    assert len(found) == n_values
    return found


def on_screen(page: Any, place: tuple[float, float]) -> tuple[float, float]:
    """Return a place of the drawing as the mouse knows it."""
    room = page.locator("#network").bounding_box()
    return room["x"] + place[0], room["y"] + place[1]


def along(start: tuple[float, float], end: tuple[float, float], share: float) -> Any:
    """Return the place after a share of the way from one place to another."""
    return tuple((1 - share) * a + share * b for a, b in zip(start, end, strict=True))


def is_rising(numbers: list[float]) -> bool:
    """Return whether every number is more than the one before."""
    return all(second > first for first, second in pairwise(numbers))
