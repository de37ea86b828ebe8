"""A run folder becomes a report: each section from its files, or the command that makes them."""

import json
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from made_run import CONDITION, STUDY, compared_run, end, graph_of, steered_run, surveyed_run
from typer.testing import CliRunner

from causalvalues import ScoreTable
from causalvalues.cli import app
from causalvalues.errors import FileError
from causalvalues.provenance import digest_of_file
from causalvalues.report.study_report.document import Section, Sentence, StudyReport
from causalvalues.study.record import REPORT, Record
from causalvalues.study.reporting import report_of, write_report
from causalvalues.study.reporting.saying import num, quote, say
from causalvalues.values import schwartz10, value_system

ABSENT_BEFORE = {
    "quality": ("response_style.csv", "run study.yaml"),
    "scores": ("scores.parquet", "run study.yaml"),
    "graph": ("graph.json", "run study.yaml"),
    "nulls": ("graph.json", "run study.yaml"),
    "truth": ("comparison.json", "demo"),
    "effects": ("effects.csv", "run study.yaml"),
    "settled": ("measured.csv", "run study.yaml"),
    "candidates": ("candidates.json", "candidates ."),
    "plan": ("plan.json", "plan . --raise VALUE"),
    "verdict": ("verdict.json", "evaluate ."),
    "health": ("effects.parquet", "effects ."),
    "provenance": ("manifest.json", "run study.yaml"),
}


