"""What a careful reader would ask of dilemmas, asked by rules that need no model.

A dilemma reads "Should … instead of …?" or "… rather than …?", names neither its value nor a
verdict, and is about a scenario that no pair of the value has; about half of a value's dilemmas
speak for it when answered yes.
Guarantee: every fault is returned in words, and nothing where there is none.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from causalvalues.contrasts.dilemmas import Dilemma
from causalvalues.contrasts.kin import kin_in, verdicts_in
from causalvalues.contrasts.pairs import ContrastSet
from causalvalues.contrasts.wording import words

__all__ = ["lint_dilemmas"]

FEWEST_DILEMMAS = 20
LEAST_YES, MOST_YES = 0.4, 0.6
WORDING = re.compile(r"Should [^?]+ (instead of|rather than) [^?]+\?")


def lint_dilemmas(asked: Sequence[Dilemma], contrasts: ContrastSet) -> tuple[str, ...]:
    """Return every fault of dilemmas in words; their scenarios are held against a set's pairs."""
    by_value = {
        value: [dilemma for dilemma in asked if dilemma.value == value]
        for value in dict.fromkeys((*contrasts.values, *(d.value for d in asked)))
    }
    return (
        *(fault for value, those in by_value.items() for fault in _of_value(those, value)),
        *(f"{d.id}: {fault}" for d in asked for fault in _of_one(d, contrasts)),
        *_repeated(asked),
    )


def _of_value(asked: Sequence[Dilemma], value: str) -> Iterator[str]:
    """Yield what is wrong with the dilemmas of a value taken together."""
    if len(asked) < FEWEST_DILEMMAS:
        yield f"{value}: {len(asked)} dilemmas, fewer than {FEWEST_DILEMMAS}"
    share = sum(dilemma.yes_speaks_for for dilemma in asked) / max(1, len(asked))
    if asked and not LEAST_YES <= share <= MOST_YES:
        yield f"{value}: yes speaks for it in {share:.0%} of the dilemmas"


def _of_one(dilemma: Dilemma, contrasts: ContrastSet) -> Iterator[str]:
    """Yield what is wrong with one dilemma."""
    text = dilemma.question
    if not WORDING.fullmatch(text):
        yield f"a dilemma reads 'Should … instead of …?' or '… rather than …?', not {text!r}"
    if any(pair.scenario == dilemma.scenario for pair in contrasts.of(dilemma.value)):
        yield "a pair has this scenario"
    yield from (f"{w!r} names the value in {text!r}" for w in kin_in(dilemma.value, text))
    yield from (f"{w!r} judges in {text!r}" for w in verdicts_in(text))


def _repeated(asked: Sequence[Dilemma]) -> Iterator[str]:
    """Yield questions and scenarios that stand twice."""
    texts = Counter(" ".join(words(dilemma.question)) for dilemma in asked)
    scenarios = Counter(f"{dilemma.value}/{dilemma.scenario}" for dilemma in asked)
    for name, n_times in (*texts.items(), *scenarios.items()):
        if n_times > 1:
            yield f"twice: {name!r}"
