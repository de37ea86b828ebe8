"""`Decoder` runs packed prompts through a model once; what it yields are states, not logits.

    a token sees exactly its ancestors in the tree, and in layers with a window those that are
    fewer than `window` tokens back: the mask depends on depths, not on places in the row

Logits are taken only at the states that are asked for, and log-probabilities in float32.
Guarantee: the model is the same before and after, whatever happens between.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from causalvalues.errors import Fault
from causalvalues.models.architectures import Parts
from causalvalues.models.conditions import Point, Step
from causalvalues.models.edit import Tokens
from causalvalues.models.hooked import acting, kept
from causalvalues.models.replay import Resume, resumed, stopped

__all__ = ["Batch", "Compute", "Decoder", "Pass", "first_device"]

HEAD_BYTES = 2**27  # of float32 logits held at once


@dataclass(frozen=True, eq=False)
class Batch:
    """Trees in rows of one length: the tokens, and where the descendants of each end."""

    tokens: Tokens  # each (batch, token)
    ends: Tensor  # (batch, token)

    @property
    def n_tokens(self) -> int:
        """Return how many tokens are computed, those that fill up rows included."""
        return self.ends.numel()


@dataclass(frozen=True, eq=False)
class Pass:
    """What one run through the decoder gives."""

    states: Tensor | None  # (batch, token, width) after the final norm; none if it was cut short
    kept: Mapping[Point, Tensor]  # (batch, token, width or neuron)


class Compute(Protocol):
    """Whatever runs batches: the decoder, or a stand-in that counts or fails."""

    def forward(
        self,
        batch: Batch,
        *,
        keep: Collection[Point] = (),
        resume: Resume | None = None,
        steps: Sequence[Step] = (),
        to_end: bool = True,
    ) -> Pass:
        """Return the states of a batch, and what is seen at the points to keep."""

    def weigh(self, states: Tensor, rows: Tensor, tokens: Tensor) -> Tensor:
        """Return (pair,) the log-probability of each token after the state in its row."""


@dataclass(frozen=True, eq=False)
class Decoder:
    """A model's decoder and head."""

    parts: Parts

    @torch.inference_mode()
    def forward(
        self,
        batch: Batch,
        *,
        keep: Collection[Point] = (),
        resume: Resume | None = None,
        steps: Sequence[Step] = (),
        to_end: bool = True,
    ) -> Pass:
        """Return the states of a batch, and what is seen at the points to keep."""
        layers = self.parts.layers
        with ExitStack() as stack:
            if not to_end:
                stack.enter_context(stopped(layers, after=max(point.layer for point in keep)))
            if resume is not None:
                stack.enter_context(resumed(layers, resume))
            stack.enter_context(acting(layers, steps, batch.tokens))
            found = stack.enter_context(kept(layers, keep))
            output = self.parts.decoder(
                input_ids=batch.tokens.ids,
                attention_mask=self._masks(batch),
                position_ids=batch.tokens.positions,
                use_cache=False,
            )
        if set(found) != set(keep):
            raise Fault("Every layer that is read must have run", found=f"{set(found)}")
        return Pass(output[0] if to_end else None, found)

    @torch.inference_mode()
    def weigh(self, states: Tensor, rows: Tensor, tokens: Tensor) -> Tensor:
        """Return (pair,) the log-probability of each token after the state in its row.

        states (row, width), rows (pair,), tokens (pair,); rows must not decrease.
        """
        found = torch.empty(len(tokens), dtype=torch.float32, device=states.device)
        for start, chunk in self._logits(states):
            inside = (rows >= start) & (rows < start + len(chunk))
            picked = chunk[rows[inside] - start, tokens[inside]]
            found[inside] = picked - chunk.logsumexp(dim=-1)[rows[inside] - start]
        return found

    def _logits(self, states: Tensor) -> Iterator[tuple[int, Tensor]]:
        """Yield (first row, logits) in float32, few rows at a time."""
        head = self.parts.head
        n_rows = max(HEAD_BYTES // (4 * cast(Tensor, head.weight).shape[0]), 1)
        for start in range(0, len(states), n_rows):
            logits = head(states[start : start + n_rows])
            if self.parts.softcap is not None:
                logits = torch.tanh(logits / self.parts.softcap) * self.parts.softcap
            yield start, logits.float().to(states.device)

    def _masks(self, batch: Batch) -> Tensor | dict[str, Tensor]:
        """Return what the layers add to their scores, (batch, 1, token, token), by type if so."""
        place = torch.arange(batch.ends.shape[1], device=batch.ends.device)
        seen = (place[None, None, :] <= place[None, :, None]) & (
            place[None, :, None] < batch.ends[:, None, :]
        )  # (batch, token that looks, token that is looked at)
        window = self.parts.window
        if self.parts.masks == "one" or window is None:
            near = seen
        else:
            depth = batch.tokens.positions
            near = seen & (depth[:, :, None] - depth[:, None, :] < window)
        if self.parts.masks == "by layer type":
            whole = self._added(seen)
            part = whole if near is seen else self._added(near)
            return {"full_attention": whole, "sliding_attention": part}
        return self._added(near)

    def _added(self, seen: Tensor) -> Tensor:
        """Return zero where a token is seen and the lowest number where it is not."""
        dtype = next(self.parts.decoder.parameters()).dtype
        added = torch.zeros(seen.shape, dtype=dtype, device=seen.device)
        return added.masked_fill_(~seen, torch.finfo(dtype).min)[:, None]


def first_device(decoder: nn.Module) -> torch.device:
    """Return where token ids go: the device of the embedding."""
    return next(decoder.parameters()).device
