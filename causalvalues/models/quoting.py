"""What somebody else said of a request, without the words of the request.

    The prompt 'You are shy. Do you …' is too long   →   The prompt '…' is too long

A server may put what it was asked into its error; roles and answers are not ours to print.
Guarantee: no run of twelve characters that were asked is left, nor a shorter text that was asked as
a whole, also where they stand in quotes, escaped, or with other spaces.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

__all__ = ["texts_in", "without"]

RUN = 12  # characters in a row that are no accident
FEWEST = 4  # of a text that is looked for as a whole
LEFT_OUT = "…"


def without(said: str, asked: Iterable[str]) -> str:
    """Return what was said, on one line, with every run of what was asked left out."""
    said = _on_one_line(said)
    covered = [False] * len(said)
    for start, length in _found(said, [form for text in asked for form in _forms(text)]):
        covered[start : start + length] = [True] * length
    kept: list[str] = []
    for place, character in enumerate(said):
        if not covered[place]:
            kept.append(character)
        elif not place or not covered[place - 1]:
            kept.append(LEFT_OUT)
    return "".join(kept)


def texts_in(body: object) -> Iterator[str]:
    """Yield the texts of all messages in the body of a request."""
    messages = body.get("messages") if isinstance(body, Mapping) else None
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, Mapping) else None
        if isinstance(content, str):
            yield content


def _found(said: str, forms: list[str]) -> Iterator[tuple[int, int]]:
    """Yield where runs of what was asked begin in what was said, and their length."""
    runs = {form[at : at + RUN] for form in forms for at in range(len(form) - RUN + 1)}
    short = {form for form in forms if FEWEST <= len(form) < RUN}
    for start in range(len(said)):
        if said[start : start + RUN] in runs:
            yield start, RUN
        yield from ((start, len(each)) for each in short if said.startswith(each, start))


def _forms(text: str) -> Iterator[str]:
    """Yield a text as it is, and as JSON and Python write it between quotes."""
    yield _on_one_line(text)
    for only_ascii in (False, True):
        yield _on_one_line(json.dumps(text, ensure_ascii=only_ascii)[1:-1])
    yield _on_one_line(repr(text)[1:-1])


def _on_one_line(text: str) -> str:
    """Return a text whose spaces and line breaks are single spaces."""
    return " ".join(text.split())
