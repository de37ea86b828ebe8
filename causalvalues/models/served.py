"""A `ServedModel` answers from any OpenAI-compatible server: vLLM, SGLang, llama-server and others.

    http://127.0.0.1:8000/v1#model-name    the server's address, then the name it gives the model

Role prompts and surveys only: nothing inside the network can be reached this way. How the server
wants to be asked (a role of its own or not, how many log-probabilities) is found out once, when
connecting, by one short question. Guarantee: a key is never in `identity`, a repr or a message;
what a server answered before it failed was yielded before the error is raised.
"""

import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import unquote

import httpx

from causalvalues.errors import (
    CoarseAnswers,
    NoLogProbabilities,
    OptionError,
    RequestRefused,
    UnknownModel,
    UnreadableAnswer,
)
from causalvalues.models.served_calls import Server, at_once
from causalvalues.models.served_format import (
    Manners,
    Weighed,
    chat_body,
    read_text,
    read_top,
    told_apart,
    weigh,
)
from causalvalues.survey.request import Message, Request

__all__ = ["ServedModel", "served_address"]

Answer = TypeVar("Answer")

CHAT = "/chat/completions"
OPENAI = "https://api.openai.com/"  # nobody else is sent the key that is meant for it
TELLING = ("root", "parent", "max_model_len", "owned_by")  # of what a server says of a model
SHOWN = 12  # names of models in a message
HELLO = (Message("system", "You answer with one word."), Message("user", "Say yes or no."))


def served_address(text: str) -> bool:
    """Return whether a text is the address of a server, and not the name of a model."""
    return text.strip().lower().startswith(("http://", "https://"))


