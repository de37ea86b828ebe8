"""Written answers of every kind: none raises or takes long, and what is no answer is data."""

import time
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.hostile_words import words
from causalvalues.survey.inventory import inventory
from causalvalues.survey.parsing import parse
from causalvalues.survey.protocol import Option, Protocol

SECONDS = 0.5
PIECES = (
    *("answer", "Answer:", "is", "the", "option", "I choose", "not", "no", "yes", "or", "and", "A"),
    *("B", "(C)", "1", "2.", "agree", "completely", "a little", "disagree", "as an AI", "I cannot"),
    *("\n", "\n\n", ".", ",", "?", "**", "`", '"', "'", "‘", "…", "—", "/", "\\boxed{", "}", "\t"),
    *("Question:", "n't", "\u2028", "\x00", "\U0001f600", "e\u0301", "\ud800", "ｙｅｓ", "İ", "ß"),
)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Read texts put together from pieces, from noise, and from hostile strings."""
    ledger, rng = Ledger("answer_parser"), np.random.default_rng(seed)
    asked = _options()
    hostile = words(500)
    counts = {"answer": 0, "refusal": 0, "unclear": 0}
    slowest = 0.0
    for number in range(count):
        text = hostile[number] if number < len(hostile) else _text(rng)
        options = asked[number % len(asked)]
        started = time.perf_counter()
        try:
            found = parse(text, options)
        except Exception as fault:
            ledger.was_lost(f"{text!r:.80}: {type(fault).__name__}")
            continue
        slowest = max(slowest, time.perf_counter() - started)
        counts[found.outcome] += 1
        named = found.option is not None and 0 <= found.option < len(options)
        if named != (found.outcome == "answer") or (not named and not found.why):
            ledger.was_silent(f"{text!r:.80}: {found}")
        elif slowest > SECONDS and time.perf_counter() - started > SECONDS:
            ledger.was_lost(f"{text!r:.80}: {slowest:.1f} s")
        else:
            ledger.survived()
    told = ", ".join(f"{n} {outcome}" for outcome, n in counts.items())
    return ledger.outcome(told, f"the slowest took {1000 * slowest:.0f} ms")


def _options() -> list[tuple[Option, ...]]:
    """Return the options of every kind of question."""
    protocols = (
        Protocol.preset("kang2025"),
        Protocol(),
        Protocol(labels=("numbers",)),
        Protocol(labels=("words",)),
        Protocol(scale="pairwise"),
    )
    ours = inventory("schwartz10")
    return [next(iter(protocol.questions(ours))).options for protocol in protocols]


def _text(rng: np.random.Generator) -> str:
    """Return a text: mostly short, sometimes noise, rarely one piece many thousand times."""
    kind = rng.random()
    if kind < 0.001:
        return str(PIECES[rng.integers(len(PIECES))]) * int(rng.integers(1000, 5000))
    if kind < 0.15:
        codes = rng.integers(1, 0x3000, size=rng.integers(0, 60))
        return "".join(chr(code) for code in codes)
    chosen = rng.integers(len(PIECES), size=rng.integers(0, 25))
    return str(rng.choice([" ", "", "  "])).join(PIECES[at] for at in chosen)


CAMPAIGN = Campaign(
    name="answer_parser",
    group="security",
    fault="written answers from pieces, noise and hostile strings, under five kinds of options",
    promise="no exception, none above half a second, and what is no answer is data with a reason",
    n_full=100_000,
    n_small=3_000,
    work=work,
)
