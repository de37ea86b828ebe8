"""Nobody is judged on what was tuned on: other items, other people, other ways of asking."""

from collections import Counter
from dataclasses import replace

import pytest

from causalvalues.contrasts.dilemmas import dilemmas
from causalvalues.errors import OptionError
from causalvalues.evaluation.dilemma_choice import dilemma_questions
from causalvalues.evaluation.judged import open_question
from causalvalues.leaderboard.sheets import Sheet, Sheets, sheets_of
from causalvalues.survey.credits import key, main_value
from causalvalues.survey.inventory import inventory
from causalvalues.survey.roles import anchored_roles

ITEMS = inventory("schwartz10")
NAMES = ITEMS.system.names
DEV = anchored_roles(ITEMS.system, 4, seed=1)
TEST = anchored_roles(ITEMS.system, 16, seed=2)
OPEN = [open_question("What did you do today?")]


def sheets(*, seed: int = 0) -> Sheets:
    """The sheets of four people to tune on and sixteen to judge on."""
    return sheets_of(ITEMS, DEV, TEST, open_questions=OPEN, seed=seed)


def items_in(sheet: Sheet) -> set[str]:
    """The items that a sheet asks."""
    return {question.factors["item"] for question in sheet.questions}


@pytest.mark.parametrize("seed", range(3))
def test_no_item_is_both_tuned_on_and_judged_on(seed: int) -> None:
    found = sheets(seed=seed)
    assert items_in(found.dev) | items_in(found.test) == {item.id for item in ITEMS.items}
    assert items_in(found.forms) == items_in(found.test)
    assert not items_in(found.dev) & items_in(found.test)


def test_no_role_is_both_tuned_on_and_judged_on() -> None:
    found = sheets()
    told = {role.text for role in found.dev.roles}
    for sheet in (found.test, found.forms, found.told, found.against("power")):
        assert not told & {role.text for role in sheet.roles}


def test_a_seed_gives_the_same_sheets_and_another_seed_other_items() -> None:
    assert sheets(seed=3) == sheets(seed=3)
    assert items_in(sheets(seed=3).dev) != items_in(sheets(seed=4).dev)


def test_every_value_is_asked_as_often_for_it_as_against_it() -> None:
    found = sheets()
    for sheet in (found.dev, found.test, found.forms):
        asked = Counter((main_value(each), key(each)) for each in sheet.questions)
        assert set(asked) == {(name, side) for name in NAMES for side in (1, -1)}
        assert len(set(asked.values())) == 1


def test_what_is_judged_has_its_options_the_other_way_round() -> None:
    found = sheets()
    assert {each.factors["order"] for each in found.dev.questions} == {"given"}
    assert {each.factors["order"] for each in found.test.questions} == {"reversed"}
    dev, test = found.dev.questions[0], found.test.questions[0]
    assert [o.meaning for o in dev.options] == [o.meaning for o in test.options[::-1]]


def test_forms_cross_labels_with_orders_for_every_item() -> None:
    ways = Counter(
        (each.factors["item"], each.factors["labels"], each.factors["order"])
        for each in sheets().forms.questions
    )
    items = items_in(sheets().forms)
    assert set(ways.values()) == {1}
    assert set(ways) == {
        (item, labels, order)
        for item in items
        for labels in ("letters", "words")
        for order in ("given", "reversed")
    }
    assert {len(each.options) for each in sheets().forms.questions} == {2}
    assert {each.factors["form"] for each in sheets().forms.questions} == {"ask"}


def test_forms_are_asked_of_some_of_those_who_are_judged_on() -> None:
    assert sheets().forms.roles == TEST[:6]
    assert sheets_of(ITEMS, DEV, TEST, n_form_roles=3).forms.roles == TEST[:3]


@pytest.mark.parametrize("value", NAMES)
def test_against_a_value_only_its_own_questions_are_asked(value: str) -> None:
    found = sheets()
    sheet = found.against(value, n_roles=5)
    assert {main_value(each) for each in sheet.questions} == {value}
    assert all(each in found.test.questions for each in sheet.questions)
    assert sheet.roles == TEST[:5]
    assert sum(len(found.against(name).questions) for name in NAMES) == len(found.test.questions)


def test_dilemmas_are_asked_in_place_of_items_where_there_are_some() -> None:
    asked = dilemma_questions(dilemmas()[:3], labels=("letters",))
    found = sheets_of(ITEMS, DEV, TEST, dilemmas=asked)
    assert found.forms == Sheet(TEST[:6], asked)
    assert found.test == sheets().test


def test_open_questions_are_asked_of_everyone_who_is_judged_on() -> None:
    assert sheets().told == Sheet(TEST, tuple(OPEN))
    assert sheets_of(ITEMS, DEV, TEST).told.n_answers == 0


def test_a_sheet_says_every_question_to_each_role() -> None:
    sheet = Sheet(DEV[:2], sheets().dev.questions[:3])
    said = [(each.messages[0].text, each.messages[1].text) for each in sheet.requests]
    assert said == [(role.text, asked.text) for role in sheet.roles for asked in sheet.questions]
    assert sheet.n_answers == len(sheet.requests) == 6


@pytest.mark.fault
def test_people_who_are_in_both_are_refused_whatever_they_are_called() -> None:
    known = replace(DEV[0], id="somebody else")
    with pytest.raises(OptionError, match="4 and 3, 1 of them in both"):
        sheets_of(ITEMS, DEV, [known, *TEST[:2]])


@pytest.mark.fault
def test_nobody_to_tune_on_or_to_judge_on_is_refused() -> None:
    for dev, test in (((), TEST), (DEV, ())):
        with pytest.raises(OptionError, match="some of each"):
            sheets_of(ITEMS, dev, test)


def test_ids_may_be_the_same_where_people_are_not() -> None:
    same = [replace(role, id=DEV[0].id) for role in TEST[:1]]
    assert sheets_of(ITEMS, DEV, same).test.roles == tuple(same)
