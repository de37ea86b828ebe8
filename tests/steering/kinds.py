"""One intervention of every kind, for a tiny model of three layers, 32 wide, with 64 neurons."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from fake_dictionary import FakeDictionary
from torch import Tensor
from transformers import PreTrainedModel

from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    NeuronEdit,
    Probe,
    ProbeEdit,
    RolePrompt,
    SaeFeature,
    Scope,
    Strength,
    ValueVector,
)

LAYER = 1
FAKE = FakeDictionary(layer=LAYER)
KNOWN = {"fake": FAKE}
PHRASE = " quiet mornings"

_rng = np.random.default_rng(4)
_VECTOR = _rng.standard_normal(32).astype(np.float32)
_NEURONS = {LAYER: _rng.permutation(64)[:24]}
_AMOUNTS = {LAYER: _rng.standard_normal(24).astype(np.float32)}

ADD = SaeFeature("fake", 3, LAYER, Strength(6.0))
CLAMP = SaeFeature(
    "fake", 3, LAYER, Strength(2.0, "feature maximum"), "clamp", observed_maximum=3.0
)
ABLATE = SaeFeature("fake", 3, LAYER, mode="ablate")
VECTOR = ValueVector("power", {LAYER: _VECTOR, 2: -_VECTOR}, Strength(0.7, "residual norm"))
NEURONS = NeuronEdit("rest", _NEURONS, _AMOUNTS)
COMBINED = Combined((NEURONS, Combined((VECTOR, ADD)), CLAMP))
GATES = replace(
    NEURONS, amounts_by_layer={LAYER: 0.5 + _AMOUNTS[LAYER] ** 2}, site="gates", spared=0.6
)
PROBES = ProbeEdit(
    "power",
    (
        Probe(
            "power", {LAYER: _VECTOR / 4, 2: np.roll(_VECTOR, 5) / 4}, {LAYER: -2.0, 2: -1.0}, 0.9
        ),
    ),
    scope=Scope("all"),
)
TWO_PROBES = replace(
    PROBES, probes=(*PROBES.probes, Probe("rest", {LAYER: np.roll(_VECTOR, 9)}, {LAYER: -1.0}, 0.8))
)
NEURON_PROBES = ProbeEdit(
    "rest",
    (Probe("rest", {LAYER: _AMOUNTS[LAYER]}, {LAYER: -6.0}, 0.8),),
    site="neurons",
    reads_by_layer=_NEURONS,
    moves_by_layer={LAYER: _NEURONS[LAYER][::-2]},
    scope=Scope("all"),
)
BOUNDED = replace(
    NEURON_PROBES,
    low_by_layer={LAYER: np.full(12, -0.7, dtype=np.float32)},
    high_by_layer={LAYER: np.full(12, 0.9, dtype=np.float32)},
)

EVERY: dict[str, Intervention] = {
    "add": ADD,
    "clamp": CLAMP,
    "ablate": ABLATE,
    "vector": VECTOR,
    "neurons add": NEURONS,
    "neurons set": replace(NEURONS, mode="set"),
    "neurons at most": replace(NEURONS, mode="at most"),
    "combined": COMBINED,
    "gates": GATES,
    "gates unspared": replace(GATES, spared=0.0),
    "probes by query": PROBES,
    "probes by token": replace(PROBES, solve="token"),
    "two probes": TWO_PROBES,
    "neurons by probe": NEURON_PROBES,
    "neurons within bounds": BOUNDED,
    "combined probes": Combined((PROBES, GATES, BOUNDED, replace(TWO_PROBES, solve="token"))),
}
ADDED = ("add", "neurons add", "gates unspared")  # the same whatever was added before
SCOPES = (
    Scope("all"),
    Scope("prompt"),
    Scope("generated"),
    Scope("last"),
    Scope("answering"),
    Scope("phrase", PHRASE),
    Scope("after role"),
)
PROMPT = RolePrompt("Rest well.", settles={"power": -0.4})


def scoped(intervention: Intervention, scope: Scope) -> Intervention:
    """The intervention at other tokens."""
    if isinstance(intervention, Combined):
        return Combined(tuple(scoped(part, scope) for part in intervention.parts))
    assert not isinstance(intervention, RolePrompt)
    return replace(intervention, scope=scope)


def padded(rows: Sequence[Sequence[int]], side: str = "left") -> tuple[Tensor, Tensor]:
    """Ids and mask (batch, token) of texts of any length, filled up on one side."""
    width = max(map(len, rows))
    ids, mask = torch.zeros((2, len(rows), width), dtype=torch.int64)
    for row, text in enumerate(rows):
        there = slice(width - len(text), width) if side == "left" else slice(len(text))
        ids[row, there], mask[row, there] = torch.tensor(text), 1
    return ids, mask


def prompts_of(model: LanguageModel, texts: Sequence[str]) -> list[list[int]]:
    """The ids of texts as the tokenizer reads them."""
    return [model.tokenizer(text)["input_ids"] for text in texts]


@torch.inference_mode()
def logits_of(model: PreTrainedModel, ids: Tensor, mask: Tensor | None = None) -> Tensor:
    """What a plain forward pass says at every token."""
    return model(input_ids=ids, attention_mask=mask, use_cache=False).logits
