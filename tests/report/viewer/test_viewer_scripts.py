"""All scripts share one scope: a name stands for one thing, and a file stays one short idea."""

import re
from collections import Counter
from importlib.resources import files

import pytest

from causalvalues.report.viewer.page import SCRIPTS, STYLES

HERE = files("causalvalues.report.viewer")
TOP_LEVEL = re.compile(r"^(?:async )?(?:function\*? |const |let )(\w+)", re.MULTILINE)


def text(kind: str, name: str) -> str:
    """One of our files."""
    return (HERE / kind / f"{name}.{kind}").read_text("utf-8")


def test_no_two_scripts_give_the_same_name_to_different_things() -> None:
    names = Counter(name for script in SCRIPTS for name in TOP_LEVEL.findall(text("js", script)))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_one_idea_under_three_hundred_lines(name: str) -> None:
    script = text("js", name)
    assert script.startswith("/**")
    assert len(script.splitlines()) < 300


@pytest.mark.parametrize("name", STYLES)
def test_a_style_says_what_it_is_for(name: str) -> None:
    assert text("css", name).startswith("/*")
