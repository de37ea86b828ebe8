"""`measure` finds out what interventions do: the same roles and questions, with and without.

    profiles = measure(model, {"up": feature}, questions, roles, store, dictionaries=saes)
    profiles["up"].change, profiles["up"].interval(), profiles["up"].faults

Guarantee: a role is compared with itself on the same questions; an intervention that breaks the
model is named in its profile's `faults`; the same call again asks nothing.
"""

from collections.abc import Mapping, Sequence

from causalvalues.errors import OptionError
from causalvalues.evaluation.answered import Answered
from causalvalues.evaluation.health import health_of_answers
from causalvalues.evaluation.health_rules import faults_of
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.evaluation.surveying import survey_under
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.document import digest_of
from causalvalues.steering.intervention import Intervention, RolePrompt, parts_of
from causalvalues.survey.asking import Progress
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.readings import How
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role

__all__ = ["measure", "profile_of"]


def measure(
    model: Respondent,
    interventions: Mapping[str, Intervention],
    questions: Sequence[Question],
    roles: Sequence[Role],
    store: AnswerStore,
    *,
    dictionaries: Mapping[str, Dictionary] | None = None,
    names: Sequence[str] | None = None,
    role_place: RolePlace = "system",
    how: How = "expected",
    check_health: bool = True,
    progress: Progress | None = None,
) -> dict[str, EffectProfile]:
    """Return the profile of each intervention by its name, once the store holds every answer.

    `dictionaries` are the autoencoders that features are of, by name; `names` the values, in order.
    """
    if not interventions:
        raise OptionError("Measuring needs one intervention or more", found="none")
    responses = survey_under(
        model, interventions, questions, roles, store,
        dictionaries=dictionaries, role_place=role_place, progress=progress,
    )  # fmt: skip
    answered = Answered.of(responses, questions, roles, names=names, how=how)
    return {
        name: profile_of(answered, name, intervention, check_health=check_health)
        for name, intervention in interventions.items()
    }


def profile_of(
    answered: Answered, name: str, intervention: Intervention, *, check_health: bool = True
) -> EffectProfile:
    """Return what one intervention did, from answers that are there."""
    health: dict[str, float] = {}
    if check_health:
        health = health_of_answers(answered, name, settled=_settled(intervention))
    return EffectProfile(
        name=name,
        names=answered.names,
        differences=answered.differences(name),
        roles=answered.roles,
        n_answers=len(answered.roles) * len(answered.questions),
        digest=digest_of(intervention),
        health=health,
        faults=faults_of(health),
        before=answered.scores(),
    )


def _settled(intervention: Intervention) -> set[str]:
    """Return the values that every role is told to have."""
    prompts = (part for part in parts_of(intervention) if isinstance(part, RolePrompt))
    return {name for prompt in prompts if prompt.share for name in prompt.settles}
