"""A `KnownJudge` knows texts by heart: what each says of the values was settled beforehand.

It is exact where texts are, as with sentences a model was taught, or with answers that people have
rated. Guarantee: a value that a known text says nothing of is 0; a text that is not known, by as
little as a word, is unscored, whatever it resembles.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from causalvalues.errors import OptionError
from causalvalues.evaluation.judge import OpenAnswer, Rating
from causalvalues.provenance import digest_of_bytes

__all__ = ["KnownJudge"]

NOT_KNOWN = "not a known text"


@dataclass(frozen=True, eq=False)
class KnownJudge:
    """Texts with their scores by value."""

    names: tuple[str, ...]
    scores_by_text: Mapping[str, Mapping[str, float]]
    _by_plain: Mapping[str, Mapping[str, float]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_plain: dict[str, Mapping[str, float]] = {}
        for place, (text, scores) in enumerate(self.scores_by_text.items()):
            strangers = sorted(set(scores) - set(self.names))
            if strangers or by_plain.setdefault(_plain(text), scores) != scores:
                raise OptionError(
                    f"A known text has one score each for some of {', '.join(self.names)}",
                    found=f"{strangers[0] if strangers else 'two kinds of scores'} for text "
                    f"{place + 1} of {len(self.scores_by_text)}",
                )
        object.__setattr__(self, "_by_plain", by_plain)

    @property
    def identity(self) -> Mapping[str, str]:
        """Return what ratings depend on: every known text with its scores."""
        texts = {text: dict(scores) for text, scores in self._by_plain.items()}
        content = json.dumps([self.names, texts], sort_keys=True, allow_nan=False)
        return {"judge": "known texts", "texts": digest_of_bytes(content.encode())}

    def rate(self, answers: Sequence[OpenAnswer]) -> Sequence[Rating]:
        """Return the rating of each answer, whatever it answers."""
        return tuple(self._rating(answer.text) for answer in answers)

    def _rating(self, text: str) -> Rating:
        """Return what a text says of every value."""
        scores = self._by_plain.get(_plain(text))
        if scores is None:
            return Rating.without(self.names, NOT_KNOWN)
        return Rating({name: float(scores.get(name, 0.0)) for name in self.names})


def _plain(text: str) -> str:
    """Return a text whose spaces and line breaks make no difference."""
    return " ".join(text.split())
