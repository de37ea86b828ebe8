"""Random files of background knowledge: what a search returns breaks none of their rules."""

import warnings
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from causalvalues import Knowledge, ScoreTable, discover
from causalvalues.discovery.options import ENGINES
from causalvalues.errors import CyclicGraph, KnowledgeError, OptionError
from causalvalues.organism.world import random_world

SEARCHES = [(name, engine) for name, engines in ENGINES.items() for engine in engines]


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Write knowledge, search by it, and hold the marks against what the file says."""
    ledger, rng = Ledger("knowledge_files"), np.random.default_rng(seed)
    path = folder / "knowledge.yaml"
    for number in range(count):
        world = random_world(4 + number % 4, degree=2.5, seed=number)
        told = _random_knowledge(world.names, rng)
        algorithm, engine = SEARCHES[number % len(SEARCHES)]
        scores = world.latents(200, seed=number).reshape(-1, len(world.names))
        try:
            told.to_yaml(path)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", CyclicGraph)
                found = discover(
                    ScoreTable(world.names, scores), algorithm, engine, knowledge=path  # type: ignore[arg-type]
                )  # fmt: skip
        except KnowledgeError:
            ledger.survived("that contradict themselves, named")
            continue
        except OptionError:
            ledger.survived(f"refused whole, as {engine}'s {algorithm} takes no knowledge")
            continue
        except Exception as fault:
            ledger.was_lost(f"{number} {algorithm} {engine}: {type(fault).__name__} {fault!s:.80}")
            continue
        broken = _broken(told, found.marks, world.names)
        if broken:
            ledger.was_silent(f"{number} {algorithm} of {engine}: {broken}")
        else:
            ledger.survived("obeyed")
    return ledger.outcome(f"{len(SEARCHES)} algorithms and engines in turn")


def _random_knowledge(names: tuple[str, ...], rng: np.random.Generator) -> Knowledge:
    """Return rules, some of which contradict each other."""
    order = [names[at] for at in rng.permutation(len(names))]

    def two() -> tuple[str, str]:
        early, late = sorted(rng.choice(len(names), 2, replace=False))
        ends = (order[early], order[late])
        return ends if rng.random() < 0.95 else ends[::-1]

    required = tuple(dict.fromkeys("{} -> {}".format(*two()) for _ in range(rng.integers(0, 3))))
    signs = ("->", "--")
    forbidden = []
    for _ in range(int(rng.integers(0, 5))):
        first, second = (str(each) for each in rng.choice(names, 2, replace=False))
        forbidden.append(f"{first} {signs[rng.integers(2)]} {second}")
    half = int(rng.integers(1, len(names)))
    tiers = (tuple(order[:half]), tuple(order[half:])) if rng.random() < 0.4 else ()
    return Knowledge(tiers=tiers, required=required, forbidden=tuple(forbidden))


def _broken(told: Knowledge, marks: np.ndarray, names: tuple[str, ...]) -> str:
    """Return the first rule that marks break, read from the words of the rules alone."""

    def causes(first: str, second: str) -> bool:  # −1 at the cause, 1 at the effect
        i, j = names.index(first), names.index(second)
        return bool(marks[i, j] == -1 and marks[j, i] == 1)

    for line in told.required:
        first, second = line.split(" -> ")
        if not causes(first, second):
            return f"required {line}"
    for line in told.forbidden:
        first, sign, second = line.split(" ")
        if causes(first, second):
            return f"forbidden {line}"
        if sign == "--" and marks[names.index(first), names.index(second)]:
            return f"forbidden {line}"
    for early, late in zip(told.tiers, told.tiers[1:], strict=False):
        for first in late:
            for second in early:
                if causes(first, second):
                    return f"{first} of a later tier causes {second}"
    return ""


CAMPAIGN = Campaign(
    name="knowledge_files",
    group="numbers",
    fault="random files of tiers, required and forbidden edges, some of which contradict",
    promise="every rule is obeyed, or its contradiction is named",
    n_full=1000,
    n_small=80,
    work=work,
)
