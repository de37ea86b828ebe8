"""Stages run when something changed; the committed figures are what their manifests say."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

from gallery import told_figures, write_gallery  # noqa: E402
from rebuilding import checked, command_of, rebuilt, why_stale  # noqa: E402
from stages import STAGES, Stage  # noqa: E402

from causalvalues.errors import Fault  # noqa: E402
from causalvalues.report.figure_manifest import Source  # noqa: E402

FIGURES = sorted(path.with_suffix("") for path in EXPERIMENTS.glob("*/results/*.png"))
RELEASED = EXPERIMENTS.parents[1] / "shared" / "data" / "kang2025"
COMPUTE = Stage("study", "run.py", "compute", "results/run.manifest.json", {"draws": 3},
                gathers="results/runs/*.csv")  # fmt: skip
DRAW = Stage("study", "figures.py", "draw")


@pytest.fixture
def experiments(tmp_path: Path) -> Path:
    """A study with one stage that computes from two runs, and one that draws."""
    study = tmp_path / "experiments" / "study"
    (study / "results" / "runs").mkdir(parents=True)
    for name in ("run.py", "figures.py", "results/runs/a.csv", "results/runs/b.csv"):
        (study / name).write_text("")
    compute(tmp_path / "experiments")
    return tmp_path / "experiments"


def compute(experiments: Path, draws: int = 3) -> None:
    """What the script of the stage would do."""
    results = experiments / "study" / "results"
    (results / "table.csv").write_text("x\n1\n")
    runs = tuple(sorted((results / "runs").glob("*.csv")))
    source = Source(
        experiments / "study" / "run.py", experiments.parent, runs, {"draws": draws}, {"all": 0}
    )
    source.write(results / "run.manifest.json", [results / "table.csv", *runs])


def ran(experiments: Path, *stages: Stage, **how: object) -> list[str]:
    """The scripts that ran."""
    called: list[str] = []

    def call(command: Sequence[str]) -> int:
        called.append(Path(command[0]).name)
        return 0

    assert rebuilt(stages, experiments, call, lambda line: None, **how) == 0  # type: ignore[arg-type]
    return called


def test_what_has_not_changed_is_not_computed_but_drawn(experiments: Path) -> None:
    assert ran(experiments, COMPUTE, DRAW) == ["figures.py"]
    assert ran(experiments, COMPUTE, DRAW, again=True) == ["run.py", "figures.py"]


@pytest.mark.parametrize(
    "name", ["run.py", "results/runs/a.csv", "results/table.csv", "results/run.manifest.json"]
)
def test_what_changed_is_computed_again(experiments: Path, name: str) -> None:
    with (experiments / "study" / name).open("a") as file:
        file.write("# changed\n")
    assert ran(experiments, COMPUTE) == ["run.py"]
    compute(experiments)
    assert ran(experiments, COMPUTE) == []


def test_other_parameters_and_new_runs_are_changes(experiments: Path) -> None:
    assert ran(experiments, replace(COMPUTE, parameters={"draws": 4})) == ["run.py"]
    (experiments / "study" / "results" / "runs" / "c.csv").write_text("")
    (reason,) = why_stale(COMPUTE, experiments, None)
    assert "runs/c.csv came after" in reason.found


def test_what_was_never_computed_is(experiments: Path) -> None:
    (experiments / "study" / "results" / "run.manifest.json").unlink()
    assert ran(experiments, COMPUTE) == ["run.py"]


def test_data_that_are_not_here_and_long_stages_are_passed_over_by_name(experiments: Path) -> None:
    (experiments / "study" / "run.py").write_text("changed = True\n")
    said: list[str] = []
    for stage in (replace(COMPUTE, reads_data=True), replace(COMPUTE, is_long=True)):
        assert rebuilt([stage, DRAW], experiments, lambda command: 0, said.append) == 0
    assert said[0] == "== study/run.py: skipped, its data are not here"
    assert "--long runs it" in said[2]
    assert ran(experiments, replace(COMPUTE, is_long=True), long=True) == ["run.py"]


def test_the_first_failure_is_the_exit_code(experiments: Path) -> None:
    assert rebuilt([DRAW, DRAW], experiments, lambda command: 3, lambda line: None) == 3


def test_a_command_says_where_and_with_what() -> None:
    data, study = Path("data"), Path("all") / "study"
    stage = replace(COMPUTE, reads_data=True, options=("--kept", "runs"))
    assert command_of(stage, Path("all"), data) == [
        str(study / "run.py"), "--out", str(study / "results"), "--data", "data", "--draws", "3",
        "--kept", "runs",
    ]  # fmt: skip


def test_a_file_that_no_manifest_tells_of_is_named(experiments: Path) -> None:
    assert checked([COMPUTE], experiments) == []
    (experiments / "study" / "results" / "new.csv").write_text("")
    (found,) = checked([COMPUTE], experiments)
    assert (found.file, found.why) == ("experiments/study/results/new.csv", "unknown")


def test_the_committed_figures_are_what_their_manifests_say() -> None:
    data = RELEASED if RELEASED.exists() else None
    assert [str(each) for each in checked(STAGES, EXPERIMENTS, data=data)] == []


@pytest.mark.parametrize("stem", FIGURES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_a_figure_is_five_files_that_state_their_checks(stem: Path) -> None:
    for kind in ("pdf", "svg", "png", "csv", "manifest.json"):
        assert stem.with_name(f"{stem.name}.{kind}").stat().st_size > 0
    made = json.loads(stem.with_name(f"{stem.name}.manifest.json").read_text("utf-8"))
    assert made["inputs"]
    assert len(made["checks"]) >= 2
    assert all(check["passed"] for check in made["checks"])
    assert len(pd.read_csv(stem.with_name(f"{stem.name}.csv"))) > 0


def test_every_figure_stands_in_the_gallery_with_a_finding() -> None:
    page = (EXPERIMENTS / "README.md").read_text("utf-8")
    told = {
        f"{study}/results/{stem}": line
        for study, own in told_figures(EXPERIMENTS).items()
        for stem, line in own.items()
    }
    assert set(told) == {path.relative_to(EXPERIMENTS).as_posix() for path in FIGURES}
    for place, line in told.items():
        assert f"({place}.png)" in page
        assert line in page
        assert "\n" not in line


@pytest.mark.fault
def test_a_figure_without_a_line_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "study" / "results").mkdir(parents=True)
    (tmp_path / "study" / "results" / "new.png").write_text("")
    (tmp_path / "gallery.yaml").write_text("study: {}\n")
    with pytest.raises(Fault, match=r"new\.png"):
        write_gallery(tmp_path)


def test_tables_for_papers_are_whole() -> None:
    tables = sorted(EXPERIMENTS.glob("*/results/table_*.tex"))
    assert {path.parts[-3] for path in tables} == {"kang2025", "organism", "methods"}
    for path in tables:
        text = path.read_text("utf-8")
        assert "\\begin{tabular}{@{}l" in text
        assert text.removesuffix("\\endgroup\n").endswith("\\bottomrule\n\\end{tabular}\n")
        assert "nan" not in text
