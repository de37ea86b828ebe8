"""Calls to a server: asked again where that may help, a sentence where it cannot.

    asked again   dropped connections, timeouts, cut answers, 408 429 500 502 503 504: after
                  w · 2^attempt seconds, w the first wait, times a seeded draw from [½, 1], never
                  sooner than the server's Retry-After, at most `n_retries` times
    not again     keys and models that are not accepted, requests that are refused, web pages

Guarantee: a call that succeeded is never made twice; of calls made at once, all that were answered
are given back before the error of the first that was not; a key is in no message and no repr, and
no message repeats what was asked.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import httpx
import numpy as np

from causalvalues.errors import (
    AccessRefused,
    RequestRefused,
    ServerAbsent,
    ServerBusy,
    ServerError,
    UnreadableAnswer,
)
from causalvalues.models.quoting import texts_in, without

__all__ = ["Server", "at_once"]

Answer = TypeVar("Answer")
Body = Mapping[str, object] | None

BUSY = frozenset({408, 429, 502, 503, 504})
LONGEST_WAIT = 30.0  # seconds between two tries
LONGEST_ASKED = 120.0  # seconds that a server may ask us to wait
LONGEST_QUOTE = 400  # characters of what a server said
LONGEST_READ = 20_000  # characters of it that are looked at
OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
LATER = "run again later: what was answered is kept"
FOR_GOOD = ("template", "role", "jinja")  # a server error about these will not pass by itself


class _AskAgain(Exception):
    """A call that may succeed if made again, and the error if it never does."""

    def __init__(self, error: ServerError, wait_in_seconds: float = 0.0) -> None:
        super().__init__()
        self.error = error
        self.wait_in_seconds = wait_in_seconds


@dataclass(frozen=True)
class Server:
    """Where a server is, how it lets us in, and how patient we are with it."""

    address: str  # without credentials
    key: str | None = field(default=None, repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)
    timeout_in_seconds: float = 60.0
    n_retries: int = 5
    wait_in_seconds: float = 0.5
    seed: int = 0

    def client(self, *, n_connections: int = 1) -> httpx.Client:
        """Return an open client; on this machine no proxy stands between."""
        url = httpx.URL(self.address)
        return httpx.Client(
            headers={} if self.key is None else {"Authorization": f"Bearer {self.key}"},
            auth=self.login,
            timeout=httpx.Timeout(self.timeout_in_seconds, pool=None),
            limits=httpx.Limits(max_connections=n_connections),
            trust_env=url.host not in OWN_MACHINE,
            verify=url.scheme == "https",  # plain HTTP has no certificates to load
        )

    def call(
        self,
        client: httpx.Client,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        place: int = 0,
        stop: threading.Event | None = None,
        first: bool = False,
    ) -> dict[str, Any]:
        """Return the answer of one call; `first` says that nothing proves yet that it listens."""
        stopped = stop or threading.Event()
        attempt = 0
        while True:
            try:
                return self._once(client, path, body)
            except _AskAgain as again:
                absent = isinstance(again.error, ServerAbsent)
                if attempt == self.n_retries or (first and absent):
                    raise again.error from None
                wait = max(self._wait(place, attempt), again.wait_in_seconds)
                if stopped.wait(wait):
                    raise again.error from None
                attempt += 1

    def _wait(self, place: int, attempt: int) -> float:
        """Return the seconds before the next try; no two requests wait alike."""
        draw = np.random.default_rng((self.seed, place, attempt)).uniform(0.5, 1.0)
        return float(draw * min(LONGEST_WAIT, self.wait_in_seconds * 2**attempt))

    def _once(
        self, client: httpx.Client, path: str, body: Mapping[str, object] | None
    ) -> dict[str, Any]:
        """Return the answer of one try, or raise what stands in its way."""
        url = self.address + path
        try:
            answer = client.get(url) if body is None else client.post(url, json=body)
        except httpx.TimeoutException:
            raise _AskAgain(
                ServerBusy(
                    f"The server at {self.address} must answer in {self.timeout_in_seconds:g} s",
                    found="no answer in that time",
                    remedy="raise `timeout_in_seconds`, or lower `n_parallel`",
                )
            ) from None
        except httpx.ConnectError as fault:
            raise _AskAgain(
                ServerAbsent(
                    f"A server must listen at {self.address}",
                    found=self._quoted(str(fault)),
                    remedy="start it, or correct the address",
                )
            ) from None
        except httpx.HTTPError as fault:
            raise _AskAgain(
                ServerAbsent(
                    f"The server at {self.address} must stay until it has answered",
                    found=self._quoted(str(fault)) or type(fault).__name__,
                    remedy=f"see the server's log, then {LATER}",
                )
            ) from None
        if answer.status_code == 200:
            return self._content(answer, body)
        raise self._refusal(answer, body)

    def _content(self, answer: httpx.Response, body: Body) -> dict[str, Any]:
        """Return the JSON object of an answer."""
        page = answer.text.lstrip()[:1] == "<"
        try:
            content = answer.json()
        except ValueError:
            content = None
        if isinstance(content, dict):
            if content.get("error") and "choices" not in content and "data" not in content:
                raise self._refused(200, answer, body)
            return content
        error = UnreadableAnswer(
            f"The server at {self.address} must answer in JSON",
            found="a web page" if page else self._quoted(answer.text, body)[:80] or "nothing",
            remedy="give the address of an OpenAI-compatible server: it usually ends in /v1",
        )
        raise error if page else _AskAgain(error)

    def _refusal(self, answer: httpx.Response, body: Body) -> ServerError | _AskAgain:
        """Return what an answer other than 200 means."""
        status = answer.status_code
        if status in (401, 403):
            return AccessRefused(
                f"The server at {self.address} lets in only who has a key it knows",
                found=f"{status}, {'a key' if self.key or self.login else 'no key'} was sent",
                remedy="set CAUSALVALUES_API_KEY to a key it accepts",
            )
        if status in BUSY:
            return self._busy(answer, body)
        refused = self._refused(status, answer, body)
        lasting = any(word in refused.found.lower() for word in FOR_GOOD)
        return _AskAgain(refused) if status == 500 and not lasting else refused

    def _busy(self, answer: httpx.Response, body: Body) -> ServerError | _AskAgain:
        """Return that a server is busy, and how long it asks us to wait."""
        wait = _retry_after(answer.headers.get("Retry-After", ""))
        error = ServerBusy(
            f"The server at {self.address} must take one more request",
            found=f"{answer.status_code}: {self._said(answer, body)}"
            + (f", and to wait {wait:.0f} s" if wait else ""),
            remedy=f"lower `n_parallel`, or {LATER}",
        )
        return error if wait > LONGEST_ASKED else _AskAgain(error, wait)

    def _refused(self, status: int, answer: httpx.Response, body: Body) -> RequestRefused:
        """Return that a server will not answer, in its own words."""
        where = answer.headers.get("Location", "")
        said = f"it points to {self._quoted(where)}" if where else self._said(answer, body)
        return RequestRefused(
            f"The server at {self.address} must accept what is asked",
            found=f"{status}: {said}",
            remedy="see what it says, and its log",
        )

    def _said(self, answer: httpx.Response, body: Body) -> str:
        """Return the message inside an error answer, whichever way it is wrapped."""
        try:
            said = answer.json()
        except ValueError:
            said = "a web page" if answer.text.lstrip()[:1] == "<" else answer.text
        for name in ("error", "message", "detail"):
            said = said.get(name, said) if isinstance(said, dict) else said
        return self._quoted(str(said), body)

    def _quoted(self, text: str, body: Body = None) -> str:
        """Return what a server said: one line, not too long, without our key or our question."""
        for secret in (self.key, *(self.login or ())):
            text = text.replace(secret, "…") if secret else text
        return without(text[:LONGEST_READ], texts_in(body))[:LONGEST_QUOTE]


def _retry_after(text: str) -> float:
    """Return the seconds of a Retry-After header: a number or a date; 0 where it is neither."""
    try:
        return max(0.0, min(float(text), 1e9))
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def at_once(
    n_calls: int,
    ask: Callable[[int, threading.Event], Answer],
    *,
    n_parallel: int,
    close: Callable[[], None],
) -> Iterator[tuple[int, Answer]]:
    """Yield (place, answer) as they come, `n_parallel` calls under way at any time.

    The threads are daemons: whoever interrupts does not wait for a server that is thinking. The
    last of them closes what they share, as nobody else knows when it is no longer in use.
    """
    stop = threading.Event()
    todo: SimpleQueue[int] = SimpleQueue()
    done: SimpleQueue[tuple[int, Answer] | Exception | None] = SimpleQueue()
    for place in range(n_calls):
        todo.put(place)
    running = threading.Barrier(max(1, min(n_parallel, n_calls)), action=close)

    def work() -> None:
        """Ask until nothing is left or somebody said stop; None says that a thread ends."""
        try:
            while not stop.is_set():
                place = todo.get_nowait()
                done.put((place, ask(place, stop)))
        except Empty:
            pass
        except Exception as fault:
            stop.set()
            done.put(fault)
        running.wait()
        done.put(None)

    n_running = running.parties
    first_fault: Exception | None = None
    try:
        for _ in range(n_running):
            threading.Thread(target=work, daemon=True).start()
        while n_running:
            outcome = done.get()
            if outcome is None:
                n_running -= 1
            elif isinstance(outcome, Exception):
                first_fault = first_fault or outcome
            else:
                yield outcome
        if first_fault is not None:
            raise first_fault
    finally:
        stop.set()
