"""One question at a time or many, one worker or four: a model's answers are the same numbers."""

from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.scale.processes import Processes
from causalvalues.scale.surveying import Party, survey_over
from causalvalues.study.plan import ModelPlan
from causalvalues.study.respondents import PlannedModel
from causalvalues.survey.asking import ask
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.request import Message, Request
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role, anchored_roles
from causalvalues.values import schwartz10

CLOSE = 1e-5  # log-probabilities; float32 has seven digits
MODEL = ModelPlan(name="organism/gemma", dtype="float32", device="cpu")
N_WORKERS = 4
MANY = 32  # answers; fewer are not shared: tests/scale/test_study_by_workers.py shares some


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Ask one request at a time, sixteen at once, and by workers; count by answer, both ways."""
    ledger = Ledger("same_answers")
    questions, roles = _asked_as(count, seed)
    model = LanguageModel.load(folder_of(MODEL.name), device="cpu", dtype="float32")
    requests = _requests(questions, roles)
    alone = [dict(model.log_probabilities([each]))[0] for each in requests]
    packed: list[tuple[float, ...]] = []
    for at in range(0, len(requests), 16):
        found = dict(model.log_probabilities(requests[at : at + 16]))
        packed += [found[place] for place in range(len(found))]
    farthest = 0.0
    for place, (first, second) in enumerate(zip(alone, packed, strict=True)):
        farthest = max(farthest, float(np.abs(np.subtract(first, second)).max()))
        if int(np.argmax(first)) != int(np.argmax(second)) or farthest > CLOSE:
            ledger.was_silent(f"answer {place} differs by {farthest:.1e} at sixteen at once")
        else:
            ledger.survived("of one and of sixteen at once")
    if count >= MANY:
        _compare_workers(ledger, questions, roles, folder)
    return ledger.outcome(
        f"one and sixteen: the same option each time, at most {farthest:.1e} apart in "
        "log-probability",
        "workers: compared byte by byte" if count >= MANY else "",
    )


def _compare_workers(
    ledger: Ledger, questions: tuple[Question, ...], roles: tuple[Role, ...], folder: Path
) -> None:
    """Count the answers that one worker and four give, by key."""
    one, many = (_stored(folder, roles, questions, n) for n in (1, N_WORKERS))
    for key, given in one.items():
        if many.get(key) == given:
            ledger.survived(f"of one and of {N_WORKERS} workers")
        else:
            ledger.was_silent(f"an answer of {N_WORKERS} workers is another")


def requests_of(count: int, seed: int) -> list[Request]:
    """Return so many requests, or a few more."""
    return _requests(*_asked_as(count, seed))


def _asked_as(count: int, seed: int) -> tuple[tuple[Question, ...], tuple[Role, ...]]:
    """Return eight questions, and as many roles as give so many answers."""
    questions = tuple(Protocol(orders=("given",)).questions(inventory("schwartz10")))[::10]
    n_roles = max(2, -(-count // len(questions)))
    return questions, tuple(anchored_roles(schwartz10(), n_roles, seed=seed))


def _requests(questions: tuple[Question, ...], roles: tuple[Role, ...]) -> list[Request]:
    """Return every question as every role is asked it."""
    return [
        Request(
            (Message("system", role.text), Message("user", question.text)),
            tuple(option.label for option in question.options),
        )
        for role in roles
        for question in questions
    ]


def _stored(
    folder: Path, roles: tuple[Role, ...], questions: tuple[Question, ...], n: int
) -> dict[bytes, object]:
    """Return the answers that some workers give, by key."""
    planned = PlannedModel(MODEL)
    with AnswerStore.open(folder / f"by-{n}.sqlite") as store:
        if n == 1:
            ask(planned.open(), questions, roles, store)
        else:
            workers = Processes(n)
            try:
                survey_over(workers, planned, questions, (Party(roles),), store)
            finally:
                workers.close()
        return {row.key: (row.log_probabilities, row.text) for row in store.rows()}


CAMPAIGN = Campaign(
    name="same_answers",
    group="numbers",
    fault="the same questions one at a time and sixteen at once, by one worker and by four",
    promise="the same option, within 1e-5 in log-probability; between workers the same bytes",
    n_full=400,
    n_small=16,
    work=work,
)
