"""Features worth trying, each found by a rule that needs no steering:

    by_phrase        the most active at the tokens of a phrase, in prompts without a role
                     (published: " your values", the first 24)
    by_contrast      active in roles high in a value and not in roles low in it
    by_attribution   how much of a value's score flows through a feature: see `attribution`
    by_screen        what short surveys under features show: see `evaluation.screen`

    contrast t = (mean of the high roles − mean of the low) / √(var/n + var/n)

Guarantee: a rule sees the roles that it is given and no others: give training roles.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.feature_activity import FeatureActivity, activity_at
from causalvalues.steering.feature_table import FeatureRow, FeatureTable
from causalvalues.steering.intervention import Mode, SaeFeature, Scope, Strength
from causalvalues.steering.naming import name_of
from causalvalues.survey.request import Request
from causalvalues.survey.roles import Role
from causalvalues.survey.scores import ScoreTable

__all__ = [
    "PHRASE",
    "best_by_value",
    "by_contrast",
    "by_phrase",
    "candidate_features",
    "live_features",
    "named",
    "table_of",
]

Floats = NDArray[np.float64]

PHRASE = " your values"
STEADY = 1e-3  # of a feature's maximum: a difference below it is no difference


def by_phrase(
    model: LanguageModel,
    dictionary: Dictionary,
    requests: Sequence[Request],
    *,
    phrase: str = PHRASE,
    top: int = 24,
    activity: FeatureActivity | None = None,
) -> FeatureTable:
    """Return the features most active on average at the tokens of a phrase.

    Maxima and frequencies are those of `activity`, or of the same prompts without it.
    """
    _refuse_below_one("top", top)
    if any(request.messages[0].speaker == "system" for request in requests):
        raise OptionError(
            "Features of a phrase are found in prompts without a role", found="a role"
        )
    at_phrase = activity_at(model, dictionary, requests, phrase)
    score = at_phrase.by_group[0]
    best = [f for f in np.argsort(-score, kind="stable")[:top] if score[f] > 0]
    return table_of(activity or at_phrase, "phrase", ((int(f), score[f], 0, "") for f in best))


def by_contrast(
    activity: FeatureActivity,
    by: Sequence[Role] | ScoreTable,
    *,
    values: Sequence[str] | None = None,
    top: int = 8,
    share: float = 1 / 3,
) -> FeatureTable:
    """Return, for each value and each sign, the features that tell high roles from low best.

    by      roles with levels (anchored), or unsteered scores with roles as clusters
    share   how many of the roles count as high, and how many as low
    """
    _refuse_below_one("top", top)
    if not 0 < share <= 0.5:
        raise OptionError("`share` is above 0 and ½ at most", found=str(share))
    names, levels = _levels(by, activity.groups, values)
    t = np.stack([_contrast(activity, levels[:, v], share, names[v]) for v in range(len(names))])
    return table_of(activity, "contrast", best_by_value(t, names, top))


def best_by_value(
    scores: Floats, names: Sequence[str], top: int
) -> Iterator[tuple[int, float, int, str]]:
    """Yield (feature, score, sign, value) of the highest and the lowest scores of each value."""
    for value, score in zip(names, scores, strict=True):
        order = np.argsort(-score, kind="stable")
        ends = [*order[:top], *order[::-1][:top]]
        for f in sorted(dict.fromkeys(ends), key=lambda f: -abs(score[f])):
            if score[f] != 0:
                yield int(f), abs(float(score[f])), int(np.sign(score[f])), value


def table_of(
    activity: FeatureActivity, rule: str, found: Iterable[tuple[int, float, int, str]]
) -> FeatureTable:
    """Return what a rule found, with what is known of each feature's activity."""
    rows = tuple(
        FeatureRow(
            feature=feature,
            rule=rule,
            score=float(score),
            sign=sign,
            value=value,
            maximum=float(activity.maximum[feature]),
            frequency=float(activity.frequency[feature]),
            link=activity.link(feature),
        )
        for feature, score, sign, value in found
    )
    return FeatureTable(activity.sae, activity.layer, activity.sae_digest, rows)


