"""The OpenAI chat format: what is sent to a server, and how its answer is read.

The next token is asked for at temperature 1 and top_p 1, with the log-probabilities of the `top`
most likely tokens. vLLM (raw_logprobs, its default) and llama.cpp report them before any sampling;
SGLang, older vLLM and others after the temperature. At 1 both are the model's own; at 0 the latter
may give all mass to one token. What was drawn is not used; a seed keeps the rest of it still.

    log p(option) = log Σ p(token), over the returned tokens that are its label: without the space
                    before it, its first letter large or small (a letter alone: as written), or cut
    not returned  = log min(smallest p returned, mass left): the most a single token can have

Guarantee: options that one token cannot tell apart are refused, not guessed; a bound is told from
a measurement; numbers that are not log-probabilities are an error.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from causalvalues.errors import NoLogProbabilities, OptionError, UnreadableAnswer
from causalvalues.survey.request import Message

__all__ = ["Manners", "Weighed", "chat_body", "read_text", "read_top", "told_apart", "weigh"]

LADDER = (20, 10, 5)  # how many tokens to ask for, where a server does not say how many it gives
BEFORE = " \t\n▁Ġ"  # what stands before a word in a token, also where a server shows it raw
CUT = 3  # characters that the beginning of a word must have to count as it
ROUNDING = 1e-6  # probabilities come from float32: what is left is never known better
LOUD = 0.01  # of the options' mass: a bound above this may matter
HOW = "vLLM, SGLang and llama-server give them; `transformers serve` does not"


@dataclass(frozen=True)
class Manners:
    """How a server wants to be asked."""

    system: bool = True  # it takes the role as a turn of its own
    limit: str = "max_tokens"
    seed: bool = True
    top: int = LADDER[0]  # 0: it gives no log-probabilities
    why: str = ""  # it gives none, and what would help
    remedy: str = f"use another server ({HOW}), or ask for texts"

    def after(self, refusal: str) -> "Manners | None":
        """Return how to ask instead, given why the server refused; None where nothing helps."""
        said = refusal.lower()
        if self.limit == "max_tokens" and "max_completion_tokens" in said:
            return replace(self, limit="max_completion_tokens")
        if self.top and "logprob" in said:
            return replace(self, top=_next_lower(self.top, said), why=refusal)
        if self.system and re.search(r"\bsystem\b|roles must alternate", said):
            return replace(self, system=False)
        if self.seed and re.search(r"\bseed\b", said):
            return replace(self, seed=False)
        return None


@dataclass(frozen=True)
class Weighed:
    """The log-probability of each option, and whether a bound among them may matter."""

    log_probabilities: tuple[float, ...]
    coarse: bool


class _Token(BaseModel):
    token: str
    logprob: float


class _Place(_Token):
    top_logprobs: list[_Token] = Field(default_factory=list)


class _LogProbs(BaseModel):
    content: list[_Place] | None = None


class _Said(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Said
    logprobs: _LogProbs | None = None


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


def chat_body(
    name: str, messages: Sequence[Message], manners: Manners, *, max_new_tokens: int | None = None
) -> dict[str, object]:
    """Return the body of a chat request: the next token's alternatives, or a greedy text."""
    turns = messages if manners.system else _merged(messages)
    body: dict[str, object] = {
        "model": name,
        "messages": [{"role": each.speaker, "content": each.text} for each in turns],
        "temperature": 1 if max_new_tokens is None else 0,
        "top_p": 1,
        manners.limit: max_new_tokens or 1,
    }
    if manners.seed:
        body["seed"] = 0
    if max_new_tokens is None and manners.top:
        body |= {"logprobs": True, "top_logprobs": manners.top}
    return body


def read_text(answer: dict[str, Any]) -> str:
    """Return what was said; a server that said nothing said an empty text."""
    return _completion(answer).message.content or ""


