"""YAML of strangers is plain data or a named fault, within a second."""

import time
from pathlib import Path

import pytest
import yaml

from causalvalues.values.bounded_yaml import DEEPEST, MOST_PARTS, bounded_yaml

LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)
)
BOMBS = {
    "unfold": LAUGHS,
    "unfold to": MERGES,
    "unfold to more": "a: &a [*a]\n",
    "nested deeper": "[" * 100_000,
    "nested": "{a: " * 100_000,
    "deeper than": "- " * 100_000,
    "a number longer": f"a: {'9' * 100_000}\n",
    "number": f"a: 0x{'f' * 1_000_000}\n",
    "longer than": "a: 1" + ":59" * 100_000 + "\n",
    "cannot be read": "a: !!int ''\n",
    "that cannot": "a: !!timestamp x\n",
    "cannot be": "a: !!bool x\n",
    "could not determine": "a: !!python/object/apply:os.system [x]\n",
}


@pytest.mark.fault
@pytest.mark.parametrize("said", BOMBS)
def test_a_bomb_is_refused_in_under_a_second(said: str) -> None:
    started = time.perf_counter()
    with pytest.raises(yaml.YAMLError, match=said):
        bounded_yaml(BOMBS[said])
    assert time.perf_counter() - started < 1


def test_ordinary_files_read_as_a_safe_loader_reads_them() -> None:
    paths = sorted(Path(__file__).parents[2].glob("causalvalues/**/*.yaml"))
    assert len(paths) > 10
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert bounded_yaml(text) == yaml.safe_load(text)


def test_aliases_and_merges_are_allowed_within_the_bound() -> None:
    text = "a: &a {x: 1}\nb: *a\nc: {<<: *a, y: 2}\n"
    assert bounded_yaml(text) == {"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1, "y": 2}}
    assert bounded_yaml("") is None
    depth = DEEPEST - 1
    assert bounded_yaml("[" * depth + "x" + "]" * depth)
    assert MOST_PARTS > 100_000
