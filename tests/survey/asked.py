"""Responses of scripted respondents, for tests of what is made of them."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from causalvalues.survey.asking import ask, ask_under
from causalvalues.survey.protocol import Question
from causalvalues.survey.request import Request
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role
from causalvalues.survey.scripted import Edit, ScriptedRespondent, even

ROLES = tuple(Role(f"role-{place}", f"You are person {place}.") for place in range(4))


def responses_of(
    folder: Path,
    questions: Sequence[Question],
    weigh: Callable[[Request], Sequence[float]] = even,
    *,
    roles: Iterable[Role] = ROLES,
    write: Callable[[Request], str] = lambda request: "yes",
    edits: dict[str, Edit | None] | None = None,
    model: str = "scripted",
) -> Responses:
    """What a scripted respondent answers, under conditions where there are edits."""
    respondent = ScriptedRespondent(weigh, write, {"model": model})
    with AnswerStore.open(folder / "answers.sqlite") as store:
        if edits is None:
            asked = ask(respondent, questions, roles, store)
        else:
            digests = {name: "1" for name in edits if name}
            asked = ask_under(respondent, questions, roles, store, edits=edits, digests=digests)
        return Responses.of(store.rows(asked.keys), questions)
