"""Words that would give a side away: a value's own name and its kin, and words of praise or blame.

A star stands for any ending: `achiev*` is achieve, achieved, achievement.
Guarantee: every one of Schwartz's ten values has its table; any other value has the beginnings of
its own name.
"""

import re
from collections.abc import Mapping
from functools import cache

from causalvalues.contrasts.wording import words

__all__ = ["KIN_BY_VALUE", "VERDICTS", "kin_in", "verdicts_in"]

KIN_BY_VALUE: Mapping[str, str] = {
    "self-direction": "self-direct* autonom* independen* freedom* freely creativ* self-relian*",
    "stimulation": "stimul* excit* thrill* adventur* novelty daring dare* stimulus",
    "hedonism": "hedonis* pleasur* indulg* enjoy* fun sensual*",
    "achievement": "achiev* success* succeed* ambiti* accomplish* competen* capab* excel*",
    "power": "power* dominat* dominan* authorit* wealth* prestig* status influen* control*",
    "security": "secur* safe safer safest safely safety insecur* unsafe*",
    "conformity": "conform* nonconform* obey* obedien* disobe* complian* comply* complied polite*",
    "tradition": "tradition* devout* pious* customs customary",
    "benevolence": "benevol* kindness* helpful* loyal* caring forgiv*",
    "universalism": "universal* equality justice injustice toleran* egalitarian* environmentalis*",
}
VERDICTS = (
    "good bad evil selfish* unselfish* selfless* generous* generosity noble nobly greed* lazy "
    "lazily laziness virtue* virtuous* vain vanity arrogan* shameful* shameless* wrongful* wicked* "
    "admirabl* praiseworth* wise wisely foolish* brave* bravery coward* reckless* moral* immoral* "
    "honourabl* honorabl* despicabl* heartless* saintly"
)


def kin_in(value: str, text: str) -> tuple[str, ...]:
    """Return the words of a text that name the value or its kin."""
    return _found(KIN_BY_VALUE.get(value) or _beginnings(value), text)


def verdicts_in(text: str) -> tuple[str, ...]:
    """Return the words of a text that praise or blame."""
    return _found(VERDICTS, text)


def _found(table: str, text: str) -> tuple[str, ...]:
    """Return the words of a text that a table of words and beginnings holds."""
    return tuple(word for word in words(text) if _pattern(table).fullmatch(word))


@cache
def _pattern(table: str) -> re.Pattern[str]:
    """Return a table as one pattern over single words."""
    return re.compile("|".join(re.escape(entry).replace(r"\*", ".*") for entry in table.split()))


def _beginnings(value: str) -> str:
    """Return the beginnings of the words of a name, so that inflected forms are found."""
    long = [word for word in words(value.replace("-", " ")) if len(word) >= 4]
    return " ".join(f"{word[: max(5, len(word) - 4)]}*" for word in long)
