"""A run is stopped by Ctrl-C or by the system at any moment, and must end at once."""

import signal
import time
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.processes import Nursery
from campaigns.small_run import differences, files_of, go
from causalvalues.errors import Interrupted

MOST_SECONDS = 2.0


def stoppable(folder: str) -> None:
    """Run as the command line does: Ctrl-C has an exit code of its own."""
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # one started in the background has none
    try:
        go(Path(folder))
    except (Interrupted, KeyboardInterrupt):
        raise SystemExit(130) from None


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Stop until so many were stopped; runs go on until they end, and are compared."""
    ledger, rng = Ledger("stopped"), np.random.default_rng(seed)
    slowest, n_runs = 0.0, 0
    with Nursery(__name__) as nursery:
        clock = time.monotonic()
        assert nursery.start(stoppable, folder / "known").wait() == 0
        longest, known = time.monotonic() - clock, files_of(folder / "known")
        while ledger.n_injected < count and n_runs < 4 * count + 4:
            path = folder / f"{n_runs}"
            for _ in range(4):
                number = [signal.SIGINT, signal.SIGTERM][ledger.n_injected % 2]
                child = nursery.start(stoppable, path)
                time.sleep(float(rng.uniform(0, longest)))
                clock = time.monotonic()
                child.signal(number)
                code = child.wait()
                if code == 0:
                    break  # it had ended
                slowest = max(slowest, time.monotonic() - clock)
                if time.monotonic() - clock > MOST_SECONDS:
                    ledger.was_lost(f"{number.name} took {time.monotonic() - clock:.1f} s")
                elif code != (130 if number == signal.SIGINT else -signal.SIGTERM):
                    ledger.was_lost(f"{number.name} ended in exit code {code}")
                else:
                    ledger.survived(number.name)
                if ledger.n_injected == count:
                    break
            go(path)
            other = differences(files_of(path), known)
            if other:
                ledger.was_silent(f"{', '.join(other)} are others after being stopped")
            n_runs += 1
    return ledger.outcome(f"the slowest ended after {slowest:.2f} s", f"{n_runs} runs")


CAMPAIGN = Campaign(
    name="stopped",
    group="durability",
    fault="Ctrl-C (SIGINT) or SIGTERM at a random moment of a run",
    promise="it ends within 2 s, and the same command ends the run with every file as without it",
    n_full=60,
    n_small=1,
    work=work,
)
