"""Expected side effects are those that arrows lead to; chance is the same graph renamed."""

import numpy as np
import pytest

from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.evaluation.side_effects import co_change, leads_to, side_effects

NAMES = ("a", "b", "c", "d", "e", "f")
TRUE = ValueGraph.from_edges(NAMES, [("a", "b"), ("b", "c"), ("d", "e")])
TOTAL = {"a": "abc", "b": "bc", "c": "c", "d": "de", "e": "e", "f": "f"}


def profile(target: str, *, seed: int, faults: tuple[str, ...] = ()) -> EffectProfile:
    """What an intervention on a value does in the true graph."""
    rng = np.random.default_rng(seed)
    size = np.array([0.5 * (name in TOTAL[target]) for name in NAMES])
    differences = size + rng.normal(0, 0.02, (12, len(NAMES)))
    differences -= differences.mean(axis=0) - size
    roles = tuple(f"r{place}" for place in range(12))
    return EffectProfile(f"{target}{seed}", NAMES, differences, roles, 12, faults=faults)


PROFILES = [profile(name, seed=seed) for name in NAMES for seed in range(2)]
TARGETS = {each.name: each.name[0] for each in PROFILES}


def test_what_follows_changes_and_the_rest_does_not() -> None:
    found = side_effects(PROFILES, TRUE, targets=TARGETS, n_relabellings=500)
    scored = [NAMES.index(name) for name in "abd"]
    assert found.expected[scored].tolist() == [1.0, 1.0, 1.0]
    assert np.isnan(found.expected[[2, 4, 5]]).all()
    assert found.unexpected.tolist() == [0.0] * 6
    assert found.difference == 1.0
    assert found.p_difference < 0.05
    assert found.n_profiles.tolist() == [2] * 6
    assert "100%" in found.sentence()
    assert len(found.to_frame()) == 6


def test_another_graph_is_no_better_than_its_names() -> None:
    wrong = ValueGraph.from_edges(NAMES, [("f", "a"), ("c", "d"), ("e", "b")])
    found = side_effects(PROFILES, wrong, targets=TARGETS, n_relabellings=500)
    assert found.p_difference > 0.2


def test_without_targets_a_profile_counts_for_all_it_changed() -> None:
    found = side_effects(PROFILES, TRUE, n_relabellings=20)
    assert found.n_profiles.tolist() == [2, 4, 6, 2, 4, 2]
    assert found.expected[0] == 1.0
    assert found.unexpected[2] == pytest.approx((2 / 3 + 1 / 3) / 5)


def test_a_broken_intervention_does_not_count() -> None:
    broken = [*PROFILES, profile("f", seed=9, faults=("broken",))]
    found = side_effects(broken, TRUE, n_relabellings=20)
    assert found.n_profiles.tolist() == [2, 4, 6, 2, 4, 2]


@pytest.mark.fault
def test_things_that_do_not_fit_are_errors() -> None:
    with pytest.raises(OptionError, match="healthy profile"):
        side_effects([profile("f", seed=9, faults=("broken",))], TRUE)
    with pytest.raises(OptionError, match="must be measured"):
        side_effects(PROFILES, ValueGraph.from_edges((*NAMES, "g"), []))
    with pytest.raises(OptionError, match="needs a target"):
        side_effects(PROFILES, TRUE, targets={})


def test_open_edges_lead_both_ways() -> None:
    marks = TRUE.to_matrix()
    marks[0, 1] = marks[1, 0] = -1
    leads = leads_to(ValueGraph.from_matrix(marks, NAMES))
    assert leads[1, 0]
    assert leads[0, 2]
    assert not leads[2, 1]
    rates = co_change(np.array([[True, True], [True, False], [False, False]]))
    assert rates.tolist() == [[1.0, 0.5], [1.0, 1.0]]
