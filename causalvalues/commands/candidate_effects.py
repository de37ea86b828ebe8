"""`causalvalues effects RUN`: what every candidate of a run does to every value."""

from pathlib import Path
from typing import TYPE_CHECKING

from causalvalues.commands.terminal import answer, bar, show, table_of, waiting, wrote
from causalvalues.scale.executors import Executor

if TYPE_CHECKING:
    from causalvalues.study.steering import Measured

__all__ = ["candidate_effects"]

N_SHOWN = 3  # values of each candidate


def candidate_effects(
    run: Path,
    *,
    roles: int,
    items: int | None,
    neutral: bool,
    model: str | None,
    as_json: bool,
    executor: Executor | None = None,
) -> None:
    """Measure the candidates of a run, and print what each moves most."""
    with waiting(f"Reading {run}"):
        from causalvalues.study.steering import measure_candidates

    measured = measure_candidates(
        run, n_roles=roles, n_items=items, neutral=neutral, model=model, executor=executor, bar=bar
    )
    if as_json:
        answer(
            {
                "n_candidates": len(measured.profiles),
                "broken": dict(measured.broken),
                "changes": {
                    name: {v: _plain(profile.of(v)) for v in profile.names}
                    for name, profile in measured.profiles.items()
                },
                "files": [str(path) for path in measured.files],
            }
        )
        return
    _print(measured, run)


def _print(measured: "Measured", run: Path) -> None:
    """Print one row per candidate: what it moves most."""
    rows = []
    for name, profile in measured.profiles.items():
        low, high = profile.interval()
        clear = [v for v in range(len(profile.names)) if low[v] > 0 or high[v] < 0]
        largest = sorted(clear, key=lambda v: -abs(profile.change[v]))[:N_SHOWN]
        moved = ", ".join(f"{profile.names[v]} {profile.change[v]:+.2f}" for v in largest)
        rows.append((name, moved or "nothing clearly", "yes" if profile.healthy else "BROKEN"))
    table_of("What each candidate moves most", ("candidate", "change", "healthy"), rows)
    for name, faults in measured.broken.items():
        show(f"{name} is left out of plans: {faults}.")
    wrote(list(measured.files))
    show(f"Next: causalvalues plan {run} --raise VALUE")


def _plain(number: float) -> float | None:
    """Return a number, or nothing where nobody asked."""
    return number if number == number else None
