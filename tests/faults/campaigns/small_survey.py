"""A survey that takes a moment: its answers follow from the words, so that any can be checked."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from causalvalues.survey.asking import Asked, Progress, ask
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Request
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles
from causalvalues.survey.scripted import ScriptedRespondent

ITEMS = inventory("schwartz10")
QUESTIONS = tuple(Protocol(orders=("given",)).questions(ITEMS))
SOME = QUESTIONS[:8]
ROLES = anchored_roles(ITEMS.system, 40)
N_SOME = len(SOME) * len(ROLES)

Contents = dict[bytes, tuple[float, ...]]


def weighed(request: Request) -> Sequence[float]:
    """Probabilities that follow from nothing but the words."""
    seed = sha256("\n".join(message.text for message in request.messages).encode()).digest()
    sizes = [seed[place] + 1 for place in range(len(request.options))]
    return [size / sum(sizes) for size in sizes]


def respondent() -> ScriptedRespondent:
    """Who answers."""
    return ScriptedRespondent(weighed, identity={"model": "steady"})


def ask_some(path: Path) -> tuple[Contents, int]:
    """The answers to some questions, once a store holds them, and how many were asked for that."""
    with AnswerStore.open(path) as store:
        found = ask(respondent(), SOME, ROLES, store)
        return contents(store, found), found.n_asked


def ask_all(path: Path, progress: Progress | None = None) -> tuple[Contents, int]:
    """The answers to every question, and how many were asked."""
    with AnswerStore.open(path) as store:
        found = ask(respondent(), QUESTIONS, ROLES, store, progress=progress)
        return contents(store, found), found.n_asked


def contents(store: AnswerStore, found: Asked) -> Contents:
    """Answers by key."""
    return {row.key: row.log_probabilities for row in store.rows(found.keys)}
