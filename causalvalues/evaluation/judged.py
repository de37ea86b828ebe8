"""What interventions do to open answers: ratings by condition become an `EffectProfile` each.

    difference of v   mean of (rating under the intervention − rating without it) over the questions
                      that a role's answers were rated on both times
    unscored          share of ratings (role, question, value) that there are not, under it;
                      `unscored_before` without it; the difference counts as answers unread

Guarantee: the judge is blind (see `judge`); a role is compared with itself on the same question; an
answer that was rated under one condition only moves no difference, and its share is reported.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import TableError
from causalvalues.evaluation.health_rules import faults_of
from causalvalues.evaluation.judge import Judge, OpenAnswer, Utterance, rate_blind
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.survey.credits import by_id
from causalvalues.survey.protocol import Question
from causalvalues.survey.response_table import Responses

__all__ = ["judged_profiles", "open_question", "utterances_of"]

Floats = NDArray[np.float64]


def open_question(text: str, *, max_new_tokens: int = 100) -> Question:
    """Return a question that is answered in free words: it can be asked, and judged, not scored."""
    return Question(f"open; {text}", text, (), {"item": text}, max_new_tokens=max_new_tokens)


def utterances_of(responses: Responses, questions: Iterable[Question]) -> tuple[Utterance, ...]:
    """Return what was written to open questions, by whom and under which condition."""
    frame = responses.frame
    asked = by_id(questions, frame["question"].cat.categories)
    rows = zip(frame["condition"], frame["role"], frame["question"], frame["text"], strict=True)
    return tuple(
        Utterance(condition, role, OpenAnswer(asked[question].text, text))
        for condition, role, question, text in rows
        if isinstance(text, str) and not asked[question].options
    )


def judged_profiles(
    utterances: Sequence[Utterance],
    judge: Judge,
    *,
    digests: Mapping[str, str] | None = None,
    seed: int = 0,
) -> dict[str, EffectProfile]:
    """Return what each condition does to what is said; `digests` are those of interventions."""
    judged = _Judged.of(utterances, judge, seed)
    return {
        condition: judged.profile(condition, (digests or {}).get(condition, ""))
        for condition in judged.conditions
        if condition
    }


@dataclass(frozen=True, eq=False)
class _Judged:
    """Ratings of what every role said to every question under every condition."""

    conditions: tuple[str, ...]
    roles: tuple[str, ...]
    names: tuple[str, ...]
    scores: Floats  # (condition, role, question, value); NaN where unscored

    @classmethod
    def of(cls, utterances: Sequence[Utterance], judge: Judge, seed: int) -> "_Judged":
        """Return the block of utterances, everything in the order in which it first appears."""
        said = [(each.condition, each.role, each.answer.question) for each in utterances]
        axes = [tuple(dict.fromkeys(names)) for names in zip(*said, strict=True)]
        n_due = math.prod(map(len, axes)) if axes else 0
        if not n_due or "" not in axes[0] or not len(said) == len(set(said)) == n_due:
            raise TableError(
                "Every role must have answered every question once under every condition, and "
                "without an intervention",
                found=f"{len(said)} answers, {n_due} expected",
            )
        scores = np.full((*map(len, axes), len(judge.names)), np.nan)
        places = [{name: place for place, name in enumerate(names)} for names in axes]
        ratings = rate_blind(judge, utterances, seed=seed)
        for names, rating in zip(said, ratings, strict=True):
            where = tuple(place[name] for place, name in zip(places, names, strict=True))
            scores[where] = [rating.scores[name] for name in judge.names]
        return cls(axes[0], axes[1], judge.names, scores)

    def profile(self, condition: str, digest: str) -> EffectProfile:
        """Return what one condition does, against none."""
        under, plain = (self.scores[self.conditions.index(each)] for each in (condition, ""))
        health = {
            "unscored": float(np.isnan(under).mean()),
            "unscored_before": float(np.isnan(plain).mean()),
        }
        health["unread_added"] = health["unscored"] - health["unscored_before"]
        return EffectProfile(
            name=condition,
            names=self.names,
            differences=_mean(under - plain),
            roles=self.roles,
            n_answers=under.shape[0] * under.shape[1],
            digest=digest,
            health=health,
            faults=faults_of(health),
            before=_mean(plain),
        )


def _mean(ratings: Floats) -> Floats:
    """Return (role, value) the mean over questions, NaN where none was rated."""
    rated = np.isfinite(ratings)
    with np.errstate(invalid="ignore"):
        means: Floats = np.nansum(ratings, axis=1) / rated.sum(axis=1)
    return means
