"""The state lives in the URL fragment: written at each change, brought back, never an error."""

import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import pytest
from hostile_strings import hostile_strings
from leaving_pages import NAMES, exported, full_graph

from causalvalues.report.viewer import document_of, page_of

PAUSE = 450  # ms, within which a change is written


def page_text(names: tuple[str, ...] = NAMES) -> str:
    """The page of a graph and of another to compare it with."""
    return page_of(document_of(full_graph(names), others={"the other": full_graph(names, seed=5)}))


def fragment(page: Any) -> dict[str, str]:
    """What stands in the fragment."""
    page.wait_for_timeout(PAUSE)
    text = page.evaluate("location.hash")
    return dict(part.split("=", 1) for part in text.removeprefix("#").split("&") if part)


def rows_of(page: Any) -> list[str]:
    """The first cells of the shown table."""
    return page.locator("#table tbody th").all_inner_texts()  # type: ignore[no-any-return]


def test_every_part_of_the_state_has_its_place_in_the_fragment() -> None:
    scripts = files("causalvalues.report.viewer") / "js"
    state = (scripts / "state.js").read_text("utf-8").split("const initial = ")[1].split("\n});")[0]
    pieces = (scripts / "fragment.js").read_text("utf-8").split("const PIECES = ")[1].split("};")[0]
    keys = [set(re.findall(r"^  (\w+):", text, re.MULTILINE)) for text in (state, pieces)]
    assert keys[0] == keys[1]
    assert {"value", "settings", "sort"} <= keys[0]


def test_what_a_reader_changes_is_written_and_a_reload_brings_it_back(
    open_page: Callable[..., Any],
) -> None:
    page = open_page(page_text())
    assert fragment(page) == {}
    page.locator("#search").fill("a")
    page.locator("#least-support").fill("0.5")
    page.locator("button", has_text="Circle").click()
    page.locator("#tables [role=tab]", has_text="Values").click()
    page.locator("#table [data-row]", has_text="fame").click()
    page.locator("#table [data-sort=effects]").click()
    page.locator("#table [data-sort=effects]").click()
    written = fragment(page)
    assert written == {
        "layout": "circle",
        "search": "a",
        "support": "0.5",
        "value": "fame",
        "table": "values",
        "sort": "values:-effects",
    }
    before = rows_of(page)
    page.reload()
    assert rows_of(page) == before
    assert page.locator("#search").input_value() == "a"
    assert page.locator("#table tr[aria-current] th").inner_text() == "fame"
    assert fragment(page) == written


def test_a_mailed_link_opens_what_its_sender_saw(open_page: Callable[..., Any]) -> None:
    link = "#theme=dark&against=the%20other&set=care:0.8,fame:0&tab=what-if&table=compared"
    page = open_page(page_text(), fragment=link)
    root = page.locator("html")
    assert root.get_attribute("data-theme") == "dark"
    assert page.locator("#table-tab-compared").get_attribute("aria-selected") == "true"
    assert page.locator("#tab-what-if").get_attribute("aria-selected") == "true"
    assert "What if: care +0.80, fame held" in exported(page, "svg")
    assert page.evaluate("location.hash") == link


def test_a_link_pasted_into_an_open_page_is_followed(open_page: Callable[..., Any]) -> None:
    page = open_page(page_text(), fragment="#search=care")
    page.evaluate("location.hash = '#table=values&value=order'")
    page.wait_for_function("document.querySelector('#table tr[aria-current]') !== null")
    assert page.locator("#search").input_value() == ""
    assert page.locator("#table tr[aria-current] th").inner_text() == "order"


def test_a_link_outlives_a_page_that_is_made_anew_with_its_values_in_another_order(
    open_page: Callable[..., Any],
) -> None:
    link = "#table=values&value=wealth"
    for names in (NAMES, NAMES[::-1]):
        page = open_page(page_text(names), fragment=link)
        assert page.locator("#table tr[aria-current] th").inner_text() == "wealth"


@pytest.mark.parametrize(
    "names", [("a/b", "c:1", "d,e", "f&g=h", "#3", "%41", "é ü", "__proto__", "constructor")]
)
def test_names_that_look_like_syntax_come_back(
    open_page: Callable[..., Any], names: tuple[str, ...]
) -> None:
    page = open_page(page_text(names), fragment="#table=values")
    for row in (0, 4, 7):
        page.locator("#table [data-row]").nth(row).click()
        link = fragment(page)["value"]
        page.evaluate("location.hash = '#table=values'")
        page.wait_for_function("document.querySelector('#table tr[aria-current]') === null")
        page.evaluate("(link) => { location.hash = `#table=values&value=${link}`; }", link)
        page.wait_for_function("document.querySelector('#table tr[aria-current]') !== null")
        assert page.locator("#table tr[aria-current] th").inner_text() == names[row]


def test_pieces_that_make_no_sense_are_left_out_and_the_others_kept(
    open_page: Callable[..., Any],
) -> None:
    page = open_page(
        page_text(),
        fragment="#layout=spiral&theme=pink&graph=none&support=2&size=-1&search=%E0%A4%A&value=care"
        "&edge=care/nobody&set=care:1e9,nobody:1,fame:NaN,order:0.5&sort=edges:<b>&table=values"
        "&tab=__proto__&__proto__=1&constructor=1&ends=directed,none&misses=maybe&=&==&trial=%239",
    )
    kept = {"value": "care", "table": "values", "set": "order:0.5"}
    assert fragment(page) == kept
    assert page.locator("#table tr[aria-current] th").inner_text() == "care"


def test_no_hostile_fragment_is_an_error_or_runs_a_script(open_page: Callable[..., Any]) -> None:
    page = open_page(page_text())
    keys = ("search", "value", "graph", "edge", "set", "sort", "tab", "trial", "support", "ends")
    strings = [text[:300] for text in hostile_strings()]
    texts = ["&".join(strings[at : at + 10]) for at in range(0, len(strings), 10)]
    for at in range(0, len(strings), 10):
        few = strings[at : at + 10]
        texts.append("&".join(f"{key}={text}" for key in keys for text in few))
        texts.append("&".join(f"{key}={quote(text)}" for key in keys[:4] for text in few))
    page.evaluate(
        """async (texts) => {
          for (const text of texts) {
            const heard = new Promise((go) => {
              addEventListener("hashchange", go, { once: true });
              setTimeout(go, 50);
            });
            location.hash = text;
            await heard;
          }
        }""",
        texts,
    )
    assert page.evaluate("window.hit") is None
    page.evaluate("location.hash = '#table=values&value=care'")
    page.wait_for_function("document.querySelector('#table tr[aria-current]') !== null")
    assert json.loads(exported(page, "json"))["schema"] == 1
