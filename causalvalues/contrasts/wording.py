"""What can be seen in a text without a parser: its words, person, tense, names and negations.

| reading | sees | does not see |
|---|---|---|
| `persons` | first-person pronouns, he and she, outside quotation marks | who is spoken of |
| `tense` | auxiliaries, and the verb right after a subject; else words in -ed | verbs further off |
| `named` | capitalised words and numbers | a name that opens a text like a common word |
| `shared_content` | words alike in their first five letters | synonyms |
| `negations` | not, n't, never, no, nothing, without, … | refuse, avoid, skip |

Guarantee: every reading is a function of the text alone; where a text shows no tense, none is said.
"""

import re
from typing import Literal

__all__ = ["named", "negations", "persons", "shared_content", "tense", "words"]

Person = Literal["first", "he", "she"]
Tense = Literal["past", "present", ""]


def _table(entries: str) -> frozenset[str]:
    """Return the words of a table."""
    return frozenset(entries.split())


PERSONS: tuple[tuple[Person, frozenset[str]], ...] = (
    ("first", _table("i me my mine myself we us our ours ourselves")),
    ("he", _table("he him his himself")),
    ("she", _table("she her hers herself")),
)
NEGATIONS = _table("not never no nobody none nothing nowhere neither nor without cannot")
FUNCTION_WORDS = _table(
    "a an the this that these those and or but so if when while before after until because as than "
    "to of in on at by for from with into onto over under up down out off about around near "
    "i me my we us our you your he him his she her it its they them their who whom which what "
    "am is are was were be been being do does did done have has had will would shall should can "
    "could may might must not never no nor neither without instead rather just only even still "
    "also too very more most all any each every some one there then how where why whether "
    "whatever both few other another such own same"
)
OPENERS = FUNCTION_WORDS | _table(
    "during since though although once first last next later today tonight yesterday tomorrow "
    "through throughout between behind beside besides above below across along against among "
    "inside outside within like given most many several half two three"
)
NUMBERS = _table(
    "two three four five six seven eight nine ten eleven twelve thirteen fifteen twenty thirty "
    "forty fifty sixty hundred thousand"
)
PAST_AUXILIARIES = _table("was were had did wasn't weren't hadn't didn't")
PRESENT_AUXILIARIES = _table(
    "am is are has does isn't aren't hasn't don't doesn't i'm he's she's it's"
)
MODALS = _table(
    "will would shall should can could may might must cannot won't wouldn't can't couldn't "
    "i'd i'll i've he'd he'll she'd she'll we'd we'll we've"
)
IRREGULAR_PASTS = _table(
    "ate beat became began bent bet bit blew bought broke brought built burnt came caught chose "
    "clung crept dealt drank dreamt drew drove fed fell felt fled flew forgave forgot fought found "
    "froze gave got grew heard held hid hung kept knew knelt laid lay leant learnt led left lent "
    "lit lost made meant met paid ran rang rode rose said sang sank sat saw sent shook shone shot "
    "slept slid sold sought spent spoke spun stood stole stuck struck sung swam swept swore swung "
    "taught thought threw told took tore understood went withdrew woke won wore wound wrote"
)
FIRST_SUBJECTS = _table("i we")
SUBJECTS = FIRST_SUBJECTS | _table("he she")
ALIKE_IN_BOTH_TENSES = _table("put let read cut set hit cost hurt shut split spread quit bet")
UNSEEN = {""} | ALIKE_IN_BOTH_TENSES | FUNCTION_WORDS - {"do", "have"}
INVERTING = MODALS | {"did", "do", "does"}  # "should I wait": what follows has no tense
NOT_PASTS = _table(
    "need feed seed weed reed speed breed bleed exceed proceed indeed hundred sacred "
    "bed red shed sled"
)
BETWEEN = _table("never always often still just only also not usually even once")


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case; an apostrophe or a hyphen inside belongs to it."""
    return tuple(re.findall(r"[^\W_]+(?:['-][^\W_]+)*", text.lower().replace("’", "'")))


def negations(text: str) -> int:
    """Return how many words of a text negate."""
    return sum(word in NEGATIONS or word.endswith("n't") for word in words(text))


def persons(text: str) -> frozenset[Person]:
    """Return the persons that the pronouns of a text show, quoted speech left out."""
    spoken_of = {word.partition("'")[0] for word in words(re.sub(r"[\"“][^\"”]*[\"”]", "", text))}
    return frozenset(person for person, pronouns in PERSONS if pronouns & spoken_of)


def tense(text: str) -> Tense:
    """Return the tense of most finite verbs that can be seen, or nothing where none can."""
    seen = words(text)
    subjects = SUBJECTS | {name.lower() for name in named(text) if name[0].isupper()}
    votes = [_tense_of(word) for word in seen]
    votes += [
        _tense_after(seen, at)
        for at, word in enumerate(seen)
        if word in subjects and (at == 0 or seen[at - 1] not in INVERTING)
    ]
    past, present = votes.count("past"), votes.count("present")
    if past == present == 0:
        return "past" if any(_is_past(word) for word in seen) else ""
    return "past" if past > present else "present" if present > past else ""


def _tense_of(word: str) -> Tense:
    """Return the tense of an auxiliary."""
    past, present = word in PAST_AUXILIARIES, word in PRESENT_AUXILIARIES
    return "past" if past else "present" if present else ""


def _tense_after(seen: tuple[str, ...], subject_at: int) -> Tense:
    """Return the tense of the verb right after a subject, adverbs between them left out."""
    rest = [word for word in seen[subject_at + 1 :] if not _between(word)]
    verb = rest[0] if rest else ""
    if verb in MODALS | PAST_AUXILIARIES | PRESENT_AUXILIARIES:
        return ""
    if _is_past(verb):
        return "past"
    if seen[subject_at] in FIRST_SUBJECTS:
        return "" if verb in UNSEEN else "present"
    return "present" if verb.endswith("s") and verb not in FUNCTION_WORDS else ""


def _between(word: str) -> bool:
    """Return whether a word may stand between a subject and its verb."""
    return word in BETWEEN or word.endswith("ly")


def _is_past(word: str) -> bool:
    """Return whether a word looks like a verb in the past."""
    return word in IRREGULAR_PASTS or (word.endswith("ed") and word not in NOT_PASTS)


def named(text: str) -> frozenset[str]:
    """Return the names and numbers of a text, possessives and repeats made alike.

    A word that opens a sentence is a name unless it is a common opener or ends in -ing or -ly.
    """
    found = set()
    for match in re.finditer(r"[^\W_]+(?:-[^\W_]+)*", text):
        word, opens = match.group(), _opens_sentence(text, match.start())
        if word.isdigit() or word.lower() in NUMBERS:
            found.add(word.lower())
        elif word[0].isupper() and word != "I" and not (opens and _common_opener(word)):
            found.add(word)
    return frozenset(found)


def _opens_sentence(text: str, start: int) -> bool:
    """Return whether the word at a place is the first of its sentence or quotation."""
    return bool(re.search(r"(^|[.!?:]\s+|[\"“]\s*)$", text[:start]))


def _common_opener(word: str) -> bool:
    """Return whether a capital is owed to the place of a word and not to its being a name."""
    return word.lower() in OPENERS or word.endswith(("ing", "ly"))


def shared_content(one: str, other: str) -> float:
    """Return the share of the shorter text's content words that the other one has too."""
    left, right = _content(one), _content(other)
    return len(left & right) / max(1, min(len(left), len(right)))


def _content(text: str) -> frozenset[str]:
    """Return the beginnings of the words of a text that carry its content."""
    return frozenset(word[:5] for word in words(text) if word not in FUNCTION_WORDS)
