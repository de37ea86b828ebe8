"""A very large survey on paper: 450 values × 10,000 roles × 100 conditions × 8B model, 64 GPUs.

    python bench/scale_paper.py     about 20 seconds; fills the table in docs/scale.md

What the GPUs take is estimated as `causalvalues estimate` does it; what the one process takes that
merges, keeps and scores is measured here on 48,000 answers, in processor seconds, and multiplied.
"""

import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from record import record

from causalvalues.provenance import write_atomically
from causalvalues.scale.estimate import cost_of, estimate
from causalvalues.scale.hardware import HARDWARE
from causalvalues.scale.shapes import KNOWN
from causalvalues.scale.workload import words, workload
from causalvalues.survey.answer_row import Answer
from causalvalues.survey.design import Design, request_of
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.request import Message, Request
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role, anchored_roles

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
MODEL, GPU, N_GPUS = "meta-llama/Meta-Llama-3-8B-Instruct", "h100", 64
N_VALUES, N_ROLES, N_CONDITIONS = 450, 10_000, 100
DAY = 86400.0
ITEMS = inventory("schwartz10")
QUESTIONS = tuple(Protocol(orders=("given",)).questions(ITEMS))
COPIES = N_VALUES // len(ITEMS.system.names)
N_ANSWERS = COPIES * len(QUESTIONS) * N_ROLES * N_CONDITIONS


def requests_of(role: Role, *, anchors: int) -> Iterator[Request]:
    """Yield every question about 450 values to a role with so many times ten lines."""
    told = "\n".join(_renamed(role.text, copy) for copy in range(anchors))
    for copy, question in product(range(COPIES), QUESTIONS):
        asked = request_of(Role(role.id, told), question, "system")
        *head, item = question.text.split("\n")
        text = "\n".join([*head, _renamed(item, copy)])
        yield Request((asked.messages[0], Message("user", text)), asked.options)


def _renamed(text: str, copy: int) -> str:
    """Return a text whose words are those of another item, as many and as long."""
    return re.sub(r"\S+", lambda word: f"{word[0]}{copy}", text)


def on_gpus(anchors: int) -> dict[str, float]:
    """Return what the whole survey takes, in days where it is time."""
    roles = anchored_roles(ITEMS.system, 2)
    shape, gpu = KNOWN[MODEL], HARDWARE[GPU]
    requests = [request for role in roles for request in requests_of(role, anchors=anchors)]
    work = workload(requests, words, cost=cost_of(shape), budget=gpu.token_budget)
    whole = work.times(N_ROLES * N_CONDITIONS / len(roles))
    found = estimate(whole, shape, gpu, n_devices=N_GPUS)
    rate = gpu.operations_per_second * gpu.share * N_GPUS * DAY
    return {
        "tokens_per_prompt": work.tokens_asked / work.n_prompts,
        "tokens_computed_per_prompt": work.tokens_computed / work.n_prompts,
        "days": found.seconds / DAY,
        "days_in_layers": cost_of(shape).linear * whole.tokens_computed / rate,
        "days_in_attention": cost_of(shape).attention * whole.pairs / rate,
        "days_outside_the_model": found.host_seconds / DAY,
        "dollars": found.dollars,
    }


def of_driver(n_roles: int = 300) -> dict[str, float]:
    """Return what one answer takes of the process that merges: microseconds and bytes."""
    questions = tuple(Protocol().questions(ITEMS))
    roles = anchored_roles(ITEMS.system, n_roles)
    numbers: dict[str, float] = {}
    with _clock(numbers, "key", n_roles * len(questions)):
        keys = Design({"model": "m"}, questions, roles, {"": ""}).keys
    answers = list(_answers(keys, roles, questions))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.sqlite"
        with AnswerStore.open(path) as store, _clock(numbers, "keep", len(keys)):
            for first in range(0, len(answers), 12_000):
                store.put(answers[first : first + 12_000])
        numbers["bytes_on_disk"] = path.stat().st_size / len(keys)
        with AnswerStore.open(path, to_read=True) as store:
            with _clock(numbers, "check", len(keys)):
                held = dict.fromkeys(keys) if len(store) else {}
            with _clock(numbers, "tabulate", len(keys)):
                table = Responses.of(store.rows(), questions)
    numbers["bytes_of_a_held_key"] = sys.getsizeof(held) / len(keys) + sys.getsizeof(keys[0])
    numbers["bytes_of_a_tabulated_answer"] = (
        float(table.frame.memory_usage(deep=False).sum()) + table.log_probabilities.nbytes
    ) / len(keys)
    return numbers


def _answers(
    keys: Sequence[bytes], roles: Sequence[Role], questions: Sequence[Question]
) -> Iterator[Answer]:
    """Yield an answer for each key."""
    for key, (role, question) in zip(keys, product(roles, questions), strict=True):
        yield Answer(key, "m", "", role.id, question.id, (-1.0, -2.0, -3.0, -4.0, -5.0, -0.6))


@contextmanager
def _clock(numbers: dict[str, float], name: str, n: int) -> Iterator[None]:
    """Note the processor microseconds of each of n things."""
    start = time.process_time()
    yield
    numbers[f"microseconds_to_{name}"] = (time.process_time() - start) / n * 1e6


def page(short: dict[str, float], long: dict[str, float], driver: dict[str, float]) -> str:
    """Return the tables."""
    columns = (short, long)
    rows = [("", "ten values in a role's text", "all 450 in it"), ("---", "---", "---")]
    rows += [
        (name, *(form.format(column[key]) for column in columns))
        for name, key, form in (
            ("tokens of a prompt", "tokens_per_prompt", "{:,.0f}"),
            ("of them computed, the rest being shared", "tokens_computed_per_prompt", "{:.0f}"),
            ("**days on 64 GPUs**", "days", "**{:.1f}**"),
            ("in the layers", "days_in_layers", "{:.2f}"),
            ("in attention", "days_in_attention", "{:.2f}"),
            ("outside the model", "days_outside_the_model", "{:.2f}"),
            ("dollars", "dollars", "{:,.0f}"),
        )
    ]
    days = {
        name: driver[f"microseconds_to_{name}"] * N_ANSWERS / 1e6 / DAY
        for name in ("key", "keep", "check", "tabulate")
    }
    terabytes = {
        name: driver[name] * N_ANSWERS / 1e12
        for name in ("bytes_on_disk", "bytes_of_a_held_key", "bytes_of_a_tabulated_answer")
    }
    own = [("the one process that merges", "each answer", f"{N_ANSWERS / 1e9:.1f} billion")]
    own.append(("---", "---", "---"))
    own += [
        (f"to {name}", f"{driver[f'microseconds_to_{name}']:.1f} µs", f"{each:.2f} days")
        for name, each in days.items()
    ]
    own += [
        (name.replace("_", " "), f"{driver[name]:.0f}", f"{each:.2f} TB")
        for name, each in terabytes.items()
    ]
    tables = ["\n".join("| " + " | ".join(row) + " |" for row in each) for each in (rows, own)]
    return "\n\n".join(tables)


def main() -> None:
    """Estimate and measure; write bench/results/scale_paper.json and the tables."""
    short, long, driver = on_gpus(1), on_gpus(COPIES), of_driver()
    record("scale_paper", {"ten values": short, "all values": long, "driver": driver})
    begin, end = "<!-- scale_paper: begin -->", "<!-- scale_paper: end -->"
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    _, after = rest.split(end)
    tables = page(short, long, driver)
    write_atomically(PAGE, f"{before}{begin}\n{tables}\n{end}{after}")


if __name__ == "__main__":
    main()
