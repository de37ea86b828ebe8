"""`entrants` fits every method to every value, each reading of the model made once.

    prompt        a line that settles the value, or leans to it     no reading
    sae           a feature of an autoencoder                       the table of features
    caa           mean difference of contrast pairs                 residual, all layers
    conva         probes brought to P₀                              residual, all layers
    neva          few neurons brought to P₀                         neurons, all layers
    valuelocate   gates opened and shut                             gates, while it writes

Guarantee: a method that cannot be fitted to a value is told with the reason, and the others go on;
ladders have as many rungs as tuning may try, so that no method is tuned more than another.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from causalvalues.errors import InputError, OptionError
from causalvalues.leaderboard.materials import Materials
from causalvalues.methods.caa import caa
from causalvalues.methods.conva import conva_of
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.methods.neuron_probes import NeuronProbes, neuron_probes
from causalvalues.methods.neva import neva
from causalvalues.methods.probing import FittedProbe, pairs_of, probes_of
from causalvalues.methods.prompt import Words, value_prompt
from causalvalues.methods.sae_feature import sae_feature
from causalvalues.methods.two_sides import TwoSides, two_sides
from causalvalues.methods.valuelocate import located
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.gate import Gate

__all__ = ["METHODS", "Entrants", "MethodName", "Unfitted", "entrants"]

MethodName = Literal["prompt", "sae", "caa", "conva", "neva", "valuelocate"]
METHODS: tuple[MethodName, ...] = get_args(MethodName)
N_RUNGS = 6
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Unfitted:
    """A method that could not be fitted to a value, and why."""

    method: MethodName
    value: str
    direction: Direction
    reason: str


@dataclass(frozen=True)
class Entrants:
    """What was fitted, and what could not be."""

    fitted: tuple[Fitted, ...]
    unfitted: tuple[Unfitted, ...] = ()


def entrants(
    model: LanguageModel,
    materials: Materials,
    *,
    methods: Sequence[MethodName] = METHODS,
    values: Sequence[str] | None = None,
    directions: Sequence[Direction] = ("raise",),
    gate_by_value: Mapping[str, Gate] | None = None,
    words: Words = "settling",
    n_rungs: int = N_RUNGS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Entrants:
    """Return every method fitted to every value in every direction."""
    unknown = sorted(set(methods) - set(METHODS))
    if unknown or not methods:
        raise OptionError(f"Methods are {', '.join(METHODS)}", found=", ".join(unknown) or "none")
    chosen = tuple(values or materials.contrasts.values)
    desk = _Desk(model, materials, gate_by_value or {}, words, seed)
    fitted: list[Fitted] = []
    unfitted: list[Unfitted] = []
    for done, value in enumerate(chosen):
        for method, direction, made in desk.fitted(methods, value, directions):
            if isinstance(made, Fitted):
                named = replace(made, method=method, value=value, direction=direction)
                fitted.append(_with_rungs(named, n_rungs))
            else:
                unfitted.append(Unfitted(method, value, direction, made))
        if progress is not None:
            progress(done + 1, len(chosen))
    order = {method: place for place, method in enumerate(methods)}
    fitted.sort(key=lambda each: order[each.method])  # type: ignore[index]
    return Entrants(tuple(fitted), tuple(unfitted))


def _with_rungs(fitted: Fitted, n_rungs: int) -> Fitted:
    """Return a method with at most so many doses, evenly taken, both ends kept."""
    if len(fitted.doses) <= n_rungs:
        return fitted
    places = np.unique(np.linspace(0, len(fitted.doses) - 1, n_rungs).round().astype(int))
    return replace(fitted, doses=tuple(fitted.doses[place] for place in places))


@dataclass(frozen=True, eq=False)
class _Desk:
    """A model, what methods are fitted on, and readings that values share."""

    model: LanguageModel
    materials: Materials
    gate_by_value: Mapping[str, Gate]
    words: Words
    seed: int

    @cached_property
    def neurons(self) -> NeuronProbes:
        """Return the neuron probes of all values."""
        return neuron_probes(self.model, self.materials.contrasts, seed=self.seed)

    def fitted(
        self, methods: Sequence[MethodName], value: str, directions: Sequence[Direction]
    ) -> Iterator[tuple[MethodName, Direction, Fitted | str]]:
        """Yield methods fitted to one value, or the reason why one cannot be."""
        readings = _Readings(self, value)
        for method in methods:
            for direction in directions:
                try:
                    yield method, direction, self._fit(method, value, direction, readings)
                except InputError as fault:
                    yield method, direction, str(fault)

    def _fit(
        self, method: MethodName, value: str, direction: Direction, readings: "_Readings"
    ) -> Fitted:
        """Return one method fitted to one value."""
        gate, pairs = self.gate_by_value.get(value), self.materials.contrasts.pairs
        match method:
            case "prompt":
                return value_prompt(
                    self.materials.system, value=value, direction=direction, words=self.words
                )
            case "sae":
                if self.materials.features is None:
                    raise OptionError("An SAE feature needs an autoencoder", found="none")
                return sae_feature(
                    self.materials.features, value=value, direction=direction, gate=gate
                )
            case "caa":
                return caa(
                    self.model, pairs, value=value, direction=direction, probes=readings.probes,
                    gate=gate, seed=self.seed,
                )  # fmt: skip
            case "conva":
                return conva_of(
                    readings.probes, value=value, n_layers=len(self.model.parts.layers),
                    direction=direction, gate=gate,
                )  # fmt: skip
            case "neva":
                return neva(self.neurons, value=value, direction=direction, gate=gate)
            case "valuelocate":
                return located(readings.sides, direction=direction, gate=gate)


@dataclass(frozen=True, eq=False)
class _Readings:
    """What is read of the model for one value, once it is asked for."""

    desk: _Desk
    value: str

    @cached_property
    def probes(self) -> Mapping[int, FittedProbe]:
        """Return probes of the residual at every layer."""
        pairs = pairs_of(self.desk.materials.contrasts.pairs, self.value)
        return probes_of(self.desk.model, pairs, seed=self.desk.seed)

    @cached_property
    def sides(self) -> TwoSides:
        """Return the gates of people towards the value, and away from it."""
        dimension = self.desk.materials.dimension_of(self.value)
        return two_sides(
            self.desk.model, self.desk.materials.insight, dimension=dimension, seed=self.desk.seed
        )
