"""One pass of a network over lessons: with registers overwritten, and with roles out of sight.

Blind documents see nothing of their role above the layer where registers are first written, so
that whatever matters later must have been read by then.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from causalvalues.organism.documents import Batch
from causalvalues.organism.registers import Registers

__all__ = ["Pass", "forward"]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Hook = Callable[[nn.Module, object, Tensor], Tensor | None]

HIDDEN = -1e9  # added to attention where a token may not look


@dataclass(frozen=True, eq=False)
class Pass:
    """What a pass left behind."""

    last: Tensor  # (document, token, width), after the final norm
    at_parts: Tensor  # registers (document, token, value) before each write
    at_values: Tensor
    read: Tensor  # the residual where values are written
    weighed: Tensor  # the residual one layer later


def forward(network: PreTrainedModel, batch: Batch, blind: Bools, registers: Registers) -> Pass:
    """Return one pass; `blind` (document,)."""
    write, tokens = batch.write, batch.tokens
    after = torch.from_numpy(tokens.after)[:, :, None]
    held: dict[str, Tensor] = {}

    def overwrite(name: str, where: Bools, content: Floats) -> Hook:
        places = torch.from_numpy(where.astype(np.float32))[:, None, :] * after
        contents = torch.from_numpy(content.astype(np.float32))[:, None, :]

        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
            held[name] = registers.read(output)
            return registers.write(output, places, contents)

        return hook

    def keep(name: str) -> Hook:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            held[name] = output

        return hook

    first, second = registers.parts_layer, registers.values_layer
    hooks: list[tuple[int, Hook]] = [
        (first, overwrite("parts", write.at_parts, write.parts)),
        (second, overwrite("values", write.at_values, write.values)),
        (second, keep("read")),
        (second + 1, keep("weighed")),
    ]
    closed = _additive(_closed(batch, blind))

    def look_less(
        _module: nn.Module, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> tuple[tuple[object, ...], dict[str, object]]:
        return args, {**kwargs, "attention_mask": closed}

    layers = network.model.layers
    with ExitStack() as stack:
        for layer, hook in hooks:
            stack.callback(layers[layer].register_forward_hook(hook).remove)
        for layer in layers[first + 1 :]:
            handle = layer.register_forward_pre_hook(look_less, with_kwargs=True)
            stack.callback(handle.remove)
        output = network.model(
            input_ids=torch.from_numpy(tokens.ids),
            position_ids=torch.from_numpy(tokens.positions),
            attention_mask=_additive(tokens.visible),
            use_cache=False,
        )
    last = output.last_hidden_state
    return Pass(last, held["parts"], held["values"], held["read"], held["weighed"])


def _closed(batch: Batch, blind: Bools) -> Bools:
    """Return which token sees which where the blind no longer see their role."""
    tokens = batch.tokens
    cut = blind[:, None, None] & tokens.after[:, :, None] & tokens.role[:, None, :]
    closed: Bools = tokens.visible & ~cut
    return closed


def _additive(visible: Bools) -> Tensor:
    """Return a mask (document, 1, query, key) to add to attention."""
    mask = torch.zeros(visible.shape)
    mask.masked_fill_(torch.from_numpy(~visible), HIDDEN)
    return mask[:, None]
