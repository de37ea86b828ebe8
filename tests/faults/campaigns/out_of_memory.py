"""Memory runs out once, at any call of the model, while a survey is asked under conditions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.small_survey import QUESTIONS, ROLES, Contents, contents
from campaigns.tiny_model import KNOWN, VECTOR, loaded
from causalvalues.errors import PromptTooLong
from causalvalues.models.conditions import Point, Step
from causalvalues.models.elicit import Tally
from causalvalues.models.forward import Batch, Compute, Pass
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.replay import Resume
from causalvalues.steering.edits import edits_of
from causalvalues.survey.asking import ask_under
from causalvalues.survey.responses import AnswerStore

MODELS = ("gemma", "llama3")
N_CALLS = 50
N_QUESTIONS, N_ROLES = 5, 24
BUDGET = 500  # tokens at once, so that there are many calls
FAULTS: tuple[BaseException, ...] = (
    torch.OutOfMemoryError("CUDA out of memory"),
    MemoryError(),
    RuntimeError("DefaultCPUAllocator: can't allocate memory"),
)


@dataclass
class Cramped:
    """A computer whose memory runs out at one call, after the work was done or before."""

    inner: Compute
    fails_at: int
    fault: BaseException
    n_calls: int = field(default=0)

    def forward(
        self,
        batch: Batch,
        *,
        keep: Collection[Point] = (),
        resume: Resume | None = None,
        steps: Sequence[Step] = (),
        to_end: bool = True,
    ) -> Pass:
        found = self.inner.forward(batch, keep=keep, resume=resume, steps=steps, to_end=to_end)
        self._call()
        return found

    def weigh(self, states: Tensor, rows: Tensor, tokens: Tensor) -> Tensor:
        self._call()
        return self.inner.weigh(states, rows, tokens)

    def _call(self) -> None:
        self.n_calls += 1
        if self.n_calls == self.fails_at:
            raise self.fault


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Fail at call 1, 2, … of each model; the store ends with every answer, once and right."""
    ledger = Ledger("out_of_memory")
    for kind in MODELS:
        model = loaded(kind, folder)
        known = asked(model, folder / f"{kind}.sqlite")
        for call in range(1, count // len(MODELS) + 1):
            cramped = Cramped(model.engine.compute, call, FAULTS[call % len(FAULTS)])
            path, way = folder / f"{kind}-{call}.sqlite", "halved"
            try:
                asked(with_compute(model, cramped), path)
            except PromptTooLong:  # one prompt alone: it cannot be halved
                way = "named, and gone on with"
            if cramped.n_calls < call:
                raise RuntimeError(f"{kind} makes only {cramped.n_calls} calls")
            found = asked(model, path)
            if found.keys() != known.keys():
                ledger.was_silent(f"{kind}, call {call}: {len(found)} answers of {len(known)}")
            elif not all(np.allclose(found[k], known[k], rtol=0, atol=1e-4) for k in known):
                ledger.was_silent(f"{kind}, call {call}: other answers")
            else:
                ledger.survived(way)
    return ledger.outcome(f"calls 1 to {count // len(MODELS)} of {' and '.join(MODELS)}")


def asked(model: LanguageModel, path: Path) -> Contents:
    """All answers, with and without an intervention, once a store holds them."""
    edits = {"": None, "power": edits_of(VECTOR, KNOWN)}
    with AnswerStore.open(path) as store:
        found = ask_under(
            model, QUESTIONS[:N_QUESTIONS], ROLES[:N_ROLES], store, edits=edits,
            digests={"power": "1"}, roles_at_once=4,
        )  # fmt: skip
        (n_rows,) = store._connection.execute("SELECT count(*) FROM answers").fetchone()
        answers = contents(store, found)
    if n_rows != len(answers):
        raise RuntimeError(f"{n_rows} rows hold {len(answers)} answers")
    return answers


def with_compute(model: LanguageModel, compute: Compute) -> LanguageModel:
    """The same model on another computer, a few tokens at once."""
    return replace(
        model, engine=replace(model.engine, tally=Tally(), compute=compute, budget=BUDGET)
    )


CAMPAIGN = Campaign(
    name="out_of_memory",
    group="steering",
    fault="memory runs out at one call of the model, from the first to the fiftieth, with and "
    "without an intervention",
    promise="the batch is halved, or an error says what did not fit and the same call goes on; the "
    "store ends with every answer, once, and the one of a large memory",
    n_full=len(MODELS) * N_CALLS,
    n_small=2,
    work=work,
)
