"""Value systems agree with theory and with the reference graph, or are refused."""

import json
from pathlib import Path

import pytest

from causalvalues.errors import FileError
from causalvalues.values import ValueSystem, schwartz10

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
    assert all(system.group_of(name) is not None for name in system.names)
    assert ("openness", "conservation") in system.opposites
    assert system.group_of("no such value") is None


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
    with pytest.raises(FileError, match=r"system\.yaml"):
        ValueSystem.from_yaml(path)
