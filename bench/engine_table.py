"""The table of the engine's numbers in bench/README.md, between two marks."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from causalvalues.provenance import write_atomically

__all__ = ["table", "write_table"]

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- engine_speed: begin -->", "<!-- engine_speed: end -->"

WAYS = {
    "generate_100": "100 tokens written, batches of 8 (as published)",
    "generate_to_end_of_turn": "the same, to the end of the turn",
    "alone": "one prompt at a time, plain forward",
    "alone_last_logits": "the same, only the last logits",
    "harness_by_8": "lm-evaluation-harness, batches of 8",
    "harness_by_32": "lm-evaluation-harness, batches of 32",
}


def write_table(numbers: Mapping[str, Any], path: Path = README) -> Path:
    """Return the page after the table between its marks is replaced."""
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return write_atomically(path, f"{before}{BEGIN}\n{table(numbers)}\n{END}{after}")


def table(numbers: Mapping[str, Any]) -> str:
    """Return the numbers of every model as a table: a median, and its extremes in brackets."""
    models = {name: each for name, each in numbers.items() if "times_ours" in _mapping(each)}
    head = [f"| {' | '.join(['times as long as ours', *models])} |", "|---" * (len(models) + 1)]
    rows = [
        (what, [_ratio(m["times_ours"].get(way)) for m in models.values()])
        for way, what in WAYS.items()
    ]
    rows += list(_further(list(models.values())))
    lines = [f"| {what} | {' | '.join(cells)} |" for what, cells in rows]
    return "\n".join([head[0], f"{head[1]}|", *lines])


def _further(models: list[Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Yield the rows that are no comparison of whole surveys."""
    yield "25 edits, each run alone", [_ratio(m["sweep"]["separate_over_shared"]) for m in models]
    yield "**ours**, ms per prompt", [_milliseconds(m) for m in models]
    yield "tokens per prompt", [f"{m['tokens_per_prompt']['median']:.0f}" for m in models]
    yield (
        "tokens computed / least possible",
        [f"{m['work']['computed_over_least']:.3f}" for m in models],
    )
    for name, what in (("1024_cubed", "1024³"), ("own_shapes", "the model's own")):
        yield (
            f"share of the rate of matrix products, {what}",
            [_ratio(m["work"][f"share_of_{name}"]) for m in models],
        )


def _milliseconds(model: Mapping[str, Any]) -> str:
    ours = model["seconds_per_prompt"]["ours"]
    return _ratio({key: 1000 * each for key, each in ours.items()})


def _ratio(spread: Mapping[str, float] | None) -> str:
    """Return a median with its extremes, or a dash."""
    if spread is None:
        return "–"
    median, lowest, highest = (f"{spread[key]:.3g}" for key in ("median", "lowest", "highest"))
    return f"{median} ({lowest}–{highest})"


def _mapping(each: object) -> Mapping[str, Any]:
    return each if isinstance(each, Mapping) else {}
