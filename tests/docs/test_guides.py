"""The guides say what is so: commands exist, files of a run are named, Python compiles."""

import ast
import re
from pathlib import Path

import pytest
from checked import EVIDENCE, ROOT

from causalvalues.cli import command_names

GUIDES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md"])
PLACEHOLDERS = re.compile(r"\b(TODO|TBD|FIXME|lorem)\b", flags=re.IGNORECASE)


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_every_command_of_a_guide_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    said = re.findall(r"(?:^|`)causalvalues ([a-z]+)", text, flags=re.MULTILINE)
    assert set(said) <= command_names()
    assert not PLACEHOLDERS.search(text)


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_the_python_of_a_guide_is_python_and_its_imports_exist(page: Path) -> None:
    for code in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), flags=re.DOTALL):
        body = ast.parse(code).body
        imports: list[ast.stmt] = [n for n in body if isinstance(n, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, type_ignores=[]), page.name, "exec"), {})


def test_every_file_of_a_run_is_told_of() -> None:
    page = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    for path in EVIDENCE.iterdir():
        assert f"`{path.name}" in page, path.name


def test_every_schema_that_a_run_follows_is_linked_from_the_list_of_files() -> None:
    page = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"schema/([a-z-]+)\.schema\.json", page))
    assert {"graph", "study", "plan", "verdict", "profiles", "candidates", "manifest"} <= linked
    for name in linked:
        assert (ROOT / "docs" / "schema" / f"{name}.schema.json").exists()


def test_every_word_of_make_that_is_told_of_is_a_target() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for page in GUIDES:
        said = re.findall(r"\bmake ([a-z-]+) +#|`make ([a-z-]+)`", page.read_text("utf-8"))
        assert {word for pair in said for word in pair if word} <= set(targets), page.name


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "graphs/README.md"])
def test_every_link_of_a_page_outside_the_site_leads_somewhere(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    for link in links:
        if "://" not in link:
            assert (page.parent / link).exists(), link
