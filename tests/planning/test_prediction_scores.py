"""Scores say how good predictions are on what was unseen, and against chance."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from moved_worlds import profile_of, totals_of, true_propagation
from scipy.stats import pearsonr, spearmanr

from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.organism.world import random_world
from causalvalues.planning.baselines import no_graph
from causalvalues.planning.predict import Prediction, predict
from causalvalues.planning.prediction_cases import (
    LEVELS,
    Outcome,
    cases_of,
    outcomes,
    seen_sets,
)
from causalvalues.planning.prediction_null import prediction_null
from causalvalues.planning.prediction_scores import (
    NAMES,
    numbers_of,
    score_predictions,
    unscored,
)

WORLD = random_world(8, degree=2.5, seed=4)
TRUE = true_propagation(WORLD, 100)
CHANGES = [size * row for size, row in zip([0.5, -0.5] * 4, totals_of(WORLD), strict=True)]
PROFILES = [
    profile_of(WORLD, change, n_roles=40, seed=place, name=f"i{place}")
    for place, change in enumerate(CHANGES)
]
SINGLES = seen_sets(WORLD.names, 1)
TESTS = outcomes(PROFILES, SINGLES, lambda shown: predict(shown, TRUE))


def made(middles: Sequence[Sequence[float]], spread: float, seen: str = "v1") -> list[Outcome]:
    """Predictions with given middles, one per profile."""
    rng = np.random.default_rng(0)
    return [
        Outcome(
            Prediction(
                p.name, p.names, m + spread * rng.standard_normal((800, 8)), (seen,), "m",
                np.array(m),
            ),
            p,
        )
        for p, m in zip(PROFILES, middles, strict=True)
    ]  # fmt: skip


def test_seen_sets_are_all_or_a_sample_without_repeats() -> None:
    assert seen_sets("abc", 1) == (("a",), ("b",), ("c",))
    assert len(seen_sets("abcdef", 3)) == 20
    some = seen_sets("abcdefghijklmnopq", 3, most=30, seed=1)
    assert len(set(some)) == 30
    assert some == seen_sets("abcdefghijklmnopq", 3, most=30, seed=1)
    assert some != seen_sets("abcdefghijklmnopq", 3, most=30, seed=2)


def test_only_the_unseen_counts() -> None:
    cases = cases_of(TESTS)
    assert len(cases.middle) == 8 * 8 * 7
    assert cases.n_predictions == 64
    assert cases.n_seen == (1,)
    assert len(cases.interventions) == 8


def test_a_perfect_prediction_has_perfect_scores() -> None:
    scores = score_predictions(made([p.change for p in PROFILES], 0.02), threshold=0.1)
    for name in ("sign of large", "pearson across", "spearman across", "spearman within"):
        assert scores.score(name).number == pytest.approx(1.0)
    assert scores.score("rmse").number == pytest.approx(0.0)
    assert scores.score("coverage").number == 1.0
    wrong = score_predictions(made([-p.change for p in PROFILES], 0.02), threshold=0.1)
    assert wrong.score("sign of clear").number == 0.0
    assert wrong.score("pearson within").number == pytest.approx(-1.0)


def test_scores_are_those_of_other_libraries() -> None:
    rng = np.random.default_rng(5)
    tests = made([p.change + 0.2 * rng.standard_normal(8) for p in PROFILES], 0.1)
    cases, found = cases_of(tests), score_predictions(tests, threshold=0.15)
    assert found.score("pearson across").number == pytest.approx(
        pearsonr(cases.middle, cases.change)[0]
    )
    assert found.score("spearman across").number == pytest.approx(
        spearmanr(cases.middle, cases.change)[0]
    )
    for name, ask in (("pearson within", pearsonr), ("spearman within", spearmanr)):
        each = [
            ask(cases.middle[cases.prediction == p], cases.change[cases.prediction == p])[0]
            for p in range(8)
        ]
        assert found.score(name).number == pytest.approx(np.mean(each))
    large = np.abs(cases.middle) >= 0.15
    right = np.sign(cases.middle) == np.sign(cases.change)
    assert found.score("sign of large").number == pytest.approx(right[large].mean())
    assert found.score("sign of large").n == large.sum()
    both = large & cases.clear
    assert found.score("sign of large and clear").number == pytest.approx(right[both].mean())
    assert found.score("rmse").number == pytest.approx(
        np.sqrt(np.mean((cases.middle - cases.change) ** 2))
    )
    assert numbers_of(cases, threshold=0.15) == {s.name: s.number for s in found.scores}
    assert tuple(s.name for s in found.scores) == NAMES


def test_intervals_over_interventions_hold_the_number_and_widen_with_fewer() -> None:
    many, few = score_predictions(TESTS), score_predictions(TESTS[: 8 * 4])
    for name in ("pearson across", "spearman within", "rmse"):
        wide, narrow = few.score(name), many.score(name)
        assert narrow.low <= narrow.number <= narrow.high  # type: ignore[operator]
        assert wide.low is not None
    again = score_predictions(TESTS)
    assert again == many


def test_right_intervals_are_calibrated_at_every_level() -> None:
    """Changes that scatter about the middle as the draws do, measured with an error."""
    rng = np.random.default_rng(2)
    tests = []
    for place in range(150):
        middle = rng.standard_normal(8)
        profile = profile_of(
            WORLD, middle + 0.3 * rng.standard_normal(8), n_roles=12, noise=0.5, seed=place,
            name=f"i{place}",
        )  # fmt: skip
        draws = middle + 0.3 * rng.standard_normal((400, 8))
        tests.append(Outcome(Prediction("", profile.names, draws, ("v1",), "m", middle), profile))
    found = score_predictions(tests, n_resamples=50).calibration
    assert list(found) == list(LEVELS)
    for level, share in found.items():
        assert share == pytest.approx(level, abs=0.035)


def test_without_a_graph_signs_and_correlations_are_unscored_with_a_reason() -> None:
    tests = outcomes(PROFILES, SINGLES, lambda shown: no_graph(shown, TRUE.spread))
    found = score_predictions(tests)
    for name in ("sign of large", "sign of clear", "pearson across", "spearman within"):
        score = found.score(name)
        assert score.number is None
        assert score.reason
        assert "unscored" in score.text()
    assert found.score("coverage").number is not None
    assert found.score("rmse").number is not None


def test_a_method_that_could_not_be_asked_is_a_value() -> None:
    found = unscored("own word", "no model in the data", n_seen=(1,))
    assert all(s.number is None and s.reason == "no model in the data" for s in found.scores)
    assert len(found.to_frame()) == len(NAMES)
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_the_true_graph_beats_other_names_and_other_names_do_not() -> None:
    null = prediction_null(PROFILES, SINGLES, TRUE, n_relabellings=60)
    p = null.p_values
    assert p["pearson across"] == pytest.approx(1 / 61)
    assert p["rmse"] == pytest.approx(1 / 61)
    assert "coverage" not in p
    empty = replace(TRUE, weights=np.zeros_like(TRUE.weights))
    assert prediction_null(PROFILES, SINGLES, empty, n_relabellings=9).p_values[
        "pearson across"
    ] is None  # fmt: skip
    scored = score_predictions(TESTS).with_p(p)
    assert scored.score("rmse").p == p["rmse"]
    assert scored.score("coverage").p is None


def test_p_values_of_graphs_by_chance_are_spread_out() -> None:
    rng = np.random.default_rng(3)
    found = []
    for seed in range(30):
        order = rng.permutation(8)
        other = replace(TRUE, weights=TRUE.weights[:, order][:, :, order])
        null = prediction_null(
            PROFILES, SINGLES[:4], other, n_relabellings=19, n_draws=1, seed=seed
        )
        found.append(null.p_values["pearson across"])
    assert 0.3 < np.mean(found) < 0.75  # type: ignore[arg-type]
    assert np.mean(np.array(found) <= 0.1) <= 0.3


def test_scores_go_into_a_frame_and_a_file(tmp_path: Path) -> None:
    found = score_predictions(TESTS)
    frame = found.to_frame()
    assert list(frame["score"]) == list(NAMES)
    assert set(frame["method"]) == {"graph"}
    document = json.loads(found.to_json(tmp_path / "scores.json").read_text("utf-8"))
    assert document["n_interventions"] == 8
    assert document["calibration"]["0.95"] == found.calibration[0.95]


@pytest.mark.fault
def test_what_cannot_be_scored_is_said() -> None:
    with pytest.raises(OptionError, match="a prediction or more"):
        score_predictions([])
    with pytest.raises(OptionError, match="unseen"):
        seen_sets("abc", 3)
    with pytest.raises(OptionError, match="threshold"):
        score_predictions(TESTS, threshold=-1)
    with pytest.raises(OptionError, match="one of"):
        score_predictions(TESTS[:8]).score("luck")
    broken = EffectProfile(
        "b", WORLD.names, PROFILES[0].differences, PROFILES[0].roles, 1, faults=("it is silent",)
    )
    with pytest.raises(OptionError, match="it is silent"):
        outcomes([broken], SINGLES, lambda shown: predict(shown, TRUE))
    other = replace(TESTS[0].prediction, names=tuple("abcdefgh"))
    with pytest.raises(OptionError, match="same values"):
        score_predictions([Outcome(other, PROFILES[0])])
