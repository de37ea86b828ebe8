"""CITATION.cff parses, has what the format asks for, and agrees with the package."""

import re
import tomllib

import pytest
import yaml
from checked import ROOT

import causalvalues

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_what_the_format_requires_is_there() -> None:
    assert CITATION["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "abstract"} <= set(CITATION)
    assert CITATION["type"] == "software"
    assert all(set(author) == {"name"} for author in CITATION["authors"])  # an entity


def test_it_agrees_with_the_package() -> None:
    assert str(CITATION["version"]) == causalvalues.__version__ == PROJECT["version"]
    assert CITATION["license"] == PROJECT["license"] == "MIT"
    assert CITATION["title"] == PROJECT["name"]
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


@pytest.mark.parametrize("reference", CITATION["references"], ids=lambda each: each["notes"])
def test_a_publication_can_be_found(reference: dict[str, object]) -> None:
    assert {"type", "title", "authors", "year"} <= set(reference)
    assert reference["type"] in {"conference-paper", "article"}
    assert {"doi", "url"} & set(reference)
    for author in reference["authors"]:  # type: ignore[attr-defined]
        assert set(author) == {"family-names", "given-names"}


def test_the_published_systems_of_the_package_are_all_cited() -> None:
    said = " ".join(str(each["notes"]) for each in CITATION["references"])
    cited = set(re.findall(r"arXiv (\d{4}\.\d{5})|arxiv.org/abs/(\d{4}\.\d{5})", str(CITATION)))
    known = {"2501.00581", "2507.11316", "2505.17712", "2602.07356"}
    assert known <= {number for pair in cited for number in pair}
    assert all(name in said for name in ("ConVA", "ValueLocate", "NeVA"))
