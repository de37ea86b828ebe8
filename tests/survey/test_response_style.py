"""Each style of answering shows in its own column, and in no other."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from asked import ROLES, responses_of

from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.request import Request
from causalvalues.survey.response_style import response_style

OURS = inventory("schwartz10")
CROSSED = tuple(Protocol(n_wordings=2, labels=("letters", "numbers", "words")).questions(OURS))
QUESTION_BY_TEXT = {question.text: question for question in CROSSED}
BIASES = ("position_bias", "order_effect", "label_bias", "label_effect", "wording_spread")


def asked(request: Request) -> Question:
    """The question of a request."""
    return QUESTION_BY_TEXT[request.messages[-1].text]


def first_place(request: Request) -> Sequence[float]:
    return [0.7, *[0.06] * 5]


def yes_sayer(request: Request) -> Sequence[float]:
    return [float(option.meaning == "agree completely") for option in asked(request).options]


def lover_of_a(request: Request) -> Sequence[float]:
    share = 0.5 if request.options[0] == "A" else 1 / 6
    return [share, *[(1 - share) / 5] * 5]


def moved_by_wording(request: Request) -> Sequence[float]:
    question = asked(request)
    wanted = "agree completely" if question.factors["wording"] == "1" else "agree mostly"
    return [float(option.meaning == wanted) for option in question.options]


def valuer(request: Request) -> Sequence[float]:
    question = asked(request)
    value = question.factors["item"].split("/")[0]
    return [float(option.credit[value] == 1.0) for option in question.options]


def style_of(
    folder: Path,
    weigh: Callable[[Request], Sequence[float]],
    questions: Sequence[Question] = CROSSED,
) -> "pd.Series[Any]":
    """The style of a scripted respondent, as one row."""
    styles = response_style(responses_of(folder, questions, weigh, roles=ROLES[:2]), questions)
    assert len(styles) == 1
    return styles.iloc[0]


def test_a_preference_for_the_first_place_is_a_position_bias(tmp_path: Path) -> None:
    style = style_of(tmp_path, first_place)
    assert style["position_bias"] == pytest.approx(0.32)
    assert style["order_effect"] == pytest.approx(2 * 0.64)
    assert style[["label_bias", "label_effect", "wording_spread"]].abs().max() < 1e-12
    assert style["acquiescence"] == pytest.approx(0.0)
    assert style["constant_roles"] == 1.0
    assert style["constant_questions"] == 1.0


def test_a_yes_sayer_agrees_with_everything(tmp_path: Path) -> None:
    style = style_of(tmp_path, yes_sayer)
    assert style["acquiescence"] == 1.0
    assert style[list(BIASES)].abs().max() < 1e-12
    assert style["constant_roles"] == 0.0
    assert style["constant_questions"] == 1.0
    assert style["entropy"] == 0.0


def test_a_preference_for_a_letter_is_a_label_bias(tmp_path: Path) -> None:
    style = style_of(tmp_path, lover_of_a)
    assert style["label_bias"] == pytest.approx(0.2)
    assert style["label_effect"] == pytest.approx(0.4)
    assert style["wording_spread"] == pytest.approx(0.0)


def test_being_moved_by_the_wording_is_a_wording_spread(tmp_path: Path) -> None:
    style = style_of(tmp_path, moved_by_wording)
    assert style["wording_spread"] == pytest.approx(0.4)
    assert style[["order_effect", "label_bias", "label_effect"]].abs().max() < 1e-12


def test_who_answers_by_the_value_shows_no_style(tmp_path: Path) -> None:
    style = style_of(tmp_path, valuer)
    assert style[[*BIASES, "acquiescence", "unread", "refused"]].abs().max() < 1e-12
    assert style["constant_roles"] == 0.0


def test_what_was_not_crossed_is_not_a_number(tmp_path: Path) -> None:
    plain = tuple(Protocol(orders=("given",)).questions(OURS))
    style = style_of(tmp_path, first_place, plain)
    assert style[list(BIASES)].isna().all()
    assert style["acquiescence"] == pytest.approx(0.64)
    for_only = [question for question in plain if "/for/" in question.id]
    assert np.isnan(style_of(tmp_path, first_place, for_only)["acquiescence"])
    pairs = tuple(Protocol(scale="pairwise").questions(OURS))
    style = style_of(tmp_path, lambda request: (0.8, 0.2), pairs)
    assert style["position_bias"] == pytest.approx(0.3)
    assert np.isnan(style["acquiescence"])
    assert style["entropy"] == pytest.approx(0.7219, abs=1e-4)
    even = style_of(tmp_path / "even", lambda request: (0.5, 0.5), pairs)
    assert np.isnan(even["constant_roles"])


def test_mass_and_what_was_not_read_are_reported(tmp_path: Path) -> None:
    plain = tuple(Protocol().questions(OURS))

    def weigh(request: Request) -> Sequence[float]:
        mass = 0.05 if "person 0" in request.messages[0].text else 0.9
        return [mass / 6] * 6

    style = style_of(tmp_path, weigh, plain)
    assert style["n_answers"] == 320
    assert style["n_roles"] == 2
    assert style["option_mass"] == pytest.approx(0.475)
    assert style["option_mass_p5"] == pytest.approx(0.05)
    assert style["unread"] == 0.5
    assert style["entropy"] == pytest.approx(1.0)


def test_written_answers_have_refusals_and_no_mass(tmp_path: Path) -> None:
    written = tuple(Protocol.preset("kang2025").questions(OURS))

    def write(request: Request) -> str:
        return "I cannot say." if "person 0" in request.messages[0].text else "Answer: yes"

    responses = responses_of(tmp_path, written, write=write, roles=ROLES[:4])
    style = response_style(responses, written, how="text").iloc[0]
    assert style["refused"] == style["unread"] == 0.25
    assert np.isnan(style["option_mass"])
    assert style["acquiescence"] == 1.0
    assert style["constant_roles"] == 1.0


def test_every_condition_has_its_row(tmp_path: Path) -> None:
    plain = tuple(Protocol().questions(OURS))
    edits = {"": None, "first": lambda request, given: first_place(request)}
    styles = response_style(responses_of(tmp_path, plain, valuer_of(plain), edits=edits), plain)
    assert styles["condition"].tolist() == ["", "first"]
    assert styles["model"].tolist() == ["scripted", "scripted"]
    assert styles["position_bias"].tolist() == pytest.approx([0.0, 0.32])


def valuer_of(questions: Sequence[Question]) -> Callable[[Request], Sequence[float]]:
    """A respondent that answers some other questions by their value."""
    by_text = {question.text: question for question in questions}

    def weigh(request: Request) -> Sequence[float]:
        question = by_text[request.messages[-1].text]
        value = question.factors["item"].split("/")[0]
        return [float(option.credit[value] == 1.0) for option in question.options]

    return weigh


def test_two_scales_of_one_item_are_not_compared(tmp_path: Path) -> None:
    both = (
        *Protocol(forms=("portrait",)).questions(OURS),
        *Protocol(scale="yes-no", forms=("portrait",)).questions(OURS),
    )
    responses = responses_of(tmp_path, both, lambda r: [1 / len(r.options)] * len(r.options))
    style = response_style(responses, both).iloc[0]
    assert style["order_effect"] == pytest.approx(0.0)
    assert style["position_bias"] == pytest.approx(0.0)
