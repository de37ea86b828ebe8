"""`answers_side_by_side` writes what a model answers, unsteered and under an intervention.

Both are greedy, so that what differs is the intervention's doing. Guarantee: between two answers no
hook stays in the model; role prompts work on any respondent that writes, edits on one in this
process only.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from causalvalues.errors import OptionError
from causalvalues.planning.document import PLAN, read_plan
from causalvalues.steering.document import read_intervention
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.telling import told_system
from causalvalues.study.plan import ModelPlan
from causalvalues.study.stages import Bar
from causalvalues.study.steering.effects import is_hooked
from causalvalues.study.steering.steerable import Steerable, inside, load_respondent, saes_of
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.survey.request import Message, Request, Respondent

__all__ = ["SideBySide", "answers_side_by_side", "ready"]


@dataclass(frozen=True)
class SideBySide:
    """One prompt, and what was written to it without and with an intervention."""

    prompt: str
    unsteered: str
    steered: str


def ready(what: Path, *, model: str | None = None, bar: Bar) -> tuple[Steerable, Intervention]:
    """Return a model with all that an intervention needs; both of a run, or of a file and a name.

    ready(Path("runs/first")), ready(Path("intervention.json"), model="organism/gemma")
    """
    if what.is_dir():
        surveyed = Surveyed.of(what, model=model)
        surveyed.require(PLAN, f"plan {what} --raise VALUE")
        intervention = read_plan(what)[0].intervention
        respondent = load_respondent(surveyed.study.model, bar=bar)
        surveyed.check_respondent(respondent)
    else:
        intervention = read_intervention(what)
        if model is None:
            raise OptionError(
                "An intervention by itself does not say which model it is for",
                found="no model",
                remedy="name one with --model, or give the run folder",
            )
        respondent = load_respondent(ModelPlan(name=model), bar=bar)
    return Steerable.of(respondent, saes_of([intervention])), intervention


def answers_side_by_side(
    steerable: Steerable,
    intervention: Intervention,
    prompts: Iterable[str],
    *,
    role: str = "",
    max_new_tokens: int = 100,
) -> Iterator[SideBySide]:
    """Yield both answers to each prompt, as soon as they are written."""
    plain = steerable.respondent
    for prompt in prompts:
        unsteered = _written(plain, role, prompt, max_new_tokens)
        if is_hooked(intervention):
            from causalvalues.steering.steered_model import SteeredModel

            steered = SteeredModel(inside(plain), intervention, steerable.dictionaries)
            after = _written(steered, role, prompt, max_new_tokens)
        else:
            after = _written(plain, told_system(role, intervention), prompt, max_new_tokens)
        yield SideBySide(prompt, unsteered, after)


def _written(respondent: Respondent, role: str, prompt: str, max_new_tokens: int) -> str:
    """Return what is written to one prompt."""
    asked: tuple[Message, ...] = (Message("user", prompt),)
    if role:
        asked = (Message("system", role), *asked)
    ((_, text),) = respondent.texts([Request(asked)], max_new_tokens=max_new_tokens)
    return text.strip()
