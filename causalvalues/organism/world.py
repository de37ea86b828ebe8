"""A planted world: a linear model over values whose graph, effects and interventions are known.

    latent    v = v B + e,                e = persona part + state part       (role, state, value)
    do(w=x)   v_w := x, whatever its causes say; its effects follow
    answer    a = ½ v · key + acquiescence(role) + item noise                 (…, value, item)
    score     mean over items of key · a

B[i, j] is the effect of one unit of i on j. Latents have variance 1 without intervention. Half of a
value's items are keyed against it, so that agreeing with everything cancels out; `reverse_share=0`
shows what happens where it does not.

Guarantee: a seed gives the same table; the truth is exact: `graph`, `graph_class`,
`total_effects`, `profile_of`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.classes import in_causal_order
from causalvalues.discovery.compare import truth_class
from causalvalues.discovery.graph import Effect, ValueGraph
from causalvalues.errors import GraphError, OptionError
from causalvalues.survey.answers import Answers
from causalvalues.survey.scores import ScoreTable
from causalvalues.values import schwartz10

__all__ = ["Do", "World", "do_name", "planted_world", "random_world"]

Floats = NDArray[np.float64]
Do = Mapping[str, float]  # value by name, in standard deviations of its latent

SCALE = 0.5  # of a latent standard deviation, in the units of an answer

PLANTED = (
    ("universalism", "benevolence", 0.5),
    ("universalism", "power", -0.45),
    ("security", "conformity", 0.55),
    ("security", "stimulation", -0.4),
    ("conformity", "tradition", 0.55),
    ("conformity", "self-direction", -0.5),
    ("benevolence", "tradition", 0.35),
    ("self-direction", "stimulation", 0.45),
    ("self-direction", "achievement", 0.4),
    ("stimulation", "hedonism", 0.5),
    ("achievement", "power", 0.5),
    ("achievement", "hedonism", -0.35),
)


@dataclass(frozen=True, eq=False)
class World:
    """A linear structural model over named values, and how its people answer."""

    names: tuple[str, ...]
    weights: Floats  # B (cause, effect)
    persona_share: float = 0.7  # of each disturbance: what a role keeps from state to state
    n_items: int = 8  # per value
    reverse_share: float = 0.5  # of the items, keyed against their value
    item_noise: float = 0.25  # standard deviation, in units of an answer
    acquiescence: float = 0.15  # standard deviation over roles

    def __post_init__(self) -> None:
        weights = np.array(self.weights, dtype=np.float64)
        if weights.shape != (len(self.names), len(self.names)):
            raise GraphError("Weights must have a row and a column per value")
        weights.setflags(write=False)
        object.__setattr__(self, "weights", weights)
        if not 0.0 <= self.persona_share <= 1.0:
            raise OptionError("`persona_share` must be from 0 to 1", found=str(self.persona_share))
        if len(in_causal_order(weights != 0)) < len(self.names):
            raise GraphError("A world has no cycle", found="edges that lead back to their cause")
        if (self.disturbances <= 0).any():
            raise GraphError("Causes must leave every value some variance of its own")

    @classmethod
    def from_edges(cls, names: Sequence[str], edges: Sequence[tuple[str, str, float]]) -> Self:
        """Return the world with these (cause, effect, weight) edges."""
        weights = np.zeros((len(names), len(names)))
        for cause, effect, weight in edges:
            weights[list(names).index(cause), list(names).index(effect)] = weight
        return cls(names=tuple(names), weights=weights)

    @property
    def disturbances(self) -> Floats:
        """Return the variance of each disturbance that gives every latent variance 1."""
        spread = self.total_effects() + np.eye(len(self.names))  # v = e · spread
        # var(v_j) = Σ_i spread[i, j]² d_i = 1 for all j: linear in d
        ones = np.ones(len(self.names))
        return np.asarray(np.linalg.solve(np.square(spread).T, ones), dtype=np.float64)

    def graph(self) -> ValueGraph:
        """Return the planted graph: every edge directed."""
        marks = np.zeros(self.weights.shape, dtype=np.int8)
        causes, effects = np.nonzero(self.weights)
        marks[causes, effects], marks[effects, causes] = -1, 1
        return ValueGraph(names=self.names, marks=marks)

    def graph_class(self) -> ValueGraph:
        """Return the planted graph's equivalence class: what observation alone can show of it."""
        return truth_class(self.graph())

    def truth(self, *, as_class: bool = True) -> ValueGraph:
        """Return the class, or the graph itself, with the planted total effects."""
        size = self.total_effects()
        effects = tuple(
            Effect(cause, effect, *(float(size[i, j]),) * 4, "planted")
            for i, cause in enumerate(self.names)
            for j, effect in enumerate(self.names)
            if i != j
        )
        graph = self.graph_class() if as_class else self.graph()
        return replace_fields(graph, effects=effects)

    def total_effects(self) -> Floats:
        """Return [i, j], the change of j per unit of i when i is set: (I − B)⁻¹ − I."""
        identity = np.eye(len(self.names))
        effects: Floats = np.linalg.inv(identity - self.weights) - identity
        return effects

    def profile_of(self, do: Do) -> dict[str, float]:
        """Return the mean of every latent under an intervention, in standard deviations."""
        kept, setting = self._under(do)
        mean = setting @ np.linalg.inv(np.eye(len(self.names)) - kept)
        return dict(zip(self.names, map(float, mean), strict=True))

    def latents(
        self, n_roles: int, *, n_states: int = 1, do: Do | None = None, seed: int = 0
    ) -> Floats:
        """Return (role, state, value): the values themselves, before anyone is asked.

        The same seed gives the same roles and states under every intervention.
        """
        rng = np.random.default_rng([seed, 0])
        size = np.sqrt(self.disturbances)
        n_values = len(self.names)
        persona = rng.standard_normal((n_roles, 1, n_values)) * np.sqrt(self.persona_share)
        state = rng.standard_normal((n_roles, n_states, n_values))
        noise = (persona + state * np.sqrt(1 - self.persona_share)) * size
        kept, setting = self._under(do or {})
        for name in do or {}:
            noise[..., self.names.index(name)] = 0.0
        latents: Floats = (noise + setting) @ np.linalg.inv(np.eye(n_values) - kept)
        return latents

    def answers(self, latents: Floats, *, seed: int = 0, n_levels: int | None = None) -> Answers:
        """Return the answers to every item; `n_levels` rounds them to a Likert scale."""
        rng = np.random.default_rng([seed, 1])
        n_roles, n_states, n_values = latents.shape
        n_reversed = round(self.n_items * self.reverse_share)
        keys = np.where(np.arange(self.n_items) < n_reversed, -1.0, 1.0)
        yes = rng.standard_normal((n_roles, 1, 1, 1)) * self.acquiescence
        noise = rng.standard_normal((n_roles, n_states, n_values, self.n_items)) * self.item_noise
        raw = SCALE * latents[..., None] * keys + yes + noise
        if n_levels is not None:
            raw = np.round((np.clip(raw, -1, 1) + 1) / 2 * (n_levels - 1)) * 2 / (n_levels - 1) - 1
        return Answers(self.names, raw, keys)

    def sample(
        self,
        n_roles: int,
        *,
        n_states: int = 1,
        interventions: Sequence[Do] = (),
        n_levels: int | None = None,
        seed: int = 0,
    ) -> ScoreTable:
        """Return scores of roles (clusters), each unsteered and under every intervention."""
        tables = []
        for place, do in enumerate([{}, *interventions]):
            latents = self.latents(n_roles, n_states=n_states, do=do, seed=seed)
            answers = self.answers(latents, seed=seed * 1000 + place, n_levels=n_levels)
            tables.append(answers.scores().reshape(-1, len(self.names)))
        width = len(str(n_roles))
        roles = np.repeat([f"role-{role + 1:0{width}}" for role in range(n_roles)], n_states)
        labels = ["", *(do_name(do) for do in interventions)]
        return ScoreTable(
            names=self.names,
            scores=np.concatenate(tables),
            clusters=np.tile(roles, len(tables)),
            contexts=np.repeat(labels, len(roles)) if interventions else None,
        )

    def _under(self, do: Do) -> tuple[Floats, Floats]:
        """Return B without the edges into the set values, and what they are set to."""
        kept, setting = self.weights.copy(), np.zeros(len(self.names))
        for name, level in do.items():
            if name not in self.names:
                raise OptionError("do sets a value of the world", found=name)
            kept[:, self.names.index(name)] = 0.0
            setting[self.names.index(name)] = level
        return kept, setting


def do_name(do: Do) -> str:
    """Return the name of an intervention: do(power=+1)."""
    return f"do({', '.join(f'{name}={level:+g}' for name, level in do.items())})"


def planted_world() -> World:
    """Return the world of the demo: Schwartz's ten values and twelve edges of our own choosing."""
    return World.from_edges(schwartz10().names, PLANTED)


def random_world(n_values: int, *, degree: float = 2.0, seed: int = 0) -> World:
    """Return a world with a random sparse graph of a mean degree, for calibration."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(n_values)
    present = np.triu(rng.random((n_values, n_values)) < degree / max(n_values - 1, 1), 1)
    sizes = rng.uniform(0.25, 0.55, present.shape) * rng.choice([-1.0, 1.0], present.shape)
    names = [f"v{place + 1}" for place in range(n_values)]
    edges = [
        (names[order[i]], names[order[j]], float(sizes[i, j])) for i, j in np.argwhere(present)
    ]
    while True:
        try:
            return World.from_edges(names, edges)
        except GraphError:  # causes explain more than everything: weaken them
            edges = [(cause, effect, weight * 0.8) for cause, effect, weight in edges]
