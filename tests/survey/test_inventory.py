"""The inventories of the package are balanced, unleaky and our own; others are linted the same."""

from pathlib import Path

import pytest

from causalvalues.errors import FileError, OptionError
from causalvalues.survey.inventory import Inventory, inventory

SHIPPED = [("schwartz10", 80), ("kang17", 136)]
HEAD = "name: t\nsystem: schwartz4\nsource: a test\nlicence: MIT\nitems:\n"


@pytest.mark.parametrize(("name", "fewest"), SHIPPED)
def test_a_shipped_inventory_has_no_fault(name: str, fewest: int) -> None:
    shipped = inventory(name)
    assert shipped.lint() == ()
    assert len(shipped.items) >= fewest
    assert all(len(shipped.of(value)) >= 8 for value in shipped.system.names)
    assert shipped.licence == "MIT"
    assert len({item.id for item in shipped.items}) == len(shipped.items)


def test_items_that_bear_on_two_values_are_listed() -> None:
    (item,) = inventory("schwartz10").cross_keyed
    assert (item.value, item.key, item.also) == ("conformity", -1, (("self-direction", 1),))


def test_every_item_can_be_asked_in_four_ways() -> None:
    for item in inventory("schwartz10").items:
        assert len({*item.wordings["ask"], *item.wordings["portrait"]}) >= 4


def linted(tmp_path: Path, body: str) -> tuple[str, ...]:
    path = tmp_path / "inventory.yaml"
    path.write_text(HEAD + body, encoding="utf-8")
    return Inventory.from_yaml(path).lint()


@pytest.mark.fault
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("  conservation: {for: [{ask: ['Should I wait and see here?']}]}", "1 wordings as ask"),
        ("  conservation: {for: [{ask: ['Shall I wait and see?', 'x']}]}", "reads 'Should I"),
        ("  conservation: {for: [{portrait: ['Do they wait?', 'x.']}]}", "a portrait is"),
        ("  conservation: {for: [{portrait: ['They wait.', 'x.']}]}", "2 words"),
        ("  conservation: {for: [{portrait: ['They conserve all old things.']}]}", "'conserva"),
        ("  conservation: {for: [{}], against: [{}, {}]}", "1 items for it and 2 against it"),
        ("  thrift: {for: [{}]}", "thrift: not a value of schwartz4"),
        ("  conservation: {for: [{also: {conservation: 1}}]}", "which it cannot"),
        (
            "  conservation: {for: [{portrait: ['They wait and see.', 'They wait, and see!']}]}",
            "twice: 'they wait and see'",
        ),
    ],
)
def test_a_fault_of_an_inventory_is_named(tmp_path: Path, body: str, fault: str) -> None:
    if "conserva" in fault:
        body = body.replace("conserve", "have conservation in")
    assert any(fault in line for line in linted(tmp_path, body))


@pytest.mark.fault
@pytest.mark.parametrize("text", ["", "- a list", "name: t", HEAD + "  x: 3", "{"])
def test_a_file_that_is_no_inventory_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=r"inventory\.yaml"):
        Inventory.from_yaml(path)


@pytest.mark.fault
@pytest.mark.parametrize("name", ["nothing", "../values/schwartz10", ""])
def test_an_inventory_that_does_not_exist_is_an_error(name: str) -> None:
    with pytest.raises(OptionError, match="schwartz10"):
        inventory(name)
