"""Everything is asked once, through one door; being stopped, killed or damaged costs little."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from causalvalues.errors import Fault, FileError, Interrupted, OptionError
from causalvalues.survey.asking import ask, ask_under
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Request
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role
from causalvalues.survey.scripted import ScriptedRespondent

QUESTIONS = tuple(Protocol(scale="yes-no").questions(inventory("schwartz10")))[:20]
ROLES = tuple(Role(f"role-{place}", f"You are person {place}.") for place in range(7))
N_ALL = len(QUESTIONS) * len(ROLES)

KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from causalvalues.survey.asking import ask
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role
from causalvalues.survey.scripted import ScriptedRespondent

folder = Path(sys.argv[1])
questions = list(Protocol(scale="yes-no").questions(inventory("schwartz10")))
roles = [Role(f"role-{place}", f"You are person {place}.") for place in range(100)]

def weigh(request):
    os.write(log, "\\x1f".join(message.text for message in request.messages).encode() + b"\\0")
    return (0.75, 0.25)

def child(round_):
    global log
    log = os.open(folder / f"asked-{round_}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    done = os.open(folder / f"done-{round_}", os.O_WRONLY | os.O_CREAT)
    def progress(n_done, total):
        os.pwrite(done, f"{n_done:9}".encode(), 0)
    with AnswerStore.open(folder / "answers.sqlite") as store:
        ask(ScriptedRespondent(weigh), questions, roles, store, roles_at_once=4, progress=progress)
    os._exit(0)  # without what the parent would do at its end

rng = random.Random(int(sys.argv[2]))
for round_ in range(12):
    pid = os.fork()
    if pid == 0:
        child(round_)
    begun = folder / f"asked-{round_}"
    while round_ % 3 and not (begun.exists() and begun.stat().st_size):
        time.sleep(0.001)
    time.sleep(rng.uniform(0.0, 0.06))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    if (folder / "answers.sqlite").exists():
        with AnswerStore.open(folder / "answers.sqlite") as store:
            (folder / f"kept-{round_}").write_text(str(len(store)))
child(12)
"""
ONE_OF_TWO = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # also in the background
from causalvalues.survey.asking import ask
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role
from causalvalues.survey.scripted import ScriptedRespondent

def weigh(request):
    if respondent.n_asked == 10:
        print("asking", flush=True)
    if respondent.n_asked == 30:
        sys.stdin.readline()
    return (0.5, 0.5)

respondent = ScriptedRespondent(weigh)
questions = list(Protocol(scale="yes-no").questions(inventory("schwartz10")))[:20]
roles = [Role(f"role-{place}", f"You are person {place}.") for place in range(7)]
with AnswerStore.open(sys.argv[1]) as store:
    asked = ask(respondent, questions, roles, store)
print(asked.n_asked)
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AnswerStore]:
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        yield store


def by_content(request: Request) -> tuple[float, float]:
    """Probabilities that tell requests apart."""
    share = (hash(request) % 1000 + 1) / 1002
    return share, 1 - share


def test_every_question_is_asked_of_every_role_once(store: AnswerStore) -> None:
    respondent = ScriptedRespondent(by_content)
    asked = ask(respondent, QUESTIONS, ROLES, store, roles_at_once=2)
    assert (asked.n_asked, asked.n_held, asked.n_damaged) == (N_ALL, 0, 0)
    assert len(set(respondent.asked)) == respondent.n_asked == N_ALL
    again = ask(respondent, QUESTIONS, ROLES, store)
    assert (again.n_asked, again.n_held) == (0, N_ALL)
    assert respondent.n_asked == N_ALL
    assert again.keys == asked.keys


