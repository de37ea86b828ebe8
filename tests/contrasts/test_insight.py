"""Descriptions and situations are matched, balanced and neutral as far as rules can see."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from causalvalues.contrasts.insight import DIRECTIONS, Insight, Situation, insight
from causalvalues.contrasts.insight_lint import lint_insight
from causalvalues.contrasts.kin import KIN_BY_VALUE
from causalvalues.contrasts.wording import shared_content
from causalvalues.errors import FileError, OptionError
from causalvalues.values import Value, ValueSystem, schwartz10, value_system

OPENNESS = "openness to change"
CARD = {"scenario": "ferry", "towards": "You steer a ferry.", "away": "You moor a ferry."}
ASKED = {"scenario": "fog", "text": "Fog rolls over your pier. What do you do?"}


def document(**changed: object) -> dict[str, Any]:
    """A file about one dimension, with one person and one situation."""
    return {
        "system": "schwartz4",
        "dimension": "conservation",
        "source": "a test",
        "licence": "MIT",
        "descriptions": {"security": [CARD]},
        "situations": {"security": [ASKED]},
    } | changed


def written(folder: Path, *documents: dict[str, Any]) -> Path:
    """A folder of files."""
    for place, each in enumerate(documents):
        text = yaml.safe_dump(each)
        (folder / f"{place}.yaml").write_text(text, encoding="utf-8")
    return folder


def faults_of_first(*, description: str = "", situation: str = "") -> tuple[str, ...]:
    """The faults of the package's set once its first description or situation says another."""
    ours = insight()
    told, asked = ours.descriptions, ours.situations
    if description:
        told = (replace(told[0], text=description), *told[1:])
    if situation:
        asked = (replace(asked[0], text=situation), *asked[1:])
    return lint_insight(replace(ours, descriptions=told, situations=asked))


def retold(direction: str, told: Callable[[str], str]) -> Insight:
    """The package's set with every description of one direction told in another way."""
    return replace(
        insight(),
        descriptions=tuple(
            replace(each, text=told(each.text)) if each.direction == direction else each
            for each in insight().descriptions
        ),
    )


def test_the_insight_of_the_package_has_no_fault() -> None:
    assert lint_insight(insight()) == ()


def test_every_dimension_has_both_directions_and_situations() -> None:
    ours = insight()
    assert ours.dimensions == ours.system.names == value_system("schwartz4").names
    for dimension in ours.dimensions:
        assert {len(ours.of(dimension, direction)) for direction in DIRECTIONS} == {24}
        assert len(ours.situations_of(dimension)) == 54


def test_the_values_of_a_dimension_speak_equally_often() -> None:
    counts = Counter(each.id.split("/")[1] for each in insight().descriptions)
    asked = Counter(each.id.split("/")[1] for each in insight().situations)
    assert set(counts) == set(asked) == set(schwartz10().names)
    for members in schwartz10().groups.values():
        assert len({counts[value] for value in members}) == 1
        assert len({asked[value] for value in members}) == 1


def test_a_person_is_told_in_both_directions_in_one_setting() -> None:
    text_by_id = {each.id: each.text for each in insight().descriptions}
    for name, text in text_by_id.items():
        if name.endswith("/towards"):
            other = text_by_id[name.removesuffix("towards") + "away"]
            assert text.split()[:2] == other.split()[:2]
            assert shared_content(text, other) >= 0.3
            assert 0.8 <= len(text.split()) / len(other.split()) <= 1.25


def test_no_two_situations_tell_nearly_the_same() -> None:
    for dimension in insight().dimensions:
        texts = [each.text for each in insight().situations_of(dimension)]
        for place, text in enumerate(texts):
            assert all(shared_content(text, other) < 0.6 for other in texts[:place])


def test_source_and_licence_are_said() -> None:
    assert insight().source == "written for this package"
    assert insight().licence == "MIT"


