"""A screen finds the feature that moves a value and little else, and says what it measured."""

import sys
from pathlib import Path

import pytest
from fakes import NAMES, LinearWorld, Registers, roles_of, small_inventory

sys.path.append(str(Path(__file__).parents[1] / "steering"))

from register_dictionary import RegisterDictionary, organism, register_of, registers

from causalvalues.evaluation.measure import measure
from causalvalues.evaluation.screen import by_screen
from causalvalues.evaluation.splits import Half, split
from causalvalues.steering.candidates import live_features, named
from causalvalues.steering.feature_activity import feature_activity
from causalvalues.steering.feature_table import FeatureRow, FeatureTable
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles

YES_NO = Protocol(scale="yes-no", orders=("given",))
ITEMS = inventory("schwartz10")


def parts(*maxima: float) -> FeatureTable:
    """The world's own parts as features."""
    rows = (FeatureRow(f, "live", 1.0, maximum=m, frequency=0.5) for f, m in enumerate(maxima))
    return FeatureTable("registers", 0, "r1", tuple(rows))


def test_every_value_finds_its_own_part_first(tmp_path: Path) -> None:
    world, half = LinearWorld(), Half(small_inventory(), roles_of(6))
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = by_screen(
            world, Registers(), parts(0.4, 0.4, 0.4, 0.4), half, store, n_items=2, protocol=YES_NO
        )
    for place, value in enumerate(NAMES):
        first = found.table.of(value).rows[0]
        assert (first.feature, first.sign, first.rule) == (place, 1, "screen")
        change = found.profiles[f"registers:{place} ×+1 max"].change
        moved = change[[name in NAMES for name in ITEMS.system.names]]
        expected = moved[NAMES.index(value)] ** 2 / (moved**2).sum() ** 0.5
        assert first.score == pytest.approx(expected)
        assert first.frequency == 0.5


def test_what_breaks_the_model_is_measured_and_named_but_no_candidate(tmp_path: Path) -> None:
    world, half = LinearWorld(), Half(small_inventory(), roles_of(6))
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = by_screen(world, Registers(), parts(0.4, 99.0), half, store, protocol=YES_NO)
    assert found.broken == ("registers:1 ×+1 max",)
    assert set(found.table.features) == {0}
    assert set(found.profiles) == set(found.features)


def test_what_a_screen_measured_is_not_asked_again(tmp_path: Path) -> None:
    world, half = LinearWorld(), Half(small_inventory(1), roles_of(4))
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = by_screen(world, Registers(), parts(0.4, 0.4), half, store, protocol=YES_NO)
        n_asked = world.n_asked
        again = measure(
            world, found.features, half.questions(YES_NO), half.roles, store,
            dictionaries={"registers": Registers()}, names=half.inventory.system.names,
        )  # fmt: skip
    assert world.n_asked == n_asked == 3 * 4 * 8
    for name, profile in found.profiles.items():
        assert profile.of("stimulation") == again[name].of("stimulation")


@pytest.mark.parametrize("name", ["gemma", "llama"])
def test_a_screen_of_an_organism_finds_its_registers(name: str, tmp_path: Path) -> None:
    model, dictionary = organism(name), RegisterDictionary(registers(name))
    half = split(ITEMS, anchored_roles(ITEMS.system, 8, seed=5), seed=5).calibration
    questions = half.questions(Protocol(orders=("given",)))
    activity = feature_activity(model, dictionary, half.roles, questions[:2])
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = by_screen(model, dictionary, live_features(activity), half, store, top=1)
    for value in ITEMS.system.names:
        rows = found.table.of(value).rows
        own = {(register_of(row.feature, dictionary), row.sign) for row in rows}
        assert own == {((value, 1), 1), ((value, -1), -1)}
    assert len(named(found.features.values())) == len(found.profiles)
