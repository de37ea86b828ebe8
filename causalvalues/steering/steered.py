"""`Steered` counts what the edits of a block do: how many tokens each is meant for, and reaches.

A run counts when the decoder came to its end; one that failed on the way, as where memory ran out,
does not. Guarantee: nothing is waited for on an accelerator before somebody asks for a number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from causalvalues.errors import HookNeverFired, OptionError
from causalvalues.steering.edits import Move
from causalvalues.steering.reading import Read
from causalvalues.steering.scope import reached

__all__ = ["Steered"]


@dataclass(frozen=True, eq=False)
class _Run:
    """One run of the decoder: what it reads, and how often each edit fired in it."""

    read: Read
    n_meant: tuple[Tensor, ...]
    n_fired: list[int]


@dataclass(eq=False)
class Steered:
    """What the edits of one block have done so far."""

    edits: Sequence[Move]
    n_runs: int = 0
    _run: _Run | None = None
    _expected: list[Tensor] = field(default_factory=list)
    _reached: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._expected = [torch.zeros((), dtype=torch.int64) for _ in self.edits]
        self._reached = list(self._expected)

    @property
    def n_expected(self) -> tuple[int, ...]:
        """Return for each edit how many tokens it was meant for."""
        return tuple(int(number) for number in self._expected)

    @property
    def n_tokens(self) -> tuple[int, ...]:
        """Return for each edit how many tokens it reached."""
        return tuple(int(number) for number in self._reached)

    def begin(self, read: Read) -> None:
        """Begin a run; one that never ended is forgotten."""
        meant = [reached(edit.scope, read.tokens) for edit in self.edits]
        if read.real is not None:
            meant = [mask & read.real for mask in meant]
        self._run = _Run(read, tuple(mask.sum() for mask in meant), [0] * len(meant))

    def change(self, place: int, activation: Tensor) -> Tensor:
        """Return what one edit makes of an activation (batch, token, width), padding as it was."""
        run, edit = self._run, self.edits[place]
        shape = None if run is None else run.read.tokens.ids.shape[:2]
        if run is None or activation.shape[:2] != shape:
            raise HookNeverFired(
                "An edited layer must see the tokens that its decoder reads",
                found=f"{tuple(activation.shape[:2])} at layer {edit.layer}, not {shape}",
            )
        run.n_fired[place] += 1
        changed = edit(activation, run.read.tokens)
        if run.read.real is None or changed is activation:
            return changed
        return torch.where(run.read.real.to(activation.device)[..., None], changed, activation)

    def end(self) -> None:
        """End a run, and count it."""
        run, self._run = self._run, None
        if run is None:
            return
        self.n_runs += 1
        for place, (n_meant, n_fired) in enumerate(zip(run.n_meant, run.n_fired, strict=True)):
            self._expected[place] = self._expected[place] + n_meant
            self._reached[place] = self._reached[place] + n_meant * n_fired

    def check(self) -> None:
        """Raise unless every edit reached every token that it is meant for."""
        if self.edits and not self.n_runs:
            raise HookNeverFired("A steered model must run inside its block", found="no run")
        counts = zip(self.edits, self.n_tokens, self.n_expected, strict=True)
        for edit, n_tokens, n_expected in counts:
            if n_tokens != n_expected:
                raise HookNeverFired(
                    "A hook must reach every token it is meant for, once",
                    found=f"{n_tokens} of {n_expected} at layer {edit.layer}, {self.n_runs} runs",
                    remedy="run the model's own layers, each once in a forward pass",
                )

    def check_phrases(self) -> None:
        """Raise where an edit is meant for a phrase that no prompt said."""
        for edit, n_expected in zip(self.edits, self.n_expected, strict=True):
            if edit.phrase and not n_expected:
                raise OptionError(
                    "The phrase of a scope must stand in a prompt",
                    found=f"{edit.phrase!r} in none",
                    remedy="check its spaces and capitals, or take another scope",
                )
