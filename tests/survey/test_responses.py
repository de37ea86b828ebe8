"""What the store acknowledged is found again, or known to be damaged; the rest is sentences."""

import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from causalvalues.errors import FileError
from causalvalues.survey.answer_row import Answer, answer_of, cells_of, digest_of, key_of
from causalvalues.survey.request import Message, Request
from causalvalues.survey.responses import AnswerStore

ASKED = Request((Message("user", "Should I rest?"),), ("A", "B"))
REQUEST = digest_of(ASKED)
IDENTITY = {"model": "small", "revision": "1"}
FULL_DISK = """
import resource, signal, sys
from causalvalues.errors import FileError
from causalvalues.survey.answer_row import Answer
from causalvalues.survey.responses import AnswerStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
with AnswerStore.open(sys.argv[1]) as store:
    for start in range(0, 100_000, 100):
        keys = [place.to_bytes(32, "big") for place in range(start, start + 100)]
        try:
            store.put([Answer(key, "m", "", "r", "q", (0.0,), "x" * 100) for key in keys])
        except FileError as error:
            print(start, error)
            break
"""
READ_ONLY = """
import os, sys
from pathlib import Path
from causalvalues.errors import FileError
from causalvalues.survey.answer_row import Answer
from causalvalues.survey.responses import AnswerStore
path = Path(sys.argv[1])
with AnswerStore.open(path) as store:
    store.put([Answer(b"k", "m", "", "r", "q", (0.0,))])
path.chmod(0o444)
path.with_name(path.name + ".lock").chmod(0o444)
path.parent.chmod(0o555)
if os.geteuid() == 0:
    os.seteuid(65534)  # to whom the mode of a folder means something
with AnswerStore.open(path, to_read=True) as store:
    print(len(list(store.rows())))
try:
    AnswerStore.open(path)
except FileError as error:
    print(error)
"""
HOLDER = """
import sys
from causalvalues.survey.responses import AnswerStore
with AnswerStore.open(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


def an_answer(place: int, **changed: object) -> Answer:
    """An answer that differs from the others in every cell."""
    answer = Answer(
        key=key_of(IDENTITY, REQUEST, role=f"role-{place}", question="q"),
        model="small",
        condition="",
        role=f"role-{place}",
        question="q",
        log_probabilities=(-0.5, -place / 7),
        text=None if place % 2 else f"Thought {place} é\x00",
    )
    return replace(answer, **changed)  # type: ignore[arg-type]


ANSWERS = [an_answer(place) for place in range(300)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with three hundred answers."""
    path = tmp_path / "run" / "answers.sqlite"
    with AnswerStore.open(path) as store:
        assert store.put(ANSWERS) == 300
    return path


def test_what_was_put_is_found_again_bit_by_bit(path: Path) -> None:
    with AnswerStore.open(path) as store:
        assert list(store.rows()) == ANSWERS
        assert len(store) == 300
        some = [answer.key for answer in ANSWERS[7:9]]
        assert list(store.rows(some)) == ANSWERS[7:9]
        assert store.missing([b"new", *some, b"other"]) == [b"new", b"other"]
        assert store.damaged() == []


def test_numbers_that_are_not_finite_are_kept(tmp_path: Path) -> None:
    with AnswerStore.open(tmp_path / "a.sqlite") as store:
        store.put([an_answer(1, log_probabilities=(float("-inf"), float("nan"), 1e-310))])
        (found,) = store.rows()
    np.testing.assert_array_equal(found.log_probabilities, (-np.inf, np.nan, 1e-310))


def test_reading_that_is_left_half_way_says_nothing_once_the_store_is_closed(path: Path) -> None:
    store = AnswerStore.open(path)
    rows = store.rows()
    next(rows)
    store.close()
    rows.close()


def test_the_first_answer_to_a_key_stands(path: Path) -> None:
    second = replace(ANSWERS[0], log_probabilities=(0.0, 0.0))
    with AnswerStore.open(path) as store:
        assert store.put([second]) == 0
        assert store.put([an_answer(900), an_answer(900, text="again")]) == 1
        assert next(store.rows()) == ANSWERS[0]