@dataclass(frozen=True)
class ServedModel:
    """A model behind a server, as a respondent."""

    name: str
    server: Server
    facts: Mapping[str, str]  # what the server says of the model
    manners: Manners = field(default_factory=Manners)
    n_parallel: int = 8

    @classmethod
    def connect(
        cls,
        address: str,
        *,
        api_key: str | None = None,
        n_parallel: int = 8,
        timeout_in_seconds: float = 60.0,
        n_retries: int = 5,
        wait_in_seconds: float = 0.5,
        seed: int = 0,
    ) -> "ServedModel":
        """Return the model at an address; the key is else CAUSALVALUES_API_KEY."""
        if n_parallel < 1 or not timeout_in_seconds > 0 or n_retries < 0 or wait_in_seconds < 0:
            raise OptionError(
                "`n_parallel` and `timeout_in_seconds` must be above 0, `n_retries` and "
                "`wait_in_seconds` not below",
                found=f"{n_parallel}, {timeout_in_seconds}, {n_retries}, {wait_in_seconds}",
            )
        bare, asked_name, login = _parts(address)
        given = api_key or (None if login else _key_of_environment(bare))
        server = Server(
            bare,
            _clean_key(given),
            None if api_key else login,
            timeout_in_seconds,
            n_retries,
            wait_in_seconds,
            seed,
        )
        with server.client() as client:
            offered = _offered(server, client)
            name = _chosen(asked_name, offered, server)
            model = cls(name, server, offered.get(name, {}), n_parallel=n_parallel)
            return replace(model, manners=model._learn(client))

    @property
    def identity(self) -> Mapping[str, str]:
        """Return all that answers depend on, as far as a server tells."""
        return {
            "backend": "served",
            "address": self.server.address,
            "model": self.name,
            **self.facts,
            "role": "system turn" if self.manners.system else "before the first user turn",
            "top_logprobs": str(self.manners.top),
            "option_beyond_top": "at its upper bound",
        }

    def log_probabilities(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Yield (place in requests, log-probability of each option) as answers come.

        An option that is not among the likeliest tokens has its upper bound; where such bounds
        add up to more than a hundredth of the options' mass, a warning counts these answers.
        """
        for options in {request.options for request in requests}:
            told_apart(options)
        if requests and not self.manners.top:
            raise NoLogProbabilities(
                f"The server at {self.server.address} must give log-probabilities of tokens",
                found=self.manners.why,
                remedy=self.manners.remedy,
            )
        bodies = [chat_body(self.name, each.messages, self.manners) for each in requests]

        def read(place: int, answer: dict[str, Any]) -> Weighed:
            return weigh(requests[place].options, read_top(answer))

        n_coarse = 0
        for place, weighed in self._answers(bodies, read):
            n_coarse += weighed.coarse
            yield place, weighed.log_probabilities
        if n_coarse:
            warnings.warn(
                f"In {n_coarse} of {len(requests)} answers an option was not among the "
                f"{self.manners.top} likeliest tokens and its upper bound may matter. What to do: "
                "let the server give 20 log-probabilities, and leave out answers whose options "
                "hold little mass; a model that thinks first must be told not to.",
                CoarseAnswers,
                stacklevel=2,
            )

    def texts(
        self, requests: Sequence[Request], *, max_new_tokens: int
    ) -> Iterator[tuple[int, str]]:
        """Yield (place in requests, the answer written greedily) as answers come."""
        if max_new_tokens < 1:
            raise OptionError("`max_new_tokens` must be 1 or more", found=str(max_new_tokens))
        bodies = [
            chat_body(self.name, each.messages, self.manners, max_new_tokens=max_new_tokens)
            for each in requests
        ]
        yield from self._answers(bodies, lambda _, answer: read_text(answer))

    def _answers(
        self,
        bodies: Sequence[Mapping[str, object]],
        read: Callable[[int, dict[str, Any]], Answer],
    ) -> Iterator[tuple[int, Answer]]:
        """Yield (place, what was read from the answer), several asked at once."""
        client = self.server.client(n_connections=self.n_parallel)

        def ask(place: int, stop: threading.Event) -> Answer:
            return read(place, self._chat(client, bodies[place], place=place, stop=stop))

        yield from at_once(len(bodies), ask, n_parallel=self.n_parallel, close=client.close)

    def _chat(
        self,
        client: httpx.Client,
        body: Mapping[str, object],
        *,
        place: int = 0,
        stop: threading.Event | None = None,
    ) -> dict[str, Any]:
        """Return one chat answer; not found means that the model or the address is not."""
        try:
            return self.server.call(client, CHAT, body, place=place, stop=stop)
        except RequestRefused as fault:
            if not fault.found.startswith("404"):
                raise
            raise UnknownModel(
                f"The server at {self.server.address} must offer {self.name} for chat",
                found=fault.found,
                remedy="give the name it was started with; the address usually ends in /v1",
            ) from None

    def _learn(self, client: httpx.Client) -> Manners:
        """Return how this server wants to be asked, from one short question."""
        manners = self.manners
        while True:
            try:
                answer = self._chat(client, chat_body(self.name, HELLO, manners))
            except RequestRefused as fault:
                changed = manners.after(fault.found)
                if changed is None:
                    raise
                manners = changed
                continue
            try:
                if manners.top:
                    read_top(answer)
            except NoLogProbabilities as fault:
                return replace(manners, top=0, why=fault.found, remedy=fault.remedy)
            return manners


def _parts(address: str) -> tuple[str, str, tuple[str, str] | None]:
    """Return the address without credentials, the model's name, and the credentials."""
    form = "An address is http://host:port/v1#model-name"
    try:
        url = httpx.URL(address.strip())
        port = url.port
    except (httpx.InvalidURL, ValueError):
        raise OptionError(form, found="something that is not an address") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise OptionError(form, found=f"scheme {url.scheme!r}, host {url.host!r}")
    if url.query:
        raise OptionError(form, found="a question mark", remedy="pass a key as `api_key`")
    host = f"[{url.host}]" if ":" in url.host else url.host
    path = url.path.rstrip("/") or "/v1"
    bare = f"{url.scheme}://{host}{f':{port}' if port else ''}{path}"
    login = (url.username, url.password) if url.userinfo else None
    return bare, unquote(url.fragment), login


def _key_of_environment(address: str) -> str | None:
    """Return the key that the environment holds for an address."""
    names = ["CAUSALVALUES_API_KEY", *(["OPENAI_API_KEY"] if address.startswith(OPENAI) else [])]
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _clean_key(key: str | None) -> str | None:
    """Return a key that can be sent; one that cannot is not shown."""
    key = key.strip() if key else None
    if key and not (key.isascii() and key.isprintable()):
        raise OptionError("An API key is printable ASCII", found="other characters")
    return key or None


def _offered(server: Server, client: httpx.Client) -> dict[str, dict[str, str]]:
    """Return what the server says of each model it offers; nothing where it does not say."""
    try:
        answer = server.call(client, "/models", first=True)
    except RequestRefused as fault:
        if not fault.found.startswith(("404", "405", "501")):
            raise
        return {}
    models = answer.get("data")
    if not isinstance(models, list) or not all(
        isinstance(each, dict) and isinstance(each.get("id"), str) for each in models
    ):
        raise UnreadableAnswer(
            f"The server at {server.address} must list its models", found="another format"
        )
    return {each["id"]: _facts(each) for each in models}


def _facts(model: Mapping[str, Any]) -> dict[str, str]:
    """Return what stays the same between two starts of a server; `created` does not."""
    meta = model.get("meta")
    told = {name: model.get(name) for name in TELLING} | (meta if isinstance(meta, dict) else {})
    return {
        name: str(value)
        for name, value in sorted(told.items())
        if isinstance(value, str | int | float) and name != "created"
    }


def _chosen(name: str, offered: Mapping[str, object], server: Server) -> str:
    """Return the model's name as the server knows it; one that offers one needs no name."""
    if name in offered or (name and not offered):
        return name
    if not name and len(offered) == 1:
        return next(iter(offered))
    more = f" and {len(offered) - SHOWN} more" if len(offered) > SHOWN else ""
    raise UnknownModel(
        f"The address must name a model of the server after #: {server.address}#name",
        found=repr(name) if name else "no name",
        remedy=f"name one of {', '.join(list(offered)[:SHOWN])}{more}" if offered else "name one",
    )