def test_an_answer_is_kept_under_the_names_it_was_asked_for(store: AnswerStore) -> None:
    asked = ask(ScriptedRespondent(by_content), QUESTIONS, ROLES, store)
    text_by_role = {role.id: role.text for role in ROLES}
    question_by_id = {question.id: question for question in QUESTIONS}
    answers = list(store.rows(asked.keys))
    assert len(answers) == N_ALL
    requests = ScriptedRespondent(by_content)
    for answer in answers:
        question = question_by_id[answer.question]
        ask(requests, [question], [Role(answer.role, text_by_role[answer.role])], store)
        assert requests.n_asked == 0
        assert sum(np.exp(answer.log_probabilities)) == pytest.approx(1.0)


def test_a_new_role_or_item_asks_only_what_is_new(store: AnswerStore) -> None:
    respondent = ScriptedRespondent()
    ask(respondent, QUESTIONS[:10], ROLES[:3], store)
    grown = ask(respondent, QUESTIONS[:11], ROLES[:4], store)
    assert (grown.n_asked, grown.n_held) == (14, 30)
    assert len(list(store.rows(grown.keys))) == 44


def test_another_model_condition_or_wording_is_asked_anew(store: AnswerStore) -> None:
    one = QUESTIONS[:1], ROLES[:1], store
    ask(ScriptedRespondent(), *one)
    assert ask(ScriptedRespondent(identity={"model": "other"}), *one).n_asked == 1
    assert ask(ScriptedRespondent(), *one, condition="sae", condition_digest="1").n_asked == 1
    assert ask(ScriptedRespondent(), *one, condition="sae", condition_digest="2").n_asked == 1
    assert ask(ScriptedRespondent(), *one, role_place="user").n_asked == 1
    assert ask(ScriptedRespondent(), *one).n_asked == 0


def test_the_role_is_a_system_message_or_heads_the_users(store: AnswerStore) -> None:
    respondent = ScriptedRespondent()
    ask(respondent, QUESTIONS[:1], ROLES[:1], store)
    ask(respondent, QUESTIONS[:1], ROLES[:1], store, role_place="user")
    ask(respondent, QUESTIONS[:1], [Role("(no role)", "")], store)
    said = [[(m.speaker, m.text) for m in request.messages] for request in respondent.asked]
    text, role = QUESTIONS[0].text, ROLES[0].text
    assert said == [
        [("system", role), ("user", text)],
        [("user", f"{role}\n\n{text}")],
        [("user", text)],
    ]


def test_written_answers_come_through_the_same_door(store: AnswerStore) -> None:
    protocol = Protocol.preset("kang2025")
    written = list(protocol.questions(inventory("schwartz10")))[:5]
    respondent = ScriptedRespondent(write=lambda request: "Thought: \udc80\nAnswer: no")
    asked = ask(respondent, [*QUESTIONS[:5], *written], ROLES, store, role_place="user")
    assert asked.n_asked == 70
    answers = list(store.rows(asked.keys))
    assert Counter(answer.text for answer in answers) == {None: 35, "Thought: ?\nAnswer: no": 35}
    assert all(not answer.log_probabilities for answer in answers if answer.text)
    assert all(not request.options for request in respondent.asked if "Thought" in str(request))


def test_what_is_reported_as_done_is_in_the_store(store: AnswerStore) -> None:
    reported = []

    def progress(done: int, total: int) -> None:
        assert len(store) == done
        reported.append((done, total))

    questions = tuple(Protocol().questions(inventory("schwartz10")))
    n_all = len(questions) * len(ROLES)
    ask(ScriptedRespondent(), questions, ROLES, store, progress=progress)
    assert reported[0] == (0, n_all)
    assert reported[-1] == (n_all, n_all)
    assert len(reported) >= n_all // 256
    ask(ScriptedRespondent(), questions, ROLES, store, progress=progress)
    assert reported[-1] == (n_all, n_all)


