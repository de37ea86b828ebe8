"""What a careful reader would ask of an insight, asked by rules that need no model.

| of | asked |
|---|---|
| a description | opens with "You", states, says no "I", 15 to 40 words |
| a situation | speaks to you, ends with its one question, which is open, 12 to 40 words |
| either | unique; names neither the dimension nor its values or their kin; no praise or blame |
| a dimension | 22 descriptions in each direction, as many in both; 52 situations |
| its directions | told apart neither by length nor by negation, nor by any one word |

That a card plays its dimension and no neighbour, and that a situation suggests neither answer, only
a reader can judge.
Guarantee: `lint_insight` returns every fault in words and nothing where there is none; it judges
the dimensions that have texts and does not ask for others.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from causalvalues.contrasts.insight import DIRECTIONS, Insight
from causalvalues.contrasts.kin import kin_in, verdicts_in
from causalvalues.contrasts.lint import auc
from causalvalues.contrasts.wording import negations, persons, words
from causalvalues.values import schwartz10

__all__ = ["lint_insight"]

FEWEST_DESCRIPTIONS, FEWEST_SITUATIONS = 22, 52
DESCRIPTION_WORDS = (15, 40)
SITUATION_WORDS = (12, 40)
SHORTEST_RATIO, LONGEST_RATIO = 0.95, 1.05  # of mean lengths, towards to away
MOST_NEGATION_APART = 0.15  # in the share of descriptions that hold a negation
MOST_SURFACE_AUC = 0.65
MOST_WORD_APART = 1 / 3  # in the share of descriptions that hold one word
QUESTION_WORDS = frozenset(("what", "how", "which", "who", "whom", "whose", "where", "when", "why"))
SPOKEN_TO = frozenset(("you", "your", "yours", "yourself", "you're", "you've", "you'd", "you'll"))


def lint_insight(insight: Insight) -> tuple[str, ...]:
    """Return every fault of an insight in words; nothing where there is none."""
    strangers = {each.dimension for each in insight.texts} - set(insight.system.names)
    return (
        *(f"{name}: not a value of {insight.system.name}" for name in sorted(strangers)),
        *(f"{d.id}: {fault}" for d in insight.descriptions for fault in _of_description(d.text)),
        *(f"{s.id}: {fault}" for s in insight.situations for fault in _of_situation(s.text)),
        *_leaks(insight),
        *_repeated(insight),
        *(f"{name}: {fault}" for name in insight.dimensions for fault in _counts(insight, name)),
        *(f"{name}: {fault}" for name in insight.dimensions for fault in _surface(insight, name)),
    )


def _of_description(text: str) -> Iterator[str]:
    """Yield where a description is no role-play card."""
    if words(text)[:1] not in {("you",), ("your",)}:
        yield f"a description opens with 'You', not {text!r}"
    if "first" in persons(text):
        yield f"not in the second person: {text!r}"
    if "?" in text or not text.endswith("."):
        yield f"a description states and ends with a full stop, not {text!r}"
    yield from _length(text, *DESCRIPTION_WORDS)


def _of_situation(text: str) -> Iterator[str]:
    """Yield where a situation is no open question to the person."""
    if not SPOKEN_TO & set(words(text)) or "first" in persons(text):
        yield f"not in the second person: {text!r}"
    if not text.endswith("?") or text.count("?") > 1:
        yield f"a situation ends with its one question, not {text!r}"
    elif not QUESTION_WORDS & set(words(_last_sentence(text))):
        yield f"can be answered by yes or no: {text!r}"
    yield from _length(text, *SITUATION_WORDS)


def _length(text: str, fewest: int, most: int) -> Iterator[str]:
    """Yield where a text is too short to set a scene or too long to be kept in mind."""
    if not fewest <= _n_words(text) <= most:
        yield f"{_n_words(text)} words, not {fewest} to {most}, in {text!r}"


def _leaks(insight: Insight) -> Iterator[str]:
    """Yield texts that name what they are about, and texts that judge."""
    for each in insight.texts:
        for name in (each.dimension, *_values_of(each.dimension)):
            for word in kin_in(name, each.text):
                yield f"{each.id}: {word!r} names {name} in {each.text!r}"
        for word in verdicts_in(each.text):
            yield f"{each.id}: {word!r} judges in {each.text!r}"


def _values_of(dimension: str) -> tuple[str, ...]:
    """Return those of the ten values that a higher-order dimension holds."""
    groups = schwartz10().groups.items()
    return next((held for group, held in groups if dimension.startswith(group)), ())


def _repeated(insight: Insight) -> Iterator[str]:
    """Yield ids and texts that stand twice, texts whatever their case and punctuation."""
    for what, said in (
        ("the id", [each.id for each in insight.texts]),
        ("the text", [" ".join(words(each.text)) for each in insight.texts]),
    ):
        yield from (f"twice {what} {one!r}" for one, n in Counter(said).items() if n > 1)


def _counts(insight: Insight, dimension: str) -> Iterator[str]:
    """Yield where a dimension has too few texts, or more of one direction."""
    n_told = {direction: len(insight.of(dimension, direction)) for direction in DIRECTIONS}
    for direction, n in n_told.items():
        if n < FEWEST_DESCRIPTIONS:
            yield f"{n} descriptions {direction}, fewer than {FEWEST_DESCRIPTIONS}"
    if n_told["towards"] != n_told["away"]:
        yield f"{n_told['towards']} descriptions towards and {n_told['away']} away"
    n_asked = len(insight.situations_of(dimension))
    if n_asked < FEWEST_SITUATIONS:
        yield f"{n_asked} situations, fewer than {FEWEST_SITUATIONS}"


def _surface(insight: Insight, dimension: str) -> Iterator[str]:
    """Yield what tells the directions of a dimension apart although it is not the dimension."""
    towards, away = ([d.text for d in insight.of(dimension, each)] for each in DIRECTIONS)
    if not towards or not away:
        return
    ratio = float(_mean(_n_words, towards) / max(1, _mean(_n_words, away)))
    if not SHORTEST_RATIO <= ratio <= LONGEST_RATIO:
        yield f"descriptions towards are {ratio:.2f} times as long as those away"
    apart = _mean(_negated, towards) - _mean(_negated, away)
    if abs(apart) > MOST_NEGATION_APART:
        yield f"{apart:+.2f} more of the descriptions towards are negated"
    for name, count in (("words", _n_words), ("negations", negations)):
        area = auc([count(text) for text in towards], [count(text) for text in away])
        if max(area, 1 - area) > MOST_SURFACE_AUC:
            yield f"the number of {name} alone tells the directions apart (AUC {area:.2f})"
    yield from _telling_words(towards, away)


def _telling_words(towards: Sequence[str], away: Sequence[str]) -> Iterator[str]:
    """Yield words that many descriptions of one direction hold and few of the other."""
    held_by = [[frozenset(words(text)) for text in side] for side in (towards, away)]
    for word in sorted(frozenset().union(*held_by[0], *held_by[1])):
        shares = [float(np.mean([word in held for held in side])) for side in held_by]
        if abs(shares[0] - shares[1]) > MOST_WORD_APART:
            yield f"{word!r} stands in {shares[0]:.2f} towards and {shares[1]:.2f} away"


def _mean(count: Callable[[str], int], texts: Sequence[str]) -> float:
    """Return the mean of a count over texts."""
    return float(np.mean([count(text) for text in texts]))


def _negated(text: str) -> int:
    """Return 1 for a text that holds a negation, else 0."""
    return int(negations(text) > 0)


def _n_words(text: str) -> int:
    """Return the length of a text in words."""
    return len(text.split())


def _last_sentence(text: str) -> str:
    """Return the sentence that a text ends with."""
    return text.rstrip("?").rpartition(". ")[2]
