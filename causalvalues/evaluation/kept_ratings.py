"""`kept` gives the ratings of answers, asking only for those that the store does not hold.

    key    SHA-256 of the judge's identity, the question and the text
    row    of an `AnswerStore` in a file of its own: the rating as JSON, with question and text

Guarantee: a rating is on the disk before the next one is waited for, so that a crash loses none
that came; nothing that is kept is rated twice, and equal answers are rated once.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from pydantic import JsonValue

from causalvalues.errors import Fault
from causalvalues.evaluation.judge import OpenAnswer, Rating
from causalvalues.provenance import canonical_json
from causalvalues.survey.answer_row import Answer
from causalvalues.survey.responses import AnswerStore

__all__ = ["kept", "rating_key"]

Rate = Callable[[Sequence[OpenAnswer]], Iterator[tuple[OpenAnswer, Rating]]]


def kept(
    rate: Rate,
    answers: Sequence[OpenAnswer],
    *,
    identity: Mapping[str, str],
    store: AnswerStore | None,
) -> tuple[Rating, ...]:
    """Return the rating of each answer; `rate` yields those that are missing as they come."""
    found = {} if store is None else _held(answers, identity, store)
    missing = [answer for answer in dict.fromkeys(answers) if answer not in found]
    for answer, rating in rate(missing) if missing else ():
        found[answer] = rating
        if store is not None:
            store.put([_row(identity, answer, rating)])
    left = [answer for answer in missing if answer not in found]
    if left:
        raise Fault(
            "A judge rates every answer",
            found=f"none for {len(left)} of {len(missing)}",
        )
    return tuple(found[answer] for answer in answers)


def rating_key(identity: Mapping[str, str], answer: OpenAnswer) -> bytes:
    """Return the key of a rating: 32 bytes that change with anything the rating depends on."""
    told: dict[str, JsonValue] = {"judge": dict(identity)}
    told |= {"question": answer.question, "text": answer.text}
    return sha256(canonical_json(told).encode()).digest()


def _held(
    answers: Iterable[OpenAnswer], identity: Mapping[str, str], store: AnswerStore
) -> dict[OpenAnswer, Rating]:
    """Return the ratings that a store holds; a damaged row is asked again."""
    store.drop_damaged()
    by_key = {rating_key(identity, answer): answer for answer in answers}
    return {by_key[row.key]: _rating(row.text or "") for row in store.rows(by_key)}


def _row(identity: Mapping[str, str], answer: OpenAnswer, rating: Rating) -> Answer:
    """Return the row of a rating."""
    content: dict[str, JsonValue] = {
        "question": answer.question,
        "text": answer.text,
        "scores": {name: _plain(score) for name, score in rating.scores.items()},
        "reasons": dict(rating.reasons),
    }
    key, model = rating_key(identity, answer), identity.get("model", "")
    said = canonical_json(content)
    return Answer(key, model, condition="", role="", question="rating", text=said)


def _rating(content: str) -> Rating:
    """Return the rating in a row."""
    told = json.loads(content)
    scores = {name: math.nan if s is None else float(s) for name, s in told["scores"].items()}
    return Rating(scores, told["reasons"])


def _plain(score: float) -> float | None:
    """Return a score as JSON knows it."""
    return None if math.isnan(score) else score
