"""`dose_curves` measures interventions at several doses, all of them in one survey.

    an intervention   is scaled: twice the dose adds twice as much
    a mapping         gives the intervention of each dose, as role prompts of graded strength

Guarantee: dose 1 is asked under the intervention's own name, so that what `measure` kept is not
asked again; dose 0 is not asked at all.
"""

from collections.abc import Mapping, Sequence

from causalvalues.errors import OptionError
from causalvalues.evaluation.dose_curve import DoseCurve
from causalvalues.evaluation.measure import measure
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Intervention, scaled
from causalvalues.survey.asking import Progress
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.readings import How
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role

__all__ = ["DOSES", "Dosed", "dose_curve", "dose_curves"]

Dosed = Intervention | Mapping[float, Intervention]

DOSES = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)


def dose_curves(
    model: Respondent,
    interventions: Mapping[str, Dosed],
    doses: Sequence[float],
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
) -> dict[str, DoseCurve]:
    """Return the curve of each intervention by its name; a mapping brings doses of its own."""
    graded = {name: _graded(name, each, doses) for name, each in interventions.items()}
    profiles = measure(
        model,
        {
            _name(name, dose): intervention
            for name, by_dose in graded.items()
            for dose, intervention in by_dose.items()
        },
        questions, roles, store,
        dictionaries=dictionaries, names=names, role_place=role_place, how=how,
        check_health=check_health, progress=progress,
    )  # fmt: skip
    return {
        name: DoseCurve(
            name, tuple(by_dose), tuple(profiles[_name(name, dose)] for dose in by_dose)
        )
        for name, by_dose in graded.items()
    }


def dose_curve(
    model: Respondent,
    intervention: Dosed,
    doses: Sequence[float],
    questions: Sequence[Question],
    roles: Sequence[Role],
    store: AnswerStore,
    *,
    name: str,
    dictionaries: Mapping[str, Dictionary] | None = None,
    names: Sequence[str] | None = None,
    role_place: RolePlace = "system",
    how: How = "expected",
    check_health: bool = True,
    progress: Progress | None = None,
) -> DoseCurve:
    """Return the curve of one intervention, which goes by `name`."""
    return dose_curves(
        model, {name: intervention}, doses, questions, roles, store,
        dictionaries=dictionaries, names=names, role_place=role_place, how=how,
        check_health=check_health, progress=progress,
    )[name]  # fmt: skip


def _graded(name: str, dosed: Dosed, doses: Sequence[float]) -> dict[float, Intervention]:
    """Return the interventions by dose, ascending, without 0."""
    if isinstance(dosed, Mapping):
        by_dose = {float(dose): each for dose, each in dosed.items() if dose != 0}
    else:
        by_dose = {float(dose): scaled(dosed, float(dose)) for dose in doses if dose != 0}
    if not by_dose:
        raise OptionError("A dose curve needs one dose other than 0 or more", found=repr(name))
    return dict(sorted(by_dose.items()))


def _name(name: str, dose: float) -> str:
    """Return what an intervention at a dose goes by."""
    return name if dose == 1 else f"{name} × {dose:.12g}"
