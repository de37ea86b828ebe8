"""What a careful reader would ask of contrast pairs, asked by rules that need no model.

Of a pair: both sides in the form's person, opening and mark; one tense; the same names and numbers;
lengths in a ratio of 0.8 to 1.25; three in ten content words shared, so that the scenario is;
no word that gives the side away. Of a value: every form ten times, no scenario and no text twice,
and sides that neither length, nor negation, nor any single word tells apart. What the rules can see
of person and tense is said in `wording`; that a pair turns on its value and on no neighbour, only a
reader can judge.
Guarantee: `lint` returns every fault in words and nothing where there is none; it judges the values
that a set holds and does not ask for others.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from causalvalues.contrasts.kin import kin_in, verdicts_in
from causalvalues.contrasts.pairs import FORMS, ContrastPair, ContrastSet
from causalvalues.contrasts.wording import named, negations, persons, shared_content, tense, words

__all__ = ["auc", "lint", "surface_auc"]

FEWEST_PAIRS, FEWEST_PER_FORM = 40, 10
SHORTEST_RATIO, LONGEST_RATIO = 0.8, 1.25
LEAST_SHARED = 0.3
MOST_WORDS_APART = 1.0
MOST_NEGATION_APART = 0.25
MOST_SURFACE_AUC = 0.65
MOST_WORD_APART = 0.2


def lint(contrasts: ContrastSet) -> tuple[str, ...]:
    """Return every fault of a set in words; nothing where there is none."""
    return (
        *(fault for value in contrasts.values for fault in _of_value(contrasts.of(value), value)),
        *(f"{p.id}: {fault}" for p in contrasts.pairs for fault in _of_pair(p)),
        *_repeated(contrasts),
    )


def surface_auc(pairs: Sequence[ContrastPair]) -> dict[str, float]:
    """Return how well the count of words, and of negations, tells the sides of pairs apart.

    AUC = P(count of a side for the value > count of a side against it) + ½ P(equal).
    """
    counts = {"words": lambda text: len(text.split()), "negations": negations}
    return {
        name: auc([count(p.speaks_for) for p in pairs], [count(p.speaks_against) for p in pairs])
        for name, count in counts.items()
    }


def auc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Return the chance that a positive lies above a negative, ties counted half."""
    above = np.subtract.outer(np.asarray(positives), np.asarray(negatives))
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def _of_value(pairs: tuple[ContrastPair, ...], value: str) -> Iterator[str]:
    """Yield what is wrong with the pairs of a value taken together."""
    if len(pairs) < FEWEST_PAIRS:
        yield f"{value}: {len(pairs)} pairs, fewer than {FEWEST_PAIRS}"
    for form in FORMS:
        n_pairs = sum(pair.form == form for pair in pairs)
        if n_pairs < FEWEST_PER_FORM:
            yield f"{value}: {n_pairs} pairs as {form!r}, fewer than {FEWEST_PER_FORM}"
    for scenario, n_pairs in Counter(pair.scenario for pair in pairs).items():
        if n_pairs > 1:
            yield f"{value}: {n_pairs} pairs of the scenario {scenario}"
    yield from _surface(pairs, value)


def _surface(pairs: tuple[ContrastPair, ...], value: str) -> Iterator[str]:
    """Yield what tells the sides of a value apart although it is not the value."""
    apart = np.mean([_n_words(p.speaks_for) - _n_words(p.speaks_against) for p in pairs])
    if abs(apart) > MOST_WORDS_APART:
        yield f"{value}: sides for it are {apart:+.1f} words longer in the mean"
    negated = np.mean(
        [(negations(p.speaks_for) > 0) - (negations(p.speaks_against) > 0) for p in pairs]
    )
    if abs(negated) > MOST_NEGATION_APART:
        yield f"{value}: {negated:+.2f} more of the sides for it are negated"
    for name, area in surface_auc(pairs).items():
        if max(area, 1 - area) > MOST_SURFACE_AUC:
            yield f"{value}: the number of {name} alone tells the sides apart (AUC {area:.2f})"
    yield from _telling_words(pairs, value)