def candidate_features(
    *tables: FeatureTable,
    strength: float = 1.0,
    mode: Mode = "add",
    scope: Scope | None = None,
    most: int | None = None,
) -> list[SaeFeature]:
    """Return each feature of some tables once, at `strength` times its observed maximum.

    The best of every rule and value come first, then the second best of each, and so on; the
    maximum of a feature is the largest that any of the tables saw. Features that were never seen
    active are left out.
    """
    maxima: dict[tuple[str, int], float] = {}
    for table in tables:
        for row in table.rows:
            key = table.sae_digest, row.feature
            maxima[key] = max(maxima.get(key, 0.0), row.maximum or 0.0)
    found: dict[tuple[str, int], SaeFeature] = {}
    for table, row in _in_turn(tables):
        key = table.sae_digest, row.feature
        if key not in found and maxima[key] > 0:
            found[key] = SaeFeature(
                table.sae,
                row.feature,
                table.layer,
                Strength(strength, "feature maximum"),
                mode,
                scope or Scope(),
                observed_maximum=maxima[key],
                sae_digest=table.sae_digest,
            )
    return list(found.values())[:most]


def live_features(activity: FeatureActivity) -> FeatureTable:
    """Return all features that were active, the most frequent first: what a screen may look at."""
    order = sorted(map(int, activity.live), key=lambda f: (-activity.frequency[f], f))
    return table_of(activity, "live", ((f, float(activity.frequency[f]), 0, "") for f in order))


def named(features: Iterable[SaeFeature]) -> dict[str, SaeFeature]:
    """Return features by their short names, as `measure` takes them."""
    found: dict[str, SaeFeature] = {}
    for feature in features:
        if found.setdefault(name_of(feature), feature) != feature:
            raise OptionError(
                "Features that are measured together need different names",
                found=f"{name_of(feature)} twice, in different ways",
            )
    return found


def _in_turn(tables: Sequence[FeatureTable]) -> Iterator[tuple[FeatureTable, FeatureRow]]:
    """Yield rows: the first of every table and value, then the second, and so on."""
    groups = [
        [(table, row) for row in table.rows if row.value == value]
        for table in tables
        for value in dict.fromkeys(row.value for row in table.rows)
    ]
    for some in zip_longest(*groups):
        yield from (each for each in some if each is not None)


def _levels(
    by: Sequence[Role] | ScoreTable, roles: Sequence[str], values: Sequence[str] | None
) -> tuple[tuple[str, ...], Floats]:
    """Return the values, and (role, value) how high each role is in each."""
    if isinstance(by, ScoreTable):
        names, by_role = by.names, _scores_by_role(by)
    else:
        names = tuple(dict.fromkeys(name for role in by for name in role.levels))
        by_role = {role.id: [role.levels.get(n, np.nan) for n in names] for role in by}
    wanted = names if values is None else tuple(values)
    if not wanted or not set(wanted) <= set(names):
        raise OptionError(
            "Roles are high or low in values that they have levels of, or scores",
            found=", ".join(sorted(set(wanted) - set(names))) or "no level of any",
            remedy="give anchored roles, or their unsteered scores",
        )
    absent = [role for role in roles if role not in by_role]
    if absent:
        raise OptionError(
            "Every role whose activity was read needs its levels or scores", found=absent[0]
        )
    columns = [names.index(name) for name in wanted]
    return wanted, np.array([by_role[role] for role in roles], dtype=np.float64)[:, columns]


def _scores_by_role(table: ScoreTable) -> dict[str, list[float]]:
    """Return each role's mean unsteered scores."""
    if table.clusters is None:
        raise OptionError("Scores of roles need the roles as clusters", found="no clusters")
    plain = np.ones(table.n_rows, bool) if table.contexts is None else table.contexts == ""
    return {
        str(role): table.scores[plain & (table.clusters == role)].mean(axis=0).tolist()
        for role in np.unique(table.clusters[plain])
    }


def _contrast(activity: FeatureActivity, levels: Floats, share: float, value: str) -> Floats:
    """Return (feature,) t of the roles high in a value against those low in it."""
    n = round(share * len(levels))
    order = np.argsort(levels, kind="stable")
    if n < 2 or not np.isfinite(levels).all() or not levels[order[-n]] > levels[order[n - 1]]:
        raise OptionError(
            f"Two roles or more must be high in {value}, and two low",
            found=f"{len(levels)} roles, of which a share of {share:.2g} counts on either side",
            remedy="read the activity of more roles, or of roles that differ in the value",
        )
    low, high = activity.by_group[order[:n]], activity.by_group[order[-n:]]
    error = np.sqrt((low.var(axis=0, ddof=1) + high.var(axis=0, ddof=1)) / n)
    error = np.maximum(error, STEADY * np.abs(activity.maximum))
    difference = high.mean(axis=0) - low.mean(axis=0)
    found: Floats = np.divide(difference, error, out=np.zeros_like(error), where=error > 0)
    return found


def _refuse_below_one(name: str, number: int) -> None:
    """Raise unless a number counts something."""
    if number < 1:
        raise OptionError(f"`{name}` must be 1 or more", found=str(number))