def read_top(answer: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    """Return the likeliest first tokens with their log-probabilities, likeliest first."""
    said = _completion(answer).logprobs
    if said is None or not said.content or not said.content[0].top_logprobs:
        raise NoLogProbabilities(
            "Options are weighed by the log-probabilities of the next token",
            found="an answer without them",
            remedy=Manners.remedy,
        )
    drawn, listed = said.content[0], said.content[0].top_logprobs
    top = sorted(((each.token, each.logprob) for each in listed), key=lambda pair: -pair[1])
    if len(top) > 1 and top[-1][0] == drawn.token and top[-1][1] < top[-2][1]:
        top = top[:-1]  # vLLM lists what was drawn though it may be far from likely
    _check(top)
    return tuple(top)


def told_apart(options: Sequence[str]) -> tuple[str, ...]:
    """Return the word each label begins with; one token must tell them apart."""
    heads = tuple((option.split() or [""])[0] for option in options)
    for place, one in enumerate(heads):
        for other in heads[:place]:
            pair = _small(one), _small(other)
            if pair[0].startswith(pair[1]) or pair[1].startswith(pair[0]):
                raise OptionError(
                    "A server weighs options by their first token, so these must differ in it",
                    found=", ".join(map(repr, options)),
                    remedy='label options by letters or numbers: labels=("letters",)',
                )
    if not heads or not all(heads):
        raise OptionError("Weighing needs options, none of them empty", found=repr(list(options)))
    return heads


def weigh(options: Sequence[str], top: Sequence[tuple[str, float]]) -> Weighed:
    """Return the log-probability of each option, given the likeliest tokens (token, log p)."""
    heads = told_apart(options)
    masses = [0.0] * len(heads)
    for token, log_p in top:
        begun = [place for place, head in enumerate(heads) if _begins(token, head)]
        if len(begun) == 1:
            masses[begun[0]] += math.exp(log_p)
    left = max(1.0 - math.fsum(math.exp(log_p) for _, log_p in top), ROUNDING)
    ceiling = min(top[-1][1], math.log(left))
    unseen = sum(mass == 0.0 for mass in masses) * math.exp(ceiling)
    logs = tuple(math.log(mass) if mass > 0 else ceiling for mass in masses)
    return Weighed(logs, coarse=unseen > LOUD * (unseen + sum(masses)))


def _begins(token: str, head: str) -> bool:
    """Return whether a token is a label's first word, or a long enough beginning of it."""
    word = token.lstrip(BEFORE).rstrip()
    if len(head) == 1:
        return word == head
    word, whole = _small(word), _small(head)
    return word == whole or (len(word) >= CUT and whole.startswith(word))


def _small(word: str) -> str:
    """Return a word with a small first letter; a letter alone stands as it is written."""
    return word if len(word) == 1 else word[:1].lower() + word[1:]


def _check(top: Sequence[tuple[str, float]]) -> None:
    """Raise where numbers are no log-probabilities, or tokens no text."""
    numbers = [log_p for _, log_p in top]
    if any(math.isnan(each) or each > ROUNDING for each in numbers) or (
        math.fsum(math.exp(min(each, 0.0)) for each in numbers) > 1.01
    ):
        raise NoLogProbabilities(
            "Log-probabilities are at most 0 and their probabilities add up to at most 1",
            found=f"{numbers[:5]}",
            remedy="start vLLM with --logprobs-mode raw_logprobs",
        )
    if all(token.startswith("token_id:") for token, _ in top):
        raise NoLogProbabilities(
            "Tokens must come as text",
            found=top[0][0],
            remedy="start vLLM without --return-tokens-as-token-ids",
        )


def _completion(answer: dict[str, Any]) -> _Choice:
    """Return the one choice of an answer."""
    try:
        return _Completion.model_validate(answer).choices[0]
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        raise UnreadableAnswer(
            "The server must answer in the format of OpenAI's chat completions",
            found=f"{'.'.join(map(str, first['loc']))}: {first['msg']}",
            remedy="check that the address is that of an OpenAI-compatible server",
        ) from None


def _next_lower(top: int, said: str) -> int:
    """Return how many tokens to ask for next: what the server names, or the next of the ladder."""
    named = {int(number) for number in re.findall(r"\b\d+\b", said) if 0 < int(number) < top}
    if len(named) == 1:
        return named.pop()
    return next((step for step in LADDER if step < top), 0)


def _merged(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return the same conversation, what the system says before the first turn of the user."""
    role = [each.text for each in messages if each.speaker == "system"]
    turns = [each for each in messages if each.speaker != "system"]
    if not role:
        return tuple(turns)
    first = next((place for place, each in enumerate(turns) if each.speaker == "user"), None)
    if first is None:
        return (Message("user", "\n\n".join(role)), *turns)
    turns[first] = Message("user", "\n\n".join([*role, turns[first].text]))
    return tuple(turns)
