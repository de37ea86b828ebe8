"""A dose curve says how much is needed, and where there is no dose it says why."""

from pathlib import Path

import numpy as np
import pytest
from fakes import NAMES, QUESTIONS, LinearWorld, Registers, roles_of, true_scores

from causalvalues.errors import FileError, OptionError
from causalvalues.evaluation.dose import dose_curve, dose_curves
from causalvalues.evaluation.dose_curve import DoseCurve
from causalvalues.evaluation.intervals import bootstrap_interval
from causalvalues.evaluation.measure import measure
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.steering.intervention import RolePrompt, SaeFeature, Strength
from causalvalues.survey.responses import AnswerStore

ROLES = roles_of(12)
SAES = {"registers": Registers()}
UP = SaeFeature("registers", 0, 0, Strength(0.5))
DOSES = (-1.0, -0.5, 0.5, 1.0, 2.0, 100.0)


@pytest.fixture(scope="module")
def curve(tmp_path_factory: pytest.TempPathFactory) -> DoseCurve:
    """A feature from harmless to ruinous."""
    with AnswerStore.open(tmp_path_factory.mktemp("dose") / "answers.sqlite") as store:
        return dose_curve(
            LinearWorld(), UP, DOSES, QUESTIONS, ROLES, store, name="up", dictionaries=SAES
        )


def profile_of(change: float, *, value: str = "v", faults: tuple[str, ...] = ()) -> EffectProfile:
    """A profile of one value with a little spread."""
    differences = change + np.array([[-0.01], [0.01], [0.0]])
    return EffectProfile("p", (value,), differences, ("a", "b", "c"), 3, faults=faults)


def test_each_dose_is_what_the_scaled_intervention_does(curve: DoseCurve) -> None:
    assert curve.doses == DOSES
    for dose in DOSES[:-1]:
        shift = np.array([0.5 * dose, 0, 0, 0])
        truth = (true_scores(ROLES, shift) - true_scores(ROLES)).mean(axis=0)
        assert np.allclose(curve.at(dose).change, truth, atol=1e-6)


def test_a_dose_that_breaks_the_model_is_no_dose(curve: DoseCurve) -> None:
    assert not curve.at(100.0).healthy
    assert curve.healthy_doses == DOSES[:-1]
    assert curve.largest_healthy_dose == 2.0


def test_the_dose_for_a_gain_lies_between_measured_ones(curve: DoseCurve) -> None:
    at_half, at_one = (curve.at(dose).of(NAMES[0]) for dose in (0.5, 1.0))
    reach = curve.dose_for(NAMES[0], (at_half + at_one) / 2)
    assert reach.dose == pytest.approx(0.75)
    assert curve.dose_for(NAMES[0], at_one).dose == pytest.approx(1.0)
    down = curve.dose_for(NAMES[0], -0.1)
    assert down.dose is not None
    assert -0.5 < down.dose < 0
    assert curve.dose_for(NAMES[0], 0.0).dose == 0.0


def test_a_gain_out_of_reach_has_a_reason(curve: DoseCurve) -> None:
    reach = curve.dose_for(NAMES[0], 1.9)
    assert not reach
    assert reach.dose is None
    assert "out of reach" in reach.reason
    assert "at 2" in reach.reason
    assert not curve.dose_for(NAMES[3], 0.3)
    with pytest.raises(OptionError, match="curve holds"):
        curve.dose_for("power", 0.1)


def test_noise_between_doses_is_made_monotone() -> None:
    changes = (0.1, 0.3, 0.2, 0.4)
    curve = DoseCurve("c", (1.0, 2.0, 3.0, 4.0), tuple(map(profile_of, changes)))
    assert curve.dose_for("v", 0.2).dose == pytest.approx(1 + 2 / 3)
    doses = [curve.dose_for("v", gain).dose for gain in np.linspace(0.01, 0.4, 30)]
    assert doses == sorted(doses)  # type: ignore[type-var]