def test_a_reader_sees_what_a_writer_has_put(path: Path) -> None:
    with AnswerStore.open(path) as writer, AnswerStore.open(path, to_read=True) as reader:
        writer.put([an_answer(500)])
        assert len(list(reader.rows())) == 301


def test_a_key_changes_with_everything_the_answer_depends_on() -> None:
    spoken = digest_of(Request((Message("system", "Should I rest?"),), ("A", "B")))
    turned = digest_of(replace(ASKED, options=("B", "A")))
    keys = {
        key_of(IDENTITY, REQUEST, role="r", question="q"),
        key_of({**IDENTITY, "revision": "2"}, REQUEST, role="r", question="q"),
        key_of(IDENTITY, spoken, role="r", question="q"),
        key_of(IDENTITY, turned, role="r", question="q"),
        key_of(IDENTITY, REQUEST, role="s", question="q"),
        key_of(IDENTITY, REQUEST, role="r", question="p"),
        key_of(IDENTITY, REQUEST, role="r", question="q", condition="c"),
        key_of(IDENTITY, REQUEST, role="r", question="q", condition="c", condition_digest="d"),
        key_of(IDENTITY, REQUEST, role="r", question="q", max_new_tokens=100),
    }
    assert len(keys) == 9
    swapped = dict(reversed(IDENTITY.items()))
    assert key_of(swapped, REQUEST, role="r", question="q") in keys


@pytest.mark.fault
def test_any_flipped_bit_of_a_row_is_seen() -> None:
    cells = [c.encode() if isinstance(c, str) else c for c in cells_of(ANSWERS[2])]
    assert answer_of(cells) == ANSWERS[2]
    for place, cell in enumerate(cells):
        assert cell is not None
        for bit in range(8 * len(cell)):
            changed = bytearray(cell)
            changed[bit // 8] ^= 1 << bit % 8
            assert answer_of([*cells[:place], bytes(changed), *cells[place + 1 :]]) is None
        for odd in (None, 3, 0.5, "text"):
            assert answer_of([*cells[:place], odd, *cells[place + 1 :]]) is None


def flip_in_rows(path: Path, n_flips: int, seed: int) -> set[Answer]:
    """Flip bytes of as many rows in the file; return the answers that they held."""
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    hit = set()
    for answer in rng.choice(np.array(ANSWERS, dtype=object), n_flips, replace=False):
        payload = b"".join(c.encode() if isinstance(c, str) else c or b"" for c in cells_of(answer))
        start = content.find(payload)
        assert start > 0
        content[start + int(rng.integers(len(payload)))] ^= int(rng.integers(1, 256))
        hit.add(answer)
    path.write_bytes(content)
    return hit


@pytest.mark.fault
@pytest.mark.parametrize("seed", range(5))
def test_twenty_flipped_bytes_are_found_and_only_those_rows_are_missing(
    path: Path, seed: int
) -> None:
    hit = flip_in_rows(path, 20, seed)
    with AnswerStore.open(path) as store:
        assert len(store.damaged()) == 20
        assert set(store.missing([a.key for a in ANSWERS])) == {a.key for a in hit}
        with pytest.raises(FileError, match="only those rows are asked"):
            list(store.rows())
        assert store.drop_damaged() == 20
        assert store.put(ANSWERS) == 20
        assert store.damaged() == []
    with AnswerStore.open(path) as store:
        assert {a.key: a for a in store.rows()} == {a.key: a for a in ANSWERS}
        assert store.drop_damaged() == 0


@pytest.mark.fault
def test_a_flipped_byte_anywhere_is_seen_or_ends_in_a_sentence(path: Path) -> None:
    whole = path.read_bytes()
    wanted = {answer.key: answer for answer in ANSWERS}
    rng = np.random.default_rng(5)
    places = [*range(100), *rng.integers(0, len(whole), 150)]
    for place in places:
        content = bytearray(whole)
        content[place] ^= int(rng.integers(1, 256))
        path.write_bytes(content)
        try:
            with AnswerStore.open(path) as store:
                store.drop_damaged()
                store.put(ANSWERS)
                found = {answer.key: answer for answer in store.rows()}
        except FileError as error:
            found = wanted if error.remedy else {}
        assert found == wanted


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 100)


