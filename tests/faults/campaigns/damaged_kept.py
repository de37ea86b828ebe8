"""What is kept beside runs is damaged: interventions, fitted methods, autoencoders, ratings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.damage import damaged
from causalvalues.errors import CausalValuesError
from causalvalues.evaluation.judge import OpenAnswer, Rating
from causalvalues.evaluation.kept_ratings import kept
from causalvalues.methods.fitted import Fitted
from causalvalues.steering.cards import SHIPPED
from causalvalues.steering.document import digest_of, read_intervention, write_intervention
from causalvalues.steering.gate import Gate, ProbeDetector
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    NeuronEdit,
    RolePrompt,
    ValueVector,
)
from causalvalues.steering.sae import open_sae
from causalvalues.study.methods.kept_fits import at_dose, read_fitted, write_fitted
from causalvalues.survey.responses import AnswerStore

WIDTH = 96
SAE = ("sae_weights.safetensors", "cfg.json", "card.yaml")
ANSWERS = tuple(OpenAnswer(f"Question {n}?", f"It is so, {n} times.") for n in range(12))


@dataclass(frozen=True)
class Kept:
    """Files of one kind, and all that is read of them, as something that can be compared."""

    name: str
    files: tuple[str, ...]
    read: Callable[[Path], object]


def vector_with_gate(rng: np.random.Generator) -> Intervention:
    """Return a vector behind a gate, neurons and a line, all at once."""
    gate = Gate("power asked", ProbeDetector(1, _floats(rng, WIDTH), 0.25), 0.5)
    vector = ValueVector("own", {1: _floats(rng, WIDTH), 2: _floats(rng, WIDTH)}, gate=gate)
    neurons = rng.permutation(200)[:20].astype(np.int64)
    edit = NeuronEdit("some", {2: neurons}, {2: _floats(rng, 20)})
    return Combined((RolePrompt("You are calm.", {"security": 0.4}), vector, edit))


def read_document(folder: Path) -> object:
    """Return what an intervention is known by."""
    return digest_of(read_intervention(folder / "own.json"))


def read_method(folder: Path) -> object:
    """Return all that a fitted method says and does."""
    fitted = read_fitted(folder / "fit.json")
    done = [digest_of(fitted.at(dose)) for dose in fitted.doses]
    said = fitted.method, fitted.value, fitted.unit, fitted.direction, fitted.scale
    return done, fitted.doses, dict(fitted.found), said


def read_autoencoder(folder: Path) -> object:
    """Return what features of an autoencoder do and say, to the last bit."""
    sae = open_sae(folder / "sae")
    residual = torch.linspace(-2, 2, 5 * WIDTH).reshape(5, WIDTH)
    rows = [sae.direction(feature) for feature in (0, 7, 126)]
    rows += [sae.activation(residual, feature) for feature in (0, 7, 126)]
    return sae.layer, sae.digest, [row.numpy().tobytes() for row in rows]


def read_ratings(folder: Path) -> object:
    """Return the rating of every answer; those that are damaged are asked again."""
    with AnswerStore.open(folder / "ratings.sqlite") as store:
        found = kept(_rate, ANSWERS, identity={"judge": "steady"}, store=store)
    return [(dict(rating.scores), dict(rating.reasons)) for rating in found]


KINDS = (
    Kept("intervention", ("own.json", "own.safetensors"), read_document),
    Kept("fitted method", ("fit.json", "fit.safetensors"), read_method),
    Kept("autoencoder", tuple(f"sae/{name}" for name in SAE), read_autoencoder),
    Kept("ratings", ("ratings.sqlite",), read_ratings),
)


def write_all(folder: Path, rng: np.random.Generator) -> None:
    """Write one of each kind."""
    (folder / "sae").mkdir(parents=True)
    write_intervention(vector_with_gate(rng), folder / "own.json")
    vector = ValueVector("caa", {2: _floats(rng, WIDTH)})
    write_fitted(
        Fitted("caa", "power", lambda dose: at_dose(vector, dose), (0.5, 1.0, 2.0), "α",
               found={"layers": "2", "accuracy": 0.875}),
        folder / "fit.json",
    )  # fmt: skip
    for name in SAE:
        (folder / "sae" / name).write_bytes((SHIPPED / "organism-gemma" / name).read_bytes())
    read_ratings(folder)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Damage one file, read what it is part of, compare."""
    ledger, rng = Ledger("damaged_kept"), np.random.default_rng(seed)
    write_all(folder, rng)
    known = {kind.name: kind.read(folder) for kind in KINDS}
    cases = [(kind, name) for kind in KINDS for name in kind.files]
    for number in range(count):
        kind, name = cases[number % len(cases)]
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(damaged(whole, rng))
        try:
            _note(kind, name, kind.read(folder) == known[kind.name], ledger)
        except CausalValuesError:
            ledger.survived("named")
        except Exception as fault:
            ledger.was_lost(f"{name} of {kind.name}: {type(fault).__name__}: {fault}")
        for left in folder.glob("ratings.sqlite?*"):  # what SQLite had written beside it
            left.unlink()
        (folder / name).write_bytes(whole)
    return ledger.outcome(f"{len(cases)} files: {', '.join(kind.name for kind in KINDS)}")


def _note(kind: Kept, name: str, same: bool, ledger: Ledger) -> None:
    """Count what was read of a damaged file."""
    if same:
        ledger.survived("rated again" if kind.name == "ratings" else "without effect")
    else:
        ledger.was_silent(f"{name} of {kind.name} gave something else")


def _rate(answers: Sequence[OpenAnswer]) -> Iterator[tuple[OpenAnswer, Rating]]:
    """Rate answers as their texts say."""
    for answer in answers:
        yield answer, Rating({"power": (len(answer.text) + sum(answer.text.encode()) % 7) / 100})


def _floats(rng: np.random.Generator, n: int) -> NDArray[np.float32]:
    """Return numbers of either sign."""
    return rng.normal(size=n).astype(np.float32)


CAMPAIGN = Campaign(
    name="damaged_kept",
    group="durability",
    fault="what is kept beside runs damaged: an intervention with its vectors, a fitted method, an "
    "autoencoder with its card, ratings of judges",
    promise="a named error, or what is read is what was written to the last bit, ratings after "
    "they were asked for again",
    n_full=1000,
    n_small=32,
    work=work,
)
