"""A file of a finished and steered run is damaged, and a command that may read it is given."""

import json
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.damage import damaged
from campaigns.small_run import CHANGING, Files, differences, files_of
from campaigns.small_steered import Command, steered_run
from causalvalues.errors import CausalValuesError

ANSWERS, MANIFEST = "answers.sqlite", "manifest.json"
OFTEN = 3  # times as often as others, files that a command reads or makes


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Damage, give a command, compare every file."""
    ledger, rng = Ledger("damaged_run"), np.random.default_rng(seed)
    whole, path = folder / "whole", folder / "run"
    commands = steered_run(whole, folder / "own.json")
    known = _files_of(whole)
    pairs = [
        (name, command)
        for command in commands.values()
        for name in (*known, ANSWERS)
        for _ in range(_often(name, command))
    ]
    seen: set[str] = set()
    for name, command in islice(_drawn(pairs, rng), count):
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(whole, path)
        for made in set(command.makes) - {name}:
            (path / made).unlink(missing_ok=True)
        (path / name).write_bytes(damaged((whole / name).read_bytes(), rng))
        _give(command, name, path, known, ledger)
        seen.add(name)
    told = f"{len(commands)} commands ({', '.join(commands)})"
    return ledger.outcome(f"{told}; in {len(seen)} of {len(known) + 1} files")


def _drawn(
    pairs: list[tuple[str, Command]], rng: np.random.Generator
) -> Iterator[tuple[str, Command]]:
    """Yield all pairs in a random order, then all in another one, without end."""
    while True:
        for place in rng.permutation(len(pairs)):
            yield pairs[place]


def _often(name: str, command: Command) -> int:
    """Return how often a command is given after damage to a file."""
    if name == ANSWERS:  # scripted ones, asked again, are the same bytes; those of a model are not
        return OFTEN if command.name == "run" else 0
    own = command.reads is None or name in command.reads or name in command.makes
    return OFTEN if own else 1


def _files_of(folder: Path) -> Files:
    """Return every file of a run, the digests of its manifest in one order."""
    found = files_of(folder)
    if MANIFEST in found:
        told = json.dumps(json.loads(found[MANIFEST]), sort_keys=True)
        found[MANIFEST] = told.encode()
    return found


def _give(command: Command, name: str, path: Path, known: Files, ledger: Ledger) -> None:
    """Give a command in a folder with a damaged file, and count what became of it."""
    said = f"{name} damaged, then {command.name}"
    before = (path / name).read_bytes()
    try:
        command.go(path)
    except CausalValuesError as fault:
        if name in str(fault):
            ledger.survived("named")
        else:
            ledger.was_lost(f"{said}: {fault}")
        return
    except Exception as fault:
        ledger.was_lost(f"{said}: {type(fault).__name__}: {fault}")
        return
    other = differences(_files_of(path), known)
    left = name not in CHANGING and (path / name).read_bytes() == before
    if other == [name] and left and command.reads is not None and name not in command.reads:
        ledger.survived("not read by the command, all that it made is right")
    elif other:
        ledger.was_silent(f"{said}: {', '.join(other)} are others")
    else:
        ledger.survived("made again")


CAMPAIGN = Campaign(
    name="damaged_run",
    group="durability",
    fault="any file of a run that went on to a plan and its verdict damaged (answers, scores, "
    "graph, record, manifest, candidates, vectors, profiles, plan, verdict, tables, figures, "
    "pages): a bit, a byte, a run of bytes, an end cut off, emptied; then a command",
    promise="the error names the file, or every file is byte for byte what it was, or the command "
    "does not read that one and all that it makes is right",
    n_full=800,
    n_small=4,
    work=work,
)
