"""What do workers gain where resamples are searched? One, two, and the threads of one process.

    python bench/scale_draws.py     about 5 minutes; fills a table of docs/scale.md

Workers have loaded what they need before the first turn; the time that this takes stands beside.
The load of the machine before the first turn and after the last is recorded, as a ratio on a busy
machine also says how its processors are dealt out.
"""

import os
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

from record import record, seconds
from turns import Clock, in_turns, ratio, spread

from causalvalues import stability
from causalvalues.discovery.draws import Spread, in_threads
from causalvalues.discovery.options import Search
from causalvalues.organism.world import planted_world
from causalvalues.provenance import write_atomically
from causalvalues.scale.drawing import Over
from causalvalues.scale.processes import Processes

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
BEGIN, END = "<!-- scale_draws: begin -->", "<!-- scale_draws: end -->"
N_TURNS = 3
TABLE = planted_world().sample(150, n_states=4, seed=1)
CASES = {
    "causal-learn's PC": (Search(engine="causal-learn"), 160),
    "causal-learn's GES": (Search("ges", engine="causal-learn"), 48),
    "our PC": (Search(), 1000),
}


def drawn(search: Search, n_resamples: int, spread: Spread) -> bytes:
    """Return the support that someone finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = stability(TABLE, search=search, n_resamples=n_resamples, spread=spread)
    return found.support.directed.tobytes()


def case(search: Search, n_resamples: int, say: Clock) -> dict[str, object]:
    """Return how long each way takes, and the ratios within each turn."""
    one, two = Processes(1), Processes(2)
    ways: dict[str, Callable[[], bytes]] = {
        "threads": partial(drawn, search, n_resamples, in_threads),
        "1 worker": partial(drawn, search, n_resamples, Over(one)),
        "2 workers": partial(drawn, search, n_resamples, Over(two)),
    }
    begun = seconds(partial(drawn, search, 8, Over(one)))
    drawn(search, 16, Over(two))
    if len({way() for way in ways.values()}) != 1:
        raise SystemExit("not the same bytes")
    timed = {name: partial(seconds, way) for name, way in ways.items()}
    found = in_turns(timed, n_turns=N_TURNS, say=say)
    one.close()
    two.close()
    return {
        "n_resamples": n_resamples,
        "seconds": {name: spread(times) for name, times in found.items()},
        "2 workers against 1": ratio(found["1 worker"], found["2 workers"]),
        "2 workers against threads": ratio(found["threads"], found["2 workers"]),
        "seconds until a worker has begun": begun,
    }


def page(found: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return the table of the page."""
    lines = [
        "| searches | 2 workers against 1 | 2 workers against the threads of one process |",
        "| --- | --- | --- |",
    ]
    for name, numbers in found.items():
        cells = [
            "{median:.2f} × ({lowest:.2f}–{highest:.2f})".format(**numbers[key])
            for key in ("2 workers against 1", "2 workers against threads")
        ]
        lines.append(f"| {CASES[name][1]} of {name} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def main() -> None:
    """Measure; write bench/results/scale_draws.json and the table."""
    before = os.getloadavg()[0]
    found = {name: case(*how, Clock(name)) for name, how in CASES.items()}
    load = {"before": before, "after": os.getloadavg()[0]}
    record("scale_draws", {**found, "load": load})
    start, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    write_atomically(PAGE, f"{start}{BEGIN}\n{page(found)}\n{END}{after}")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
