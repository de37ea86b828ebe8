"""A survey that takes a moment: its answers follow from the words, so that any can be checked."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from causalvalues.survey.asking import ask
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Request
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles
from causalvalues.survey.scripted import ScriptedRespondent

ITEMS = inventory("schwartz10")
QUESTIONS = tuple(Protocol(orders=("given",)).questions(ITEMS))[:8]
ROLES = anchored_roles(ITEMS.system, 40)
N_ANSWERS = len(QUESTIONS) * len(ROLES)

Contents = dict[bytes, tuple[float, ...]]


def weighed(request: Request) -> Sequence[float]:
    """Probabilities that follow from nothing but the words."""
    seed = sha256("\n".join(message.text for message in request.messages).encode()).digest()
    sizes = [seed[place] + 1 for place in range(len(request.options))]
    return [size / sum(sizes) for size in sizes]


def respondent() -> ScriptedRespondent:
    """Who answers."""
    return ScriptedRespondent(weighed, identity={"model": "steady"})


def asked(path: Path) -> tuple[Contents, int]:
    """All answers of the survey, once a store holds them, and how many were asked for that."""
    with AnswerStore.open(path) as store:
        found = ask(respondent(), QUESTIONS, ROLES, store)
        rows = list(store.rows(found.keys))
    return {row.key: row.log_probabilities for row in rows}, found.n_asked
