"""Contrast pairs differ in one value and in nothing else; a linter says where they do not."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from causalvalues.contrasts.lint import auc, lint, surface_auc
from causalvalues.contrasts.pairs import (
    FORMS,
    ContrastPair,
    ContrastSet,
    Form,
    contrast_set,
    fewer,
    uncontrolled,
)
from causalvalues.contrasts.wording import named, negations, persons, shared_content, tense
from causalvalues.errors import FileError, OptionError
from causalvalues.values import schwartz10, value_system

FOR = "At the fair I entered my cake in the contest and asked the judges to look."
AGAINST = "At the fair I ate my cake beside the contest and asked the judges to wait."


def pair(form: Form, speaks_for: str, speaks_against: str) -> ContrastPair:
    return ContrastPair("the pair", "achievement", form, "fair", speaks_for, speaks_against)


def set_of(*pairs: ContrastPair) -> ContrastSet:
    return ContrastSet("made up", schwartz10(), pairs, "a test", "MIT")


def faults_of(form: Form, speaks_for: str, speaks_against: str) -> list[str]:
    """The faults of one pair alone, those of its set left out."""
    told = lint(set_of(pair(form, speaks_for, speaks_against)))
    return [fault for fault in told if fault.startswith("the pair")]


# --- the shipped set ---------------------------------------------------------------------------


def test_the_shipped_pairs_have_no_fault() -> None:
    assert lint(contrast_set()) == ()


def test_every_value_of_the_system_has_forty_pairs_ten_in_each_form() -> None:
    shipped = contrast_set()
    assert shipped.values == schwartz10().names
    for value in shipped.values:
        by_form = Counter(pair.form for pair in shipped.of(value))
        assert set(by_form) == set(FORMS)
        assert min(by_form.values()) >= 10


def test_the_shipped_pairs_say_whose_they_are() -> None:
    assert contrast_set().licence == "MIT"
    assert contrast_set().source == "written for this package"
    assert len({pair.id for pair in contrast_set().pairs}) == len(contrast_set().pairs)


def test_neither_length_nor_negation_tells_the_sides_of_the_shipped_pairs_apart() -> None:
    for value in contrast_set().values:
        areas = surface_auc(contrast_set().of(value))
        assert all(0.4 <= area <= 0.6 for area in areas.values()), (value, areas)


@pytest.mark.fault
@pytest.mark.parametrize("name", ["kang17", "insight", "../schwartz10", ""])
def test_a_set_that_does_not_exist_is_an_error(name: str) -> None:
    with pytest.raises(OptionError, match="schwartz10"):
        contrast_set(name)


# --- the linter on one pair --------------------------------------------------------------------


def test_a_pair_that_differs_in_the_value_alone_has_no_fault() -> None:
    assert faults_of("i state", FOR, AGAINST) == []


@pytest.mark.fault
@pytest.mark.parametrize(
    ("fault", "speaks_against"),
    [
        ("not in the first person", "At the fair Ada ate her cake beside the contest and waited."),
        ("tenses differ, past and present", "At the fair I eat my cake and keep from the judges."),
        ("named on one side only: Ada", "At the fair I ate my cake with Ada, far from the judges."),
        ("named on one side only: three", "At the fair I ate my three cakes, far from the judges."),
        ("16 words for the value and 7 against", "At the fair I ate my cake."),
        (
            "of the content words shared",
            "Last night I slept long and dreamt that I was far from it.",
        ),
        ("'successful' names the value", AGAINST.replace("my cake", "my successful cake")),
        ("'lazy' judges", AGAINST.replace("my cake", "my lazy cake")),
        ("a statement ends with a full stop", AGAINST.replace(".", "?")),
    ],
)
def test_a_fault_of_a_statement_is_named(fault: str, speaks_against: str) -> None:
    assert any(fault in told for told in faults_of("i state", FOR, speaks_against))


def test_a_pair_that_differs_in_person_is_refused() -> None:
    (fault,) = faults_of("i state", FOR, AGAINST.replace(" I ", " he ").replace(" my ", " his "))
    assert "not in the first person" in fault


def test_a_vignette_in_the_first_person_is_refused() -> None:
    one, other = FOR.replace(" I ", " Ada "), AGAINST.replace(" I ", " Ada ")
    assert all("not in the third person" in fault for fault in faults_of("they state", one, other))
    kept = [text.replace(" my ", " her ") for text in (one, other)]
    assert faults_of("they state", kept[0], kept[1]) == []


def test_a_pair_about_him_and_about_her_is_refused() -> None:
    one = "The baker entered his cake in the contest and waited for the judges."
    (fault,) = faults_of("they state", one, one.replace("his", "her"))
    assert "pronouns differ" in fault


@pytest.mark.fault
@pytest.mark.parametrize(
    ("form", "one", "other", "fault"),
    [
        (
            "i ask",
            "Should I enter the cake?",
            "Should Ada enter the cake?",
            "does not ask about ada",
        ),
        ("they ask", "Should Ada bake?", "Should Bo bake?", "not asked about the same person"),
        ("they ask", "Should the cook bake?", "Should the baker bake?", "about the same person"),
        ("they ask", "Should Ada bake?", "Should my Ada bake?", "not in the third person"),
        ("i ask", "Should I bake a cake?", "Would I bake a cake?", "reads 'Should …?'"),
        ("i ask", "Should I bake a cake?", "Should I bake a cake.", "reads 'Should …?'"),
    ],
)
def test_a_fault_of_a_question_is_named(form: Form, one: str, other: str, fault: str) -> None:
    assert any(fault in told for told in faults_of(form, one, other))


def test_a_value_of_another_system_is_not_to_be_named_either() -> None:
    text = "Should I conserve the old house?"
    other = "Should I repaint the old house?"
    kept = ContrastPair("p", "conservation", "i ask", "house", text, other)
    told = lint(ContrastSet("made up", value_system("schwartz4"), (kept,), "a test", "MIT"))
    assert not any("names the value" in fault for fault in told)  # conserve is not conservat…
    said = replace(kept, speaks_for="Should I put conservation of the old house first?")
    told = lint(ContrastSet("made up", value_system("schwartz4"), (said,), "a test", "MIT"))
    assert any("'conservation' names the value" in fault for fault in told)


# --- the linter on the pairs of a value --------------------------------------------------------


def changed(**sides: str) -> tuple[str, ...]:
    """The faults of achievement after something was added to one side of every pair."""
    ended = tuple(
        replace(p, **{side: getattr(p, side)[:-1] + added for side, added in sides.items()})
        for p in contrast_set().of("achievement")
    )
    return lint(set_of(*ended))


@pytest.mark.fault
@pytest.mark.parametrize(
    ("faults", "fault"),
    [
        (changed(speaks_for=" then and there."), "sides for it are +3.1 words longer"),
        (changed(speaks_for=" then and there."), "number of words alone tells the sides apart"),
        (changed(speaks_against=" and not otherwise."), "more of the sides for it are negated"),
        (changed(speaks_against=" and not otherwise."), "number of negations alone tells"),
        (changed(speaks_for=" gladly."), "'gladly' on 48 sides for it and 0 against it"),
        (lint(set_of(*contrast_set().of("power")[:39])), "39 pairs, fewer than 40"),
        (lint(set_of(*contrast_set().of("power")[12:])), "0 pairs as 'i state', fewer than 10"),
        (lint(set_of(*contrast_set().of("power")[:1] * 2)), "2 pairs of the scenario chair"),
        (lint(set_of(*contrast_set().of("power")[:1] * 2)), 'twice: "when the club'),
    ],
)
def test_what_is_wrong_with_the_pairs_of_a_value_is_named(
    faults: tuple[str, ...], fault: str
) -> None:
    assert any(fault in told for told in faults), faults


def test_an_area_is_one_half_for_equals_and_one_for_sides_that_never_meet() -> None:
    assert auc([1, 2, 3], [1, 2, 3]) == 0.5
    assert auc([4, 5], [1, 2, 3]) == 1.0
    assert auc([1, 1], [1, 2]) == 0.25


# --- what is read off a text -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("I put my cake on the table and did not care.", "past"),
        ("I always put my cake there and do what I like.", "present"),
        ("Mira keeps her cake for the guests.", "present"),
        ("Mira kept her cake for the guests.", "past"),
        ("The baker waited.", "past"),
        ("Should I wait?", ""),
        ("Did I wait?", "past"),
        ("The shed needs a red lamp.", ""),
        ("I want what I wanted.", ""),
    ],
)
def test_the_tense_is_read_off_auxiliaries_and_the_verb_after_a_subject(
    text: str, seen: str
) -> None:
    assert tense(text) == seen


def test_names_and_numbers_are_found_wherever_they_stand() -> None:
    assert named("Tomás's dogs met Mira on Monday, 3 of them.") == {"Tomás", "Mira", "Monday", "3"}
    assert named("When I left, ten stayed. Standing there, she said: “Then go!”") == {"ten"}


def test_quoted_speech_has_no_say_in_the_person() -> None:
    assert persons("He said “I will” to her.") == {"he", "she"}


def test_negations_are_counted_also_where_they_are_contracted() -> None:
    assert negations("I don't know, and nobody can't not care.") == 4


def test_content_is_shared_wholly_with_itself_and_not_at_all_with_other_words() -> None:
    assert shared_content(FOR, FOR) == 1.0
    assert shared_content(FOR, "He slept badly.") == 0.0


# --- the reader --------------------------------------------------------------------------------

ENTRY = {"form": "i ask", "scenario": "fair", "for": "Should I bake?", "against": "Should I rest?"}
FILE = {"value": "power", "source": "a test", "licence": "MIT", "pairs": [ENTRY]}


def folder_with(tmp_path: Path, **file_by_value: object) -> Path:
    for value, document in file_by_value.items():
        (tmp_path / f"{value}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return tmp_path


def test_a_folder_with_some_of_the_values_is_a_set_of_these(tmp_path: Path) -> None:
    own = FILE | {"value": "hedonism", "source": "another", "licence": "CC0"}
    folder = folder_with(tmp_path, power=FILE, hedonism=own)
    contrasts = ContrastSet.from_folder(folder, system=schwartz10())
    assert contrasts.values == ("hedonism", "power")
    assert (contrasts.source, contrasts.licence) == ("another; a test", "CC0; MIT")
    (only,) = contrasts.of("power")
    assert only == ContrastPair(
        "power/i-ask/fair", "power", "i ask", "fair", "Should I bake?", "Should I rest?"
    )


def test_a_folder_named_for_a_system_needs_no_other_word(tmp_path: Path) -> None:
    folder = tmp_path / "schwartz10"
    folder.mkdir()
    assert ContrastSet.from_folder(folder_with(folder, power=FILE)).system == schwartz10()


@pytest.mark.fault
@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({}, "Field required"),
        ("pairs", "valid dictionary"),
        (FILE | {"value": "hedonism"}, "pairs of hedonism"),
        (FILE | {"licence": None}, "valid string"),
        (FILE | {"pairs": [ENTRY | {"form": "we ask"}]}, "'i state', 'they state'"),
        (FILE | {"pairs": [ENTRY | {"for": ""}]}, "at least 1 character"),
        (FILE | {"pairs": [ENTRY | {"scenario": "The Fair"}]}, "should match pattern"),
        (FILE | {"pairs": [ENTRY | {"agianst": "x"}]}, "not permitted"),
        (FILE | {"pairs": [ENTRY, ENTRY]}, "stands twice: i ask fair"),
    ],
)
def test_a_file_that_is_not_laid_out_as_it_should_be_is_an_error(
    tmp_path: Path, document: object, found: str
) -> None:
    with pytest.raises(FileError, match=r"power\.yaml") as fault:
        ContrastSet.from_folder(folder_with(tmp_path, power=document), system=schwartz10())
    assert found in fault.value.found


@pytest.mark.fault
@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"pairs: [", b""])
def test_a_file_that_is_no_yaml_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "power.yaml").write_bytes(content)
    with pytest.raises(FileError, match=r"power\.yaml"):
        ContrastSet.from_folder(tmp_path, system=schwartz10())


@pytest.mark.fault
def test_a_folder_without_a_file_for_a_value_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no YAML file"):
        ContrastSet.from_folder(tmp_path / "absent", system=schwartz10())
    with pytest.raises(FileError, match="files for thrift"):
        ContrastSet.from_folder(folder_with(tmp_path, thrift=FILE), system=schwartz10())


# --- the twin without control of context -------------------------------------------------------


def test_the_twin_uses_every_text_once_and_never_beside_its_own_counterpart() -> None:
    contrasts = contrast_set()
    own = {p.speaks_for: p.speaks_against for p in contrasts.pairs}
    twin = uncontrolled(contrasts)
    assert all(own[p.speaks_for] != p.speaks_against for p in twin.pairs)
    texts = [text for p in twin.pairs for text in (p.speaks_for, p.speaks_against)]
    assert len(set(texts)) == len(texts)
    assert set(texts) < {t for p in contrasts.pairs for t in (p.speaks_for, p.speaks_against)}


def test_in_the_twin_the_person_gives_the_side_away() -> None:
    twin = uncontrolled(contrast_set())
    for value in twin.values:
        (fors,) = {"first" in persons(p.speaks_for) for p in twin.of(value)}
        (againsts,) = {"first" in persons(p.speaks_against) for p in twin.of(value)}
        assert fors != againsts


def test_the_twin_is_as_large_as_half_of_its_set() -> None:
    twin, half = uncontrolled(contrast_set()), fewer(contrast_set(), of_each_form=6)
    for value in contrast_set().values:
        assert len(twin.of(value)) == len(half.of(value)) == len(contrast_set().of(value)) / 2
    assert {Counter(p.form for p in half.of("power"))[form] for form in FORMS} == {6}


def test_the_linter_finds_fault_with_every_value_of_the_twin_but_not_with_pairs_of_half() -> None:
    twin = uncontrolled(contrast_set())
    faults = lint(twin)
    for value in twin.values:
        faulty = {fault.split(":")[0] for fault in faults if fault.startswith(f"{value}/")}
        assert faulty == {pair.id for pair in twin.of(value)}  # not one pair of the twin passes
    half = fewer(contrast_set(), of_each_form=6)
    assert not any("/" in fault.split(":")[0] for fault in lint(half))


def test_the_twin_says_what_it_is_and_hangs_on_its_seed_alone() -> None:
    twin = uncontrolled(contrast_set(), seed=3)
    assert twin.name == "schwartz10-uncontrolled"
    assert all("/uncontrolled/" in pair.id and "~" in pair.scenario for pair in twin.pairs)
    assert len({pair.id for pair in twin.pairs}) == len(twin.pairs)
    assert uncontrolled(contrast_set(), seed=3) == twin != uncontrolled(contrast_set(), seed=4)


@pytest.mark.fault
def test_a_twin_needs_both_persons() -> None:
    alone = set_of(*(p for p in contrast_set().of("power") if p.form == "i ask"))
    with pytest.raises(OptionError, match="12 and 0 pairs of power"):
        uncontrolled(alone)
