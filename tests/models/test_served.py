"""A served model answers as the server says, and every way it can fail is a sentence."""

import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fake_server import KEY, NAME, log_probabilities, text_of

from causalvalues.errors import (
    AccessRefused,
    CausalValuesError,
    CoarseAnswers,
    InputError,
    NoLogProbabilities,
    OptionError,
    RequestRefused,
    ServerAbsent,
    ServerBusy,
    UnknownModel,
    UnreadableAnswer,
)
from causalvalues.models.served import ServedModel, served_address
from causalvalues.models.served_format import Manners, weigh
from causalvalues.survey.request import Message, Request, Respondent

SERVER = Path(__file__).with_name("fake_server.py")
LETTERS = tuple("ABCDEF")


def requests(n: int, options: tuple[str, ...] = LETTERS) -> list[Request]:
    """Conversations that all differ."""
    turns = [(Message("system", "You bake."), Message("user", f"Item {i}?")) for i in range(n)]
    return [Request(each, options) for each in turns]


def sent(request: Request, *, merged: bool = False) -> list[dict[str, str]]:
    """The messages of a request as the server gets them."""
    if merged:
        return [{"role": "user", "content": "\n\n".join(each.text for each in request.messages)}]
    return [{"role": each.speaker, "content": each.text} for each in request.messages]


@dataclass(frozen=True)
class Fake:
    """A running fake server."""

    port: int
    process: subprocess.Popen[str]

    def address(self, switches: str, name: str = NAME, test: str = "one") -> str:
        return f"http://127.0.0.1:{self.port}/{switches}/{test}/v1#{name}"

    def asked(self, switches: str, test: str = "one") -> list[dict[str, object]]:
        """What was asked there, the greeting apart."""
        url = f"http://127.0.0.1:{self.port}/{switches}/{test}/asked"
        with urllib.request.urlopen(url) as answer:
            bodies = json.loads(answer.read())
        return [b for b in bodies if not b["messages"][-1]["content"].endswith("yes or no.")]


Connect = Callable[..., ServedModel]


