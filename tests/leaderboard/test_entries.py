"""Every tuned method enters at the dose that is fair, and what cannot be had is kept and told."""

from collections.abc import Sequence

import numpy as np
import pytest
from hand_made import edit, line, tuned

from causalvalues.errors import OptionError
from causalvalues.leaderboard.entries import Entry, entries_of
from causalvalues.leaderboard.tuning import Tuned
from causalvalues.methods.fitted import Fitted
from causalvalues.steering.intervention import Intervention, ValueVector


def entered(*methods: Tuned, gain: float = 0.3) -> dict[str, Entry]:
    """The entries by name, without controls."""
    return {each.name: each for each in entries_of(methods, gain=gain)}


def strength(entry: Entry) -> float:
    """How strong the vector of an entry is."""
    assert isinstance(entry.intervention, ValueVector)
    return entry.intervention.strength.amount


def test_at_equal_gain_each_method_has_the_dose_that_moves_its_value_so_far() -> None:
    found = entered(tuned([0.2, 0.4]), tuned([0.1, 0.3], method="conva"))
    caa, conva = (found[f"{name} raises power, equal gain"] for name in ("caa", "conva"))
    assert (caa.rung, strength(caa), caa.norm) == pytest.approx((1.5, 15, 1.5))
    assert (conva.rung, strength(conva), conva.norm) == pytest.approx((2, 20, 2))
    assert not caa.missed


def test_the_equal_norm_is_the_median_of_what_the_gain_takes() -> None:
    found = entered(
        tuned([0.15, 0.3, 0.4], method="one", norms=[0.2, 1.0, 2.0]),  # 1.0 for the gain
        tuned([0.3, 0.4], method="two", norms=[3.0, 4.0]),  # 3.0
        tuned([0.1, 0.3], method="three", norms=[2.0, 8.0]),  # 8.0
        tuned([0.1, 0.2], method="four", norms=[2.0, 8.0]),  # out of reach: counts not
        tuned([0.3], method="told", is_told=True),
    )
    equal = {each.fitted.method: each for each in found.values() if each.comparison == "equal norm"}
    assert set(equal) == {"one", "two", "three", "four"}
    assert equal["one"].missed == "out of reach: the edit norm is 2.00 at most, in good health"
    assert [equal[name].norm for name in ("two", "three", "four")] == pytest.approx([3.0] * 3)
    assert equal["three"].rung == pytest.approx(1 + 1 / 6)


def test_every_value_has_a_norm_of_its_own() -> None:
    found = entered(
        tuned([0.3, 0.4], norms=[1.0, 2.0]),
        tuned([0.3, 0.4], norms=[1.5, 2.0], value="security"),
    )
    assert found["caa raises power, equal norm"].norm == pytest.approx(1.0)
    assert found["caa raises security, equal norm"].norm == pytest.approx(1.5)


def test_of_two_methods_the_median_lies_between() -> None:
    found = entered(
        tuned([0.3, 0.6], norms=[1.0, 3.0]), tuned([0.3, 0.6], method="conva", norms=[2.0, 4.0])
    )
    assert found["caa raises power, equal norm"].norm == pytest.approx(1.5)
    assert found["conva raises power, equal norm"].rung == pytest.approx(0.75)


def test_the_strongest_is_the_last_rung_in_good_health() -> None:
    found = entered(tuned([0.1, 0.3, 0.5], broken=[3]))["caa raises power, strongest"]
    assert (found.rung, strength(found)) == (2.0, 20.0)


def test_a_line_has_a_gain_and_a_strongest_but_no_norm() -> None:
    found = entered(tuned([0.2, 0.4], method="prompt", is_told=True))
    assert list(found) == ["prompt raises power, equal gain", "prompt raises power, strongest"]
    equal, strongest = found.values()
    assert (equal.rung, equal.intervention) == (pytest.approx(1.5), line(20))
    assert strongest.intervention == line(20)
    assert np.isnan(equal.norm)


def test_what_misses_is_kept_with_the_reason() -> None:
    found = entered(tuned([0.1, 0.2]), tuned([0.4, 0.5], method="broken", broken=[1]))
    equal, norm = (found[f"caa raises power, equal {what}"] for what in ("gain", "norm"))
    assert equal.intervention is norm.intervention is None
    assert "+0.30 was asked" in equal.missed
    assert norm.missed == "no edit reaches the gain"
    assert np.isnan([equal.rung, equal.norm, norm.rung]).all()
    assert found["caa raises power, strongest"].rung == 2.0
    for comparison in ("equal gain", "strongest"):
        assert "good health" in found[f"broken raises power, {comparison}"].missed


def test_an_edit_whose_size_is_unknown_has_no_norm_and_spoils_nobody_elses() -> None:
    found = entered(
        tuned([0.2, 0.4], method="unread", norms=[np.nan, np.nan]),
        tuned([0.2, 0.4], norms=[1.0, 2.0]),
    )
    assert found["caa raises power, equal norm"].norm == pytest.approx(1.5)
    assert found["unread raises power, equal norm"].missed == "unread raises power has no edit norm"
    assert found["unread raises power, equal gain"].rung == pytest.approx(1.5)


def test_who_lowers_is_matched_with_who_lowers() -> None:
    found = entered(
        tuned([0.3, 0.6], norms=[1.0, 2.0]),
        tuned([0.3, 0.6], norms=[3.0, 4.0], direction="lower"),
    )
    assert found["caa raises power, equal norm"].norm == pytest.approx(1.0)
    assert found["caa lowers power, equal norm"].norm == pytest.approx(3.0)


def test_a_control_stands_for_the_entry_at_equal_gain_and_for_no_other() -> None:
    asked: list[tuple[str, Intervention]] = []

    def control(fitted: Fitted, intervention: Intervention) -> Intervention | None:
        asked.append((fitted.name, intervention))
        return None if fitted.is_told else edit(-1.0)

    methods = (
        tuned([0.2, 0.4]),
        tuned([0.1, 0.2], method="weak"),
        tuned([0.2, 0.4], method="prompt", is_told=True),
    )
    found = entries_of(methods, gain=0.3, control=control)
    controls = [each for each in found if each.comparison == "control"]
    assert [name for name, _ in asked] == ["caa raises power", "prompt raises power"]
    assert asked[0][1].strength.amount == pytest.approx(15)
    assert [each.name for each in controls] == ["caa raises power, control"]
    assert controls[0].rung == pytest.approx(1.5)
    assert strength(controls[0]) == -1.0


def test_a_control_that_cannot_be_made_is_told_and_the_others_go_on() -> None:
    def none(fitted: Fitted, intervention: Intervention) -> Intervention | None:
        raise OptionError("A control is as large as something", found="nothing")

    found = entries_of(
        (tuned([0.2, 0.4]), tuned([0.2, 0.4], value="hedonism")), gain=0.3, control=none
    )
    controls = [each for each in found if each.comparison == "control"]
    assert [each.intervention for each in controls] == [None, None]
    assert all("as large as something" in each.missed for each in controls)


def test_names_are_told_apart_and_methods_keep_their_order() -> None:
    methods: Sequence[Tuned] = (
        tuned([0.4], method="b"),
        tuned([0.4], method="a", value="hedonism"),
        tuned([0.4], method="a"),
    )
    found = entries_of(methods, gain=0.3, control=lambda *_: edit(1.0))
    assert len({each.name for each in found}) == len(found) == 12
    assert [(each.fitted.method, each.fitted.value) for each in found[::4]] == [
        ("b", "power"), ("a", "hedonism"), ("a", "power"),
    ]  # fmt: skip
