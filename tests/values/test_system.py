"""Value systems agree with theory and with the reference graph, or are refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from causalvalues.errors import FileError, OptionError
from causalvalues.values import ValueSystem, schwartz10, value_system

REFERENCE = Path(__file__).parents[2] / "graphs" / "reference" / "schwartz_circle.json"


def test_schwartz_has_ten_values_in_order() -> None:
    assert schwartz10().names == (
        "self-direction",
        "stimulation",
        "hedonism",
        "achievement",
        "power",
        "security",
        "conformity",
        "tradition",
        "benevolence",
        "universalism",
    )


def test_every_value_has_one_group_and_opposites_are_groups() -> None:
    system = schwartz10()
    grouped = [name for members in system.groups.values() for name in members]
    assert sorted(grouped) == sorted(system.names)
    assert system.group_of("power") == "self-enhancement"
    assert system.opposites == (
        ("openness", "conservation"),
        ("self-enhancement", "self-transcendence"),
    )
    assert all(value.definition for value in system.values)
    assert system.group_of("no such value") is None


def test_opposed_groups_lie_across_the_circle() -> None:
    system = schwartz10()
    angle = {v.name: v.angle_in_degrees for v in system.values if v.angle_in_degrees is not None}

    def middle(group: str) -> complex:
        turns = np.radians([angle[name] for name in system.groups[group]])
        return complex(np.exp(1j * turns).mean())

    for one, other in system.opposites:
        apart = abs(np.degrees(np.angle(middle(one) / middle(other))))
        assert apart > 135


def test_angles_are_those_of_the_reference_circle() -> None:
    circle = json.loads(REFERENCE.read_text(encoding="utf-8"))["values"]
    angles = {value.name: value.angle_in_degrees for value in schwartz10().values}
    assert angles == {value["name"]: value["angle_in_degrees"] for value in circle}


@pytest.mark.fault
@pytest.mark.parametrize(
    "text",
    [
        "name: x\nvalues: [{name: a, definition: d}, {name: a, definition: d}]",
        "name: x\nvalues: [{name: a, definition: d}]\ngroups: {g: [b]}",
        "name: x\nvalues: [{name: a, definition: d}]\nopposites: [[g, h]]",
        "name: x\nvalues: [{name: a, definition: d}]\nsurprise: 1",
        "- not a mapping",
        "{",
    ],
)
def test_an_inconsistent_system_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "system.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=r"(?s)system\.yaml.*What to do:"):
        ValueSystem.from_yaml(path)


@pytest.mark.fault
def test_a_system_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"absent\.yaml"):
        ValueSystem.from_yaml(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    ("name", "n_values"), [("schwartz10", 10), ("schwartz19", 19), ("schwartz4", 4), ("kang17", 17)]
)
def test_every_system_has_its_values_with_definitions(name: str, n_values: int) -> None:
    system = value_system(name)
    assert len(system.values) == n_values
    assert all(len(value.definition) > 20 for value in system.values)
    assert len({value.definition for value in system.values}) == n_values
    assert system.licence
    assert system.source


def test_the_nineteen_values_have_both_published_orders() -> None:
    first, second = value_system("schwartz19:2012"), value_system("schwartz19:pvq-rr")
    assert value_system("schwartz19").names == first.names
    assert first.names[:14] == second.names[:14]
    assert first.names[14:] == (
        "dependability",
        "caring",
        "universal concern",
        "care for nature",
        "tolerance",
    )
    assert second.names[14:] == (
        "care for nature",
        "universal concern",
        "tolerance",
        "caring",
        "dependability",
    )
    assert first.group_of("humility") is None
    assert first.group_of("face") is None
    angles = [value.angle_in_degrees for value in second.values]
    assert angles == pytest.approx([place * 360 / 19 for place in range(19)])


@pytest.mark.fault
@pytest.mark.parametrize("name", ["schwartz11", "schwartz19:1992", "kang17:any", ""])
def test_a_system_or_order_that_does_not_exist_is_an_error(name: str) -> None:
    with pytest.raises(OptionError):
        value_system(name)
