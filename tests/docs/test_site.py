"""The documentation builds strictly, without a warning, and asks the network for nothing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mkdocs", reason="the docs extra is not installed")
pytest.importorskip("mkdocstrings", reason="the docs extra is not installed")

ROOT = Path(__file__).parents[2]
QUIET = {"NO_MKDOCS_2_WARNING": "1"}  # an advertisement that the theme prints
COMMAND_LINE = ("causalvalues.cli", "causalvalues.commands", "causalvalues.__main__")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site, by the command of `make docs`."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    outcome = subprocess.run(
        command, cwd=ROOT, env=os.environ | QUIET, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert outcome.stdout + outcome.stderr == ""
    return folder


def text_of(page: Path) -> str:
    """A built page as text."""
    return page.read_text(encoding="utf-8")


def test_no_page_fetches_anything(site: Path) -> None:
    fetched = re.compile(
        r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=[\"']?(?:https?:)?//[^>]*"
    )
    for page in site.rglob("*.html"):
        assert not [hit for hit in fetched.findall(text_of(page)) if "canonical" not in hit], page


def test_every_module_that_offers_something_has_its_place(site: Path) -> None:
    reference = "".join(text_of(page) for page in (site / "reference").glob("*.html"))
    for path in sorted((ROOT / "causalvalues").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if not name.startswith(COMMAND_LINE) and path.stem != "__init__":
            assert f'id="{name}"' in reference, name


def test_every_command_and_its_options_are_on_the_page(site: Path) -> None:
    from causalvalues.cli import command_names

    page = text_of(site / "commands.html")
    for name in command_names():
        assert re.search(rf'id="causalvalues-{name}[-"]', page), name
    for option in ("--resamples", "--permutations", "-o", "--json", "--sae", "--intervention"):
        assert f"<code>{option}</code>" in page


def test_every_published_schema_is_listed_and_lies_beside_the_page(site: Path) -> None:
    page = text_of(site / "schemas.html")
    for path in (ROOT / "docs" / "schema").glob("*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        assert schema.get("description") or schema.get("title"), path.name
        assert f'href="schema/{path.name}"' in page
        assert (site / "schema" / path.name).exists()


def test_what_makes_the_pages_is_not_part_of_them(site: Path) -> None:
    assert not list(site.rglob("*.py"))
