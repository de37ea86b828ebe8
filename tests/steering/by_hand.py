"""Probes and gates the plain way: one text, one pass, NumPy in hooks, nothing shared or cached."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import nnls
from torch import Tensor

from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.intervention import (
    Intervention,
    NeuronEdit,
    Probe,
    ProbeEdit,
    Scope,
    parts_of,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Text:
    """A prompt and its answer, and what a scope may ask of them."""

    ids: Sequence[int]
    n_prompt: int
    role_end: int = 0
    in_phrase: Sequence[int] = ()  # places

    def where(self, scope: Scope) -> Bools:
        """(token,) true where a scope reaches."""
        place = np.arange(len(self.ids))
        last = self.n_prompt - 1
        by_name = {
            "all": place >= 0,
            "prompt": place <= last,
            "generated": place > last,
            "last": place == last,
            "answering": place >= last,
            "phrase": np.isin(place, self.in_phrase),
            "after role": place >= self.role_end,
        }
        return by_name[scope.where]


def logit(probability: float) -> float:
    return float(np.log(probability) - np.log(1 - probability))


def change(edit: ProbeEdit, layer: int, seen: Floats) -> Floats:
    """What is added to one token (width or neuron,)."""
    reads = edit.reads_by_layer.get(layer, np.arange(len(seen)))
    moves = edit.moves_by_layer.get(layer, reads)
    there: list[Probe] = [probe for probe in edit.probes if layer in probe.weights_by_layer]
    weights = np.zeros((len(there), len(seen)))
    for row, probe in enumerate(there):
        weights[row, reads] = probe.weights_by_layer[layer]
    aims = [logit(probe.probability) - probe.bias_by_layer[layer] for probe in there]
    gaps = np.array(aims) - weights @ seen
    free = np.isin(np.arange(len(seen)), moves)
    found = np.zeros(len(seen))
    if (gaps <= 0).all():
        return found
    if edit.is_bounded:
        low, high = np.zeros((2, len(seen)))
        low[moves] = np.minimum(edit.low_by_layer[layer] - seen[moves], 0)
        high[moves] = np.maximum(edit.high_by_layer[layer] - seen[moves], 0)
        (direction,) = weights
        below, above = 0.0, 1e6
        for _ in range(60):  # bisection
            middle = (below + above) / 2
            enough = direction @ np.clip(middle * direction, low, high) >= gaps[0]
            below, above = (below, middle) if enough else (middle, above)
        return np.clip(above * direction, low, high)
    rows = np.vstack([weights[:, free].T, gaps])
    wanted = np.append(np.zeros(free.sum()), 1.0)
    left = rows @ nnls(rows, wanted)[0] - wanted
    found[free] = -left[:-1] / left[-1]
    return found


def edited(edit: ProbeEdit | NeuronEdit, layer: int, seen: Floats, text: Text) -> Floats:
    """An activation (token, width or neuron) as an edit leaves it."""
    where, after = text.where(edit.scope), seen.copy()
    if isinstance(edit, ProbeEdit) and edit.solve == "query":
        after[where] += edit.share * change(edit, layer, seen[text.n_prompt - 1])
        return after
    for token in np.flatnonzero(where):
        if isinstance(edit, NeuronEdit):
            neurons = edit.neurons_by_layer[layer]
            n_open = float((seen[token, neurons] > 0).mean())
            part = edit.share * (1 - edit.spared * n_open)
            after[token, neurons] += part * edit.amounts_by_layer[layer]
            continue
        after[token] += edit.share * change(edit, layer, seen[token])
    return after


def logits(model: LanguageModel, intervention: Intervention, text: Text) -> Tensor:
    """What is said at every token of a text (token, vocabulary)."""
    with ExitStack() as stack, torch.inference_mode():
        for part in parts_of(intervention):
            assert isinstance(part, ProbeEdit | NeuronEdit)
            layers = part.layers if isinstance(part, ProbeEdit) else part.neurons_by_layer
            for place in layers:
                stack.callback(_hooked(model, part, place, text))
        return model.model(torch.tensor([text.ids]), use_cache=False).logits[0]


def _hooked(model: LanguageModel, edit: ProbeEdit | NeuronEdit, layer: int, text: Text):  # type: ignore[no-untyped-def]
    """The removal of a hook that edits."""

    def changed(seen: Tensor) -> Tensor:
        own = seen[0].double().numpy()
        return torch.from_numpy(edited(edit, layer, own, text)).to(seen)[None]

    module = model.parts.layers[layer]
    if edit.site == "residual":
        return module.register_forward_hook(lambda _, given, left: changed(left)).remove
    mlp: torch.nn.Module = module.mlp  # type: ignore[assignment]
    if edit.site == "gates":
        return mlp.act_fn.register_forward_hook(lambda _, given, left: changed(left)).remove
    return mlp.down_proj.register_forward_pre_hook(lambda _, given: (changed(given[0]),)).remove
