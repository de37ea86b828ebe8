"""Faults while a model is asked: no error, warning or log line says what was asked, or a key."""

import io
import json
import logging
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import httpx

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.small_survey import QUESTIONS
from causalvalues.errors import CausalValuesError
from causalvalues.evaluation.known_judge import KnownJudge
from causalvalues.evaluation.neutral import neutral_divergence
from causalvalues.models.conditions import Point
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.last_tokens import last_tokens
from causalvalues.models.served import ServedModel
from causalvalues.models.served_calls import Server
from causalvalues.organism.embedded import folder_of
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import RolePrompt
from causalvalues.survey.answering import checked
from causalvalues.survey.design import Asking
from causalvalues.survey.request import Message, Request

KEY = "key-of-nobody"


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Ask in ways that fail, and read all that is said for the words that were asked."""
    ledger = Ledger("words_in_errors")
    model = LanguageModel.load(folder_of("organism/gemma"), device="cpu")
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        for number in range(count):
            secret = f"secret-{number}"
            log.truncate(0)
            said = _said(WAYS[number % len(WAYS)], model, secret, log)
            if secret in said or KEY in said:
                ledger.was_silent(f"{WAYS[number % len(WAYS)].__name__}: {said[:100]}")
            else:
                ledger.survived()
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    return ledger.outcome(f"{len(WAYS)} ways to ask, all loggers at their most talkative")


def _said(
    way: Callable[[LanguageModel, str], object], model: LanguageModel, secret: str, log: io.StringIO
) -> str:
    """Return all that was printed, logged, warned of and raised."""
    printed = io.StringIO()
    raised = ""
    with (
        redirect_stdout(printed),
        redirect_stderr(printed),
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        try:
            way(model, secret)
        except CausalValuesError as fault:
            raised = f"{fault} {fault!r}"
    return " ".join([printed.getvalue(), log.getvalue(), raised, *(str(w.message) for w in warned)])


def _request(text: str, options: tuple[str, ...] = ("A", "B")) -> Request:
    return Request((Message("system", f"You are {text}."), Message("user", text)), options)


def plain(model: LanguageModel, secret: str) -> object:
    return list(model.log_probabilities([_request(secret)]))


def written(model: LanguageModel, secret: str) -> object:
    return list(model.texts([_request(secret, ())], max_new_tokens=2))


def no_options(model: LanguageModel, secret: str) -> object:
    return list(model.log_probabilities([_request(secret, ())]))


def too_long(model: LanguageModel, secret: str) -> object:
    return list(model.log_probabilities([_request(f"{secret} " * 20_000)]))


def no_question(model: LanguageModel, secret: str) -> object:
    return list(model.log_probabilities([Request((Message("system", secret),), ("A",))]))


def out_of_turn(model: LanguageModel, secret: str) -> object:
    turns = (Message("user", secret), Message("user", secret), Message("system", secret))
    return list(model.log_probabilities([Request(turns, ("A",))]))


def hooked_prompt(model: LanguageModel, secret: str) -> object:
    with steer(model, RolePrompt(f"You are {secret}.")) as steered:
        return steered


def no_server(model: LanguageModel, secret: str) -> object:
    served = ServedModel.connect(f"http://me:{KEY}@127.0.0.1:9/v1#any")
    return list(served.log_probabilities([_request(secret)]))


def echoing_server(model: LanguageModel, secret: str) -> object:
    body = {"messages": [{"role": "user", "content": f"You are {secret}, are you not?"}]}
    said = json.dumps({"error": {"message": f"cannot answer {body['messages']}"}})
    transport = httpx.MockTransport(lambda _: httpx.Response(400, text=said))
    return Server("http://127.0.0.1:9/v1").call(httpx.Client(transport=transport), "/chat", body)


def known_twice(model: LanguageModel, secret: str) -> object:
    texts = {f"I am {secret}.": {"power": 1.0}, f"I  am {secret}.": {"power": -1.0}}
    return KnownJudge(("power",), texts)


def short_neutral(model: LanguageModel, secret: str) -> object:
    nothing = {"none": RolePrompt("Calm.")}
    return neutral_divergence(model, nothing, ["", f"{secret} " * 30, ""])


def nothing_to_read(model: LanguageModel, secret: str) -> object:
    return list(last_tokens(model, [f"{secret} " * 20_000], [Point(0)]))


def other_answer(model: LanguageModel, secret: str) -> object:
    request = Request((Message("user", "So?"),))
    asking = Asking(b"key", "", "role-1", QUESTIONS[0], request)
    return list(checked([asking], [(asking, f"I am {secret}.")]))


WAYS = (
    plain, written, no_options, too_long, no_question, out_of_turn, hooked_prompt, no_server,
    echoing_server, known_twice, short_neutral, nothing_to_read, other_answer,
)  # fmt: skip

CAMPAIGN = Campaign(
    name="words_in_errors",
    group="security",
    fault="questions that cannot be asked: too long, out of turn, without options, no server, a "
    "server that repeats them; texts that cannot be judged, read or answered",
    promise="no error, warning, log line or print holds a word that was asked, or a key",
    n_full=130,
    n_small=13,
    work=work,
)
