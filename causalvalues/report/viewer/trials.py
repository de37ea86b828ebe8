"""What interventions were expected to do, beside what they did: `TrialView`s and the `PlanView`.

    candidates   expected from the change of the value they are aimed at, alone, through the graph
    settled      a value that a study settled, expected as "what if" has it
    a plan       as it was planned; measured on items and roles that it was not made on

As predicted: the measured mean lies in the predicted interval, widened by the mean's own error
(the rule of `planning.verify`). Guarantee: what a prediction was given is "not predicted"; what was
not asked about is "not measured"; neither is ever counted as right.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from causalvalues.discovery.measured import MeasuredEffect
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.candidate import Candidate
from causalvalues.planning.planned import Plan
from causalvalues.planning.predict import predict
from causalvalues.planning.prior import Prior
from causalvalues.planning.propagation import Propagation
from causalvalues.planning.verify import SteeringReport
from causalvalues.report.viewer.document import PlanView, TrialView, UsedView
from causalvalues.report.viewer.influence import Influence
from causalvalues.report.viewer.trial_rows import foretold, measured_table, rows_of, short
from causalvalues.steering.intervention import (
    Intervention,
    NeuronEdit,
    ProbeEdit,
    RolePrompt,
    SaeFeature,
    ValueVector,
    parts_of,
)

__all__ = [
    "aim_of",
    "found_for",
    "kind_of",
    "plan_view",
    "settled_in",
    "trial_of_measured",
    "trial_of_profile",
    "trial_of_report",
    "trials_of_candidates",
]

Floats = NDArray[np.float64]
KINDS = {
    SaeFeature: "feature",
    RolePrompt: "line",
    ValueVector: "vector",
    NeuronEdit: "neurons",
    ProbeEdit: "probe",
}
SETTLED = re.compile(r"do\((?P<value>[^=,]+)=[^=,]+\)")
LEAST_DIRECT = 1e-4  # a smaller direct change is not told


def trials_of_candidates(
    candidates: Sequence[Candidate],
    propagation: Propagation,
    place_by_name: Mapping[str, int],
    *,
    found_for: Mapping[str, str] | None = None,
    prior: Prior | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> list[TrialView]:
    """Return a trial for every measured candidate; `found_for` is a value by candidate name."""
    known = found_for or {}
    trials = []
    for each in candidates:
        if each.settles:
            aimed_at, says = each.settles, f"It settles {' and '.join(each.settles)}."
        else:
            aimed_at, says = aim_of(each.profile, propagation.spread, known.get(each.name))
        trials.append(
            trial_of_profile(
                each.profile, propagation, place_by_name, aimed_at=aimed_at, settles=each.settles,
                kind=kind_of(each.intervention), says=says, prior=prior, level=level, seed=seed,
            )
        )  # fmt: skip
    return trials


def trial_of_profile(
    profile: EffectProfile,
    propagation: Propagation,
    place_by_name: Mapping[str, int],
    *,
    aimed_at: Sequence[str],
    settles: Sequence[str] = (),
    kind: str = "feature",
    says: str = "",
    prior: Prior | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> TrialView:
    """Return what one intervention did, beside what the change of its aim alone foretells."""
    low, high = profile.interval(level)
    aims = np.array([name in aimed_at for name in profile.names])
    asked = aims & (profile.n_by_value > 1)
    roles = ["target" if aim else "other" for aim in aims]
    table = measured_table(profile.names, roles, profile.change, low, high)
    told = f"Nothing was predicted: fewer than two roles told of {' and '.join(aimed_at)}."
    if asked.any():
        seen = profile.only(tuple(n for n, each in zip(profile.names, asked, strict=True) if each))
        expected = predict(seen, propagation, settles=settles, prior=prior, seed=seed)
        drawn = (expected.middle, *expected.interval(level))
        table = foretold(table, drawn, profile.standard_error, ~aims, level=level)
        told = f"Predicted from the change of {' and '.join(aimed_at)} alone, through the graph."
    return TrialView(
        name=profile.name,
        kind=kind,
        says=f"{says} {told}".strip(),
        healthy=profile.healthy,
        faults=list(profile.faults),
        n_roles=len(profile.roles),
        rows=rows_of(table, place_by_name),
    )


def trial_of_measured(
    effects: Sequence[MeasuredEffect],
    influence: Influence,
    place_by_name: Mapping[str, int],
    *,
    settled: str | None = None,
    level: float = 0.95,
) -> TrialView:
    """Return what settling a value did (the effects of one context), beside what was foretold.

    Without `settled` the value is read from the context, as in do(security=+0.8).
    """
    context, names = effects[0].context, tuple(each.effect for each in effects)
    settled = settled or settled_in(context, influence.names)
    change = np.array([each.change for each in effects])
    low = np.array([each.interval_low for each in effects])
    high = np.array([each.interval_high for each in effects])
    roles = ["target" if name == settled else "other" for name in names]
    table = measured_table(names, roles, change, low, high)
    says = "Nothing was predicted: it is not known which value this settles."
    if settled in names:
        by = float(change[names.index(settled)])
        expected = influence.what_if({settled: by}, level=level)
        unknown = (np.nan, np.nan, np.nan)
        drawn = np.array([expected.of(n) if n in influence.names else unknown for n in names]).T
        error = (high - low) / 2 / norm.ppf((1 + level) / 2)
        others = np.array([name != settled for name in names])
        table = foretold(table, (drawn[0], drawn[1], drawn[2]), error, others, level=level)
        says = f"Predicted as “what if” has it: {settled} set {by:+.2f} from where it was."
    return TrialView(
        name=context,
        kind="value settled",
        says=says,
        n_roles=effects[0].n_clusters,
        rows=rows_of(table, place_by_name),
    )


def trial_of_report(
    report: SteeringReport,
    place_by_name: Mapping[str, int],
    *,
    name: str = "the plan, on held-out items and roles",
    level: float = 0.95,
) -> TrialView:
    """Return what a plan did where it had not been made, beside what it was expected to do."""
    return TrialView(
        name=name,
        kind="plan",
        says="Predicted when the plan was made: "
        + " and ".join(f"{used.name} at {used.dose:+.2f}" for used in report.plan.used)
        + ".",
        healthy=report.measured.healthy,
        faults=list(report.measured.faults),
        n_roles=len(report.measured.roles),
        rows=rows_of(report.to_frame(level), place_by_name),
    )


def plan_view(
    made: Plan, place_by_name: Mapping[str, int], report: SteeringReport | None = None
) -> PlanView:
    """Return a plan as the page tells it; with a report, what came stands beside."""
    table = _planned(made) if report is None else report.to_frame()
    return PlanView(
        targets={place_by_name[value]: short(gain) for value, gain in made.targets.items()},
        hold=[place_by_name[value] for value in made.hold],
        used=[
            UsedView(
                name=used.name,
                dose=short(used.dose),
                settles=[place_by_name[value] for value in used.settles],
                direct={
                    place_by_name[value]: short(change)
                    for value, change in used.direct.items()
                    if abs(change) >= LEAST_DIRECT
                },
            )
            for used in made.used
        ],
        predicted=rows_of(table, place_by_name),
        collateral=short(made.collateral),
        method=made.method,
        beat={name: short(collateral) for name, collateral in made.beat.items()},
        why=list(made.why),
        left_out=dict(made.left_out),
    )


def _planned(made: Plan) -> pd.DataFrame:
    """Return a row per value with what a plan expects, nothing measured."""
    names = made.predicted.names
    roles = [
        "target" if n in made.targets else "held" if n in made.hold else "other" for n in names
    ]
    nothing = np.full(len(names), np.nan)
    low, high = made.predicted.interval()
    drawn = (made.predicted.middle, low, high)
    table = measured_table(names, roles, nothing, nothing, nothing)
    return foretold(table, drawn, nothing, np.full(len(names), True))


def aim_of(
    profile: EffectProfile, spread: Floats, known: str | None = None
) -> tuple[tuple[str, ...], str]:
    """Return the value that an intervention is aimed at, and a sentence that says how it is known.

    What it was found for where that is known, else what it changes most in units of the spread.
    """
    if known is not None and known in profile.names:
        return (known,), f"It was found for {known}."
    size = np.abs(profile.change / spread)
    if not np.isfinite(size).any():
        return profile.names[:1], "Nothing was measured of it."
    most = profile.names[int(np.nanargmax(size))]
    return (
        most,
    ), f"It is not known what it was found for; it changes {most} most, for its spread."


def found_for(
    candidates: Sequence[Candidate], features: Iterable[tuple[str, int, str]]
) -> dict[str, str]:
    """Return the value that each feature was found for by candidate name.

    `features` are (autoencoder, feature, value), best first: the columns of features.csv.
    """
    value_by_feature: dict[tuple[str, int], str] = {}
    for sae, feature, value in features:
        value_by_feature.setdefault((sae, feature), value)
    found: dict[str, str] = {}
    for each in candidates:
        for part in parts_of(each.intervention):
            if isinstance(part, SaeFeature) and (part.sae, part.feature) in value_by_feature:
                found.setdefault(each.name, value_by_feature[part.sae, part.feature])
    return found


def kind_of(intervention: Intervention) -> str:
    """Return what an intervention is, in a word."""
    parts = list(parts_of(intervention))
    if len(parts) > 1:
        return "several"
    return KINDS[type(parts[0])]


def settled_in(context: str, names: Sequence[str]) -> str | None:
    """Return the one value that a context settles, as far as its name says: do(security=+0.8)."""
    match = SETTLED.fullmatch(context)
    return match["value"] if match and match["value"] in names else None
