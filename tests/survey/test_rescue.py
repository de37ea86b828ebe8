"""Of a file whose structure is damaged, what is whole is saved, and only the rest asked again."""

from pathlib import Path

import numpy as np
import pytest

from causalvalues.errors import FileError
from causalvalues.survey.answer_row import Answer
from causalvalues.survey.rescue import rescue
from causalvalues.survey.responses import AnswerStore

ANSWERS = [
    Answer(place.to_bytes(32, "big"), "m", "", f"role-{place}", "q" * 60, (-0.5, -1.0))
    for place in range(1, 3001)
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "answers.sqlite"
    with AnswerStore.open(path) as store:
        store.put(ANSWERS)
    return path


def saved_from(path: Path) -> list[Answer]:
    """What is saved; the damaged file itself cannot be read."""
    before = path.read_bytes()
    with pytest.raises(FileError, match="rescue"), AnswerStore.open(path) as store:
        len(store)
    n_saved = rescue(path, path.with_name("saved.sqlite"))
    assert path.read_bytes() == before
    with AnswerStore.open(path.with_name("saved.sqlite")) as store:
        found = list(store.rows())
    assert len(found) == n_saved
    return found


@pytest.mark.fault
def test_pages_that_are_destroyed_cost_only_their_own_rows(path: Path) -> None:
    content = bytearray(path.read_bytes())
    n_pages = len(content) // 4096
    for page in np.random.default_rng(2).choice(np.arange(3, n_pages), 5, replace=False):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)
    found = saved_from(path)
    assert set(found) <= set(ANSWERS)
    assert len(found) > 3000 - 5 * (3000 / n_pages + 70)


@pytest.mark.fault
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_of_a_file_that_was_cut_off_the_beginning_is_saved(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    found = saved_from(path)
    assert set(found) <= set(ANSWERS)
    assert len(found) > 3000 * share - 200


@pytest.mark.fault
def test_what_holds_nothing_is_a_sentence(path: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="one that exists"):
        rescue(path, path)
    with pytest.raises(FileError, match="no such file"):
        rescue(tmp_path / "absent", tmp_path / "new")
    path.write_bytes(b"garbage" * 1000)
    with pytest.raises(FileError, match="not one whole answer"):
        rescue(path, tmp_path / "new")
    assert not (tmp_path / "new").exists()