@pytest.mark.fault
def test_ctrl_c_keeps_what_was_answered_and_says_how_to_go_on(store: AnswerStore) -> None:
    respondent = ScriptedRespondent(by_content, stop_after=57)
    with pytest.raises(Interrupted, match=f"after 57 of {N_ALL}.*same command again") as stopped:
        ask(respondent, QUESTIONS, ROLES, store)
    assert stopped.value.exit_code == 130
    assert len(store) == 57
    rest = ScriptedRespondent(by_content)
    assert ask(rest, QUESTIONS, ROLES, store).n_held == 57
    assert set(rest.asked).isdisjoint(respondent.asked)
    assert len(set(rest.asked) | set(respondent.asked)) == N_ALL


@pytest.mark.fault
def test_a_model_that_fails_keeps_what_was_answered(store: AnswerStore) -> None:
    failing = ScriptedRespondent(stop_after=41, stop_with=MemoryError("no room"))
    with pytest.raises(MemoryError, match="no room"):
        ask(failing, QUESTIONS, ROLES, store)
    assert len(store) == 41


class Careless(ScriptedRespondent):
    """A respondent that spoils the list of its answers."""

    def __init__(self, spoil: str) -> None:
        super().__init__()
        self.spoil = spoil

    def log_probabilities(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        whole = list(super().log_probabilities(requests))
        yield from {
            "skips": whole[:-1],
            "repeats": [*whole, whole[0]],
            "misplaces": [(len(whole), whole[0][1])],
            "before the first": [(-1, whole[0][1])],
            "misshapes": [(place, given[:1]) for place, given in whole],
        }[self.spoil]


@pytest.mark.fault
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("skips", "none for 1 of 140"),
        ("repeats", "once"),
        ("misplaces", "place 140 of 140"),
        ("before the first", "place -1"),
        ("misshapes", "one log-probability for each option"),
    ],
)
def test_a_careless_respondent_is_a_fault(store: AnswerStore, spoil: str, said: str) -> None:
    with pytest.raises(Fault, match=said):
        ask(Careless(spoil), QUESTIONS, ROLES, store)


def test_conditions_at_once_are_conditions_one_by_one(tmp_path: Path) -> None:
    edits = {"": None, "swap": lambda request, given: given[::-1]}
    digests = {"swap": "d1"}
    with AnswerStore.open(tmp_path / "swept.sqlite") as swept:
        ask_under(
            ScriptedRespondent(by_content), QUESTIONS, ROLES, swept, edits=edits, digests=digests
        )
        together = {answer.key: answer for answer in swept.rows()}
    with AnswerStore.open(tmp_path / "single.sqlite") as single:
        ask(ScriptedRespondent(by_content), QUESTIONS, ROLES, single)
        swapped = ScriptedRespondent(lambda request: by_content(request)[::-1])
        ask(swapped, QUESTIONS, ROLES, single, condition="swap", condition_digest="d1")
        assert {answer.key: answer for answer in single.rows()} == together
    assert len(together) == 2 * N_ALL


def test_a_sweep_asks_only_the_conditions_that_are_missing(store: AnswerStore) -> None:
    edits = {"": None, "a": lambda request, given: given, "b": lambda request, given: given}
    digests = {"a": "1", "b": "1"}
    ask(ScriptedRespondent(), QUESTIONS, ROLES[:2], store)
    ask(ScriptedRespondent(), QUESTIONS[:5], ROLES, store, condition="a", condition_digest="1")
    respondent = ScriptedRespondent()
    asked = ask_under(respondent, QUESTIONS, ROLES, store, edits=edits, digests=digests)
    assert asked.n_held == 2 * 20 + 5 * 7
    assert respondent.n_asked == asked.n_asked == 3 * N_ALL - asked.n_held
    changed = {"a": "2", "b": "1"}
    again = ask_under(respondent, QUESTIONS, ROLES, store, edits=edits, digests=changed)
    assert again.n_asked == N_ALL


