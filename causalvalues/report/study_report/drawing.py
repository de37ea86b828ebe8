"""What a chart is drawn with: paths and labels in a frame, coloured by the page's style sheet.

Guarantee: the same chart gives the same drawing, coordinates to a hundredth; what is not finite is
never drawn; a drawing holds text as text, for the template to escape.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Literal

from causalvalues.report.study_report.charts import Ink, Shape

__all__ = [
    "LETTER",
    "LINE",
    "Drawing",
    "Label",
    "Stroke",
    "broken",
    "ink_class",
    "legend",
    "line",
    "mark",
    "n",
    "ring",
    "ticks",
]

LETTER, LINE = 6.4, 15.0  # width of a letter and height of a line, in units of a drawing
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Stroke:
    """A path, its classes in the style sheet, and what it says when it is pointed at."""

    path: str
    css: str
    title: str = ""
    opacity: float = 1.0


@dataclass(frozen=True)
class Label:
    """Text at a place."""

    x: float
    y: float
    text: str
    anchor: Anchor = "middle"
    css: str = ""


@dataclass(frozen=True)
class Drawing:
    """A frame with paths below labels."""

    title: str
    alt: str
    width: float
    height: float
    strokes: tuple[Stroke, ...]
    labels: tuple[Label, ...] = field(default=())


def n(number: float) -> str:
    """Return a coordinate."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def line(*points: tuple[float, float], closed: bool = False) -> str:
    """Return the path through points."""
    way = " L".join(f"{n(x)} {n(y)}" for x, y in points)
    return f"M{way}" + "Z" * closed


def ring(x: float, y: float, radius: float) -> str:
    """Return the path of a circle."""
    r = n(radius)
    return (
        f"M{n(x - radius)} {n(y)}a{r} {r} 0 1 0 {n(2 * radius)} 0a{r} {r} 0 1 0 {n(-2 * radius)} 0Z"
    )


def ink_class(ink: Ink) -> str:
    """Return the class that gives a path its colour."""
    return "ink-" + ink.replace(" ", "-")


def mark(shape: Shape, ink: Ink, x: float, y: float, title: str = "") -> Stroke:
    """Return one mark; shapes tell apart without colour."""
    colour = ink_class(ink)
    if shape == "dot":
        return Stroke(ring(x, y, 4), f"solid {colour}", title)
    if shape == "hollow":
        return Stroke(ring(x, y, 4), f"hollow {colour}", title)
    if shape == "square":
        corners = [(x - 3.6, y - 3.6), (x + 3.6, y - 3.6), (x + 3.6, y + 3.6), (x - 3.6, y + 3.6)]
        return Stroke(line(*corners, closed=True), f"solid {colour}", title)
    if shape == "diamond":
        corners = [(x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)]
        return Stroke(line(*corners, closed=True), f"hollow {colour}", title)
    return Stroke(line((x, y - 7), (x, y + 7)), f"stroke thick {colour}", title)


def legend(
    items: Iterable[tuple[Shape, Ink, str]], left: float, top: float, width: float
) -> tuple[list[Stroke], list[Label], float]:
    """Return the marks and words of a legend, an item below the other, and where it ends."""
    strokes: list[Stroke] = []
    labels: list[Label] = []
    for shape, ink, words in items:
        strokes.append(mark("square" if shape == "bar" else shape, ink, left + 6, top))
        for words_of_line in broken(words, int((width - 20) / LETTER)):
            labels.append(Label(left + 18, top + 4, words_of_line, "start", "small"))
            top += LINE
        top += 1
    return strokes, labels, top


def broken(text: str, most: int) -> list[str]:
    """Return a text in lines of at most so many letters; hyphens may break, long words must."""
    return wrap(text, max(most, 6), break_on_hyphens=True) or [""]


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers from low to high."""
    span = (high - low) or 1.0
    size = 10.0 ** math.floor(math.log10(span / most))
    steps = (factor * size for factor in (1, 2, 2.5, 5, 10))
    step = next(each for each in steps if span / each <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]
