"""A tutorial is executed: its Python in one namespace, its commands by the command line itself.

    ```python, ```sh   is run, in the order of the page, in the folder it is started in
    ```text            what the block above it printed, or parts of it; a line of … leaves some out

    python docs/making/tutorial.py PAGE            run it, print what each block printed as JSON
    python docs/making/tutorial.py PAGE --renew    and write anew what is shown whole

Guarantee: what is shown is what comes out: the same words in the same lines, numbers as near as
machines differ (`differences`).
"""

import contextlib
import io
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["WIDTH", "Block", "blocks_of", "differences", "play", "renewed"]

WIDTH = "100"  # of the terminal that the commands print to
LEFT_OUT = "…"
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"[-+−]?\d+(?:\.\d+)?")
NEAR, NEAR_SHARE = 0.015, 0.02


@dataclass(frozen=True)
class Block:
    """Something to run, and what the page says that it prints."""

    language: str
    code: str
    shown: str | None


def blocks_of(page: str) -> list[Block]:
    """Return what a page has to run, in order, each with the output shown below it."""
    fences = [(match[1], match[2]) for match in FENCED.finditer(page)]
    following = [*fences[1:], ("", "")]
    return [
        Block(language, code, told if kind == "text" else None)
        for (language, code), (kind, told) in zip(fences, following, strict=True)
        if language in {"python", "sh"}
    ]


def play(blocks: Sequence[Block]) -> list[str]:
    """Return what each block printed, run one after the other in this folder."""
    scope: dict[str, object] = {"__name__": "__main__"}
    return [_printed(block, scope) for block in blocks]


def _printed(block: Block, scope: dict[str, object]) -> str:
    """Return what one block printed; where it fails, the fault is raised."""
    paper = io.StringIO()
    with contextlib.redirect_stdout(paper):
        if block.language == "python":
            exec(compile(block.code, "tutorial", "exec"), scope)
        else:
            for words in _commands(block.code):
                _run(words)
    return "\n".join(line.rstrip() for line in paper.getvalue().splitlines()).strip("\n")


def _commands(code: str) -> Iterator[list[str]]:
    """Yield the words of every command of a block, without comments."""
    for line in code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield words


def _run(words: list[str]) -> None:
    """Run one command of the command line in this process."""
    from causalvalues.cli import app

    if words[0] != "causalvalues":
        raise ValueError(f"A tutorial runs causalvalues, not {words[0]}")
    try:
        app(words[1:], standalone_mode=False)
    except SystemExit as left:
        if left.code not in (0, None):
            raise RuntimeError(f"{shlex.join(words)} ended with {left.code}") from left


def differences(shown: str, printed: str) -> list[str]:
    """Return every line that is shown and was not printed at its place."""
    lines, place, missing, gap = printed.splitlines(), 0, [], True
    for line in shown.splitlines():
        if line.strip() == LEFT_OUT:
            gap = True
            continue
        reach = lines[place:] if gap else lines[place : place + 1]
        found = next((i for i, each in enumerate(reach) if _same(line, each)), None)
        if found is None:
            missing.append(line)
        else:
            place, gap = place + found + 1, False
    return missing


def _same(shown: str, printed: str) -> bool:
    """Return whether two lines say the same: the same words, and numbers that are near."""
    if _words(shown) != _words(printed):
        return False
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True)
    return all(_near(float(a.replace("−", "-")), float(b.replace("−", "-"))) for a, b in pairs)


def _words(line: str) -> str:
    """Return a line with its numbers, spaces and rules taken out."""
    return re.sub(r"[\s─━]+", " ", NUMBER.sub("0", line)).strip()


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= max(NEAR, NEAR_SHARE * abs(one))


def renewed(page: str, printed: Sequence[str]) -> str:
    """Return a page with what its blocks printed, where the page leaves nothing out."""
    told = iter(printed)
    pending: str | None = None

    def replaced(match: re.Match[str]) -> str:
        nonlocal pending
        kind, body = match[1], match[2]
        if kind in {"python", "sh"}:
            pending = next(told)
            return match[0]
        if kind != "text" or pending is None or LEFT_OUT in body.split("\n"):
            pending = None
            return match[0]
        text, pending = pending, None
        return f"```text\n{text}\n```"

    return FENCED.sub(replaced, page)


def main(words: Sequence[str]) -> None:
    """Run a page here; print what its blocks printed, or renew what it shows."""
    os.environ.setdefault("COLUMNS", WIDTH)
    path = Path(words[0])
    page = path.read_text(encoding="utf-8")
    printed = play(blocks_of(page))
    if "--renew" in words:
        path.write_text(renewed(page, printed), encoding="utf-8")
    print(json.dumps(printed, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
