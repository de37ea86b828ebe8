"""Gates at work: which requests an intervention is for, decided from the bare question.

    detected(detector, model, questions)   the probability that each question is about the value
    Gated(model)                           a respondent that sweeps like the model, gates obeyed

Requests for which the same gates open are swept together. Guarantee: a question is judged once,
unsteered and without its role; under a gate that stays closed an answer is the unsteered one, bit
for bit.
"""

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, pairwise
from typing import Any, ClassVar, cast

import numpy as np
import torch
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.models.checkpoint import find
from causalvalues.models.conditions import Point
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.last_tokens import last_tokens
from causalvalues.models.loading import quiet
from causalvalues.steering.edits import Move
from causalvalues.steering.gate import (
    ClassifierDetector,
    Detector,
    Gate,
    ProbeDetector,
    WordDetector,
)
from causalvalues.survey.request import Request

__all__ = ["Gated", "bare_question", "detected", "hashed_words", "openings"]

Floats = NDArray[np.float64]
Answer = tuple[str, int, tuple[float, ...]]


def bare_question(request: Request) -> str:
    """Return what is asked, without role and instruction: the request says, or its last message."""
    return request.bare or request.messages[-1].text


def detected(detector: Detector, model: LanguageModel, questions: Sequence[str]) -> Floats:
    """Return (question,) the probability that a question is about the value."""
    if not questions:
        return np.zeros(0)
    if isinstance(detector, ProbeDetector):
        return _probed(detector, model, questions)
    if isinstance(detector, WordDetector):
        features = hashed_words(questions, len(detector.weights))
        return _sigmoid(features @ detector.weights.astype(np.float64) + detector.bias)
    return _classified(detector, questions, model.engine.device)


def hashed_words(texts: Sequence[str], n_buckets: int) -> Floats:
    """Return (text, bucket) hashed words and pairs of words, each row of length 1."""
    found = np.zeros((len(texts), n_buckets))
    for row, text in enumerate(texts):
        words = re.findall(r"\w+", text.lower())
        for said in [*words, *(f"{one} {two}" for one, two in pairwise(words))]:
            found[row, zlib.crc32(said.encode()) % n_buckets] += 1.0
    lengths: Floats = np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    return found / lengths


def openings(gate: Gate, model: LanguageModel, questions: Sequence[str]) -> NDArray[np.bool_]:
    """Return (question,) whether a gate opens for it."""
    if gate.state != "deciding":
        return np.full(len(questions), gate.state == "open")
    return np.asarray(detected(gate.detector, model, questions) >= gate.threshold)


@dataclass(frozen=True, eq=False)
class Gated:
    """A language model whose sweeps obey the gates of the edits they are given."""

    model: LanguageModel
    _known: dict[Gate, dict[str, bool]] = field(default_factory=dict)
    computes_together: ClassVar[bool] = True

    @property
    def identity(self) -> Mapping[str, str]:
        """Return the model's own: a gate belongs to the intervention."""
        return self.model.identity

    def sweep(
        self, requests: Sequence[Request], edits: Mapping[str, Sequence[Move] | None]
    ) -> Iterator[Answer]:
        """Yield (condition, place, log-probabilities), edits left out where their gate is shut."""
        gates = list(dict.fromkeys(m.gate for ms in edits.values() for m in ms or () if m.gate))
        if not gates:
            yield from self.model.sweep(requests, edits)
            return
        phrases = {move.phrase for moves in edits.values() for move in moves or ()}
        self.model.refuse_absent(requests, phrases)
        for places, shut in self.patterns(gates, requests):
            some = [requests[place] for place in places]
            said = {phrase for phrase in phrases if self._says(some, phrase)}
            left = {
                name: [m for m in moves or () if m.gate not in shut and m.phrase in said] or None
                for name, moves in edits.items()
            }
            for name, place, answer in self.model.sweep(some, left):
                yield name, places[place], answer

    def patterns(
        self, gates: Sequence[Gate], requests: Sequence[Request]
    ) -> list[tuple[list[int], set[Gate]]]:
        """Return places of requests for which the same gates are shut, and those gates."""
        shut = [[not is_open for is_open in self.opens(gate, requests)] for gate in gates]
        found: dict[tuple[bool, ...], list[int]] = {}
        for place in range(len(requests)):
            found.setdefault(tuple(each[place] for each in shut), []).append(place)
        return [(places, set(compress(gates, pattern))) for pattern, places in found.items()]

    def opens(self, gate: Gate, requests: Sequence[Request]) -> list[bool]:
        """Return for every request whether a gate opens."""
        known = self._known.setdefault(gate, {})
        asked = [bare_question(request) for request in requests]
        new = sorted(set(asked) - set(known))
        known.update(zip(new, map(bool, openings(gate, self.model, new)), strict=True))
        return [known[question] for question in asked]

    def _says(self, requests: Sequence[Request], phrase: str) -> bool:
        """Return whether a phrase is in a prompt; none is in all."""
        return not phrase or any(phrase in self.model.chat.text(request) for request in requests)


def _probed(detector: ProbeDetector, model: LanguageModel, questions: Sequence[str]) -> Floats:
    """Return (question,) what a probe reads of the unsteered model."""
    point, found = Point(detector.layer), np.zeros(len(questions))
    for some in last_tokens(model, questions, [point]):
        rows = some.rows[point].astype(np.float64)
        if rows.shape[1] != len(detector.weights):
            raise OptionError(
                f"A gate's probe must be as wide as the residual, {rows.shape[1]}",
                found=f"{len(detector.weights)} wide",
            )
        found[some.places] = rows @ detector.weights.astype(np.float64) + detector.bias
    return _sigmoid(found)


def _classified(
    detector: ClassifierDetector, questions: Sequence[str], device: torch.device
) -> Floats:
    """Return (question,) the probability that a text classifier gives to a label."""
    from transformers import pipeline

    checkpoint = find(detector.model, revision=detector.revision or None)
    with quiet():
        judge = pipeline(
            "text-classification",
            model=str(checkpoint.folder),
            device=device,
            trust_remote_code=False,
            top_k=None,
        )
        known = sorted(cast(Any, judge.model.config).id2label.values())
        if detector.label not in known:
            raise OptionError(
                f"The classifier knows the labels {', '.join(known)}", found=repr(detector.label)
            )
        told: list[list[dict[str, Any]]] = cast(Any, judge)(list(questions), truncation=True)
    chances = [{each["label"]: each["score"] for each in labels} for labels in told]
    return np.array([each[detector.label] for each in chances], dtype=np.float64)


def _sigmoid(numbers: Floats) -> Floats:
    """Return σ of numbers."""
    return np.asarray(1 / (1 + np.exp(-np.clip(numbers, -500, 500))))
