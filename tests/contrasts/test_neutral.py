"""Neutral texts bear on no value as far as rules can see, and a file of another kind is refused."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from causalvalues.contrasts.kin import KIN_BY_VALUE
from causalvalues.contrasts.neutral import (
    NeutralText,
    lint_neutral,
    neutral_texts,
    neutral_texts_in,
)
from causalvalues.errors import FileError

FOG = {"id": "fog", "kind": "statement", "text": "Fog forms in valleys at night."}
RAIN = {"id": "rain", "kind": "question", "text": "Will it rain in Oslo?"}


def written(folder: Path, texts: list[dict[str, str]]) -> Path:
    """A file of neutral texts."""
    path = folder / "neutral.yaml"
    document = {"source": "a test", "licence": "MIT", "texts": texts}
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def faults_with(**changed: str) -> tuple[str, ...]:
    """The faults of the package's texts once the first of them, a statement, is another."""
    first, *rest = neutral_texts()
    return lint_neutral([replace(first, **changed), *rest])  # type: ignore[arg-type]


def test_the_neutral_texts_of_the_package_have_no_fault() -> None:
    assert lint_neutral(neutral_texts()) == ()


def test_half_of_the_neutral_texts_are_questions() -> None:
    kinds = Counter(each.kind for each in neutral_texts())
    assert kinds["statement"] == kinds["question"] >= 60


def test_neutral_texts_speak_in_both_persons_so_that_neither_marks_a_value() -> None:
    texts = [each.text for each in neutral_texts()]
    assert sum(text.startswith("Should I ") for text in texts) >= 5
    assert sum(text.startswith("Should ") and " I " not in text for text in texts) >= 5
    assert sum(each.kind == "statement" and "I " in each.text for each in neutral_texts()) >= 4


def test_some_neutral_questions_weigh_one_thing_against_another_as_dilemmas_do() -> None:
    weighed = [t.text for t in neutral_texts() if "instead of" in t.text or "rather than" in t.text]
    assert sum(text.startswith("Should ") for text in weighed) >= 10


def test_a_file_is_read_in_its_order_with_ids_that_say_the_kind(tmp_path: Path) -> None:
    assert neutral_texts_in(written(tmp_path, [RAIN, FOG])) == (
        NeutralText("neutral/question/rain", "Will it rain in Oslo?", "question"),
        NeutralText("neutral/statement/fog", "Fog forms in valleys at night.", "statement"),
    )


def test_a_short_file_is_read_and_its_faults_are_named(tmp_path: Path) -> None:
    faults = lint_neutral(neutral_texts_in(written(tmp_path, [FOG])))
    assert any("1 texts, fewer than 120" in fault for fault in faults)
    assert any("0% of the texts are questions" in fault for fault in faults)
    assert lint_neutral(()) == ("0 texts, fewer than 120",)


def test_questions_that_never_say_should_are_a_fault() -> None:
    spared = [each for each in neutral_texts() if not each.text.startswith("Should ")]
    assert any("0% of the questions ask 'Should …?'" in fault for fault in lint_neutral(spared))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Does fog form in valleys?", "ends with a full stop"),
        ("Fog forms in valleys", "ends with a full stop"),
        ("Fog forms today.", "3 words"),
        (" ".join(["Fog"] * 31) + ".", "31 words"),
        ("The seat belt keeps the driver safe.", "'safe' names security"),
        ("The village held its traditional fair.", "'traditional' names tradition"),
        ("A generous slice of cake lay there.", "'generous' judges"),
    ],
)
def test_a_fault_of_one_text_is_named(text: str, said: str) -> None:
    faults = faults_with(text=text)
    assert len(faults) == 1
    assert said in faults[0]


def test_a_question_without_its_mark_is_a_fault() -> None:
    (fault,) = faults_with(kind="question")
    assert "one question mark" in fault


def test_a_text_that_stands_twice_is_a_fault_whatever_its_case() -> None:
    assert any(f.startswith("twice") for f in faults_with(text=neutral_texts()[1].text.upper()))


@pytest.mark.parametrize("value", KIN_BY_VALUE)
def test_the_name_of_no_value_stands_in_a_neutral_text(value: str) -> None:
    assert any(f"names {value}" in fault for fault in faults_with(text=f"Here stands {value} now."))


@pytest.mark.fault
@pytest.mark.parametrize(
    "texts",
    [
        [],
        [FOG, {**RAIN, "id": "fog"}],
        [{**FOG, "kind": "exclamation"}],
        [{**FOG, "id": "Fog in valleys"}],
        [{**FOG, "text": ""}],
        [{**FOG, "value": "security"}],
    ],
    ids=["no text", "one id twice", "an unknown kind", "no slug", "an empty text", "a field more"],
)
def test_a_file_of_another_layout_is_an_error(tmp_path: Path, texts: list[dict[str, str]]) -> None:
    with pytest.raises(FileError, match="Neutral texts were expected"):
        neutral_texts_in(written(tmp_path, texts))


@pytest.mark.fault
@pytest.mark.parametrize("content", [b"", b"texts: [", b"\xff\xfe\xff", b"- fog\n"])
def test_a_file_that_holds_no_texts_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "neutral.yaml"
    path.write_bytes(content)
    with pytest.raises(FileError, match="Neutral texts were expected"):
        neutral_texts_in(path)


@pytest.mark.fault
def test_an_absent_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="Neutral texts were expected"):
        neutral_texts_in(tmp_path / "absent.yaml")
