"""A report in Chromium, offline: silent, as wide as its page, in order, and printable."""

import base64
import hashlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from made_report import made_report

from causalvalues.report.study_report.page import page_of_report

NARROW, WIDE = (390, 844), (1440, 900)
LONG = "anaverylongnameofavaluethatnobodywouldwritebutsomebodymight"


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("words", ["power", LONG])
def test_a_page_is_as_wide_as_its_window(
    open_page: Callable[..., Any], size: tuple[int, int], words: str
) -> None:
    page = open_page(page_of_report(made_report(words)), size=size)
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]
    outside = """[...document.querySelectorAll('body *')].filter(each => {
        const box = each.getBoundingClientRect();
        const inside = each.closest('.wide') !== null && !each.matches('.wide');
        return !inside && !each.matches('.skip') && box.width > 0 && box.right > innerWidth + 1;
    }).map(each => each.tagName + '.' + each.className)"""
    assert page.evaluate(outside) == []


def test_headings_are_in_order_and_the_summary_comes_first(open_page: Callable[..., Any]) -> None:
    page = open_page(page_of_report(made_report()))
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(e => +e.tagName[1])")
    assert levels[:2] == [1, 2]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.locator("h2").first.inner_text() == "In short"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#summary"


def test_colours_follow_what_the_reader_prefers(open_page: Callable[..., Any]) -> None:
    papers = [
        open_page(page_of_report(made_report()), dark=dark).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for dark in (False, True)
    ]
    assert papers == ["rgb(255, 255, 255)", "rgb(22, 24, 27)"]


def test_it_prints_light_without_what_only_a_screen_can_use(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    viewer = "<!doctype html><title>graph</title><p>a graph</p>"
    page = open_page(page_of_report(made_report(), viewer_html=viewer), dark=True)
    assert page.locator("iframe").is_visible()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("iframe").is_visible()
    assert not page.locator("nav").is_visible()
    assert page.locator(".mark").first.is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_a_viewer_runs_its_own_script_and_nothing_reaches_the_page(
    open_page: Callable[..., Any],
) -> None:
    script = "document.title = 'ran'"
    digest = page_digest(script)
    viewer = (
        '<!doctype html><meta http-equiv="Content-Security-Policy" content="'
        f"default-src 'none'; script-src {digest}\"><title>still</title><script>{script}</script>"
    )
    page = open_page(page_of_report(made_report(), viewer_html=viewer))
    frame = page.frames[1]
    frame.wait_for_load_state()
    assert frame.title() == "ran"
    assert page.evaluate("document.querySelector('iframe').contentDocument") is None
    assert page.title() == "first: what organism/gemma values"


def page_digest(script: str) -> str:
    """What a policy knows a script by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
