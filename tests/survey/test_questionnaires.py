"""Published keys are whole, and texts come from the user's file alone."""

from collections import Counter
from pathlib import Path

import pytest

from causalvalues.errors import FileError, OptionError
from causalvalues.survey.questionnaires import (
    KEYS,
    N_ITEMS,
    read_generic,
    read_questionnaire,
    read_valuebench,
)


@pytest.mark.parametrize(
    ("name", "n_keyed"), [("pvq21", 21), ("pvq40", 40), ("pvq-rr", 57), ("svs57", 46)]
)
def test_every_key_names_a_value_and_no_item_twice(name: str, n_keyed: int) -> None:
    assert len(KEYS[name]) == n_keyed
    assert set(KEYS[name]) <= set(range(1, N_ITEMS[name] + 1))
    counts = Counter(KEYS[name].values())
    assert len(counts) == (19 if name == "pvq-rr" else 10)
    if name == "pvq-rr":
        assert set(counts.values()) == {3}


@pytest.mark.parametrize("numbered", [True, False])
def test_the_users_text_gets_the_published_keys(tmp_path: Path, numbered: bool) -> None:
    path = tmp_path / "pvq21.txt"
    lines = [f"{n}\tText of item {n}." if numbered else f"Text of item {n}." for n in range(1, 22)]
    path.write_text("\n".join(reversed(lines) if numbered else lines), encoding="utf-8")
    read = read_questionnaire(path, "pvq21")
    assert len(read.items) == 21
    assert {item.id for item in read.of("universalism")} == {"pvq21/3", "pvq21/8", "pvq21/19"}
    (item,) = [item for item in read.items if item.id == "pvq21/2"]
    assert item.wordings == {"portrait": ("Text of item 2.",)}
    assert "licensed" in read.licence


def test_the_nineteen_values_come_in_the_order_of_their_questionnaire(tmp_path: Path) -> None:
    path = tmp_path / "rr.txt"
    path.write_text("\n".join(f"Item {n}." for n in range(1, 58)), encoding="utf-8")
    read = read_questionnaire(path, "pvq-rr")
    assert read.system.name == "schwartz19:pvq-rr"
    assert all(len(read.of(value)) == 3 for value in read.system.names)


def test_valuebench_keeps_values_with_enough_items(tmp_path: Path) -> None:
    path = tmp_path / "valuebench.csv"
    rows = [f"Q,item {n},Care,{(-1) ** n},Should I do thing {n}?" for n in range(20)]
    rows += [f"Q,item {n},Rare,1,Should I do rare thing {n}?" for n in range(19)]
    path.write_text("questionnaire,item,value,agreement,question\n" + "\n".join(rows), "utf-8")
    read = read_valuebench(path)
    assert read.system.names == ("Care",)
    assert Counter(item.key for item in read.items) == {1: 10, -1: 10}
    assert read.items[0].wordings["ask"] == ("Should I do thing 0?",)


def test_any_table_of_items_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("value,key,text\nThrift,1,They save.\nThrift,-1,They spend.\n", "utf-8")
    read = read_generic(path)
    assert [item.key for item in read.items] == [1, -1]
    assert read.lint()  # one wording each: the linter says so


@pytest.mark.fault
def test_what_is_no_questionnaire_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "items.txt"
    path.write_text("one\ntwo\n", encoding="utf-8")
    with pytest.raises(FileError, match="21 items"):
        read_questionnaire(path, "pvq21")
    with pytest.raises(FileError, match="expected at"):
        read_questionnaire(tmp_path / "absent.txt", "pvq21")
    with pytest.raises(OptionError, match="pvq40"):
        read_questionnaire(path, "pvq99")  # type: ignore[arg-type]
    with pytest.raises(FileError, match="table of items"):
        read_generic(path)
    path.write_text("value,key,text\nThrift,yes,They save.\n", encoding="utf-8")
    with pytest.raises(FileError, match="1 or -1"):
        read_generic(path)
    path.write_text("questionnaire,item,value,agreement,question\nQ,i,V,1,Should I?\n", "utf-8")
    with pytest.raises(FileError, match="20 items"):
        read_valuebench(path)
