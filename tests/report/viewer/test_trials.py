"""What was predicted beside what came: the rule of the verdict, and what counts for nothing."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from numbered_pages import chain_influence

from causalvalues.discovery.measured import MeasuredEffect
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.candidate import candidates_of
from causalvalues.planning.known import known
from causalvalues.planning.plan import plan
from causalvalues.planning.predict import predict
from causalvalues.planning.propagation import Propagation
from causalvalues.planning.verify import SteeringReport
from causalvalues.report.viewer.document import TrialRow, TrialView
from causalvalues.report.viewer.trials import (
    aim_of,
    found_for,
    kind_of,
    plan_view,
    settled_in,
    trial_of_measured,
    trial_of_profile,
    trial_of_report,
    trials_of_candidates,
)
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    RolePrompt,
    SaeFeature,
    ValueVector,
)

NAMES = ("a", "b", "c")
PLACE = {"c": 0, "a": 1, "b": 2}  # as a page may have them
SPREAD = np.full(3, 0.5)
ROLES = tuple(f"role-{place}" for place in range(12))


def chain(n_draws: int = 60) -> Propagation:
    """a → b → c, each passing on 0.6, hardly in doubt."""
    random = np.random.default_rng(1)
    weights = np.zeros((n_draws, 3, 3))
    weights[:, 0, 1] = 0.6 + 0.02 * random.standard_normal(n_draws)
    weights[:, 1, 2] = 0.6 + 0.02 * random.standard_normal(n_draws)
    return Propagation(NAMES, weights, SPREAD)


def came(*change: float, name: str = "it", noise: float = 0.02, n_roles: int = 12) -> EffectProfile:
    """A profile with these mean changes."""
    random = np.random.default_rng(7)
    error = noise * random.standard_normal((n_roles, 3))
    return EffectProfile(
        name, NAMES, np.array(change) + error - error.mean(axis=0), ROLES[:n_roles], 36
    )


def rows(trial: TrialView) -> dict[str, TrialRow]:
    """Rows by the names of values."""
    names = {place: name for name, place in PLACE.items()}
    return {names[row.node]: row for row in trial.rows}


def feature(number: int) -> SaeFeature:
    """Some feature."""
    return SaeFeature("sae", number, layer=0, observed_maximum=1.0)


def test_the_others_are_predicted_from_the_aim_alone_and_judged_by_the_widened_interval() -> None:
    profile, drawn = came(0.4, 0.24, 3.0), chain()
    trial = trial_of_profile(profile, drawn, PLACE, aimed_at=("a",), says="Said before.")
    expected = predict(profile.only(("a",)), drawn)
    low, high = expected.interval()
    own = 1.959964 * profile.standard_error
    found = rows(trial)
    for v, name in ((1, "b"), (2, "c")):
        row = found[name]
        middle = expected.middle[v]
        assert row.predicted == pytest.approx(middle, abs=1e-4)
        assert row.predicted_low == pytest.approx(
            middle - np.hypot(middle - low[v], own[v]), abs=1e-3
        )
        assert row.predicted_high == pytest.approx(
            middle + np.hypot(high[v] - middle, own[v]), abs=1e-3
        )
    assert {name: row.verdict for name, row in found.items()} == {
        "a": "not predicted",
        "b": "as predicted",
        "c": "missed",
    }
    assert trial.says == "Said before. Predicted from the change of a alone, through the graph."


def test_the_aim_is_the_target_and_nothing_is_predicted_of_it() -> None:
    found = rows(trial_of_profile(came(0.4, 0.2, 0.1), chain(), PLACE, aimed_at=("a",)))
    assert found["a"].role == "target"
    assert found["a"].predicted is None
    assert found["a"].measured == pytest.approx(0.4)
    assert found["b"].role == found["c"].role == "other"


def test_measured_intervals_are_those_of_the_profile() -> None:
    profile = came(0.4, 0.2, 0.1, noise=0.3)
    low, high = profile.interval()
    row = rows(trial_of_profile(profile, chain(), PLACE, aimed_at=("a",)))["b"]
    assert (row.measured_low, row.measured_high) == pytest.approx((low[1], high[1]), abs=1e-4)


def test_what_was_not_asked_about_is_not_measured_and_still_predicted() -> None:
    found = rows(trial_of_profile(came(0.4, 0.2, float("nan")), chain(), PLACE, aimed_at=("a",)))
    assert found["c"].verdict == "not measured"
    assert found["c"].measured is None
    assert found["c"].predicted is not None


def test_one_role_is_too_few_to_predict_from_and_so_is_an_aim_that_nobody_asked_about() -> None:
    for profile in (came(0.4, 0.2, 0.1, n_roles=1), came(float("nan"), 0.2, 0.1)):
        trial = trial_of_profile(profile, chain(), PLACE, aimed_at=("a",))
        assert "Nothing was predicted" in trial.says
        assert not {row.verdict for row in trial.rows} & {"as predicted", "missed"}


def test_a_broken_intervention_is_shown_with_its_faults() -> None:
    broken = replace(came(0.4, 0.2, 0.1), faults=("it says nothing any more",))
    trial = trial_of_profile(broken, chain(), PLACE, aimed_at=("a",))
    assert not trial.healthy
    assert trial.faults == ["it says nothing any more"]
    assert trial.n_roles == 12


def test_a_line_that_settles_cuts_its_value_off_from_its_causes() -> None:
    profile = came(0.0, 0.5, 0.3)
    held = trial_of_profile(profile, chain(), PLACE, aimed_at=("b",), settles=("b",), kind="line")
    assert rows(held)["a"].predicted == pytest.approx(0.0, abs=1e-3)
    assert rows(held)["c"].predicted == pytest.approx(0.3, abs=0.05)


def test_an_aim_is_what_it_was_found_for_else_what_changes_most_for_its_spread() -> None:
    profile = came(0.4, 0.3, 0.1)
    assert aim_of(profile, SPREAD, "c") == (("c",), "It was found for c.")
    aim, says = aim_of(profile, np.array([0.5, 0.2, 0.5]))
    assert aim == ("b",)
    assert "it changes b most" in says
    assert aim_of(came(*(float("nan"),) * 3), SPREAD)[1] == "Nothing was measured of it."


def test_candidates_give_a_trial_each_with_their_kind_and_what_they_were_found_for() -> None:
    interventions: dict[str, Intervention] = {
        "one": feature(3),
        "line": RolePrompt("It is settled that b is high.", {"b": 0.8}),
        "vector": ValueVector("v", {0: np.ones(4, dtype=np.float32)}),
        "both": Combined((feature(3), feature(4))),
    }
    profiles = {name: came(0.1, 0.3, 0.2, name=name) for name in interventions}
    candidates = candidates_of(interventions, profiles)
    aims = found_for(candidates, [("sae", 4, "c"), ("sae", 3, "a"), ("sae", 3, "b")])
    assert aims == {"one": "a", "both": "a"}
    trials = trials_of_candidates(candidates, chain(), PLACE, found_for=aims)
    assert [trial.kind for trial in trials] == ["feature", "line", "vector", "several"]
    assert [kind_of(each) for each in interventions.values()] == [t.kind for t in trials]
    targets = [[n for n, row in rows(t).items() if row.role == "target"] for t in trials]
    assert targets == [["a"], ["b"], ["b"], ["a"]]
    assert "It settles b." in trials[1].says
    assert "not known what it was found for" in trials[2].says


def measured(context: str, *changes: float) -> list[MeasuredEffect]:
    """What a context did to a, b, c."""
    return [
        MeasuredEffect(context, name, change, change - 0.02, change + 0.02, 30)
        for name, change in zip(NAMES, changes, strict=True)
    ]


def test_a_settled_value_is_predicted_as_what_if_has_it() -> None:
    influence = chain_influence()
    trial = trial_of_measured(measured("do(a=+0.8)", 0.5, 0.26, 0.9), influence, PLACE)
    expected = influence.what_if({"a": 0.5})
    found = rows(trial)
    assert found["b"].predicted == pytest.approx(expected.of("b")[0], abs=1e-4)
    middle, low, _ = expected.of("c")
    error = 0.02  # half the measured interval
    assert found["c"].predicted_low == pytest.approx(
        middle - np.hypot(middle - low, error), abs=1e-4
    )
    verdicts = [found[name].verdict for name in NAMES]
    assert verdicts == ["not predicted", "as predicted", "missed"]
    assert found["a"].role == "target"
    assert trial.n_roles == 30
    assert "a set +0.50 from where it was" in trial.says


def test_a_context_that_names_no_one_value_is_measured_but_not_predicted() -> None:
    trial = trial_of_measured(measured("free lunch", 0.5, 0.2, 0.9), chain_influence(), PLACE)
    assert {row.verdict for row in trial.rows} == {"not predicted"}
    assert "not known which value" in trial.says
    named = trial_of_measured(
        measured("free lunch", 0.5, 0.2, 0.9), chain_influence(), PLACE, settled="a"
    )
    assert rows(named)["a"].role == "target"


def test_contexts_say_which_value_they_settle() -> None:
    assert settled_in("do(security=+0.8)", ("power", "security")) == "security"
    assert settled_in("do(self-direction=-1)", ("self-direction",)) == "self-direction"
    assert settled_in("do(a=+1, b=-1)", ("a", "b")) is None
    assert settled_in("do(wealth=+1)", ("a", "b")) is None


def made_plan() -> SteeringReport:
    """A plan that raises a and holds b, and what came of it."""
    drawn = chain()
    interventions: dict[str, Intervention] = {
        "raises a": ValueVector("raises a", {0: np.ones(4, dtype=np.float32)}),
        "lowers b": ValueVector("lowers b", {0: np.ones(4, dtype=np.float32)}),
    }
    profiles = {
        "raises a": came(0.4, 0.24, 0.144, name="raises a"),
        "lowers b": came(0.0, -0.3, -0.18, name="lowers b"),
    }
    candidates = known(candidates_of(interventions, profiles, reach=2.0), drawn)
    made = plan({"a": 0.3}, ("b",), candidates, budget=2)
    return SteeringReport(made, came(0.3, 0.0, 2.0))


def test_the_trial_of_a_plan_is_its_report_row_by_row() -> None:
    report = made_plan()
    found = rows(trial_of_report(report, PLACE))
    for told in report.to_frame().to_dict(orient="records"):
        row = found[str(told["value"])]
        assert (row.role, row.verdict) == (told["role"], told["verdict"])
        assert row.predicted_high == pytest.approx(told["predicted_high"], abs=1e-3)
        assert row.measured == pytest.approx(told["measured"], abs=1e-3)
    assert found["c"].verdict == "missed"


def test_the_view_of_a_plan_holds_all_that_the_planner_said() -> None:
    report = made_plan()
    made = report.plan
    shown = plan_view(made, PLACE)
    assert shown.targets == {PLACE["a"]: 0.3}
    assert shown.hold == [PLACE["b"]]
    assert [used.name for used in shown.used] == [used.name for used in made.used]
    for used, told in zip(shown.used, made.used, strict=True):
        assert used.dose == pytest.approx(told.dose, rel=1e-4)
        assert used.direct[PLACE["b"]] == pytest.approx(told.direct["b"], abs=1e-4)
    assert shown.why == list(made.why)
    assert shown.beat == pytest.approx(made.beat, rel=1e-4)
    assert Counter(row.verdict for row in shown.predicted) == {"not measured": 3}
    low, high = made.predicted.interval()
    row = next(row for row in shown.predicted if row.node == PLACE["c"])
    assert (row.predicted_low, row.predicted_high) == pytest.approx((low[2], high[2]), abs=1e-4)
    beside = plan_view(made, PLACE, report)
    assert {row.verdict for row in beside.predicted} == {"as predicted", "missed"}


def test_values_that_a_page_does_not_have_are_left_out() -> None:
    trial = trial_of_profile(came(0.4, 0.2, 0.1), chain(), {"a": 0, "b": 1}, aimed_at=("a",))
    assert [row.node for row in trial.rows] == [0, 1]


def test_numbers_have_no_more_digits_than_a_page_needs() -> None:
    trial = trial_of_profile(came(0.4, 0.2, 0.1), chain(), PLACE, aimed_at=("a",))
    numbers = [row.measured_low for row in trial.rows] + [row.predicted for row in trial.rows]
    assert all(len(f"{number}".lstrip("-")) <= 7 for number in numbers if number is not None)