def unreadable(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"CREATE TABLE answers (", b"CREATE TABLX \xf5nswers ("))


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (name TEXT)")
    other.close()


def newer(path: Path) -> None:
    with sqlite3.connect(path) as store:
        store.execute("PRAGMA user_version = 99")
    store.close()


@pytest.mark.fault
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (truncated, "put back a copy, or save"),
        (garbage, "not a database"),
        (unreadable, "put back a copy, or save"),
        (foreign, "another application"),
        (newer, "update causalvalues"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
@pytest.mark.parametrize("to_read", [False, True])
def test_a_file_that_is_no_store_is_a_sentence(
    path: Path, spoil: Callable[[Path], None], said: str, to_read: bool
) -> None:
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(FileError, match=said), AnswerStore.open(path, to_read=to_read) as store:
        list(store.rows())
    assert path.read_bytes() == before


@pytest.mark.fault
def test_a_place_that_cannot_be_written_to_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in ("/proc/answers.sqlite", tmp_path / "file" / "answers.sqlite", tmp_path):
        with pytest.raises(FileError, match="Answers were to be kept at"):
            AnswerStore.open(place)
    for place in (tmp_path / "absent.sqlite", tmp_path / "file"):
        with pytest.raises(FileError, match="Answers were expected at"):
            AnswerStore.open(place, to_read=True)


@pytest.mark.fault
def test_a_folder_that_is_read_only_can_be_read_and_not_written() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "run" / "answers.sqlite"
        said = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(path)], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        path.parent.chmod(0o755)
    assert said[0] == "1"
    assert "can be written to" in said[1]


@pytest.mark.fault
def test_a_full_disk_is_a_sentence_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    said = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True
    ).stdout
    n_kept = int(said.split()[0])
    assert n_kept > 0
    assert "nothing that was kept is lost" in said or "check the disk" in said
    with AnswerStore.open(path) as store:
        assert [int.from_bytes(answer.key) for answer in store.rows()] == list(range(n_kept))


@pytest.mark.fault
def test_a_second_process_is_told_who_holds_the_run_until_that_one_dies(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FileError, match=f"process {holder.pid}, since 2"):
            AnswerStore.open(path)
        with AnswerStore.open(path, to_read=True) as reader:
            assert len(list(reader.rows())) == 300
        holder.kill()
    with AnswerStore.open(path) as store:
        assert len(store) == 300
        with pytest.raises(FileError, match="One process at a time"):
            AnswerStore.open(path)


def test_a_few_of_many_answers_are_those_that_were_put(tmp_path: Path) -> None:
    many = [an_answer(place) for place in range(60)]
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        store.put(many[:30])
        store.put(many[20:])  # ten are held already
        few = {many[place].key for place in (3, 25, 40, 59)}
        assert [each.role for each in store.rows(few)] == [
            "role-3",
            "role-25",
            "role-40",
            "role-59",
        ]
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        store.missing([])  # the file is read anew
        assert {each.key for each in store.rows(few)} == few
        store.put([an_answer(99)])
        assert [each.role for each in store.rows({an_answer(99).key})] == ["role-99"]


def test_a_damaged_answer_among_a_few_is_named(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    with AnswerStore.open(path) as store:
        store.put([an_answer(place) for place in range(60)])
        with sqlite3.connect(path) as other:
            other.execute("UPDATE answers SET role = 'nobody' WHERE rowid = 7")
        with pytest.raises(FileError, match="checksum"):
            list(store.rows({an_answer(6).key}))
        assert len(list(store.rows({an_answer(8).key}))) == 1
