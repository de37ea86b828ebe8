"""YAML that unfolds without end, at every place where a YAML file is read."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from causalvalues import Knowledge
from causalvalues.contrasts.insight import Insight
from causalvalues.contrasts.neutral import neutral_texts_in
from causalvalues.contrasts.pairs import ContrastSet
from causalvalues.discovery.human import read_human_graph
from causalvalues.errors import InputError
from causalvalues.steering.cards import read_card
from causalvalues.study.plan import Study
from causalvalues.survey.inventory import Inventory
from causalvalues.values import ValueSystem

SECONDS = 1.0
KEYS = ("name", "tiers", "required", "values", "edges", "items", "texts", "model", "author", "hook")
WAYS = ("aliases", "merges", "itself", "deep lists", "deep mappings", "deep dashes", "digits",
        "hexadecimal", "base sixty", "exponents", "tags", "python", "anchors", "keys")  # fmt: skip
DEPTHS = (100, 1_000, 20_000, 100_000)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Give each reader bombs of every kind and size, under every key."""
    ledger, rng = Ledger("yaml_bombs"), np.random.default_rng(seed)
    slowest, readers = 0.0, _readers(folder)
    for number in range(count):
        name, read = readers[number % len(readers)]
        way = WAYS[(number // len(readers)) % len(WAYS)]
        key, depth = str(rng.choice(KEYS)), int(rng.choice(DEPTHS))
        text = _bomb(way, key, depth)
        started = time.perf_counter()
        try:
            read(text)
            told = "let in"
        except InputError:
            told = ""
        except Exception as fault:
            told = f"{type(fault).__name__} {fault!s:.60}"
        seconds = time.perf_counter() - started
        slowest = max(slowest, seconds)
        what = f"{way} of {depth} under {key} in {name}"
        if told == "let in":
            ledger.was_silent(what)
        elif told or seconds > SECONDS:
            ledger.was_lost(f"{what}: {told or f'{seconds:.1f} s'}")
        else:
            ledger.survived()
    return ledger.outcome(f"{len(readers)} readers, the slowest refusal took {slowest:.2f} s")


def _readers(folder: Path) -> list[tuple[str, Callable[[str], object]]]:
    """Return everything that reads YAML, each given a text."""
    pairs = folder / "pairs"
    pairs.mkdir(exist_ok=True)

    def at(path: Path, read: Callable[[Path], object]) -> Callable[[str], object]:
        def reading(text: str) -> object:
            path.write_text(text, encoding="utf-8")
            return read(path)

        return reading

    insight = folder / "insight"
    insight.mkdir(exist_ok=True)
    return [
        ("study", at(folder / "study.yaml", Study.from_yaml)),
        ("inventory", at(folder / "inventory.yaml", Inventory.from_yaml)),
        ("knowledge", at(folder / "knowledge.yaml", Knowledge.from_yaml)),
        ("value system", at(folder / "system.yaml", ValueSystem.from_yaml)),
        ("card", at(folder / "card.yaml", read_card)),
        ("a person's graph", at(folder / "human.yaml", read_human_graph)),
        ("neutral texts", at(folder / "neutral.yaml", neutral_texts_in)),
        (
            "contrast pairs",
            at(pairs / "power.yaml", lambda path: ContrastSet.from_folder(path.parent)),
        ),
        ("insights", at(insight / "schwartz.yaml", lambda path: Insight.from_folder(path.parent))),
    ]


def _bomb(way: str, key: str, depth: int) -> str:
    """Return a text that is small and means much."""
    n = min(depth, 60)
    body = {
        "aliases": lambda: "a0: &a0 [x, x]\n" + "".join(
            f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]\n" for i in range(1, n)
        ) + f"{key}: *a{n - 1}",
        "merges": lambda: "a0: &a0 {x: 1}\n" + "".join(
            f"a{i}: &a{i}\n  <<: [*a{i - 1}, *a{i - 1}]\n" for i in range(1, n)
        ) + f"{key}: *a{n - 1}",
        "itself": lambda: f"{key}: &a [*a, *a, [*a]]",
        "deep lists": lambda: f"{key}: " + "[" * depth + "]" * depth,
        "deep mappings": lambda: f"{key}: " + "{a: " * depth,
        "deep dashes": lambda: f"{key}:\n" + "- " * depth + "x",
        "digits": lambda: f"{key}: [{'9' * depth}, {'9' * 5000}]",
        "hexadecimal": lambda: f"{key}: [0x{'f' * depth}]\nb: 0x{'f' * 9000}",
        "base sixty": lambda: f"{key}: [1{':59' * depth}]",
        "exponents": lambda: f"{key}: [1.0e+{'9' * depth}]",
        "tags": lambda: f"{key}: [!!int '', !!timestamp x, !!bool x, !!float '']",
        "python": lambda: f"{key}: !!python/object/apply:os.system ['touch hit']",
        "anchors": lambda: f"{key}: [" + ", ".join(f"&a{i} x" for i in range(min(depth, 3000)))
        + ", *nobody]",
        "keys": lambda: f"{key}: " + "{? " * depth,
    }  # fmt: skip
    return body[way]() + "\n"


CAMPAIGN = Campaign(
    name="yaml_bombs",
    group="security",
    fault="YAML bombs (aliases, merges, depth, huge numbers, tags) at every YAML input",
    promise="a named error in under a second",
    n_full=1000,
    n_small=126,
    work=work,
)