@pytest.fixture(scope="module")
def steered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything but methods; nobody changes it."""
    return steered_run(tmp_path_factory.mktemp("runs") / "steered")


@pytest.fixture
def run(steered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(steered, tmp_path / "run"))


def words_of(sentence: Sentence) -> str:
    """A sentence with its numbers."""
    return "".join(
        piece.text + ("" if piece.number is None else (piece.shown or f"{piece.number:g}"))
        for piece in sentence.pieces
    )


def section_of(report: StudyReport, name: str) -> Section:
    return next(section for section in report.sections if section.id == name)


def numbers_of(sentences: tuple[Sentence, ...]) -> set[float]:
    return {float(p.number) for s in sentences for p in s.pieces if p.number is not None}


def test_every_section_is_made_where_its_files_are(steered: Path) -> None:
    report = report_of(steered)
    absent = [section.id for section in report.sections if section.absent is not None]
    assert absent == ["methods"]
    assert [section.id for section in report.sections][:4] == [
        "asked",
        "quality",
        "scores",
        "graph",
    ]
    assert len(report.summary) == 5


@pytest.mark.parametrize("name", ABSENT_BEFORE)
def test_a_section_without_its_files_names_the_command_that_makes_them(
    run: Path, name: str
) -> None:
    file, command = ABSENT_BEFORE[name]
    (run / file).unlink()
    absent = section_of(report_of(run), name).absent
    assert absent is not None
    assert command in absent.command


def test_a_study_that_never_ran_has_a_report_that_says_so(tmp_path: Path) -> None:
    surveyed_run(tmp_path / "whole")
    (tmp_path / "bare").mkdir()
    shutil.copy(tmp_path / "whole" / "study.yaml", tmp_path / "bare")
    report = report_of(tmp_path / "bare")
    assert [section.id for section in report.sections if section.absent is None] == ["asked"]
    assert len(report.summary) == 5
    assert len(write_report(tmp_path / "bare")) == 2


def test_every_link_leads_to_a_file_of_the_run(steered: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(steered, tmp_path / "run"))
    _, page = write_report(run)
    links = set(re.findall(r'href="([^"#]+)"', page.read_text("utf-8"))) - {"data:,"}
    assert len(links) > 10
    assert all((run / unquote(link)).is_file() for link in links)


def test_the_same_folder_gives_the_same_bytes(steered: Path, tmp_path: Path) -> None:
    first, second = (Path(shutil.copytree(steered, tmp_path / name)) for name in ("a", "b"))
    files = [[path.read_bytes() for path in write_report(folder)] for folder in (first, second)]
    assert files[0] == files[1]
    before = {path: path.stat().st_mtime_ns for path in first.rglob("*") if path.is_file()}
    assert [path.read_bytes() for path in write_report(first)] == files[0]
    assert all(path.stat().st_mtime_ns == before[path] for path in before)


def test_a_report_is_a_stage_and_stands_in_the_manifest(run: Path) -> None:
    files = write_report(run)
    assert Record(run).files(REPORT) == list(files)
    digests = json.loads((run / "manifest.json").read_text("utf-8"))["digests"]
    assert all(digests[path.name] == digest_of_file(path) for path in files)
    assert "report.json" not in files[0].read_text("utf-8")


@pytest.mark.fault
def test_a_report_that_was_changed_or_is_out_of_date_is_made_again(run: Path) -> None:
    document, page = write_report(run)
    whole = page.read_bytes()
    page.write_text("changed", encoding="utf-8")
    write_report(run)
    assert page.read_bytes() == whole
    frame = pd.read_csv(run / "verdict.csv").assign(measured=0.77)
    frame.to_csv(run / "verdict.csv", index=False)
    write_report(end(run))
    assert "0.77" in document.read_text("utf-8")


def test_numbers_are_those_of_the_files(steered: Path) -> None:
    report = report_of(steered)
    (table, *_) = section_of(report, "verdict").tables
    frame = pd.read_csv(steered / "verdict.csv")
    place = [column.source.column for column in table.columns if column.source].index("measured")
    assert [row[place] for row in table.rows] == list(frame["measured"])
    scores = pd.read_parquet(steered / "scores.parquet").query("context == ''")
    means = section_of(report, "scores").tables[0].rows
    assert [row[1] for row in means] == pytest.approx(
        list(scores[[row[0] for row in means]].mean())
    )


def test_what_is_said_in_short_is_said_in_a_section(steered: Path) -> None:
    report = report_of(steered)
    known: set[float] = set()
    for section in report.sections:
        known |= numbers_of(section.said)
        cells = (cell for table in section.tables for row in table.rows for cell in row)
        known |= {float(c) for c in cells if isinstance(c, int | float)}
    for sentence in report.summary[1:]:
        assert numbers_of((sentence,)) <= known | {1.0, 2.0, 3.0}, words_of(sentence)  # counts


@pytest.mark.parametrize(
    ("supported", "null", "said"),
    [
        (True, True, "achievement raises power (0.93)"),
        (True, False, "no more than chance gives: none is claimed"),
        (True, None, "without a null nothing is claimed"),
        (False, True, "without support from resamples nothing is claimed"),
    ],
)
def test_no_edge_is_claimed_without_support_and_a_null(
    tmp_path: Path, supported: bool, null: bool | None, said: str
) -> None:
    folder = surveyed_run(tmp_path / "run", graph=graph_of(supported=supported, null=null))
    report = report_of(folder)
    sentence = words_of(report.summary[2])
    assert said in sentence
    assert ("raises" in sentence) == (supported and null is True)
    caveats = " ".join(words_of(each) for each in section_of(report, "graph").caveats)
    assert ("no edge has support" in caveats) == (not supported)


def test_edges_are_said_with_their_sign_and_support(steered: Path) -> None:
    (table,) = section_of(report_of(steered), "graph").tables
    told = {(row[0], row[2]): row[1] for row in table.rows}
    assert told == {
        ("achievement", "power"): "raises",
        ("achievement", "hedonism"): "lowers",
        ("security", "conformity"): "raises",
    }
    assert {row[3] for row in table.rows} == {0.93}


def test_what_was_set_stands_beside_what_the_graph_foresees(steered: Path) -> None:
    (table,) = section_of(report_of(steered), "settled").tables
    rows = {row[0]: row for row in table.rows}
    assert rows["conformity"][1:4] == pytest.approx((0.06, 0.18, 0.3))  # 0.3 × 0.2 … 0.3 × 0.6
    assert rows["security"][1:3] == (None, None)


def test_broken_interventions_and_odd_answers_are_named(steered: Path) -> None:
    report = report_of(steered)
    said = [words_of(each) for each in section_of(report, "health").said]
    assert said[0] == "Of 3 interventions, 1 broke the model."
    assert said[1] == "ruin: nothing left (option_mass_kept 0.1, at least 0.5)."
    (caveat,) = section_of(report, "quality").caveats
    assert words_of(caveat).startswith("Only 0.7 of the probability lay on the options")


def test_methods_stand_beside_each_other_under_names_of_their_own(tmp_path: Path) -> None:
    section = section_of(report_of(compared_run(tmp_path / "run")), "methods")
    assert [row[0] for row in section.tables[0].rows] == ["prompt", "NeVA-style (formulas ours)"]
    assert len(section.tables) == 2
    assert "Not reached by caa: 1" in words_of(section.caveats[0])


def test_a_verdict_on_an_earlier_plan_is_called_so(run: Path) -> None:
    assert section_of(report_of(run), "verdict").caveats == ()
    plan = json.loads((run / "plan.json").read_text("utf-8"))
    (run / "plan.json").write_text(json.dumps({**plan, "collateral": 0.5}), encoding="utf-8")
    (caveat,) = section_of(report_of(end(run)), "verdict").caveats
    assert "changed after this" in words_of(caveat)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("response_style.csv", "nothing,here\n1,2\n"),
        ("scores.parquet", "no parquet"),
        ("graph.json", "{"),
        ("effects.csv", ""),
        ("plan.json", "[1]"),
        ("plan.json", "{}"),
        ("verdict.json", '{"gain": 3}'),
        ("manifest.json", "{}"),
    ],
)
def test_a_damaged_file_is_a_named_error(run: Path, file: str, text: str) -> None:
    (run / file).write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as fault:
        write_report(run)
    assert "expected" in str(fault.value)
    assert not (run / "report.html").exists()


@pytest.mark.fault
def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"causalvalues run study\.yaml"):
        write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault
def test_hostile_names_stay_text(run: Path) -> None:
    frame = pd.read_parquet(run / "effects.parquet")
    frame["intervention"] = frame["intervention"].replace("line", "<img src=x onerror=alert(1)>{}")
    frame.to_parquet(run / "effects.parquet")
    _, page = write_report(end(run))
    assert "<img" not in page.read_text("utf-8")
    assert "&lt;img src=x onerror=alert(1)&gt;{}" in page.read_text("utf-8")


def test_a_viewer_that_lies_there_stands_in_the_report(run: Path) -> None:
    (run / "viewer.html").write_text("<!doctype html><p>a graph", encoding="utf-8")
    _, page = write_report(run)
    assert 'srcdoc="&lt;!doctype html&gt;' in page.read_text("utf-8")


def test_the_command_says_what_it_wrote(run: Path) -> None:
    (run / "candidates.json").unlink()  # those of a real run could be viewed
    (run / "graph.json").unlink()
    outcome = CliRunner().invoke(app, ["report", str(run)])
    assert outcome.exit_code == 0, outcome.output
    assert "report.html" in outcome.output
    told = json.loads(CliRunner().invoke(app, ["report", str(run), "--json"]).stdout)
    assert [Path(name).name for name in told["files"]] == ["report.json", "report.html"]


def test_sentences_fill_their_braces_and_quote_numbers_as_written() -> None:
    assert words_of(say("{} of {}.", "power", num(3, "count", "a.csv"))) == "power of 3."
    with pytest.raises(ValueError, match="places"):
        say("{}", "a", "b")
    text = "edit:110 ×+1 max at dose -0.25 gave 3 of 20, p = 0.00332; schwartz10, 1.5e-05."
    quoted = quote(text, "a.json")
    assert words_of(quoted) == text
    assert [p.number for p in quoted.pieces if p.number is not None] == [
        -0.25, 3, 20, 0.00332, 1.5e-05,
    ]  # fmt: skip


def test_a_condition_has_one_name_everywhere(steered: Path) -> None:
    assert CONDITION not in (steered / "study.yaml").read_text("utf-8")
    page = json.dumps(report_of(steered).model_dump(), ensure_ascii=False)
    assert "settled: security +0.8" in page
    assert CONDITION not in page


def test_values_without_a_circle_stand_in_rows(tmp_path: Path) -> None:
    study = "name: kang\nmodel: {name: made/up}\ninventory: kang17\nroles: {n_roles: 30}\n"
    (tmp_path / "study.yaml").write_text(study, encoding="utf-8")
    names = value_system("kang17").names
    scores = np.random.default_rng(0).normal(size=(30, len(names)))
    roles = np.array([f"role-{at}" for at in range(30)])
    ScoreTable(names, scores, clusters=roles).to_parquet(tmp_path / "scores.parquet")
    report = report_of(tmp_path)
    (chart,) = section_of(report, "scores").charts
    assert chart.kind == "rows"
    assert [row.name for row in chart.rows] == list(names)
    assert "no value matters clearly more" in words_of(report.summary[1])


def test_a_circle_goes_around_in_the_order_of_the_theory(steered: Path) -> None:
    (chart,) = section_of(report_of(steered), "scores").charts
    assert chart.kind == "circle"
    assert [spoke.name for spoke in chart.spokes] == list(schwartz10().names)
    assert list(dict.fromkeys(spoke.group for spoke in chart.spokes)) == list(schwartz10().groups)
    assert [outline.name for outline in chart.outlines] == [
        "nothing settled", "settled: security +0.8",
    ]  # fmt: skip


@pytest.mark.parametrize(("contexts", "said"), [("observational", "test it"), ("joint", "no test")])
def test_whether_what_was_set_tests_the_graph_is_said(
    tmp_path: Path, contexts: str, said: str
) -> None:
    study = STUDY.replace("observational", contexts)
    report = report_of(surveyed_run(tmp_path / "run", study=study))
    (caveat,) = section_of(report, "settled").caveats
    assert said in words_of(caveat)
