"""What differs from a manifest is named: edited, stale, gone, or of a folder that is elsewhere."""

from pathlib import Path

import pytest

from causalvalues.errors import FileError
from causalvalues.report.figure_manifest import Making, Source, between_marks
from causalvalues.report.rebuild import differences, told_of
from causalvalues.report.scripts_read import scripts_of

ROOT = Path(__file__).parents[2]


def made(root: Path) -> Path:
    """A manifest of one result: a script with a neighbour, an input, data, a page, a figure."""
    study, data = root / "experiments" / "study", root.parent / f"{root.name}-data"
    for folder in (study / "results", data):
        folder.mkdir(parents=True)
    for name, text in {
        "figures.py": "import json\nfrom near import far\n",
        "near.py": "far = 1\n",
        "unread.py": "",
        "README.md": "before <!-- all: begin -->numbers<!-- all: end --> after",
        "results/table.csv": "x\n1\n",
        "results/board.png": "pixels",
    }.items():
        (study / name).write_text(text)
    (data / "given.csv").write_text("y\n2\n")
    source = Source(study / "figures.py", root, (study / "results/table.csv", data / "given.csv"))
    manifest = study / "results" / "board.manifest.json"
    return source.write(manifest, [study / "results/board.png", study / "README.md#all"])


def said(manifest: Path, **how: Path) -> list[tuple[str, str]]:
    """What differs: file and why."""
    found = differences(manifest, manifest.parents[3], **how)
    return [(each.file, each.why) for each in found]


def test_files_have_names_that_hold_anywhere(tmp_path: Path) -> None:
    told = Making.read(made(tmp_path / "here"))
    assert set(told.inputs) == {"./table.csv", "data:given.csv"}
    assert set(told.scripts) == {"experiments/study/figures.py", "experiments/study/near.py"}
    assert set(told.outputs) == {"./board.png", "experiments/study/README.md#all"}


def test_what_is_as_it_was_differs_in_nothing(tmp_path: Path) -> None:
    manifest = made(tmp_path / "here")
    assert said(manifest) == []
    assert said(manifest, data=tmp_path / "here-data") == []


@pytest.mark.parametrize(
    ("name", "file", "why"),
    [
        ("results/board.png", "experiments/study/results/board.png", "edited"),
        ("results/table.csv", "experiments/study/results/board.manifest.json", "stale"),
        ("figures.py", "experiments/study/results/board.manifest.json", "stale"),
        ("near.py", "experiments/study/results/board.manifest.json", "stale"),
    ],
)
def test_a_file_that_was_changed_is_named(tmp_path: Path, name: str, file: str, why: str) -> None:
    manifest = made(tmp_path / "here")
    path = manifest.parents[1] / name
    path.write_text(path.read_text() + "# by hand\n")
    assert said(manifest) == [(file, why)]
    (difference,) = differences(manifest, tmp_path / "here")
    assert "make figures" in str(difference)


def test_a_neighbour_that_nobody_imports_changes_nothing(tmp_path: Path) -> None:
    manifest = made(tmp_path / "here")
    (manifest.parents[1] / "unread.py").write_text("changed = True\n")
    assert said(manifest) == []


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    manifest = made(tmp_path / "here")
    (manifest.parent / "board.png").unlink()
    (manifest.parent / "table.csv").unlink()
    assert [why for _, why in said(manifest)] == ["absent", "stale"]


def test_of_a_page_only_what_stands_between_the_marks_counts(tmp_path: Path) -> None:
    manifest = made(tmp_path / "here")
    page = manifest.parents[1] / "README.md"
    page.write_text(page.read_text().replace("before", "another sentence"))
    assert said(manifest) == []
    page.write_text(page.read_text().replace("numbers", "better numbers"))
    assert said(manifest) == [("experiments/study/README.md#all", "edited")]
    page.write_text("no marks at all")
    assert [why for _, why in said(manifest)] == ["absent"]


def test_data_are_compared_where_they_are_given(tmp_path: Path) -> None:
    manifest = made(tmp_path / "here")
    (tmp_path / "here-data" / "given.csv").write_text("y\n3\n")
    assert said(manifest) == []
    assert [why for _, why in said(manifest, data=tmp_path / "here-data")] == ["stale"]
    assert said(manifest, data=tmp_path / "nowhere") == []


def test_a_manifest_by_hand_is_named_too(tmp_path: Path) -> None:
    manifest = made(tmp_path / "here")
    manifest.write_text(manifest.read_text().replace('"command"', '"comand"'))
    assert [why for _, why in said(manifest)] == ["edited"]


def test_every_output_is_told_of(tmp_path: Path) -> None:
    manifest = made(tmp_path / "here")
    names = {path.name for path in told_of([manifest], tmp_path / "here")}
    assert names == {"board.manifest.json", "board.png", "README.md#all"}


@pytest.mark.fault
def test_a_page_with_a_mark_twice_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("<!-- all: begin -->1<!-- all: end --><!-- all: begin -->2<!-- all: end -->")
    with pytest.raises(FileError, match="once"):
        between_marks(page, "all")


def test_what_draws_is_followed_with_its_style_and_what_tells_of_it_is_not() -> None:
    found = scripts_of(ROOT / "experiments" / "planted_world" / "figures.py", ROOT)
    assert [path.name for path in found] == ["causalvalues.mplstyle", "figures.py", "figures.py"]
