"""What a run reads back of itself is what it wrote: everything else is named, or made again."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from reader import STUDY, reader, surveyed_folder
from typer.testing import CliRunner

from causalvalues import ValueGraph
from causalvalues.cli import app
from causalvalues.errors import FileError
from causalvalues.study.as_made import manifest_of
from causalvalues.study.pages import write_pages
from causalvalues.study.record import Record
from causalvalues.study.run import run
from causalvalues.study.steering import (
    Proposing,
    find_candidates,
    make_plan,
    measure_candidates,
    verify_plan,
)
from causalvalues.study.viewing import write_viewer

pytestmark = [
    pytest.mark.fault,
    pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning"),
]

FEW = Proposing(values=("achievement", "power"))
TARGETS = {"achievement": 0.3}
NOBODY = 65534
WAYS: dict[str, Callable[[Path], object]] = {
    "run": lambda folder: run(STUDY, folder, respondent=reader()),
    "candidates": lambda folder: find_candidates(folder, how=FEW),
    "effects": lambda folder: measure_candidates(folder, n_roles=4, n_items=1, respondent=reader()),
    "plan": lambda folder: make_plan(folder, TARGETS, n_draws=40),
    "evaluate": lambda folder: verify_plan(folder, n_roles=4, respondent=reader()),
    "view": write_viewer,
    "report": write_pages,
}
NEEDS = {  # what each must refuse, or make again
    "run": ("profiles.json", "verdict.csv", "prediction.safetensors"),
    "candidates": ("study.yaml", "graph.json", "scores.parquet", "manifest.json", "stages.json"),
    "effects": ("graph.json", "candidates.json", "manifest.json", "stages.json"),
    "plan": ("graph.json", "candidates.json", "profiles.json", "scores.parquet"),
    "evaluate": ("plan.json", "intervention.json", "prediction.safetensors", "candidates.json"),
    "view": ("graph.json", "planted.json", "reliability.csv", "plan.json", "verdict.json"),
    "report": ("graph.json", "effects.csv", "comparison.json", "verdict.csv", "manifest.json"),
}


@pytest.fixture(scope="module")
def steered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that went through every stage; nobody changes it."""
    folder = surveyed_folder(tmp_path_factory.mktemp("runs") / "steered")
    for name in ("candidates", "effects", "plan", "evaluate", "report"):
        WAYS[name](folder)
    return folder


@pytest.fixture
def own(steered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(steered, tmp_path / "run"))


def change_a_digit(path: Path) -> None:
    """Change one figure near the middle of a file, which stays what it is otherwise."""
    whole = bytearray(path.read_bytes())
    figures = [place for place, byte in enumerate(whole) if byte in b"23456789"]
    place = figures[len(figures) // 2]
    whole[place] = ord("1")
    path.write_bytes(bytes(whole))


@pytest.mark.parametrize(("way", "name"), [(w, n) for w, names in NEEDS.items() for n in names])
def test_a_changed_figure_is_named_by_whoever_reads_it(own: Path, way: str, name: str) -> None:
    for page in ("viewer.html", "report.html"):
        (own / page).unlink()
    change_a_digit(own / name)
    with pytest.raises(FileError, match=rf"{name}.*What to do: .*causalvalues"):
        WAYS[way](own)


def test_what_makes_a_file_again_is_what_the_error_says(own: Path) -> None:
    whole = {name: (own / name).read_bytes() for name in ("graph.json", "profiles.json")}
    for name in whole:
        change_a_digit(own / name)
    with pytest.raises(FileError, match=r"graph\.json.*causalvalues run study\.yaml --out"):
        make_plan(own, TARGETS, n_draws=40)
    with pytest.raises(FileError, match=r"profiles\.json.*causalvalues effects"):
        WAYS["run"](own)
    WAYS["effects"](own)
    WAYS["run"](own)
    assert {name: (own / name).read_bytes() for name in whole} == whole


def test_a_study_that_was_changed_on_purpose_is_taken_over_by_the_command_that_is_named(
    own: Path,
) -> None:
    path = own / "study.yaml"
    path.write_text(path.read_text("utf-8").replace("penalty: 1.0", "penalty: 4.0"), "utf-8")
    with pytest.raises(FileError, match=r"study\.yaml.*if this was changed on purpose"):
        write_viewer(own)
    changed = STUDY.model_copy(
        update={"discovery": STUDY.discovery.model_copy(update={"penalty": 4.0})}
    )
    assert run(changed, own, respondent=reader()).n_asked == 0
    write_viewer(own)


def test_a_record_that_is_damaged_or_gone_is_named_where_files_would_be_forgotten(
    own: Path,
) -> None:
    change_a_digit(own / "stages.json")
    with pytest.raises(FileError, match=r"stages\.json.*remove it"):
        WAYS["run"](own)
    (own / "stages.json").unlink()
    with pytest.raises(FileError, match=r"stages\.json.*candidates, effects, a plan"):
        WAYS["run"](own)
    for name in ("candidates", "effects", "plan", "evaluate", "run", "view"):
        WAYS[name](own)
    known = json.loads((own / "manifest.json").read_text("utf-8"))["digests"]
    assert {"profiles.json", "verdict.json", "viewer.html"} <= set(known)


def test_without_a_record_the_manifest_says_what_files_hold(own: Path) -> None:
    (own / "stages.json").unlink()
    change_a_digit(own / "graph.json")
    with pytest.raises(FileError, match=r"graph\.json.*that manifest\.json notes"):
        write_pages(own)


def test_a_run_of_before_has_no_seals_and_is_read(own: Path) -> None:
    for name in ("manifest.json", "stages.json"):
        document = json.loads((own / name).read_text("utf-8"))
        document.pop("seal", None)
        document.get("parameters", {}).pop("seal", None)
        (own / name).write_text(json.dumps(document), "utf-8")
    assert manifest_of(own) is not None
    assert not Record(own).damaged
    write_pages(own)
    WAYS["run"](own)


def test_a_graph_by_itself_needs_no_manifest(own: Path, tmp_path: Path) -> None:
    graph = Path(shutil.copy(own / "graph.json", tmp_path / "graph.json"))
    change_a_digit(own / "graph.json")
    words = ["view", str(graph), "-o", str(tmp_path / "a.html")]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert ValueGraph.from_json(graph).n_edges
    refused = CliRunner().invoke(app, [*words, "--against", str(own)])
    assert isinstance(refused.exception, FileError)


def powerless(work: Callable[[], object]) -> str:
    """What a process without the rights of root says of how its work ended; all is loaded here."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "done"
        try:
            if os.getuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            work()
        except BaseException as fault:
            said = f"{type(fault).__name__}: {fault}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.parametrize("way", WAYS)
def test_a_folder_that_may_not_be_entered_is_named(steered: Path, way: str) -> None:
    steered.chmod(0)
    try:
        said = powerless(lambda: WAYS[way](steered))
    finally:
        steered.chmod(0o755)
    assert re.match(r"FileError: The folder of a run.*Permission denied.*chmod u\+rwx", said), said