def test_health_ends_at_the_first_broken_dose() -> None:
    profiles = (profile_of(0.1), profile_of(0.2, faults=("broken",)), profile_of(0.3))
    curve = DoseCurve("c", (1.0, 2.0, 3.0), profiles)
    assert curve.healthy_doses == (1.0,)
    assert not curve.dose_for("v", 0.25)
    every = DoseCurve("c", (2.0,), (profiles[1],))
    assert "no dose" in every.dose_for("v", 0.1).reason


def test_role_prompts_of_graded_strength_are_doses(tmp_path: Path) -> None:
    graded = {level: RolePrompt(f"settled stimulation {level:+.2f}") for level in (-0.5, 0.5, 1.0)}
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = dose_curve(LinearWorld(), graded, (), QUESTIONS, ROLES, store, name="told")
    assert found.doses == (-0.5, 0.5, 1.0)
    place = NAMES.index("stimulation")
    assert (np.diff(found.change[:, place]) > 0).all()


def test_many_curves_are_one_sweep_and_share_dose_one_with_measure(tmp_path: Path) -> None:
    world = LinearWorld()
    other = SaeFeature("registers", 3, 0, Strength(0.5))
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        measure(world, {"up": UP}, QUESTIONS, ROLES, store, dictionaries=SAES)
        before = world.n_asked
        curves = dose_curves(
            world, {"up": UP, "other": other}, (0.0, 1.0, 2.0), QUESTIONS, ROLES, store,
            dictionaries=SAES,
        )  # fmt: skip
    assert world.n_asked - before == 3 * len(ROLES) * len(QUESTIONS)
    assert world.sweeps == [("", "up"), ("up × 2", "other", "other × 2")]
    assert curves["other"].doses == (1.0, 2.0)


def test_a_curve_survives_its_file(curve: DoseCurve, tmp_path: Path) -> None:
    again = DoseCurve.from_json(curve.to_json(tmp_path / "curve.json"))
    assert again.to_dict() == curve.to_dict()
    frame = again.to_frame()
    assert len(frame) == len(DOSES) * len(NAMES)
    assert not frame[frame["dose"] == 100.0]["healthy"].any()
    (tmp_path / "curve.json").write_text("[]", "utf-8")
    with pytest.raises(FileError, match="dose curve"):
        DoseCurve.from_json(tmp_path / "curve.json")
    with pytest.raises(FileError, match="dose curve"):
        DoseCurve.from_dict({"schema": "other"})


@pytest.mark.fault
def test_a_curve_needs_doses(tmp_path: Path) -> None:
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        for doses in ((), (0.0,)):
            with pytest.raises(OptionError, match="dose other than 0"):
                dose_curve(LinearWorld(), UP, doses, QUESTIONS, ROLES, store, name="up")
    with pytest.raises(OptionError, match="ascending"):
        DoseCurve("c", (2.0, 1.0), (profile_of(0.1), profile_of(0.2)))


def test_the_bootstrap_interval_is_close_to_students() -> None:
    rng = np.random.default_rng(4)
    differences = rng.normal(0.3, 0.2, (60, 3))
    differences[:59, 1] = np.nan
    differences[:20, 2] = np.nan
    profile = EffectProfile(
        "p", ("a", "b", "c"), differences, tuple(f"r{i}" for i in range(60)), 60
    )
    low, high = bootstrap_interval(profile, 2000, seed=1)
    student = profile.interval()
    assert np.isnan([low[1], high[1]]).all()
    for value in (0, 2):
        assert low[value] == pytest.approx(student[0][value], abs=0.01)
        assert high[value] == pytest.approx(student[1][value], abs=0.01)
    assert np.array_equal(bootstrap_interval(profile, 2000, seed=1)[0], low, equal_nan=True)
    with pytest.raises(OptionError, match="n_resamples"):
        bootstrap_interval(profile, 0)
