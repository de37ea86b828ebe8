"""Dilemmas test what pairs have taught: other scenarios, and yes speaks for the value in half."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from causalvalues.contrasts.dilemmas import Dilemma, dilemmas, dilemmas_in
from causalvalues.contrasts.lint_dilemmas import lint_dilemmas
from causalvalues.contrasts.pairs import ContrastSet, contrast_set
from causalvalues.errors import FileError, OptionError
from causalvalues.values import schwartz10

NO_PAIRS = ContrastSet("empty", schwartz10(), (), "a test", "MIT")
PLAIN = Dilemma("d", "power", "Should Ada lead rather than follow?", "hike", yes_speaks_for=True)


def test_the_shipped_dilemmas_have_no_fault() -> None:
    assert lint_dilemmas(dilemmas(), contrast_set()) == ()


def test_every_value_has_twenty_dilemmas_and_yes_speaks_for_it_in_half_of_them() -> None:
    for value in schwartz10().names:
        asked = [dilemma for dilemma in dilemmas() if dilemma.value == value]
        assert len(asked) >= 20
        assert 0.4 <= sum(dilemma.yes_speaks_for for dilemma in asked) / len(asked) <= 0.6


def test_no_dilemma_is_about_a_scenario_of_a_pair_of_its_value() -> None:
    taught = {(pair.value, pair.scenario) for pair in contrast_set().pairs}
    assert not taught & {(dilemma.value, dilemma.scenario) for dilemma in dilemmas()}
    assert len({dilemma.id for dilemma in dilemmas()}) == len(dilemmas())


@pytest.mark.fault
@pytest.mark.parametrize(
    ("dilemma", "fault"),
    [
        (replace(PLAIN, question="Should Ada lead?"), "reads 'Should … instead of …?'"),
        (replace(PLAIN, question="Ada should lead rather than follow."), "reads 'Should …"),
        (replace(PLAIN, question="Should Ada lead? Rather than follow?"), "reads 'Should …"),
        (replace(PLAIN, question="Should Ada gain power rather than not?"), "names the value"),
        (replace(PLAIN, question="Should Ada be bad rather than not?"), "'bad' judges"),
        (replace(PLAIN, scenario=contrast_set().of("power")[0].scenario), "a pair has this"),
    ],
)
def test_a_fault_of_a_dilemma_is_named(dilemma: Dilemma, fault: str) -> None:
    assert any(told.startswith("d: ") and fault in told for told in _linted(dilemma))


def test_a_dilemma_that_keeps_to_the_rules_is_not_faulted() -> None:
    assert not any(told.startswith("d: ") for told in _linted(PLAIN))


def test_too_few_dilemmas_or_a_yes_that_mostly_speaks_for_the_value_are_named() -> None:
    told = lint_dilemmas((PLAIN,), NO_PAIRS)
    assert told == (
        "power: 1 dilemmas, fewer than 20",
        "power: yes speaks for it in 100% of the dilemmas",
    )


def test_a_value_with_pairs_and_without_dilemmas_is_named() -> None:
    assert "hedonism: 0 dilemmas, fewer than 20" in _linted(PLAIN)


def test_a_dilemma_that_stands_twice_is_named() -> None:
    told = lint_dilemmas((PLAIN, replace(PLAIN, id="e")), NO_PAIRS)
    assert "twice: 'should ada lead rather than follow'" in told
    assert "twice: 'power/hike'" in told


def _linted(dilemma: Dilemma) -> tuple[str, ...]:
    return lint_dilemmas((dilemma,), contrast_set())


def test_dilemmas_are_read_from_a_folder_of_ones_own(tmp_path: Path) -> None:
    asked = {"scenario": "hike", "question": PLAIN.question, "yes_speaks_for": True}
    _write(tmp_path, asked)
    (read,) = dilemmas_in(tmp_path, system=schwartz10())
    assert read == replace(PLAIN, id="power/dilemma/hike")


@pytest.mark.fault
def test_a_dilemma_that_does_not_say_what_yes_means_is_an_error(tmp_path: Path) -> None:
    for meaning in ("yes", 1, None):
        _write(tmp_path, {"scenario": "s", "question": "Should I?", "yes_speaks_for": meaning})
        with pytest.raises(FileError, match="valid boolean"):
            dilemmas_in(tmp_path, system=schwartz10())


@pytest.mark.fault
def test_a_scenario_of_two_dilemmas_is_an_error(tmp_path: Path) -> None:
    asked = {"scenario": "hike", "question": PLAIN.question, "yes_speaks_for": True}
    _write(tmp_path, asked, asked)
    with pytest.raises(FileError, match="stands twice: dilemma hike"):
        dilemmas_in(tmp_path, system=schwartz10())


@pytest.mark.fault
def test_dilemmas_that_do_not_exist_are_an_error() -> None:
    with pytest.raises(OptionError, match="schwartz10"):
        dilemmas("nothing")


def _write(folder: Path, *asked: dict[str, object]) -> None:
    document = {"value": "power", "source": "a test", "licence": "MIT", "pairs": []}
    text = yaml.safe_dump(document | {"dilemmas": list(asked)})
    (folder / "power.yaml").write_text(text, encoding="utf-8")