def _telling_words(pairs: tuple[ContrastPair, ...], value: str) -> Iterator[str]:
    """Yield words that stand on many more sides for a value than against it, or the reverse."""
    fors = Counter(word for pair in pairs for word in set(words(pair.speaks_for)))
    againsts = Counter(word for pair in pairs for word in set(words(pair.speaks_against)))
    for word in sorted({*fors, *againsts}):
        if abs(fors[word] - againsts[word]) > MOST_WORD_APART * len(pairs):
            yield f"{value}: {word!r} on {fors[word]} sides for it and {againsts[word]} against it"


def _repeated(contrasts: ContrastSet) -> Iterator[str]:
    """Yield texts that stand twice in a set, whatever their case and punctuation."""
    counted = Counter(
        " ".join(words(text)) for p in contrasts.pairs for text in (p.speaks_for, p.speaks_against)
    )
    yield from (f"twice: {text!r}" for text, n_times in counted.items() if n_times > 1)


def _of_pair(pair: ContrastPair) -> Iterator[str]:
    """Yield what is wrong with one pair."""
    for text in (pair.speaks_for, pair.speaks_against):
        yield from _form_faults(pair, text)
        yield from (f"{w!r} names the value in {text!r}" for w in kin_in(pair.value, text))
        yield from (f"{w!r} judges in {text!r}" for w in verdicts_in(text))
    yield from _side_faults(pair.speaks_for, pair.speaks_against, states="state" in pair.form)


def _form_faults(pair: ContrastPair, text: str) -> Iterator[str]:
    """Yield where a text does not keep to the person, opening and mark of its form."""
    person, _, mood = pair.form.partition(" ")
    asked_of = _asked_of(text)
    if mood == "ask" and not (asked_of and text.endswith("?") and text.count("?") == 1):
        yield f"a question reads 'Should …?', not {text!r}"
    if mood == "ask" and asked_of and (asked_of == ("i",)) != (person == "i"):
        yield f"'{pair.form}' does not ask about {' '.join(asked_of)} in {text!r}"
    if mood == "state" and ("?" in text or not text.endswith((".", "!"))):
        yield f"a statement ends with a full stop, not {text!r}"
    if ("first" in persons(text)) != (person == "i"):
        yield f"not in the {'first' if person == 'i' else 'third'} person: {text!r}"


def _side_faults(one: str, other: str, *, states: bool) -> Iterator[str]:
    """Yield in what the sides of a pair differ beside the value."""
    ratio = _n_words(one) / max(1, _n_words(other))
    if not SHORTEST_RATIO <= ratio <= LONGEST_RATIO:
        yield f"{_n_words(one)} words for the value and {_n_words(other)} against it"
    he_or_she = [persons(text) - {"first"} for text in (one, other)]
    if all(he_or_she) and not he_or_she[0] & he_or_she[1]:
        yield f"pronouns differ: {one!r} and {other!r}"
    if _asked_of(one) != _asked_of(other):
        yield f"not asked about the same person: {one!r} and {other!r}"
    tenses = (tense(one), tense(other)) if states else ("", "")
    if all(tenses) and tenses[0] != tenses[1]:
        yield f"tenses differ, {tenses[0]} and {tenses[1]}: {one!r} and {other!r}"
    if named(one) != named(other):
        yield f"named on one side only: {', '.join(sorted(named(one) ^ named(other)))}"
    if (shared := shared_content(one, other)) < LEAST_SHARED:
        yield f"only {shared:.2f} of the content words shared: {one!r} and {other!r}"


def _asked_of(text: str) -> tuple[str, ...]:
    """Return who a question is about: the word after "Should", and its noun after an article."""
    asked, *rest = words(text) or ("",)
    n_words = 2 if rest[:1] and rest[0] in {"the", "a", "an", "his", "her", "their"} else 1
    return tuple(rest[:n_words]) if asked == "should" else ()


def _n_words(text: str) -> int:
    """Return the length of a text in words."""
    return len(text.split())
