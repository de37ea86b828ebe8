"""A `Text` is what a model wrote, as words and signs: the reading matter of `parsing`.

Case, width, kinds of apostrophe and invisible characters make no difference. Guarantee: reading
takes time in proportion to the text, of which only the beginning and the end are read where it is
very long.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

__all__ = ["Text"]

TOKEN = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:'[^\W_]+)*|\n|[^\s\w]")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
TYPESETTING = re.compile(r"\\(?:boxed|text|textbf|mathrm|mathbf)\b")
APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´", "'"))
BREAKS = frozenset(",;:.!?\n—–-")  # a negation does not reach beyond these
ENDS = frozenset((*".!?\n", "because", "since"))  # what is said does not reach beyond these
HEAD, TAIL = 4_000, 20_000  # characters

NEGATIONS = frozenset(
    ("not", "never", "neither", "nor", "cannot", "without", "unable", "refuse", "decline")
)


@dataclass(frozen=True)
class Text:
    """Words and signs in order, as written and folded to one case."""

    shown: tuple[str, ...]
    folded: tuple[str, ...]

    @classmethod
    def of(cls, written: str) -> "Text":
        """Return the words and signs of a text."""
        if len(written) > HEAD + TAIL:
            written = f"{written[:HEAD]}\n{written[-TAIL:]}"
        plain = unicodedata.normalize("NFKC", INVISIBLE.sub("", TYPESETTING.sub("", written)))
        shown = tuple(TOKEN.findall(plain.translate(APOSTROPHES)))
        return cls(shown, tuple(token.casefold() for token in shown))

    def __len__(self) -> int:
        return len(self.shown)

    @cached_property
    def words(self) -> tuple[int, ...]:
        """Return the places of the words, signs left out."""
        return tuple(place for place, token in enumerate(self.shown) if token[0].isalnum())

    @cached_property
    def joined(self) -> str:
        """Return the words alone, for phrases to be looked up in."""
        return " ".join(self.folded[place] for place in self.words)

    def token(self, place: int) -> str:
        """Return a folded word or sign; a new line beyond either end."""
        return self.folded[place] if 0 <= place < len(self) else "\n"

    def is_word(self, place: int) -> bool:
        """Return whether there is a word at a place."""
        return self.token(place)[0].isalnum()

    def sentence_end(self, start: int, end: int) -> int:
        """Return where the sentence ends that a place is in, at the latest at `end`."""
        while start < end and self.folded[start] not in ENDS:
            start += 1
        return start

    def negated(self, place: int, *, within: int = 2) -> bool:
        """Return whether one of the words just before a place, in its clause, is a negation."""
        while within > 0 and place > 0:
            place -= 1
            word = self.folded[place]
            if word in BREAKS:
                return False
            if word in NEGATIONS or word.endswith("n't"):
                return True
            within -= self.is_word(place)
        return False

    def alone(self, start: int, end: int) -> bool:
        """Return whether the words from start to end are a whole clause."""
        while self.token(start - 1) not in BREAKS and not self.is_word(start - 1):
            start -= 1
        while self.token(end) not in BREAKS and not self.is_word(end):
            end += 1
        return self.token(start - 1) in BREAKS and self.token(end) in BREAKS
