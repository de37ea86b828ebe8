"""`by_screen` finds features by what they do: a short survey under each of many, in one sweep.

    score of f for v   Δ_v² / √(Σ over values of Δ²), Δ the changes under f

which is |Δ_v| for a feature that moves nothing else, and less the more it moves besides.
Guarantee: only items and roles of the half are asked, and nothing twice; a feature that breaks the
model is no candidate, and its profile says why.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from causalvalues.evaluation.fewer import fewer
from causalvalues.evaluation.measure import measure
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.evaluation.splits import Half
from causalvalues.steering.candidates import candidate_features, named
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.feature_table import FeatureRow, FeatureTable
from causalvalues.steering.intervention import SaeFeature, Scope
from causalvalues.survey.asking import Progress
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore

__all__ = ["Screened", "by_screen"]

Floats = NDArray[np.float64]

ONE_ORDER = Protocol(orders=("given",))


@dataclass(frozen=True, eq=False)
class Screened:
    """What a screen found, and what it measured on the way, by the features' short names."""

    table: FeatureTable
    features: Mapping[str, SaeFeature]
    profiles: Mapping[str, EffectProfile]

    @property
    def broken(self) -> tuple[str, ...]:
        """Return the features under which the model does not stay whole."""
        return tuple(name for name, profile in self.profiles.items() if not profile.healthy)


def by_screen(
    model: Respondent,
    dictionary: Dictionary,
    screened: FeatureTable,
    half: Half,
    store: AnswerStore,
    *,
    n_roles: int = 4,
    n_items: int = 1,
    strength: float = 1.0,
    scope: Scope | None = None,
    protocol: Protocol = ONE_ORDER,
    top: int = 8,
    progress: Progress | None = None,
) -> Screened:
    """Return, for each value and each sign, the features of a table that move it best.

    Few roles answer few items under every feature; `live_features` is a table of all there are.
    """
    by_name = named(candidate_features(screened, strength=strength, scope=scope))
    short = fewer(half, n_roles=n_roles, n_items=n_items)
    profiles = measure(
        model, by_name, short.questions(protocol), short.roles, store,
        dictionaries={screened.sae: dictionary}, names=half.inventory.system.names,
        role_place=protocol.role_place, progress=progress,
    )  # fmt: skip
    healthy = {by_name[name].feature: p for name, p in profiles.items() if p.healthy}
    known = {row.feature: row for row in screened.rows}
    rows = tuple(_rows(known, healthy, half.inventory.system.names, top))
    return Screened(replace(screened, rows=rows), by_name, profiles)


def _rows(
    known: Mapping[int, FeatureRow],
    profiles: Mapping[int, EffectProfile],
    names: tuple[str, ...],
    top: int,
) -> Iterator[FeatureRow]:
    """Yield the best features of each value, those that raise it and those that lower it."""
    features = list(profiles)
    if not features:
        return
    changes = np.nan_to_num(np.stack([profiles[feature].change for feature in features]))
    size = np.linalg.norm(changes, axis=1, keepdims=True)  # (feature, 1)
    scores = np.divide(changes**2, size, out=np.zeros_like(changes), where=size > 0)
    for v, value in enumerate(names):
        best = [
            place
            for sign in (1, -1)
            for place in _best(scores[:, v] * (np.sign(changes[:, v]) == sign), top)
        ]
        for place in sorted(best, key=lambda place: -scores[place, v]):
            yield replace(
                known[features[place]],
                rule="screen",
                score=float(scores[place, v]),
                sign=int(np.sign(changes[place, v])),
                value=value,
            )


def _best(scores: Floats, top: int) -> list[int]:
    """Return the places of the highest scores above 0."""
    return [int(p) for p in np.argsort(-scores, kind="stable")[:top] if scores[p] > 0]