def started(*arguments: str) -> Fake:
    """A fake server in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, str(SERVER), *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return Fake(int(process.stdout.readline()), process)


def stop(server: Fake) -> None:
    server.process.kill()
    server.process.wait()
    assert server.process.stdout is not None
    server.process.stdout.close()


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    server = started()
    yield server
    stop(server)


@pytest.fixture
def connect(fake: Fake) -> Connect:
    def connected(switches: str, **options: object) -> ServedModel:
        given = {"wait_in_seconds": 0.01, "timeout_in_seconds": 5.0, **options}
        return ServedModel.connect(fake.address(switches), **given)  # type: ignore[arg-type]

    return connected


@pytest.mark.parametrize(
    ("text", "is_address"),
    [
        ("http://127.0.0.1:8000/v1#m", True),
        (" HTTPS://host/v1", True),
        ("google/gemma-2b-it", False),
        ("./models/http", False),
        ("", False),
    ],
)
def test_an_address_is_told_from_the_name_of_a_model(text: str, is_address: bool) -> None:
    assert served_address(text) is is_address


def test_options_weigh_what_their_tokens_weigh(connect: Connect, fake: Fake) -> None:
    model: Respondent = connect("weigh")
    asked = requests(40)
    answers = dict(model.log_probabilities(asked))
    assert sorted(answers) == list(range(40))
    for place, request in enumerate(asked):
        p = {word: math.exp(each) for word, each in log_probabilities(sent(request)).items()}
        ways = {"A": ("A", " A"), "B": ("B", "▁B")}
        listed = sorted(p, key=lambda word: -p[word])[:20]
        for option, got in zip(LETTERS, answers[place], strict=True):
            mass = sum(p[way] for way in ways.get(option, (option,)) if way in listed)
            left = max(1 - sum(p[word] for word in listed), 1e-6)
            ceiling = min(p[listed[-1]], left)
            assert math.exp(got) == pytest.approx(mass or ceiling)
    assert len(fake.asked("weigh")) == 40
    assert {
        (body["temperature"], body["top_p"], body["max_tokens"], body["seed"])
        for body in fake.asked("weigh")
    } == {(1, 1, 1, 0)}


def test_the_same_requests_have_the_same_answers(connect: Connect) -> None:
    model = connect("again")
    asked = requests(12, ("yes", "no"))
    assert dict(model.log_probabilities(asked)) == dict(model.log_probabilities(asked))


def test_texts_are_greedy(connect: Connect, fake: Fake) -> None:
    asked = requests(9)
    answers = dict(connect("texts").texts(asked, max_new_tokens=3))
    assert answers == {i: text_of(sent(each), 3) for i, each in enumerate(asked)}
    assert {body["temperature"] for body in fake.asked("texts")} == {0}


def test_nothing_asked_is_nothing_answered(connect: Connect) -> None:
    model = connect("empty")
    assert list(model.log_probabilities([])) == []
    assert list(model.texts([], max_new_tokens=2)) == []


def test_a_word_counts_in_all_its_ways_and_a_letter_in_one() -> None:
    top = (("Yes", -1.0), ("▁yes", -2.0), (" no", -3.0), ("YES", -4.0), ("ye", -5.0))
    words = weigh(("yes", "no"), top)
    assert words.log_probabilities == pytest.approx((math.log(math.exp(-1) + math.exp(-2)), -3.0))
    assert not words.coarse
    letters = weigh(("A", "B"), (("a", -0.5), (" A", -1.5), ("B", -3.0)))
    assert letters.log_probabilities == pytest.approx((-1.5, -3.0))


def test_a_word_in_pieces_counts_by_its_first_piece() -> None:
    weighed = weigh(("agree mostly", "disagree mostly"), (("dis", -1.0), ("agree", -1.2)))
    assert weighed.log_probabilities == pytest.approx((-1.2, -1.0))


@pytest.mark.parametrize(
    ("top", "bound"),
    [
        ((("B", math.log(0.6)), ("x", math.log(0.1))), 0.1),  # the least likely token returned
        ((("B", math.log(0.8)), ("x", math.log(0.15))), 0.05),  # the mass that is left
        ((("B", 0.0), ("x", -30.0)), math.exp(-30)),
    ],
)
def test_an_option_beyond_the_top_has_its_upper_bound(
    top: tuple[tuple[str, float], ...], bound: float
) -> None:
    weighed = weigh(("A", "B"), top)
    assert math.exp(weighed.log_probabilities[0]) == pytest.approx(bound)
    assert weighed.coarse == (bound > 0.01)


@pytest.mark.fault
@pytest.mark.parametrize(
    "options",
    [
        ("agree mostly", "agree completely"),
        ("1", "10"),
        ("no", "not at all"),
        ("yes", "Yes"),
        ("A", "A"),
        (),
        ("A", " "),
    ],
)
def test_options_that_one_token_cannot_tell_apart_are_refused(
    connect: Connect, fake: Fake, options: tuple[str, ...]
) -> None:
    with pytest.raises(OptionError, match=r"first token|needs options"):
        list(connect("apart").log_probabilities(requests(2, options)))
    assert fake.asked("apart") == []


@pytest.mark.parametrize(
    ("switches", "shown"),
    [
        ("well", {"role": "system turn", "top_logprobs": "20"}),
        ("nosystem", {"role": "before the first user turn"}),
        ("nosystem500", {"role": "before the first user turn"}),
        ("cap5", {"top_logprobs": "5"}),
        ("cap7", {"top_logprobs": "7"}),
        ("nosystem+cap12+completion+noseed", {"top_logprobs": "12"}),
        ("mute", {"top_logprobs": "0"}),
    ],
)
def test_how_a_server_wants_to_be_asked_is_learnt_once(
    fake: Fake, switches: str, shown: dict[str, str]
) -> None:
    model = ServedModel.connect(fake.address(switches, test="learnt"), wait_in_seconds=0.01)
    assert shown.items() <= model.identity.items()
    asked = requests(3, LETTERS)
    merged = "nosystem" in switches
    texts = dict(model.texts(asked, max_new_tokens=2))
    assert texts == {i: text_of(sent(each, merged=merged), 2) for i, each in enumerate(asked)}
    assert len(fake.asked(switches, "learnt")) == 3


@pytest.mark.parametrize(
    ("refusal", "top"),
    [
        ("400: Invalid 'top_logprobs': integer above maximum. Expected <= 5, but got 20", 5),
        ("422: top_logprobs: Input should be less than or equal to 8", 8),
        ("400: top_logprobs is too large", 10),
    ],
)
def test_the_number_of_log_probabilities_steps_down(refusal: str, top: int) -> None:
    changed = Manners().after(refusal.split(": ", 1)[1])
    assert changed is not None
    assert changed.top == top


def test_steps_end_where_a_server_gives_none() -> None:
    manners, tops = Manners(), []
    while manners.top:
        changed = manners.after("logprobs are not supported")
        assert changed is not None
        manners = changed
        tops.append(manners.top)
    assert tops == [10, 5, 0]
    assert Manners().after("out of memory") is None


def test_few_log_probabilities_give_bounds_and_say_so(connect: Connect) -> None:
    with pytest.warns(CoarseAnswers, match=r"of 20 answers .* 5 likeliest"):
        answers = dict(connect("cap5").log_probabilities(requests(20)))
    assert all(math.isfinite(each) for answer in answers.values() for each in answer)


def test_an_unlikely_draw_is_no_measure_of_what_was_not_listed(connect: Connect) -> None:
    asked = requests(8)
    with pytest.warns(CoarseAnswers):
        drawn = dict(connect("cap5+unlikely").log_probabilities(asked))
    for place, request in enumerate(asked):
        ranked = sorted(log_probabilities(sent(request)).values(), reverse=True)
        left = math.log(1 - sum(map(math.exp, ranked[:4])))
        assert min(drawn[place]) >= min(ranked[3], left) - 1e-9


def test_identity_says_what_is_served_and_nothing_that_changes(connect: Connect) -> None:
    one, two = (connect("key", api_key=KEY).identity for _ in range(2))
    assert one == two
    facts = {"model": NAME, "root": "/models/tiny", "max_model_len": "4096", "owned_by": "vllm"}
    assert facts.items() <= one.items()
    assert "created" not in one


def test_a_server_with_one_model_needs_no_name(fake: Fake) -> None:
    assert ServedModel.connect(fake.address("one", "")).name == NAME
    assert ServedModel.connect(fake.address("nolist", "any")).name == "any"


def test_a_key_is_sent_and_never_shown(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAUSALVALUES_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)  # meant for somebody else: not sent
    with pytest.raises(AccessRefused, match="CAUSALVALUES_API_KEY") as refused:
        ServedModel.connect(fake.address("key"))
    monkeypatch.setenv("CAUSALVALUES_API_KEY", KEY + "\n")
    model = ServedModel.connect(fake.address("key+long"))
    with pytest.raises(RequestRefused, match="maximum context length") as long:
        list(model.texts(requests(1), max_new_tokens=1))
    for shown in (refused.value, long.value, repr(model), dict(model.identity)):
        assert KEY not in str(shown)
    with pytest.raises(OptionError) as odd:
        ServedModel.connect(fake.address("well"), api_key="sk-ключ")
    assert "ключ" not in str(odd.value)


def test_a_login_in_the_address_is_not_shown(fake: Fake) -> None:
    address = fake.address("well").replace("127", f"ada:{KEY}@127", 1)
    model = ServedModel.connect(address)
    assert "ada" not in repr(model) + str(dict(model.identity))
    assert KEY not in repr(model) + str(dict(model.identity))


@pytest.mark.fault
@pytest.mark.parametrize("switches", ["busy0", "busy0.05", "crash", "drop", "half", "cut"])
def test_what_fails_once_is_asked_again_and_nothing_else_is(
    connect: Connect, fake: Fake, switches: str
) -> None:
    asked = requests(10)
    answers = dict(connect(switches).texts(asked, max_new_tokens=2))
    assert answers == {i: text_of(sent(each), 2) for i, each in enumerate(asked)}
    said = [json.dumps(body["messages"]) for body in fake.asked(switches)]
    assert {said.count(each) for each in said} == {2}


@pytest.mark.fault
def test_a_server_that_asks_to_wait_is_waited_for(connect: Connect) -> None:
    model = connect("busy0.4")
    before = time.monotonic()
    assert len(list(model.texts(requests(1), max_new_tokens=1))) == 1
    assert time.monotonic() - before >= 0.4


@pytest.mark.fault
@pytest.mark.parametrize(
    ("switches", "error", "says"),
    [
        ("page", UnreadableAnswer, "a web page"),
        ("overloaded", ServerBusy, "Overloaded"),
        ("closed3600", ServerBusy, "wait 3600 s"),
        ("closed", ServerBusy, "wait 86"),
        ("nonsense", UnreadableAnswer, "{{{"),
        ("gone", UnknownModel, "does not exist"),
        ("long", RequestRefused, "maximum context length"),
        ("odd", UnreadableAnswer, "choices.0.message"),
        ("mute", NoLogProbabilities, "transformers serve"),
        ("loading", ServerBusy, "Loading model"),
        ("logits", NoLogProbabilities, "raw_logprobs"),
    ],
)
def test_every_failure_is_a_sentence(
    fake: Fake, switches: str, error: type[CausalValuesError], says: str
) -> None:
    def survey() -> list[tuple[int, tuple[float, ...]]]:
        address = fake.address(switches)
        model = ServedModel.connect(address, wait_in_seconds=0.005, n_retries=2)
        return list(model.log_probabilities(requests(3)))

    with pytest.raises(error) as raised:
        survey()
    assert isinstance(raised.value, InputError)
    assert says in str(raised.value)
    assert "What to do:" in str(raised.value)


@pytest.mark.fault
def test_a_server_that_repeats_what_it_was_asked_is_quoted_without_that(connect: Connect) -> None:
    words = "You are a shy baker,\nso “quiet” that nobody's ever heard you; do you like it?"
    asked = Request((Message("system", words), Message("user", f"Item? {words}")), LETTERS)
    with pytest.raises(RequestRefused, match=r"400: cannot answer \[.*role.*…") as raised:
        list(connect("echo").texts([asked], max_new_tokens=1))
    said = str(raised.value)
    assert not any(word in said for word in ("baker", "quiet", "heard", "like"))


@pytest.mark.fault
def test_a_slow_server_is_a_sentence(connect: Connect) -> None:
    model = connect("slow2", timeout_in_seconds=0.1, n_retries=0)
    with pytest.raises(ServerBusy, match=r"answer in 0\.1 s"):
        list(model.texts(requests(2), max_new_tokens=1))


@pytest.mark.fault
def test_nothing_listening_is_said_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    before = time.monotonic()
    with pytest.raises(ServerAbsent, match="must listen at"):
        ServedModel.connect(f"http://127.0.0.1:{port}/v1#m")
    assert time.monotonic() - before < 2


@pytest.mark.fault
@pytest.mark.parametrize(("switches", "name"), [("well", "wrong/name"), ("two", "")])
def test_another_model_lists_what_there_is(fake: Fake, switches: str, name: str) -> None:
    with pytest.raises(UnknownModel, match=NAME):
        ServedModel.connect(fake.address(switches, name))


@pytest.mark.fault
@pytest.mark.parametrize(
    "address", ["http://", "http://h:port/v1#m", "ftp://h/v1#m", "http://h/v1?key=s3cret#m", "h#m"]
)
def test_an_address_that_is_none_is_an_error(address: str) -> None:
    with pytest.raises(OptionError, match="http://host:port/v1#model-name") as raised:
        ServedModel.connect(address)
    assert "s3cret" not in str(raised.value)


@pytest.mark.fault
@pytest.mark.parametrize(
    "options",
    [{"n_parallel": 0}, {"timeout_in_seconds": 0}, {"n_retries": -1}, {"wait_in_seconds": -1}],
)
def test_options_out_of_range_are_an_error(connect: Connect, options: dict[str, int]) -> None:
    with pytest.raises(OptionError, match="n_parallel"):
        connect("well", **options)
    with pytest.raises(OptionError, match="max_new_tokens"):
        list(connect("well").texts(requests(1), max_new_tokens=0))


@pytest.mark.fault
def test_what_was_answered_before_a_server_died_is_kept() -> None:
    server = started("21")  # one greeting, twenty answers
    model = ServedModel.connect(
        server.address("well"), n_parallel=4, n_retries=2, wait_in_seconds=0.01
    )
    asked, answers = requests(60), {}
    with pytest.raises(ServerAbsent):
        answers.update(model.texts(asked, max_new_tokens=2))  # as they come
    stop(server)
    assert 20 - 4 < len(answers) <= 20
    assert answers == {place: text_of(sent(asked[place]), 2) for place in answers}


def test_who_stops_listening_stops_the_asking(connect: Connect, fake: Fake) -> None:
    answers = connect("left", n_parallel=2).texts(requests(400), max_new_tokens=1)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert len(fake.asked("left")) < 400


@pytest.mark.fault
def test_an_interrupt_does_not_wait_for_the_server(fake: Fake) -> None:
    script = (
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # also in the background\n"
        "from causalvalues.models.served import ServedModel\n"
        "from causalvalues.survey.request import Message, Request\n"
        f"model = ServedModel.connect({fake.address('slow30', test='interrupt')!r})\n"
        "asked = [Request((Message('user', str(i)),)) for i in range(20)]\n"
        "print('asking', flush=True)\n"
        "list(model.texts(asked, max_new_tokens=1))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asking\n"
        while len(fake.asked("slow30", "interrupt")) < 8:
            time.sleep(0.02)
        before = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=25)
    assert time.monotonic() - before < 15  # the server takes 30
    assert "KeyboardInterrupt" in said
