"""Any file of a finished run is damaged, and the same command is given again."""

import shutil
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.damage import damaged
from campaigns.small_run import differences, files_of, go
from causalvalues.errors import FileError

NOT_DAMAGED = ("answers.sqlite.lock",)  # says who holds it, to people


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Damage, run again, compare every file."""
    ledger, rng = Ledger("damaged_run"), np.random.default_rng(seed)
    whole, path = folder / "whole", folder / "run"
    go(whole)
    known = files_of(whole)
    names = [
        each.relative_to(whole).as_posix()
        for each in sorted(whole.rglob("*"))
        if each.is_file() and each.name not in NOT_DAMAGED
    ]
    shutil.copytree(whole, path)
    for _ in range(count):
        name = str(rng.choice(names))
        (path / name).write_bytes(damaged((whole / name).read_bytes(), rng))
        try:
            n_asked = go(path)
        except FileError:
            ledger.survived("named")
        else:
            other = differences(files_of(path), known)
            if other:
                ledger.was_silent(f"{name} damaged, then {', '.join(other)} are others")
            else:
                ledger.survived("asked and made again" if n_asked else "made again")
        shutil.rmtree(path)
        shutil.copytree(whole, path)
    return ledger.outcome(f"in {len(names)} files")


CAMPAIGN = Campaign(
    name="damaged_run",
    group="durability",
    fault="any file of a finished run damaged (answers, scores, graph, record, manifest, figures, "
    "report, viewer), then `causalvalues run` again",
    promise="the error names the file, or every file of the run is byte for byte what it was",
    n_full=400,
    n_small=3,
    work=work,
)
