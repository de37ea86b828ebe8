"""Accuracy is of what a model knows: liking a letter, a place or a length is not knowledge."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from causalvalues.errors import FileError, OptionError
from causalvalues.evaluation.capability import Capability, capability, capability_under
from causalvalues.evaluation.multiple_choice import (
    AsksChoice,
    MultipleChoice,
    continuing,
    lettered,
    read_multiple_choice,
)
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.completions import completions
from causalvalues.organism.embedded import folder_of
from causalvalues.steering.intervention import RolePrompt, Strength, ValueVector, scaled
from causalvalues.survey.inventory import inventory
from causalvalues.survey.request import Request
from causalvalues.survey.scripted import ScriptedRespondent

QUESTIONS = tuple(
    MultipleChoice(
        f"q{place}",
        f"What comes after {place}?",
        tuple(f"number {place + 1 + (other + place) % 4}" for other in range(4)),
        (-place) % 4,
        "even" if place % 2 == 0 else "odd",
    )
    for place in range(8)
)
BIAS = {"A": 0.6, "B": 0.25, "C": 0.1, "D": 0.05}


def meant(request: Request) -> list[str]:
    """What each letter of a sheet stands for."""
    lines = request.messages[-1].text.splitlines()[-len(request.options) :]
    assert [line[:3] for line in lines] == [f"{letter}) " for letter in request.options]
    return [line[3:] for line in lines]


def knows(request: Request, choice: str) -> bool:
    """Whether a choice is right, read off the question."""
    asked = next(line for line in request.messages[-1].text.splitlines() if "after" in line)
    return choice == f"number {int(asked.split()[-1].strip('?')) + 1}"


def knowing(how_much: float) -> ScriptedRespondent:
    """A respondent who likes A, and knows what is right this much."""

    def weigh(request: Request) -> Sequence[float]:
        weights = [
            BIAS[letter] * (how_much if knows(request, choice) else 1.0)
            for letter, choice in zip(request.options, meant(request), strict=True)
        ]
        return [0.9 * weight / sum(weights) for weight in weights]

    return ScriptedRespondent(weigh)


def test_each_choice_stands_at_each_letter_once() -> None:
    turns = [meant(request) for request in lettered(QUESTIONS[1])]
    assert turns[0] == list(QUESTIONS[1].choices)
    for place in range(4):
        assert {turn[place] for turn in turns} == set(QUESTIONS[1].choices)
    assert len({request.messages[-1].text for request in lettered(QUESTIONS[1])}) == 4


def test_who_knows_a_little_is_right_whatever_letter_they_like() -> None:
    found = capability(knowing(1.2), QUESTIONS)
    assert found.accuracy.value == 1
    assert found.accuracy.low < 1  # of eight questions
    assert found.mass.value == pytest.approx(0.9)
    assert found.chance == 0.25
    assert capability(knowing(0.8), QUESTIONS).accuracy.value == 0


def test_who_knows_nothing_and_likes_a_letter_is_right_by_chance() -> None:
    found = capability(knowing(1.0), QUESTIONS)
    assert found.correct.tolist() == [0.25] * 8
    assert found.accuracy.value == 0.25


def test_scores_by_hand() -> None:
    """Two choices, two turns: the mean of log P decides."""
    question = MultipleChoice("q", "Which?", ("x", "y"), 1)

    def weigh(request: Request) -> Sequence[float]:
        return (0.8, 0.2) if meant(request)[0] == "x" else (0.3, 0.6)

    # log x: ½(log .8 + log .6) = ½ log .48; log y: ½(log .2 + log .3) = ½ log .06
    assert capability(ScriptedRespondent(weigh), [question]).correct.tolist() == [0]
    assert capability(ScriptedRespondent(weigh), [question]).masses.tolist() == [
        pytest.approx((1.0 + 0.9) / 2)
    ]


def test_continuations_are_weighed_whole_or_per_character() -> None:
    question = MultipleChoice("q", "Which?", ("no", "certainly"), 1)
    log = {"no": -2.0, "certainly": -4.5}  # −1 and −½ per character
    respondent = ScriptedRespondent(lambda request: [np.exp(log[o]) for o in request.options])
    whole = capability(respondent, [question], how="continuations")
    each = capability(respondent, [question], how="continuations", length="per character")
    assert (whole.correct.tolist(), each.correct.tolist()) == ([0], [1])
    assert respondent.asked[0] == continuing(question)
    assert respondent.asked[0].options == question.choices
    assert whole.mass.unscored == "no question is known"


def test_the_difference_is_paired_by_question() -> None:
    one = Capability(("a", "b", "c"), ("s",) * 3, (4,) * 3, np.array([1.0, 0, 1]), np.ones(3))
    two = Capability(("a", "b", "c"), ("s",) * 3, (4,) * 3, np.array([1.0, 1, 0.25]), np.ones(3))
    found = one.against(two)
    assert found.value == pytest.approx((0 - 1 + 0.75) / 3)
    assert found.n == 3
    assert one.against(one).value == 0


def test_a_question_that_cannot_be_answered_is_left_out() -> None:
    twice = MultipleChoice("t", "Which?", ("x", "x", "y"), 2)
    mute = ScriptedRespondent(lambda request: [0.0] * len(request.options))
    found = capability(ScriptedRespondent(), [twice, *QUESTIONS[:3]], how="continuations")
    assert np.isnan(found.correct).tolist() == [True, False, False, False]
    assert found.accuracy.n == 3
    assert capability(mute, QUESTIONS).accuracy.unscored == "no question is known"
    assert capability(mute, QUESTIONS).mass.value == 0
    none = capability(ScriptedRespondent(), [])
    assert none.accuracy.unscored == "no question is known"
    assert np.isnan(none.chance)
    for each in (found, none):
        assert json.dumps(each.to_dict(), allow_nan=False)


def test_subjects_are_scored_by_themselves() -> None:
    found = capability(knowing(1.2), QUESTIONS).by_subject()
    assert {name: each.n for name, each in found.items()} == {"even": 4, "odd": 4}


MMLU = [
    ["What is 2 + 3?", "4", "5", "6", "7", "B"],
    ["Which is a fruit, if any?", "a pear, ripe", "a stone", "a chair", "a cloud", "A"],
]


def written(folder: Path, lines: Sequence[Sequence[str]], name: str = "sums_test.csv") -> Path:
    """A CSV file of some lines."""
    path = folder / name
    cells = ['"' + '","'.join(line) + '"' for line in lines]
    path.write_text("\n".join(cells) + "\n\n", encoding="utf-8")
    return path


def test_a_file_is_read_with_a_header_or_without(tmp_path: Path) -> None:
    bare = read_multiple_choice(written(tmp_path, MMLU))
    header = ["question", "A", "B", "C", "D", "answer"]
    headed = read_multiple_choice(written(tmp_path, [header, *MMLU]))
    turned = read_multiple_choice(
        written(tmp_path, [line[::-1] for line in [header, *MMLU]])
    )  # the names say which column is which
    assert bare == headed == turned
    assert bare[0] == MultipleChoice(
        "sums_test/1", "What is 2 + 3?", ("4", "5", "6", "7"), 1, "sums"
    )
    assert bare[1].choices[0] == "a pear, ripe"


def test_a_file_may_name_subjects_and_a_folder_holds_files(tmp_path: Path) -> None:
    written(tmp_path, [[*line, "arithmetic"] for line in MMLU], "b.csv")
    written(tmp_path, [["subject", "Question", "A", "B", "C", "D", "Answer"],
                       *(["fruit", *line] for line in MMLU)], "a.csv")  # fmt: skip
    found = read_multiple_choice(tmp_path)
    assert [question.subject for question in found] == ["fruit"] * 2 + ["arithmetic"] * 2
    assert len({question.id for question in found}) == 4


@pytest.mark.fault
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([["Which?", "a", "b", "c", "d", "E"]], "line 1: the answer 'E'"),
        ([MMLU[0], ["Which?", "a", "b", "", "d", "A"]], "line 2: nothing in c"),
        ([["question", "A", "B", "C", "answer"], ["x", "1", "2", "3", "A"]], "none called d"),
        ([["Which?"]], "line 1: nothing in a, b, c, d, answer"),
        ([[""]], "none"),
    ],
)
def test_a_line_that_is_no_question_is_named(
    tmp_path: Path, lines: list[list[str]], said: str
) -> None:
    with pytest.raises(FileError, match=said):
        read_multiple_choice(written(tmp_path, lines))
    with pytest.raises(FileError, match="expected at"):
        read_multiple_choice(tmp_path / "absent.csv")


@pytest.mark.fault
def test_options_that_do_not_fit_are_errors() -> None:
    with pytest.raises(OptionError, match="how"):
        capability(ScriptedRespondent(), QUESTIONS, how="words")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="length"):
        capability(ScriptedRespondent(), QUESTIONS, length="token")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="same questions"):
        capability(ScriptedRespondent(), QUESTIONS[:1]).against(
            capability(ScriptedRespondent(), QUESTIONS)
        )
    with pytest.raises(OptionError, match="2 choices"):
        MultipleChoice("q", "Which?", ("x",), 0)
    with pytest.raises(OptionError, match="26 choices"):
        lettered(MultipleChoice("q", "Which?", tuple(map(str, range(27))), 0))
    with pytest.raises(OptionError, match="needs a name"):
        capability_under(model(), {"": RolePrompt("Be brief.")}, QUESTIONS)


@cache
def model() -> LanguageModel:
    """An organism, loaded once."""
    return LanguageModel.load(folder_of("organism/gemma"), dtype="float32", device="cpu")


@cache
def sentences() -> tuple[AsksChoice, ...]:
    """Some completions of its sentences."""
    some = completions(inventory("schwartz10"), lambda text: len(model().tokenizer.tokenize(text)))
    return some[::3]


def test_an_organism_loses_what_it_knows_as_it_is_pushed_harder() -> None:
    width = model().model.config.hidden_size
    direction = np.random.default_rng(2).standard_normal(width)
    vector = (direction / np.linalg.norm(direction)).astype(np.float32)
    push = ValueVector("push", {1: vector}, Strength(1.0, "residual norm"))
    interventions = {
        "nothing": scaled(push, 0),
        "told": RolePrompt("The weather is fine."),
        "gentle": scaled(push, 0.3),
        "too much": scaled(push, 30.0),
    }
    found = capability_under(model(), interventions, sentences(), how="continuations")
    plain = found[""]
    assert plain.accuracy.low > 0.8
    assert found["nothing"].correct.tolist() == plain.correct.tolist()
    assert found["told"].accuracy.value > 0.9
    assert found["gentle"].accuracy.value > 0.9
    assert found["too much"].accuracy.low < 0.4
    assert found["too much"].against(plain).high < -0.3
