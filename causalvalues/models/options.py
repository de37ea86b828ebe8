"""How labels continue a prompt: every way a label may be written, as sequences of tokens.

    ways of a label     as it stands, after a space, with its first letter in the other case (words)
    mass of a sequence  P(sequence) − Σ P(the nearest sequences that extend it)
    mass of an option   Σ mass of its sequences

The masses are of events that exclude each other: of two sequences of which one begins the other,
the longer counts where it applies. Guarantee: no probability counts for two options, or twice for
one; a way that two options share is the option's whose own label it is, else nobody's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError

__all__ = ["Continuations", "continuations", "ways_of_writing"]

Floats = NDArray[np.float64]
Encode = Callable[[str], tuple[int, ...]]  # what is written after the prompt → its tokens


@dataclass(frozen=True)
class Continuations:
    """Distinct token sequences, the option each belongs to, and which begins which."""

    sequences: tuple[tuple[int, ...], ...]
    owners: tuple[int, ...]  # (sequence,) → place of the option
    beginnings: tuple[int, ...]  # (sequence,) → the longest sequence that begins it, or −1
    n_options: int

    def weigh(self, log_probabilities: Floats) -> tuple[float, ...]:
        """Return the log-probability of each option from those of the sequences."""
        own = np.array(log_probabilities, dtype=np.float64)
        longer: list[list[float]] = [[] for _ in self.sequences]
        for place, beginning in enumerate(self.beginnings):
            if beginning >= 0:
                longer[beginning].append(float(log_probabilities[place]))
        for place, extensions in enumerate(longer):
            if extensions:
                own[place] = _less(own[place], np.logaddexp.reduce(extensions))
        owners = np.array(self.owners)
        return tuple(
            float(np.logaddexp.reduce(own[owners == option])) for option in range(self.n_options)
        )


def continuations(options: Sequence[str], encode: Encode) -> Continuations:
    """Return the sequences of all options; `encode` says how text continues the prompt."""
    if not options or not all(label.strip() for label in options):
        raise OptionError("A request needs options, none of them empty", found=repr(options))
    exact: dict[tuple[int, ...], int] = {}
    for option, label in enumerate(options):
        sequence = encode(label)
        if sequence in exact or not sequence:
            raise OptionError(
                "Every option needs a label that the tokenizer tells from the others",
                found=f"{label!r} and {options[exact.get(sequence, option)]!r}",
                remedy="use other labels",
            )
        exact[sequence] = option
    owners = {**_variants(options, encode, exact), **exact}
    sequences = tuple(sorted(owners))
    return Continuations(
        sequences=sequences,
        owners=tuple(owners[sequence] for sequence in sequences),
        beginnings=tuple(_beginning(sequence, sequences) for sequence in sequences),
        n_options=len(options),
    )


def ways_of_writing(label: str) -> tuple[str, ...]:
    """Return the label and how else a model may write it; the label itself comes first."""
    ways = [label]
    if label[:2].isalpha() and len(label) > 1:  # a word: "A" and "a" may mean different things
        ways.append(label[0].swapcase() + label[1:])
    return tuple(ways + [f" {way}" for way in ways if not way.startswith(" ")])


def _variants(
    options: Sequence[str], encode: Encode, exact: dict[tuple[int, ...], int]
) -> dict[tuple[int, ...], int]:
    """Return the owner of every further way of writing that only one option has."""
    claims: dict[tuple[int, ...], set[int]] = {}
    for option, label in enumerate(options):
        for way in ways_of_writing(label)[1:]:
            claims.setdefault(encode(way), set()).add(option)
    return {
        sequence: min(owners)
        for sequence, owners in claims.items()
        if sequence and sequence not in exact and len(owners) == 1
    }


def _beginning(sequence: tuple[int, ...], others: Sequence[tuple[int, ...]]) -> int:
    """Return the place of the longest other sequence that begins this one, or −1."""
    shorter = [
        i for i, o in enumerate(others) if len(o) < len(sequence) and sequence[: len(o)] == o
    ]
    return max(shorter, key=lambda i: len(others[i]), default=-1)


def _less(whole: float, part: float) -> float:
    """Return log(exp(whole) − exp(part)); −∞ where rounding leaves nothing."""
    return float(whole + np.log1p(-np.exp(part - whole))) if part < whole else -np.inf
