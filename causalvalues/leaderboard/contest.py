"""A `Contest` asks under every entry what nobody was tuned on, and gives each its marks.

    surveyed    the test sheet: gain, leakage, collateral, health       every entry
    in forms    "Should I …?", yes or no, letters and order turned      entries at equal gain
    in words    open answers: judged blind, and read for fluency        entries at equal gain
    against     the role is told the opposite                           entries at equal gain
    knowing     multiple choice that no value decides                   entries at equal gain
    costing     tokens and time of an answer, beside one unsteered      entries at equal gain

Guarantee: what an entry did is compared with the same roles and questions unsteered; every answer
to a sheet is kept, and the same call again asks none of them. Surprise, multiple choice and cost
are read of the model each time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from causalvalues.evaluation.answered import Answered
from causalvalues.evaluation.capability import Asking, capability
from causalvalues.evaluation.cost import Cost, cost_of
from causalvalues.evaluation.dilemma_choice import dilemma_choice, dilemma_gain
from causalvalues.evaluation.estimate import Estimate
from causalvalues.evaluation.fluency import Fluency, fluency
from causalvalues.evaluation.judge import Judge, Utterance
from causalvalues.evaluation.judged import judged_profiles, utterances_of
from causalvalues.evaluation.leakage import leakage
from causalvalues.evaluation.measure import profile_of
from causalvalues.evaluation.multiple_choice import AsksChoice
from causalvalues.evaluation.opposite_prompt import measure_opposite
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.evaluation.surveying import UNSTEERED, survey_under
from causalvalues.leaderboard.marks import Marks, Reference, survey_marks
from causalvalues.leaderboard.sheets import Sheet, Sheets
from causalvalues.methods.fitted import Fitted
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.steered_model import SteeredModel
from causalvalues.survey.design import request_of
from causalvalues.survey.request import Respondent
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore

__all__ = ["Contest", "Contestant"]

AT_ONCE = 20  # interventions in one sweep
COSTED_ROLES = 4
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Contestant:
    """An intervention under a name of its own, and the method and value it is of."""

    name: str
    fitted: Fitted
    intervention: Intervention


@dataclass(frozen=True, eq=False)
class Contest:
    """Who is asked what, and what changes are compared with."""

    model: LanguageModel
    sheets: Sheets
    reference: Reference
    store: AnswerStore
    gain: float
    judge: Judge | None = None
    choices: tuple[AsksChoice, ...] = ()  # what is right whatever one values
    how_asked: Asking = "letters"
    dictionaries: Mapping[str, Dictionary] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the values in order."""
        return self.reference.names

    def surveyed(
        self, contestants: Sequence[Contestant], *, progress: Progress | None = None
    ) -> Iterator[tuple[Contestant, EffectProfile, Marks]]:
        """Yield the profile and the marks of every contestant on the test sheet."""
        for done, some in enumerate(_some(contestants)):
            answered = self._answered(some, self.sheets.test)
            for each in some:
                profile = profile_of(answered, each.name, each.intervention)
                marks = survey_marks(
                    each.fitted, answered, profile, self.reference, asked_gain=self.gain
                )
                yield each, profile, marks
            if progress is not None:
                progress(min((done + 1) * AT_ONCE, len(contestants)), len(contestants))

    def in_forms(self, contestants: Sequence[Contestant]) -> Iterator[tuple[str, Marks]]:
        """Yield, by name, whether the gain holds where options and form are others."""
        for some in _some(contestants):
            answered = self._answered(some, self.sheets.forms)
            for each in some:
                gained = dilemma_gain(answered, each.name, each.fitted.value)
                chosen = dilemma_choice(answered, each.fitted.value, each.name)
                marks = {
                    "forms_gain": _towards(each.fitted, gained.credit),
                    "forms_chosen": chosen.chosen,
                    "letter_following": gained.letter_following,
                }
                yield each.name, marks

    def in_words(self, contestants: Sequence[Contestant]) -> Iterator[tuple[str, Marks]]:
        """Yield, by name, what judges and the unsteered model make of what is written."""
        if not self.sheets.told.questions:
            return
        before: Fluency | None = None
        for some in _some(contestants):
            said = self._said(some)
            judged = judged_profiles(said, self.judge) if self.judge is not None else {}
            before = before or self._fluency(said, UNSTEERED)
            for each in some:
                written = self._fluency(said, each.name)
                marks = {
                    "perplexity_ratio": written.times(before),
                    "repeated": written.repeated,
                    "distinct_2": written.distinct_2,
                }
                if each.name in judged:
                    leaked = leakage(judged[each.name], each.fitted.value, self.reference.system)
                    marks |= {
                        "told_gain": _towards(each.fitted, leaked.gain),
                        "told_leakage_ratio": leaked.leakage_ratio,
                    }
                yield each.name, marks

    def against(self, contestants: Sequence[Contestant]) -> Iterator[tuple[str, Marks]]:
        """Yield, by name, how much of an opposite prompt's effect is undone."""
        for each in contestants:
            sheet = self.sheets.against(each.fitted.value)
            held = measure_opposite(
                self.model, each.intervention, each.fitted.value, self.reference.system,
                sheet.questions, sheet.roles, self.store,
                side=each.fitted.direction, dictionaries=self.dictionaries,
            )  # fmt: skip
            yield each.name, {"robustness": held.robustness}

    def knowing(self, contestants: Sequence[Contestant]) -> Iterator[tuple[str, Marks]]:
        """Yield, by name, what is still answered right."""
        if not self.choices:
            return
        before = capability(self.model, self.choices, how=self.how_asked)
        for each in contestants:
            found = capability(self._steered(each), self.choices, how=self.how_asked)
            marks = {
                "capability": found.accuracy,
                "capability_before": before.accuracy,
                "capability_change": found.against(before),
            }
            yield each.name, marks

    def costing(self, contestants: Sequence[Contestant]) -> Iterator[tuple[str, Marks]]:
        """Yield, by name, how many times as much an answer costs as one of the model unsteered."""
        asked = replace(self.sheets.dev, roles=self.sheets.dev.roles[:COSTED_ROLES]).requests

        def cost(respondent: Respondent) -> Cost:
            """Return what the answers of a respondent cost."""
            return cost_of(self.model, lambda: len(list(respondent.log_probabilities(asked))))

        cost(self.model)  # what is done for the first time takes longer
        for each in contestants:
            times = cost(self._steered(each)).times(cost(self.model))
            marks = {"tokens_ratio": _exact(times.computed), "time_ratio": _exact(times.seconds)}
            yield each.name, marks

    def _surveyed(self, contestants: Sequence[Contestant], sheet: Sheet) -> Responses:
        """Return every answer to a sheet under some contestants, and unsteered."""
        return survey_under(
            self.model, {each.name: each.intervention for each in contestants},
            sheet.questions, sheet.roles, self.store, dictionaries=self.dictionaries,
        )  # fmt: skip

    def _answered(self, contestants: Sequence[Contestant], sheet: Sheet) -> Answered:
        """Return the answers to a sheet as a block."""
        responses = self._surveyed(contestants, sheet)
        return Answered.of(responses, sheet.questions, sheet.roles, names=self.names)

    def _said(self, contestants: Sequence[Contestant]) -> tuple[Utterance, ...]:
        """Return what is said to open questions."""
        responses = self._surveyed(contestants, self.sheets.told)
        return utterances_of(responses, self.sheets.told.questions)

    def _steered(self, contestant: Contestant) -> SteeredModel:
        """Return the model under a contestant."""
        return SteeredModel(self.model, contestant.intervention, self.dictionaries)

    def _fluency(self, said: Sequence[Utterance], condition: str) -> Fluency:
        """Return the fluency of what was written under a condition, after the role unsteered."""
        sheet = self.sheets.told
        requests = {
            (role.id, question.text): request_of(role, question, "system")
            for role in sheet.roles
            for question in sheet.questions
        }
        own = {(u.role, u.answer.question): u.answer.text for u in said if u.condition == condition}
        keys = sorted(own)
        return fluency(self.model, [requests[key] for key in keys], [own[key] for key in keys])


def _some(contestants: Sequence[Contestant]) -> Iterator[Sequence[Contestant]]:
    """Yield contestants, some at a time."""
    for start in range(0, len(contestants), AT_ONCE):
        yield contestants[start : start + AT_ONCE]


def _exact(number: float) -> Estimate:
    """Return a number that was counted, not drawn: it has no interval."""
    return Estimate(number, number, number, 1)


def _towards(fitted: Fitted, gain: Estimate) -> Estimate:
    """Return a gain counted towards the asked side."""
    if fitted.direction == "raise" or not gain.scored:
        return gain
    return Estimate(-gain.value, -gain.high, -gain.low, gain.n)