def test_ids_say_dimension_value_scenario_and_direction(tmp_path: Path) -> None:
    read = Insight.from_folder(written(tmp_path, document()))
    assert [each.id for each in read.texts] == [
        "conservation/security/ferry/towards",
        "conservation/security/ferry/away",
        "conservation/security/situation/fog",
    ]
    assert [each.text for each in read.of("conservation", "away")] == ["You moor a ferry."]
    assert read.situations == (
        Situation("conservation/security/situation/fog", "conservation", ASKED["text"]),
    )


def test_files_are_read_in_the_order_of_the_system(tmp_path: Path) -> None:
    read = Insight.from_folder(written(tmp_path, document(), document(dimension=OPENNESS)))
    assert read.dimensions == (OPENNESS, "conservation")
    assert read.descriptions[0].dimension == OPENNESS


def test_a_set_may_be_of_a_system_of_its_own(tmp_path: Path) -> None:
    own = ValueSystem(name="own", values=(Value(name="thrift", definition="Wasting little."),))
    folder = written(tmp_path, document(system="own", dimension="thrift"))
    assert Insight.from_folder(folder, system=own).dimensions == ("thrift",)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("description", "named"),
    [
        ("She weaves rugs and draws every pattern in her own head, whoever may ask.", "opens"),
        ("You weave rugs.", "3 words"),
        ("You weave rugs and draw each pattern " + "and each thread " * 12 + "alone.", "words"),
        ("You weave rugs that my father drew for me on a long winter evening at home.", "person"),
        ("You weave rugs and draw every pattern yourself, but what would a buyer say?", "stop"),
        ("You weave rugs in full autonomy and draw every pattern from your own head.", "autonomy"),
        ("You weave rugs, open to change, and draw every pattern from your own head.", "change"),
        ("You weave rugs, wisely as ever, and draw every pattern from your own head.", "wisely"),
    ],
)
def test_what_is_no_card_is_named(description: str, named: str) -> None:
    (fault, *_) = faults_of_first(description=description)
    assert fault.startswith(insight().descriptions[0].id)
    assert named in fault


@pytest.mark.fault
@pytest.mark.parametrize(
    ("situation", "named"),
    [
        ("Noor comes to a river with a bridge upstream. What does she do about it?", "person"),
        ("You come to a river with Noor, and my bridge is near. What do you do?", "person"),
        ("You come to a river with Noor. There is a bridge. Tell what you do.", "one question"),
        ("You come to a river with Noor. Is there a bridge? What do you do now?", "one question"),
        ("You come to a river, and there is a bridge. Would you cross it with Noor?", "yes or no"),
        ("You come to a river. What do you do?", "9 words"),
        ("You come to a river on an adventure with Noor. What do you do next?", "adventure"),
        ("You come to a river with Noor, who is foolish. What do you do next?", "foolish"),
    ],
)
def test_what_is_no_situation_is_named(situation: str, named: str) -> None:
    (fault, *_) = faults_of_first(situation=situation)
    assert fault.startswith(insight().situations[0].id)
    assert named in fault


@pytest.mark.fault
def test_a_text_that_stands_twice_is_named_whatever_its_case() -> None:
    second = insight().descriptions[1].text
    faults = faults_of_first(description=second.replace(".", "!").upper())
    assert any(fault.startswith("twice the text") for fault in faults)


@pytest.mark.fault
def test_an_id_that_stands_twice_is_named() -> None:
    first, second, *rest = insight().situations
    same = replace(insight(), situations=(first, replace(second, id=first.id), *rest))
    assert lint_insight(same) == (f"twice the id {first.id!r}",)


@pytest.mark.fault
def test_too_few_texts_are_counted() -> None:
    ours = insight()
    few = replace(ours, descriptions=ours.of(OPENNESS, "towards")[:9], situations=())
    assert lint_insight(few)[:3] == (
        f"{OPENNESS}: 9 descriptions towards, fewer than 22",
        f"{OPENNESS}: 0 descriptions away, fewer than 22",
        f"{OPENNESS}: 9 descriptions towards and 0 away",
    )


