"""`parse` reads which option a written answer names: an option, a refusal, or unclear, and why.

    explicit   what stands after "answer", "choose", "option": the last one wins
    leading    what the text begins with: "Yes, because …", "(B)"
    refusal    "I cannot …", "As an AI …"
    implied    the only option that the text names in full, or as a label set apart

A model that has answered and goes on to ask and answer questions of its own is read no further.
Two options where one is looked for are unclear, and so is an option that is negated. Guarantee: an
answer is always one of the options given; no text, however long or odd, raises or takes long.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from causalvalues.survey.protocol import Option
from causalvalues.survey.text import Text

__all__ = ["Outcome", "Parsed", "parse"]

Outcome = Literal["answer", "refusal", "unclear"]


def _words(said: str) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(said.split())


ANSWER = _words("answer answers")  # the rest of the sentence is looked at
CHOICE = _words("choice choose chose option pick picked response select selection")
BETWEEN = _words(  # may stand between such a word and the option
    "is are be would will the my final correct best this case letter number boxed text "
    "therefore thus so option choice answer to for question"
)
GOES_ON = _words("because since as and or but for due out of")  # after a label
JOINS = _words("or and / | , - – &")
ARTICLES = _words("a i")  # words of their own, not only labels
SAYS = _words("say think with rate definitely so therefore thus hence certainly")
NOT_A_NO = _words(  # "no" before these is no answer
    "one answer idea opinion option options preference comment doubt matter longer reason"
)
OPENS, CLOSES, BULLETS = _words("( [ { \" ' *"), _words(") ] } \" ' * . :"), _words("* - > # •")
REFUSALS = re.compile(
    r"\b(?:as an? (?:ai|artificial intelligence|(?:large )?language model)"
    r"|i(?:'m| am) (?:just |only )?an? (?:ai|artificial intelligence|(?:large )?language model)"
    r"|(?:i|we) (?:really |simply |just )?(?:cannot|can't|can not|won't|will not|couldn't|refuse"
    r"|decline|must decline|have to decline|am unable|am not able|'m unable|'m not able)"
    r"|i'm (?:unable|not able)"
    r"|(?:i'm|i am) (?:so |very )?sorry"
    r"|i apologi[sz]e|(?:i )?(?:do not|don't) have (?:personal|any personal|feelings|opinions))\b"
)
ANSWERED = re.compile(r"\banswer", re.IGNORECASE)
NEXT_QUESTION = re.compile(r"\n[ \t*#]*question[ \t*]*:", re.IGNORECASE)
WHOLLY = re.compile(
    r"\b(?:as an? (?:ai|(?:large )?language model)|(?:cannot|can't|unable to) (?:answer|respond))\b"
)


@dataclass(frozen=True)
class Parsed:
    """What a text says: the place of the option where it names one, else why it does not."""

    outcome: Outcome
    option: int | None = None
    why: str = ""


@dataclass(frozen=True)
class _Names:
    """What each option may be called: a label of one sign, or a phrase."""

    labels: dict[str, int] = field(default_factory=dict)
    phrases: dict[str, list[tuple[tuple[str, ...], int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Sequence[Option]) -> "_Names":
        """Return the names of some options, the longest phrases first."""
        names = cls()
        for place, option in enumerate(options):
            for name in dict.fromkeys((option.label, option.meaning)):
                text = Text.of(name)
                words = tuple(text.folded[word] for word in text.words)
                if len(words) == 1 and (len(words[0]) == 1 or words[0].isdigit()):
                    names.labels.setdefault(words[0], place)
                elif words:
                    names.phrases.setdefault(words[0], []).append((words, place))
        for known in names.phrases.values():
            known.sort(key=lambda each: -len(each[0]))
        return names


@dataclass(frozen=True)
class _Mention:
    """A place where an option is named."""

    option: int
    start: int
    end: int


def parse(written: str, options: Sequence[Option]) -> Parsed:
    """Return which option a written answer names."""
    text, names = Text.of(_own_part(written)), _Names.of(options)
    if not text.words:
        return Parsed("unclear", why="empty")
    explicit = _explicit(text, names)
    if explicit:
        return _one_of(explicit)
    leading = _leading(text, names)
    if REFUSALS.search(text.joined) and not (leading and not WHOLLY.search(text.joined)):
        return Parsed("refusal", why="declines to answer")
    return _one_of(leading or _implied(text, names))


def _own_part(written: str) -> str:
    """Return a text up to where, after an answer, another question begins."""
    answered = ANSWERED.search(written)
    following = NEXT_QUESTION.search(written, answered.end()) if answered else None
    return written[: following.start()] if following else written


def _one_of(mentions: Sequence[_Mention]) -> Parsed:
    """Return the one option that is named, if it is one."""
    named = {mention.option for mention in mentions}
    if len(named) == 1:
        return Parsed("answer", option=named.pop())
    return Parsed("unclear", why="two options named" if named else "no option named")


def _explicit(text: Text, names: _Names) -> list[_Mention]:
    """Return what the last "answer" that is followed by one says, or else what is chosen."""
    end = len(text)
    for place in reversed(_announcing(text, ANSWER)):
        start = _after(text, place, end)
        end = text.sentence_end(start, end)
        found = [
            *_labels(text, names, start),
            *_phrases(text, names, place + 1, end),
            *_set_apart(text, names, start, end),
        ]
        if found:
            return found
        end = place  # what follows was looked at
    chosen = []
    for place, following in pairwise([*_announcing(text, CHOICE), len(text)]):
        start = _after(text, place, following)
        chosen += _labels(text, names, start) or _phrases(text, names, place + 1, start + 1)
    return chosen


def _announcing(text: Text, known: frozenset[str]) -> list[int]:
    """Return where words stand that announce an answer, and are not denied."""
    return [
        place
        for place in text.words
        if text.folded[place].split("'")[0] in known and not text.negated(place, within=3)
    ]


def _after(text: Text, place: int, end: int) -> int:
    """Return where the answer begins that a word announces."""
    place += 1
    while place < end and _between(text, place):
        place += 1
    return place


def _between(text: Text, place: int) -> bool:
    """Return whether a word or sign may stand between "answer" and the option."""
    token = text.token(place)
    if text.is_word(place):
        return token in BETWEEN
    return token not in ".!?"


def _labels(text: Text, names: _Names, start: int) -> list[_Mention]:
    """Return the label at a place, and those joined to it by "or" and its like."""
    found = []
    place = start
    while (label := names.labels.get(text.token(place))) is not None and _stands(
        text, names, place
    ):
        if not text.negated(place):
            found.append(_Mention(label, place, place + 1))
        place += 1
        while text.token(place) in CLOSES:
            place += 1
        if text.token(place) not in JOINS:
            break
        place += 1
    return found


def _stands(text: Text, names: _Names, place: int) -> bool:
    """Return whether a label is one: "a" is also an article, and a number may count something."""
    token = text.token(place)
    if not text.is_word(place + 1) or not (token in ARTICLES or token[0].isdigit()):
        return True
    following = text.token(place + 1)
    return following in GOES_ON or following in names.phrases


def _phrases(text: Text, names: _Names, start: int, end: int) -> list[_Mention]:
    """Return the options whose words begin in a stretch, the longest name at each place."""
    found = []
    words, free = text.words, start
    for number in range(bisect_left(words, start), bisect_left(words, end)):
        place = words[number]
        if place < free:
            continue
        for phrase, option in names.phrases.get(text.folded[place], ()):
            places = words[number : number + len(phrase)]
            if tuple(text.folded[each] for each in places) == phrase:
                free = places[-1] + 1
                idle = phrase == ("no",) and text.token(free) in NOT_A_NO
                if not idle and not text.negated(place):
                    found.append(_Mention(option, place, free))
                break
    return found


def _set_apart(text: Text, names: _Names, start: int, end: int) -> list[_Mention]:
    """Return labels in brackets, at the head of a line, in capitals, or after "I say"."""
    words = text.words
    return [
        _Mention(names.labels[text.folded[place]], place, place + 1)
        for place in words[bisect_left(words, start) : bisect_left(words, end)]
        if text.folded[place] in names.labels
        and _stands(text, names, place)
        and _is_set_apart(text, place)
        and not text.negated(place)
    ]


def _is_set_apart(text: Text, place: int) -> bool:
    """Return whether a label cannot be an ordinary word where it stands."""
    before, after = text.token(place - 1), text.token(place + 1)
    if before in SAYS or (before in OPENS and after in CLOSES):
        return True
    if text.shown[place].isupper():
        return not text.is_word(place + 1) or after in GOES_ON
    return text.alone(place, place + 1) or _heads_line(text, place)


def _heads_line(text: Text, place: int) -> bool:
    """Return whether a label stands at the head of a line as in a list, or is all of it."""
    after, head = text.token(place + 1), place - 1
    while text.token(head) in BULLETS:
        head -= 1
    return text.token(head) == "\n" and (after in CLOSES or after == "\n")


def _leading(text: Text, names: _Names) -> list[_Mention]:
    """Return what the first sentence names, where the text begins with an option.

    Labels that head other lines count too: a list of the options is no answer.
    """
    first = text.words[0]
    found = _labels(text, names, first) or _phrases(text, names, first, first + 1)
    if not found:
        return []
    end = text.sentence_end(found[-1].end, len(text))
    heads = [m for m in _set_apart(text, names, end, len(text)) if _heads_line(text, m.start)]
    return [
        *found,
        *_phrases(text, names, first, end),
        *_set_apart(text, names, first, end),
        *heads,
    ]


def _implied(text: Text, names: _Names) -> list[_Mention]:
    """Return every option that is named in several words, in a clause of its own, or set apart."""
    return [*_telling(text, names), *_set_apart(text, names, 0, len(text))]


def _telling(text: Text, names: _Names) -> Iterator[_Mention]:
    """Yield phrases that an ordinary sentence would not hold by chance."""
    for mention in _phrases(text, names, 0, len(text)):
        n_words = sum(text.is_word(place) for place in range(mention.start, mention.end))
        said = text.token(mention.start - 1) in SAYS
        if n_words > 1 or said or text.alone(mention.start, mention.end):
            yield mention
