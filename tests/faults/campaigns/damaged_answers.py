"""The file of answers is damaged anywhere, and the same survey is asked again."""

from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.damage import damaged
from campaigns.small_survey import N_SOME, ask_some
from causalvalues.errors import FileError


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Damage, ask again, compare with what was answered."""
    ledger, rng = Ledger("damaged_answers"), np.random.default_rng(seed)
    known, _ = ask_some(folder / "whole.sqlite")
    whole = (folder / "whole.sqlite").read_bytes()
    path = folder / "answers.sqlite"
    for number in range(count):
        for left in folder.glob("answers.sqlite*"):
            left.unlink()
        path.write_bytes(damaged(whole, rng))
        try:
            found, n_asked = ask_some(path)
        except FileError:
            ledger.survived("named")
            continue
        if found != known:
            ledger.was_silent(f"damage {number} changed an answer")
        elif n_asked == 0:
            ledger.survived("without effect")
        else:
            ledger.survived("asked again" if n_asked < N_SOME else "asked again from nothing")
    return ledger.outcome()


CAMPAIGN = Campaign(
    name="damaged_answers",
    group="durability",
    fault="`answers.sqlite` damaged: a bit, a byte, a run of bytes, an end cut off, emptied",
    promise="the error names it, or exactly the damaged answers are asked again, and all are right",
    n_full=1000,
    n_small=40,
    work=work,
)