@pytest.mark.fault
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_direction_that_is_longer_as_a_rule_is_named(direction: str) -> None:
    faults = lint_insight(retold(direction, lambda text: f"{text[:-1]}, on a Monday in May."))
    assert sum("times as long" in fault for fault in faults) == 4
    assert any("number of words alone" in fault for fault in faults)


@pytest.mark.fault
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_direction_that_is_negated_as_a_rule_is_named(direction: str) -> None:
    faults = lint_insight(retold(direction, lambda text: text.replace("You ", "You never ", 1)))
    assert sum("are negated" in fault for fault in faults) == 4
    assert sum("number of negations alone" in fault for fault in faults) == 4


@pytest.mark.fault
def test_a_word_that_tells_the_directions_apart_is_named() -> None:
    faults = lint_insight(retold("away", lambda text: text.replace("You ", "You meekly ", 1)))
    telling = [fault for fault in faults if "'meekly' stands in" in fault]
    assert len(telling) == 4
    assert "0.00 towards and 1.00 away" in telling[0]


@pytest.mark.fault
def test_every_value_of_a_dimension_is_kept_out_of_its_texts() -> None:
    for group, members in schwartz10().groups.items():
        place, card = next(
            (place, each)
            for place, each in enumerate(insight().descriptions)
            if each.dimension.startswith(group)
        )
        for value in members:
            word = KIN_BY_VALUE[value].split()[0].removesuffix("*")
            cards = list(insight().descriptions)
            cards[place] = replace(card, text=f"{card.text[:-1]}, {word}.")
            faults = lint_insight(replace(insight(), descriptions=tuple(cards)))
            assert any(f"names {value}" in fault for fault in faults)


@pytest.mark.fault
def test_a_dimension_that_the_system_lacks_is_named() -> None:
    first, *rest = insight().situations
    stray = replace(insight(), situations=(replace(first, dimension="thrift"), *rest))
    assert lint_insight(stray) == ("thrift: not a value of schwartz4",)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"dimension": "thrift"}, "thrift"),
        ({"system": "schwartz5"}, "schwartz5"),
        ({"descriptions": {"security": [CARD, CARD]}}, "conservation/security/ferry/towards"),
        ({"situations": {"security": [{"scenario": "fog"}]}}, "situations.security.0.text"),
        ({"situations": {"security": [ASKED | {"text": " "}]}}, "at least 1 character"),
        ({"situations": {"security": [ASKED | {"scenario": "The fog"}]}}, "pattern"),
        ({"situations": {"security": [ASKED | {"key": 1}]}}, "key"),
        ({"descriptions": {"security": [CARD | {"away": 7}]}}, "away"),
    ],
)
def test_a_file_of_another_layout_is_refused_by_name(
    tmp_path: Path, changed: dict[str, object], named: str
) -> None:
    with pytest.raises(FileError) as refused:
        Insight.from_folder(written(tmp_path, document(**changed)))
    assert named in str(refused.value)
    assert "0.yaml" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.fault
@pytest.mark.parametrize("text", ["", "a: [", "- a", "!!python/object/apply:os.getcwd []", "\x00"])
def test_a_file_that_is_no_insight_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=r"own\.yaml"):
        Insight.from_folder(tmp_path)


@pytest.mark.fault
def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no YAML file"):
        Insight.from_folder(tmp_path)
    with pytest.raises(FileError, match="no such folder"):
        Insight.from_folder(tmp_path / "absent")


@pytest.mark.fault
def test_two_files_about_one_dimension_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"0\.yaml and 1\.yaml"):
        Insight.from_folder(written(tmp_path, document(), document()))


@pytest.mark.fault
def test_files_of_two_systems_are_refused(tmp_path: Path) -> None:
    other = document(system="schwartz10", dimension="power")
    with pytest.raises(FileError, match="'schwartz10'"):
        Insight.from_folder(written(tmp_path, document(), other))


@pytest.mark.fault
def test_a_set_that_does_not_come_with_the_package_is_refused() -> None:
    with pytest.raises(OptionError, match="read_insight"):
        insight("schwartz5")  # type: ignore[arg-type]
