"""A study that is asked by many workers: its model and its groups, as `scale` knows them.

Guarantee: what is kept is what one process keeps, answer by answer; the process that shares the
work out loads no model, unless methods of the study need one there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from causalvalues.errors import Fault, OptionError
from causalvalues.scale.executors import Executor
from causalvalues.scale.surveying import Party, survey_over
from causalvalues.study.interview import Interview
from causalvalues.study.plan import Study
from causalvalues.study.respondents import PlannedModel, public_name, respondent_of
from causalvalues.study.stages import Bar, digest_of_group
from causalvalues.survey.request import Request, Respondent
from causalvalues.survey.responses import AnswerStore

__all__ = ["Elsewhere", "ask_over"]


@dataclass(frozen=True)
class Elsewhere:
    """A respondent that has answered everything, on other machines."""

    identity: Mapping[str, str]

    def log_probabilities(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Raise: nothing is left to ask."""
        raise Fault("All answers were asked by workers", found=f"{len(requests)} more requests")

    def texts(
        self, requests: Sequence[Request], *, max_new_tokens: int
    ) -> Iterator[tuple[int, str]]:
        """Raise: nothing is left to ask."""
        raise Fault("All answers were asked by workers", found=f"{len(requests)} more requests")


def ask_over(
    executor: Executor, study: Study, interview: Interview, store: AnswerStore, *, bar: Bar
) -> tuple[Respondent, int]:
    """Return who answered and how many answers are new, once the store holds them all."""
    parties = [Party(g.roles, g.name, digest_of_group(g)) for g in interview.groups]
    with bar(f"Asking with {executor.n_workers} workers") as progress:
        surveyed = survey_over(
            executor,
            PlannedModel(study.model),
            interview.questions,
            parties,
            store,
            role_place=interview.protocol.role_place,
            progress=progress,
        )
    if study.methods is None:
        return Elsewhere(surveyed.identity), surveyed.n_asked
    with bar(f"Loading {public_name(study.model.name)}"):
        return _same(respondent_of(study.model), surveyed.identity), surveyed.n_asked


def _same(respondent: Respondent, identity: Mapping[str, str]) -> Respondent:
    """Return a respondent that is the one that workers asked."""
    if dict(respondent.identity) != dict(identity):
        raise OptionError(
            "Methods are compared on the model that workers asked",
            found=f"{dict(respondent.identity)} here, {dict(identity)} there",
            remedy="say `dtype` in the study's model, or run this on a machine like theirs",
        )
    return respondent
