"""Four processes are set on one run folder at once, and some that work there are killed."""

import json
import os
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.processes import nursery
from campaigns.small_survey import ask_all
from causalvalues.errors import FileError

N_PROCESSES = 4


def asking(store: str, log: str) -> None:
    """Ask, and say in a file how it ended."""
    try:
        told: object = ask_all(Path(store))[1]
    except FileError as fault:
        told = str(fault)
    Path(log).write_text(json.dumps(told), encoding="utf-8")


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Set four on a folder, again until the survey is whole; one in two rounds kills one."""
    ledger, rng = Ledger("four_processes"), np.random.default_rng(seed)
    known, total = ask_all(folder / "known.sqlite")
    n_rounds = 0
    while ledger.n_injected < count:
        n_rounds += 1
        path, n_asked = folder / f"{n_rounds}" / "answers.sqlite", 0
        logs = [folder / f"{n_rounds}-{number}" for number in range(N_PROCESSES)]
        children = [nursery().start(asking, path, log) for log in logs]
        if rng.random() < 0.5:
            os.kill(children[int(rng.integers(N_PROCESSES))].pid, 9)
        codes = [child.wait() for child in children]
        for log, code in zip(logs, codes, strict=True):
            told = json.loads(log.read_text(encoding="utf-8")) if code == 0 else None
            if isinstance(told, int):
                n_asked += told
                ledger.survived("worked, or found the work done")
            elif isinstance(told, str) and "One process at a time" in told:
                ledger.survived("were told who works there")
            elif code == -9:
                ledger.survived("were killed")
            else:
                ledger.was_lost(f"exit code {code}: {told}")
        if ask_all(path)[0] != known or n_asked > total:
            ledger.was_silent(f"round {n_rounds}: {n_asked} of {total} answers were asked")
    return ledger.outcome(f"in {n_rounds} folders, each of which was whole at the end")


CAMPAIGN = Campaign(
    name="four_processes",
    group="durability",
    fault="four processes at once on one run folder, one of them killed in every other round",
    promise="one at a time works, the others are told which process does, nothing is asked twice, "
    "and the folder ends with the right answers",
    n_full=200,
    n_small=8,
    work=work,
)
