"""Memory runs out at any call of the model, while a survey is asked, steered or not.

From that call on, batches as large as the one that failed do not fit (half of one does), or none
does, however small: then the same survey is gone on with where there is memory.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product
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
N_QUESTIONS, N_ROLES = 3, 36
BUDGET = 2000  # tokens at once: two roles with their questions, so that there are many calls
FAULTS: tuple[BaseException, ...] = (
    torch.OutOfMemoryError("CUDA out of memory"),
    MemoryError(),
    RuntimeError("DefaultCPUAllocator: can't allocate memory"),
)
CASES = [(call, *how) for call in range(1, N_CALLS + 1) for how in product((False, True), repeat=2)]


@dataclass
class Cramped:
    """A computer whose memory is too small from one call on, after the work was done or before."""

    inner: Compute
    fails_at: int
    fits_halved: bool
    fault: BaseException
    n_calls: int = 0
    n_faults: int = 0
    most_tokens: float = field(default=float("inf"))  # of one batch, fewer fit
    n_tokens: int = 0

    def forward(
        self,
        batch: Batch,
        *,
        keep: Collection[Point] = (),
        resume: Resume | None = None,
        steps: Sequence[Step] = (),
        to_end: bool = True,
    ) -> Pass:
        self.n_tokens = batch.n_tokens
        found = self.inner.forward(batch, keep=keep, resume=resume, steps=steps, to_end=to_end)
        self._call()
        return found

    def weigh(self, states: Tensor, rows: Tensor, tokens: Tensor) -> Tensor:
        self._call()
        return self.inner.weigh(states, rows, tokens)

    def _call(self) -> None:
        self.n_calls += 1
        if self.n_calls == self.fails_at:
            self.most_tokens = self.n_tokens if self.fits_halved else 0
        if self.n_tokens >= self.most_tokens:
            self.n_faults += 1
            raise self.fault


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Fail at call 1, 2, … of the models; the store ends with every answer, once and right."""
    ledger, n_halvings, n_kept, calls = Ledger("out_of_memory"), 0, 0, set()

    @cache
    def whole(kind: str, steered: bool) -> tuple[LanguageModel, Contents]:
        model = loaded(kind, folder)
        return model, asked(model, folder / f"{kind}-{steered}.sqlite", steered)

    for place in np.linspace(0, len(CASES) - 1, count).round().astype(int):
        call, steered, fits_halved = CASES[place]
        model, known = whole(MODELS[call % len(MODELS)], steered)
        cramped = Cramped(model.engine.compute, call, fits_halved, FAULTS[call % len(FAULTS)])
        path, way, kept = folder / f"{place}.sqlite", "halved until it fitted", known
        try:
            asked(with_compute(model, cramped), path, steered)
        except PromptTooLong:  # one prompt alone: it cannot be halved
            way, kept = "halved, then named, and gone on with", held(path)
        if not cramped.n_faults:
            raise RuntimeError(f"there are only {cramped.n_calls} calls")
        n_halvings += cramped.n_faults - (way != "halved until it fitted")
        n_kept += 0 < len(kept) < len(known)
        calls.add(call)
        said = f"call {call}, {'with' if steered else 'without'} an intervention"
        if (way == "halved until it fitted") != fits_halved:
            ledger.was_lost(f"{said}: {way}")
        elif fault := other(kept, known) or other(asked(model, path, steered), known, all_of=True):
            ledger.was_silent(f"{said}: {fault}")
        else:
            ledger.survived(f"{way}")
    return ledger.outcome(
        f"calls {min(calls)} to {max(calls)}, {len(calls)} of them, of {' and '.join(MODELS)} in "
        f"turn; {n_halvings} halvings; where an error was named, {n_kept} stores held some answers"
    )


def other(found: Contents, known: Contents, *, all_of: bool = False) -> str:
    """What is wrong with answers, "" where nothing is."""
    if not found.keys() <= known.keys() or (all_of and len(found) < len(known)):
        return f"{len(found)} answers of {len(known)}"
    if not all(np.allclose(found[key], known[key], rtol=0, atol=1e-4) for key in found):
        return "other answers"
    return ""


def held(path: Path) -> Contents:
    """All answers of a store."""
    with AnswerStore.open(path, to_read=True) as store:
        return {row.key: row.log_probabilities for row in store.rows()}


def asked(model: LanguageModel, path: Path, steered: bool) -> Contents:
    """All answers, with or without an intervention, once a store holds them."""
    edits = {"power": edits_of(VECTOR, KNOWN)} if steered else {"": None}
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
    fault="memory runs out at a call of the model, each from the first to the fiftieth, with and "
    "without an intervention, for batches as large as that one or for all",
    promise="the batch is halved, or an error says what did not fit and the same call goes on; no "
    "row is lost, and the store ends with every answer, once, the one of a large memory",
    n_full=len(CASES),
    n_small=2,
    work=work,
)
