"""Being killed, stopped, or started twice costs a run nothing that it had."""

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml
from planted import planted

from causalvalues.errors import FileError, Interrupted
from causalvalues.study.plan import Study
from causalvalues.study.run import run
from causalvalues.study.stages import silent
from causalvalues.survey.responses import AnswerStore

pytestmark = [
    pytest.mark.fault,
    pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning"),
]

PROGRAM = Path(__file__).with_name("planted.py")
DOCUMENT = {
    "name": "resumed",
    "model": {"name": "planted"},
    "roles": {"n_roles": 60},
    "protocol": {"orders": ["given"]},
    "settled": {"n_roles": 20, "values": ["power"]},
    "discovery": {"n_resamples": 0, "n_permutations": 0},
}
N_ANSWERS = (60 + 20) * 80


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A study.yaml."""
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    return path


def started(path: Path, folder: Path, log: Path) -> subprocess.Popen[str]:
    """A process that runs a study and notes what it asks; it waits for a line when so far."""
    words = [sys.executable, "-W", "ignore", str(PROGRAM), str(path), str(folder), str(log)]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True)


def asked_in(log: Path) -> list[bytes]:
    return log.read_bytes().split(b"\0")[:-1] if log.exists() else []


def held_in(folder: Path) -> int:
    """How many answers a store holds, read as a process that writes does."""
    with AnswerStore.open(folder / "answers.sqlite") as store:
        return len(store)


def test_a_run_that_was_killed_goes_on_and_asks_nothing_acknowledged_again(
    path: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    log = tmp_path / "log"
    with started(path, folder, log) as process:
        while len(asked_in(log)) < 2000 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    held = held_in(folder)
    assert 0 < held < N_ANSWERS
    study = Study.from_yaml(path)
    respondent = planted(study)
    outcome = run(study, folder, respondent=respondent)
    assert respondent.n_asked == outcome.n_asked == N_ANSWERS - held
    texts = [
        "\x1f".join(message.text for message in request.messages).encode()
        for request in respondent.asked
    ]
    every = Counter([*asked_in(log), *texts])
    assert len(every) == N_ANSWERS
    assert len(asked_in(log)) >= held
    assert sum(every.values()) - N_ANSWERS == len(asked_in(log)) - held  # asked, not yet kept


def test_ctrl_c_while_asking_says_how_to_go_on(path: Path, tmp_path: Path) -> None:
    study, folder = Study.from_yaml(path), tmp_path / "run"
    stopped = planted(study)
    stopped.stop_after = 777
    with pytest.raises(Interrupted, match=r"after 777 of 4800 answers.*same command again"):
        run(study, folder, respondent=stopped)
    rest = planted(study)
    assert run(study, folder, respondent=rest).n_asked == N_ANSWERS - 777
    assert set(rest.asked).isdisjoint(stopped.asked)


def test_ctrl_c_in_a_later_stage_says_how_to_go_on(path: Path, tmp_path: Path) -> None:
    study, folder = Study.from_yaml(path), tmp_path / "run"

    def stopping(label: str):  # type: ignore[no-untyped-def]
        if label == "Estimating effects":
            raise KeyboardInterrupt
        return silent(label)

    with pytest.raises(Interrupted, match=r"kept in .*run.*same command again") as found:
        run(study, folder, bar=stopping, respondent=planted(study))
    assert found.value.exit_code == 130
    rest = planted(study)
    run(study, folder, respondent=rest)
    assert rest.n_asked == 0


def test_two_processes_do_not_work_in_one_folder(path: Path, tmp_path: Path) -> None:
    study, folder = Study.from_yaml(path), tmp_path / "run"
    with AnswerStore.open(folder / "answers.sqlite"):
        with started(path, folder, tmp_path / "log") as process:
            assert process.stderr is not None
            said = process.stderr.read()
        assert process.returncode != 0
        with pytest.raises(FileError, match=r"One process at a time.*process \d+, since"):
            run(study, folder, respondent=planted(study))
    assert "One process at a time" in said
    assert asked_in(tmp_path / "log") == []
    assert not (folder / "study.yaml").exists()


def test_what_a_killed_process_left_half_written_is_removed_and_nothing_else(
    path: Path, tmp_path: Path
) -> None:
    study, folder = Study.from_yaml(path), tmp_path / "run"
    (folder / "figures").mkdir(parents=True)
    halves = [folder / ".graph.json.ab3d_f9h", folder / "figures" / ".graph.svg.abcdefgh"]
    others = [folder / ".notes.txt.abcdefgh", folder / ".graph.json", folder / "a.json.abcdefgh"]
    for each in (*halves, *others):
        each.write_text("half", encoding="utf-8")
    run(study, folder, respondent=planted(study))
    assert not any(each.exists() for each in halves)
    assert all(each.exists() for each in others)


def test_a_folder_where_the_manifest_should_be_is_named(path: Path, tmp_path: Path) -> None:
    study, folder = Study.from_yaml(path), tmp_path / "run"
    (folder / "manifest.json").mkdir(parents=True)
    with pytest.raises(FileError, match=r"manifest\.json.*remove what is there"):
        run(study, folder, respondent=planted(study))
