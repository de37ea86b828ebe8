"""The look: told apart by colour and by dash, legible in light and dark, no wider than a phone."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shell_pages import on_screen, small_page, spots, started

import causalvalues.report.viewer as package
from causalvalues.discovery.graph import Effect, Support, ValueGraph
from causalvalues.report.viewer import document_of, page_of

COLOURS = Path(str(package.__file__)).parent / "css" / "colours.css"
WORDS = ("ink", "faint", "focus", "raises-text", "lowers-text", "warn-text")
LINES = ("raises", "lowers", "unknown", "same", "remarked", "reversed", "added", "removed")
THEMES = (":root {", ':root[data-theme="auto"] {', ':root[data-theme="dark"] {')


def palette(theme: str) -> dict[str, str]:
    """Return the colours of a theme, as the style sheet has them."""
    block = COLOURS.read_text("utf-8").split(theme)[1].split("}")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 … 21 (WCAG 2)."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_standard_has_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_words_stand_out_from_every_ground_and_lines_from_the_card(theme: str) -> None:
    colours = palette(theme)
    for word in WORDS:
        for ground in ("card", "page", "sunk", "chosen"):
            assert contrast(colours[word], colours[ground]) >= 4.5, (word, ground)
    for line in (*LINES, "focus", "edge-of-control"):
        assert contrast(colours[line], colours["card"]) >= 3, line


def test_dark_is_the_same_whether_asked_for_or_followed() -> None:
    assert palette(THEMES[1]) == palette(THEMES[2])
    assert palette(THEMES[0]).keys() == palette(THEMES[1]).keys()


def simulated(colour: str, kind: str) -> tuple[float, ...]:
    """Return a colour as seen without red or green cones (Viénot, Brettel and Mollon, 1999)."""
    red, green, blue = ((int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5))
    if kind == "no red":
        return (0.112 * red + 0.888 * green, 0.004 * red - 0.004 * green + blue)
    return (0.293 * red + 0.707 * green, -0.021 * red + 0.021 * green + blue)


@pytest.mark.parametrize("theme", THEMES[::2])
@pytest.mark.parametrize("kind", ["no red", "no green"])
def test_raises_and_lowers_differ_without_red_or_green_cones(theme: str, kind: str) -> None:
    colours = palette(theme)
    raises, lowers = simulated(colours["raises"], kind), simulated(colours["lowers"], kind)
    assert max(abs(a - b) for a, b in zip(raises, lowers, strict=True)) > 0.25


PIXELS = """(areas) => {
  const canvas = document.querySelector("#network canvas"), { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return areas.map(([x0, x1, y0, y1]) => {
    let blue = 0, red = 0;
    for (let y = y0; y < y1; y += 1) for (let x = x0; x < x1; x += 1) {
      const at = 4 * (y * width + x), tint = data[at + 2] - data[at];
      if (tint > 80) blue += 1;
      if (tint < -80) red += 1;
    }
    return [blue, red];
  }); }"""


def between(first: tuple[float, float], second: tuple[float, float]) -> list[int]:
    """Return the rectangle between two values, without the values, their labels and arrow heads."""
    left, right = sorted((first[0], second[0]))
    top, bottom = sorted((first[1], second[1]))
    return [*map(int, (left - 30, right + 30, top + 60, bottom - 50))]


def test_a_sign_is_told_by_colour_and_by_dash_and_an_effect_by_width(
    open_page: Callable[..., Any],
) -> None:
    names = ("a", "b", "c", "d")
    effects = tuple(
        Effect(*pair, size, size, size - 0.1, size + 0.1, "IDA")
        for pair, size in ((("a", "b"), 0.5), (("c", "d"), -0.5))
    )
    graph = ValueGraph.from_edges(names, [("a", "b"), ("c", "d")])
    graph = ValueGraph(names=names, marks=graph.marks, effects=effects)
    page = started(open_page(page_of(document_of(graph))))
    places = spots(page, 4)
    areas = [between(places["a"], places["b"]), between(places["c"], places["d"])]
    (raises_blue, raises_red), (lowers_blue, lowers_red) = page.evaluate(PIXELS, areas)
    assert raises_red == lowers_blue == 0
    length = areas[0][3] - areas[0][2]
    assert raises_blue > 5 * length  # a solid line, as wide as the largest effect
    assert 0.4 < lowers_red / raises_blue < 0.8  # as wide, with gaps
    samples = page.locator("#legend svg[data-paint]").all()
    dashes = {each.get_attribute("data-paint"): each.get_attribute("data-dash") for each in samples}
    assert dashes["raises"] == ""
    assert dashes["lowers"] != ""


STRENGTH = """(areas) => {
  const canvas = document.querySelector("#network canvas"), { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return areas.map(([x0, x1, y0, y1]) => {
    let inked = 0, strongest = 0;
    for (let y = y0; y < y1; y += 1) for (let x = x0; x < x1; x += 1) {
      const at = 4 * (y * width + x), tint = (data[at + 2] - data[at]) * data[at + 3] / 255;
      inked += tint > 30 ? 1 : 0;
      strongest = Math.max(strongest, tint);
    }
    return [inked / (y1 - y0), strongest];
  }); }"""


def test_width_tells_the_effect_and_strength_of_colour_the_support(
    open_page: Callable[..., Any],
) -> None:
    names = tuple("abcdef")
    edges = {("a", "b"): (0.5, 1.0), ("c", "d"): (0.05, 1.0), ("e", "f"): (0.5, 0.2)}
    shares = np.zeros((6, 6))
    for (cause, effect), (_, share) in edges.items():
        shares[names.index(cause), names.index(effect)] = share
    both, nothing = shares + shares.T, np.zeros_like(shares)
    graph = ValueGraph(
        names=names,
        marks=ValueGraph.from_edges(names, list(edges)).marks,
        support=Support(both, shares, nothing, nothing, n_resamples=10, unit="row"),
        effects=tuple(
            Effect(*pair, size, size, size, size, "IDA") for pair, (size, _) in edges.items()
        ),
    )
    page = started(open_page(page_of(document_of(graph))))
    places = spots(page, 6)
    areas = [between(places[cause], places[effect]) for cause, effect in edges]
    (thick, strong), (thin, as_strong), (as_thick, pale) = page.evaluate(STRENGTH, areas)
    assert thick > 2.3 * thin
    assert as_thick > 1.8 * thin
    assert pale < 0.6 * strong
    assert as_strong > 0.8 * strong


@pytest.mark.parametrize("dark", [False, True])
def test_the_legend_is_always_there(open_page: Callable[..., Any], dark: bool) -> None:
    page = started(open_page(small_page(), dark=dark))
    legend = page.locator("#legend")
    for layout in ("Circle", "Causes above"):
        page.get_by_role("button", name=layout).click()
        box = legend.bounding_box()
        assert box["y"] + box["height"] <= 900
        for words in ("raises", "lowers", "direction open", "hidden common cause", "100 %"):
            assert words in legend.inner_text()


def test_the_theme_follows_the_system_until_one_is_chosen(open_page: Callable[..., Any]) -> None:
    page = started(open_page(small_page(), dark=True))
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    canvas = page.locator("#network canvas")
    before = canvas.screenshot()
    page.get_by_role("button", name="Light").click()
    page.wait_for_timeout(60)
    assert page.evaluate(ground) != dark
    assert canvas.screenshot() != before
    page.get_by_role("button", name="As the system").click()
    assert page.evaluate(ground) == dark
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(60)
    assert page.evaluate(ground) != dark


def test_nothing_is_wider_than_a_phone(open_page: Callable[..., Any]) -> None:
    long = "conscientiousness" * 12
    graph = ValueGraph.from_edges([long, "b", "c"], [(long, "b"), ("c", "b")])
    other = ValueGraph.from_edges([long, "b", "c"], [("b", long)])
    document = document_of(graph, title=long, subtitle=long, others={long: other})
    page = started(open_page(page_of(document), size=(390, 844)))
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= 390
    page.locator("#filters summary").first.click()
    page.select_option("#against", index=1)
    for tab in page.locator("#tabs [role=tab]").all():
        tab.click()
        assert page.evaluate(width) <= 390
    page.mouse.click(*on_screen(page, spots(page, 3)["b"]))
    assert page.evaluate(width) <= 390


def test_on_a_phone_the_drawing_comes_first_then_panels_then_filters_then_tables(
    open_page: Callable[..., Any],
) -> None:
    page = started(open_page(small_page(), size=(390, 844)))
    parts = ("stage", "side", "filters", "provenance")
    tops = [page.locator(f"#{part}").bounding_box()["y"] for part in parts]
    assert tops == sorted(tops)
    assert not page.locator("#search").is_visible()
    page.locator("#filters summary").first.click()
    assert page.locator("#search").is_visible()