@pytest.mark.fault
def test_twenty_flipped_bytes_are_asked_again_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    with AnswerStore.open(path) as store:
        asked = ask(ScriptedRespondent(by_content), QUESTIONS, ROLES, store)
        whole = {answer.key: answer for answer in store.rows()}
    content = bytearray(path.read_bytes())
    for key in asked.keys[::7]:
        content[content.find(key) + 31] ^= 64
    path.write_bytes(content)
    with AnswerStore.open(path) as store:
        respondent = ScriptedRespondent(by_content)
        repaired = ask(respondent, QUESTIONS, ROLES, store)
        assert (repaired.n_asked, repaired.n_damaged, respondent.n_asked) == (20, 20, 20)
        assert {answer.key: answer for answer in store.rows()} == whole


@pytest.mark.fault
def test_what_cannot_be_asked_is_an_error(store: AnswerStore) -> None:
    written = list(Protocol.preset("kang2025").questions(inventory("schwartz10")))[:1]
    one = QUESTIONS[:1], ROLES[:1], store
    with pytest.raises(OptionError, match=r"more, each with its own id.*none"):
        ask(ScriptedRespondent(), [], ROLES, store)
    with pytest.raises(OptionError, match="twice"):
        ask(ScriptedRespondent(), QUESTIONS, ROLES[:1] * 2, store)
    with pytest.raises(OptionError, match="digest"):
        ask(ScriptedRespondent(), *one, condition="sae")
    with pytest.raises(OptionError, match="names its model"):
        ask(ScriptedRespondent(identity={}), *one)
    with pytest.raises(OptionError, match="roles_at_once"):
        ask(ScriptedRespondent(), *one, roles_at_once=0)
    with pytest.raises(OptionError, match="role_place"):
        ask(ScriptedRespondent(), *one, role_place="head")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="weighed"):
        ask_under(ScriptedRespondent(), written, ROLES, store, edits={"": None}, digests={})
    assert len(store) == 0


@pytest.mark.fault
def test_a_killed_run_loses_nothing_acknowledged_and_asks_none_of_it_twice(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), "7"], check=True, timeout=60)
    n_all, n_kept, n_killed_midway = 100 * 160, 0, 0
    asked_in = [read_log(tmp_path / f"asked-{each}") for each in range(13)]
    for each in range(12):
        done = tmp_path / f"done-{each}"
        acknowledged = int(done.read_text() or 0) if done.exists() else 0
        kept_file = tmp_path / f"kept-{each}"
        kept = int(kept_file.read_text()) if kept_file.exists() else 0
        assert n_kept + acknowledged <= kept <= n_kept + len(asked_in[each])
        n_killed_midway += 0 < len(asked_in[each]) < n_all - n_kept
        n_kept = kept
    assert n_killed_midway >= 3
    assert len(asked_in[12]) == n_all - n_kept
    times = Counter(each for log in asked_in for each in log)
    assert len(times) == n_all
    n_repeats = sum(times.values()) - n_all
    n_unwritten = sum(map(len, asked_in[:12])) - n_kept
    assert n_repeats == n_unwritten  # only what was answered but not yet on the disk
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        assert len(list(store.rows())) == len(store) == n_all


def read_log(path: Path) -> list[bytes]:
    """The requests that a respondent wrote down."""
    return path.read_bytes().split(b"\0")[:-1] if path.exists() else []


@pytest.mark.fault
def test_of_two_processes_on_one_run_one_works_and_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", ONE_OF_TWO, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "asking\n"
        second = subprocess.run(
            [sys.executable, "-c", ONE_OF_TWO, str(path)], capture_output=True, text=True
        )
        assert f"process {first.pid}, since" in second.stderr
        assert FileError.__name__ in second.stderr
        said, _ = first.communicate("go on\n", timeout=30)
    assert said == f"{N_ALL}\n"
    with AnswerStore.open(path) as store:
        assert len(store) == N_ALL


@pytest.mark.fault
def test_ctrl_c_from_the_keyboard_ends_in_the_named_error(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", ONE_OF_TWO, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asking\n"
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert "Interrupted: Asking stopped after" in said
    with AnswerStore.open(path) as store:
        assert 0 < len(store) <= 30
