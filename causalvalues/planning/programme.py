"""The programme that chooses: which interventions, at which dose, for the least collateral.

    minimise   Σ_v weight_v · mean_k |Δ_kv|  +  price · (how many are used)
    so that    mean_k Δ_kt · sign_t  ≥  gain_t                               for every target t
               Δ_kv = Σ_u Δ_ku B_kuv + Σ_c dose_c d_kcv                      where v is not settled
               Δ_kv = Σ_{c settles v} dose_c d_kcv                           where it is
               low_c used_c ≤ dose_c ≤ high_c used_c,   at most one settles each v

over draws k of propagation and direct parts, so that doubt costs what it is expected to cost. Being
settled switches a row of the linear model: a mixed-integer programme, solved by HiGHS (scipy).
Without edges and without settling it adds up measured profiles: the plan that knows no graph.
Guarantee: what comes back is optimal to the gap, or the reason why there is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from causalvalues.errors import OptionError
from causalvalues.planning.propagation import Propagation
from causalvalues.planning.quiet import nothing_written

__all__ = ["Choice", "Chosen", "choose", "most_gain"]

Floats = NDArray[np.float64]
N_SCENARIOS = 12
ENOUGH = 1e-6  # a smaller dose is none


@dataclass(frozen=True, eq=False)
class Choice:
    """Something that may be used: draws of its direct part at dose 1, and its doses."""

    name: str
    direct: Floats  # (draw, value)
    settles: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    whole: bool = False  # used at `high` or not at all


@dataclass(frozen=True)
class Chosen:
    """Doses by name; none where the gain is out of reach."""

    dose_by_name: Mapping[str, float]
    reached: bool
    collateral: float  # the weighted sum that was minimised, without the price


def choose(
    choices: Sequence[Choice],
    propagation: Propagation,
    gains: Mapping[str, float],
    weights: Mapping[str, float],
    *,
    most: int = 3,
    price: float = 0.01,
    n_scenarios: int = N_SCENARIOS,
    seconds: float = 20.0,
) -> Chosen:
    """Return the doses that reach every gain with the least expected collateral."""
    programme = _Programme(choices, propagation, n_scenarios)
    programme.bound_use(most)
    for value, gain in gains.items():
        programme.require(value, gain)
    cost = np.zeros(programme.n)
    for value, weight in weights.items():
        cost[programme.misses(value)] = weight / programme.n_scenarios
    cost[programme.used] = price
    found = programme.solve(cost, seconds)
    if found is None:
        return Chosen({}, reached=False, collateral=float("nan"))
    collateral = float(cost @ found - price * found[programme.used].sum())
    return Chosen(programme.doses(found), reached=True, collateral=collateral)


def most_gain(
    choices: Sequence[Choice],
    propagation: Propagation,
    value: str,
    sign: float,
    *,
    most: int = 3,
    seconds: float = 20.0,
) -> float:
    """Return the most that a value can be moved in one direction."""
    programme = _Programme(choices, propagation, 1)
    programme.bound_use(most)
    cost = np.zeros(programme.n)
    cost[programme.change(0, programme.place(value))] = -sign
    found = programme.solve(cost, seconds)
    return 0.0 if found is None else float(abs(cost @ found))


class _Programme:
    """Variables in one row: doses, used, then changes and their sizes, (scenario, value) each."""

    def __init__(
        self, choices: Sequence[Choice], propagation: Propagation, n_scenarios: int
    ) -> None:
        if not choices:
            raise OptionError("A plan needs candidates", found="none")
        self.choices, self.names = choices, propagation.names
        self.n_scenarios = min(n_scenarios, propagation.n_draws)
        self._weights, self._direct = _scenarios(choices, propagation, self.n_scenarios)
        n_choices, self._n_values = len(choices), len(self.names)
        size = self.n_scenarios * self._n_values
        self.n = 2 * n_choices + 2 * size
        self.used = np.arange(n_choices, 2 * n_choices)
        self._first_change, self._first_miss = 2 * n_choices, 2 * n_choices + size
        reach = np.abs(self._direct).max(axis=(0, 2)) @ np.array(
            [max(abs(c.low), abs(c.high)) for c in choices]
        )
        totals = np.linalg.inv(np.eye(self._n_values) - self._weights)
        self._far = float(min(reach, 20 * propagation.spread.max()) * np.abs(totals).max()) + 1.0
        self._rows: list[tuple[dict[int, float], float, float]] = []
        self._settlers = {
            v: [p for p, choice in enumerate(choices) if name in choice.settles]
            for v, name in enumerate(self.names)
        }
        self._describe()

    def place(self, value: str) -> int:
        """Return the column of a value."""
        if value not in self.names:
            raise OptionError(f"Values are {', '.join(self.names)}", found=repr(value))
        return self.names.index(value)

    def change(self, scenario: int, v: int) -> int:
        """Return the variable that holds the change of a value in a scenario."""
        return self._first_change + scenario * self._n_values + v

    def misses(self, value: str) -> NDArray[np.int64]:
        """Return the variables that hold the size of a value's change, one per scenario."""
        start = self._first_miss + self.place(value)
        return np.arange(start, start + self.n_scenarios * self._n_values, self._n_values)

    def require(self, value: str, gain: float) -> None:
        """Ask for a mean change of a value in the direction of the gain, at least as large."""
        v, sign = self.place(value), 1.0 if gain >= 0 else -1.0
        row = {self.change(k, v): sign / self.n_scenarios for k in range(self.n_scenarios)}
        self._rows.append((row, abs(gain), np.inf))

    def bound_use(self, most: int) -> None:
        """Allow at most so many to be used, and at most one that settles each value."""
        self._rows.append((dict.fromkeys(map(int, self.used), 1.0), 0.0, float(most)))
        for settlers in self._settlers.values():
            if len(settlers) > 1:
                self._rows.append(({int(self.used[p]): 1.0 for p in settlers}, 0.0, 1.0))

    def solve(self, cost: Floats, seconds: float) -> Floats | None:
        """Return the best variables, or None where nothing is feasible."""
        columns = [(r, c, x) for r, (row, _, _) in enumerate(self._rows) for c, x in row.items()]
        rows, places, numbers = zip(*columns, strict=True)
        matrix = coo_array((numbers, (rows, places)), shape=(len(self._rows), self.n))
        low, high = (np.array([row[side] for row in self._rows]) for side in (1, 2))
        integral = np.zeros(self.n, dtype=np.int64)
        integral[self.used] = 1
        with nothing_written():
            found = milp(
                cost,
                constraints=LinearConstraint(matrix.tocsr(), low, high),
                integrality=integral,
                bounds=self._bounds(),
                options={"time_limit": seconds, "mip_rel_gap": 0.01},
            )
        return None if found.x is None else np.asarray(found.x)

    def doses(self, found: Floats) -> dict[str, float]:
        """Return the doses that are used."""
        return {
            choice.name: float(found[place])
            for place, choice in enumerate(self.choices)
            if found[self.used[place]] > 0.5 and abs(found[place]) > ENOUGH
        }

    def _bounds(self) -> Bounds:
        """Return the least and the most of every variable."""
        low, high = np.full(self.n, -np.inf), np.full(self.n, np.inf)
        low[self.used], high[self.used] = 0.0, 1.0
        low[self._first_miss :] = 0.0
        return Bounds(low, high)

    def _describe(self) -> None:
        """Write down how doses are bounded, and how every change comes about."""
        for place, choice in enumerate(self.choices):
            used = int(self.used[place])
            low = choice.high if choice.whole else choice.low
            self._rows.append(({place: 1.0, used: -low}, 0.0, np.inf))
            self._rows.append(({place: 1.0, used: -choice.high}, -np.inf, 0.0))
        for k in range(self.n_scenarios):
            for v in range(self._n_values):
                self._describe_change(k, v)

    def _describe_change(self, k: int, v: int) -> None:
        """Write down one change: what flows in unless it is settled, and its size."""
        delta, miss = self.change(k, v), self._first_miss + k * self._n_values + v
        self._rows.append(({miss: 1.0, delta: -1.0}, 0.0, np.inf))
        self._rows.append(({miss: 1.0, delta: 1.0}, 0.0, np.inf))
        flows = {delta: 1.0}
        for u in np.flatnonzero(self._weights[k, :, v]):
            flows[self.change(k, int(u))] = -float(self._weights[k, u, v])
        for place in np.flatnonzero(self._direct[k, :, v]):
            flows[int(place)] = -float(self._direct[k, place, v])
        settlers = self._settlers[v]
        if not settlers:
            self._rows.append((flows, 0.0, 0.0))
            return
        settled = {int(self.used[p]): self._far for p in settlers}
        against = {place: -far for place, far in settled.items()}
        self._rows.append(({**flows, **settled}, 0.0, np.inf))
        self._rows.append(({**flows, **against}, -np.inf, 0.0))
        own = {delta: 1.0, **{p: -float(self._direct[k, p, v]) for p in settlers}}
        self._rows.append(({**own, **against}, -self._far, np.inf))
        self._rows.append(({**own, **settled}, -np.inf, self._far))


def _scenarios(
    choices: Sequence[Choice], propagation: Propagation, n_scenarios: int
) -> tuple[Floats, Floats]:
    """Return B (scenario, cause, effect) and d (scenario, choice, value), spread over the draws."""
    if n_scenarios == 1:
        direct = np.array([choice.direct.mean(axis=0) for choice in choices])
        return propagation.mean[None], direct[None]
    draws = np.linspace(0, propagation.n_draws - 1, n_scenarios).astype(int)
    per_choice = [
        np.broadcast_to(c.direct, (propagation.n_draws, c.direct.shape[1])) for c in choices
    ]
    return propagation.weights[draws], np.stack([each[draws] for each in per_choice], axis=1)
