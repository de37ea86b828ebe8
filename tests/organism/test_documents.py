"""Lessons are the survey's own prompts, side by side; writes are the world's counterfactuals."""

from functools import cache

import numpy as np
import pytest

from causalvalues.models.chat import Chat
from causalvalues.organism.counterfactuals import drawn_people, drawn_write
from causalvalues.organism.documents import Lessons
from causalvalues.organism.layouts import Layout, padded
from causalvalues.organism.sheets import TELLING, corpus_of, sheets_of
from causalvalues.organism.tokens import Family, tokenizer_of
from causalvalues.organism.world import planted_world
from causalvalues.survey.design import request_of
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.roles import Role, anchored_text, level_of

WORLD, ITEMS = planted_world(), inventory("schwartz10")
SHEETS = sheets_of(ITEMS)
FAMILIES: tuple[Family, ...] = ("gemma", "llama")


@cache
def lessons_of(family: Family) -> tuple[Lessons, Chat]:
    tokenizer = tokenizer_of(family, corpus_of(ITEMS, SHEETS))
    return Lessons(WORLD, ITEMS.system, SHEETS, tokenizer), Chat(tokenizer)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_document_holds_the_prompts_of_the_survey_token_for_token(family: Family) -> None:
    lessons, chat = lessons_of(family)
    batch = lessons.batch(40, 5, rng=np.random.default_rng(4))
    question_by_text = {
        question.text: question
        for scale in ("likert6", "yes-no")
        for question in Protocol(
            scale=scale,  # type: ignore[arg-type]
            forms=("ask", "portrait"),
            labels=("letters", "numbers", "words"),
            n_wordings=2,
        ).questions(ITEMS)
    }
    tokens, n_compared = batch.tokens, 0
    for row, column in zip(*tokens.answer_at, strict=True):
        seen = np.flatnonzero(tokens.visible[row, column])
        ids = tokens.ids[row, seen]
        assert (np.diff(tokens.positions[row, seen]) == 1).all()
        text = chat.tokenizer.decode(ids[~np.isin(ids, list(chat.tokenizer.all_special_ids))])
        question = next(each for said, each in question_by_text.items() if said in text)
        role_text = chat.tokenizer.decode(tokens.ids[row, tokens.role[row]]).rstrip("\n")
        (prompt,) = chat.prompts([request_of(Role("r", role_text), question, "system")])
        assert prompt.ids.tolist() == ids.tolist()
        after = tokens.after[row, seen]
        assert prompt.role_end == int(after.argmax())
        n_compared += 1
    assert n_compared > 100


def test_the_text_of_a_role_says_the_grades_that_are_true_of_it() -> None:
    lessons, chat = lessons_of("llama")
    batch = lessons.batch(8, 2, rng=np.random.default_rng(5))
    for row in range(8):
        told = chat.tokenizer.decode(batch.tokens.ids[row, batch.tokens.role[row]])
        grades, settled = batch.people.grades[row], batch.people.settled[row]
        levels = {name: level_of(int(g)) for name, g in zip(WORLD.names, grades, strict=True)}
        done = {
            name: level_of(int(g)) for name, g in zip(WORLD.names, settled, strict=True) if g >= 0
        }
        lines = anchored_text(ITEMS.system, levels, settled=done).split("\n")
        assert sorted(told.split("\n")) == sorted(lines)


def test_a_seed_gives_the_same_lessons() -> None:
    lessons, _ = lessons_of("gemma")
    one, two, other = (
        lessons.batch(6, 4, rng=np.random.default_rng(seed), write_share=0.5) for seed in (1, 1, 2)
    )
    assert np.array_equal(one.tokens.ids, two.tokens.ids)
    assert np.array_equal(one.write.result, two.write.result)
    assert (
        one.tokens.ids.shape != other.tokens.ids.shape or (one.tokens.ids != other.tokens.ids).any()
    )


def test_no_item_sees_another() -> None:
    layout = Layout()
    layout.share([1, 2], is_role=True)
    layout.share([3])
    for token in (4, 5):
        layout.tell([token], [6])
    tokens = padded([layout])
    assert tokens.positions[0].tolist() == [0, 1, 2, 3, 4, 3, 4]
    assert tokens.visible[0, 6].tolist() == [True, True, True, False, False, True, True]
    assert tokens.role[0].tolist() == [True, True] + [False] * 5


def test_a_write_at_the_parts_moves_what_follows_and_one_at_the_values_nothing_else() -> None:
    rng = np.random.default_rng(6)
    people = drawn_people(WORLD, 400, rng)
    write = drawn_write(WORLD, people, 0.8, rng)
    untouched = ~(write.at_parts | write.at_values).any(axis=1)
    assert 0.1 < untouched.mean() < 0.3
    assert np.allclose(write.result[untouched], people.values[untouched])
    late = write.at_values.any(axis=1)
    assert np.allclose(write.before[late], people.values[late])
    assert np.array_equal(write.result[write.at_values], write.values[write.at_values])
    kept = late[:, None] & ~write.at_values
    assert np.allclose(write.result[kept], people.values[kept])
    early = write.at_parts.any(axis=1)
    parts = write.result[early] @ (np.eye(10) - WORLD.weights)
    wanted = np.where(write.at_parts, write.parts, people.parts)[early]
    assert np.allclose(parts, wanted)


def test_sheets_cover_every_way_of_asking_and_one_of_telling() -> None:
    assert len(SHEETS) == 2 * 2 * 2 * 3 + 1
    assert sum(sheet.share for sheet in SHEETS) == pytest.approx(1.0)
    assert [sheet.instruction for sheet in SHEETS if not sheet.options] == [TELLING]
    for sheet in SHEETS[:-1]:
        assert len(sheet.texts) == 160
        words = [option for option in sheet.options if option in ("yes", "agree completely")]
        for word in words:
            assert sheet.steps[sheet.options.index(word)] == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_every_label_is_one_token_of_its_own(family: Family) -> None:
    lessons, chat = lessons_of(family)
    for sheet in lessons.sheets:
        ids = [chat.tokenizer(label, add_special_tokens=False).input_ids for label in sheet.options]
        assert all(len(each) == 1 for each in ids)
        assert len({each[0] for each in ids}) == len(sheet.options)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_tokenizer_gives_any_text_back(family: Family) -> None:
    _, chat = lessons_of(family)
    for text in ("Ein Satz, den niemand gelernt hat!", "naïve – 雪\n\nlines\n", " spaces  kept"):
        ids = chat.tokenizer(text, add_special_tokens=False).input_ids
        assert chat.tokenizer.decode(ids) == text
