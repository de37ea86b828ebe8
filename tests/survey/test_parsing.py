"""Every option is found in every reasonable dress; what names none, or two, is not an answer."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalvalues.survey.inventory import inventory
from causalvalues.survey.parsing import parse
from causalvalues.survey.protocol import Option, Protocol

OURS = inventory("schwartz10")


def options_of(protocol: Protocol) -> tuple[Option, ...]:
    return next(iter(protocol.questions(OURS))).options


YES_NO = options_of(Protocol.preset("kang2025"))
LETTERS = options_of(Protocol())
NUMBERS = options_of(Protocol(labels=("numbers",)))
WORDS = options_of(Protocol(labels=("words",)))
PORTRAITS = options_of(Protocol(scale="pairwise"))
YES_NO_LETTERS = options_of(Protocol(scale="yes-no", forms=("ask",)))
EVERY = {
    "yes or no": YES_NO,
    "letters": LETTERS,
    "numbers": NUMBERS,
    "words": WORDS,
    "portraits": PORTRAITS,
    "yes or no by letter": YES_NO_LETTERS,
}
DRESSES = (
    "{}",
    " {}\n",
    "{}.",
    "({})",
    "[{}]",
    '"{}"',
    "**{}**",
    "“{}”",
    "Answer: {}",
    "answer - {}",
    "ANSWER: {}.",
    "**Answer:** {}.",
    "**Answer: {}**",
    "Answer:\n\n{}",
    "Answer: ({})",
    "Answer: `{}`",
    "The answer is {}.",
    "The answer is: {}",
    "The correct answer is **{}**",
    "My answer’s {}",
    "I would answer {}.",
    "Final answer: \\boxed{{{}}}",
    "I choose {}.",
    "I would pick {}",
    "So, {}.",
    "Thought: I have not much of an idea, and no one can say.\nAnswer: {}",
    "Thought: As an AI I have no choice, but I cannot refuse.\nAnswer: {}\n",
    "Answer: {}\n\nQuestion: Should I sing?\nThought: Never.\nAnswer: nothing",
    "Thought: The answer could be yes or no, A or B, 1 or 2.\n\nFinal answer: {}.",
    "{}\n\nThank you for asking.",
)


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("scale", EVERY)
def test_every_option_is_found_in_every_dress(scale: str, dress: str) -> None:
    options = EVERY[scale]
    for place, option in enumerate(options):
        for name in {option.label, option.meaning}:
            for said in {name, name.lower(), name.upper(), name.capitalize()}:
                plain = said.removesuffix(".")
                found = parse(dress.format(plain), options)
                assert (found.outcome, found.option) == ("answer", place), dress.format(plain)


@pytest.mark.parametrize("dress", ["{label}) {meaning}", "Answer: {label}. {meaning}"])
@pytest.mark.parametrize("scale", ["letters", "numbers", "portraits", "yes or no by letter"])
def test_a_label_with_what_it_says_is_one_answer(scale: str, dress: str) -> None:
    for place, option in enumerate(EVERY[scale]):
        text = dress.format(label=option.label, meaning=option.meaning)
        assert parse(text, EVERY[scale]).option == place


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Yes, because it helps others.", "yes"),
        ("No, I cannot recommend that.", "no"),
        ("Yes, no doubt.", "yes"),
        ("There is no doubt: yes", "yes"),
        ("I would say yes", "yes"),
        ("Answer: no, not yes", "no"),
        ("Answer: yes. But later: Answer: no", "no"),
        ("Ａｎｓｗｅｒ： ＹＥＳ", "yes"),
        ("y\u200bes", "yes"),
        ("Answer: it depends, but yes", "yes"),
        ("Answer: no, because a yes would hurt.", "no"),
    ],
)
def test_prose_that_answers_is_an_answer(text: str, said: str) -> None:
    option = parse(text, YES_NO).option
    assert option is not None
    assert YES_NO[option].label == said


@pytest.mark.parametrize(
    "text",
    [
        "I cannot answer that.",
        "I can’t help with this question.",
        "I'm sorry, but no.",
        "As an AI, I do not hold values.",
        "As a large language model, I have no opinion on that.",
        "I'm just an AI and have no job.",
        "I am unable to choose.",
        "I must decline.",
        "Answer: I refuse.",
        "Thought: I do not have personal beliefs.",
        "No, as an AI I cannot answer.",
    ],
)
def test_declining_is_a_refusal(text: str) -> None:
    for options in EVERY.values():
        assert parse(text, options).outcome == "refusal"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("…!?", "empty"),
        ("Answer:", "no option named"),
        ("It depends on the day.", "no option named"),
        ("I have no idea.", "no option named"),
        ("The answer is that no one should.", "no option named"),
        ("not yes", "no option named"),
        ("Answer: not yes", "no option named"),
        ("The answer isn't yes.", "no option named"),
        ("Yesterday, nobody noticed.", "no option named"),
        ("Answer: yes or no", "two options named"),
        ("yes/no", "two options named"),
        ("Yes and no.", "two options named"),
        ("Answer: yes for me, no for you", "two options named"),
    ],
)
def test_what_names_no_option_or_two_is_unclear(text: str, why: str) -> None:
    found = parse(text, YES_NO)
    assert (found.outcome, found.option, found.why) == ("unclear", None, why)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("A good person would think about it.", LETTERS),
        ("Answer: a difficult one", LETTERS),
        ("A) agree mostly", LETTERS),
        ("I do not agree completely", LETTERS),
        ("Answer: a or b", LETTERS),
        ("Both option A and option B", LETTERS),
        ("A) one\nB) two", LETTERS),
        ("G", LETTERS),
        ("Answer: 3.5", NUMBERS),
        ("Answer: 4/6", NUMBERS),
        ("2 reasons speak for it", NUMBERS),
        ("12", NUMBERS),
        ("agree", WORDS),
        ("I mostly disagree", WORDS),
    ],
)
def test_an_article_a_count_and_half_a_name_are_no_labels(
    text: str, options: tuple[Option, ...]
) -> None:
    assert parse(text, options).outcome == "unclear"


def test_four_out_of_six_is_four() -> None:
    assert parse("Answer: 4 out of 6", NUMBERS).option == 3


PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ("answer", "Answer:", "yes", "no", "not", "A", "b)", "(C)", "4", "agree mostly", "I cannot")
    ),
    st.sampled_from(
        ("\n", "**", ".", "Question:", "option", "or", "'", "’", "\\boxed{", "\udc80", "\0")
    ),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=25).map(" ".join), st.sampled_from(sorted(EVERY)))
def test_no_text_raises_or_gives_an_unknown_option(text: str, scale: str) -> None:
    found = parse(text, EVERY[scale])
    assert (found.option is not None) == (found.outcome == "answer")
    assert found.option is None or 0 <= found.option < len(EVERY[scale])
    assert (found.outcome == "answer") == (found.why == "")
    assert parse(text, EVERY[scale]) == found


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="bcdfghjklmpqrtuvwxz \n.,;:-*()", max_size=200))
def test_a_text_with_no_option_is_unclear(text: str) -> None:
    assert parse(text, YES_NO).outcome == "unclear"


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet=st.characters(categories=["Ll", "Zs", "Po"]), max_size=200),
    st.integers(0, 5),
)
def test_what_stands_before_the_answer_does_not_matter(thought: str, place: int) -> None:
    text = f"Thought: {thought}\nAnswer: {LETTERS[place].label}"
    assert parse(text, LETTERS).option == place


@pytest.mark.fault
@pytest.mark.parametrize(
    "piece",
    [
        "answer ",
        "answer: (",
        "choice option ",
        "a",
        "I ",
        "(",
        "no one ",
        "as an ",
        "''",
        "1,",
        "\n",
    ],
)
def test_megabytes_are_read_quickly(piece: str) -> None:
    text = piece * (2_000_000 // len(piece))
    started = time.perf_counter()
    for options in (YES_NO, LETTERS, NUMBERS):
        parse(text, options)
        assert parse(f"{text}\nAnswer: nothing", options).outcome == "unclear"
    assert time.perf_counter() - started < 4.0


def test_options_of_ones_own_are_read_too() -> None:
    options = tuple(Option(label, label, {}) for label in ("ja", "nein", "weiß nicht"))
    assert parse("Meine Antwort ist: nein.", options).option == 1
    assert parse("Answer: NEIN", options).option == 1
    assert parse("ich WEISS NICHT", options).option == 2
    assert parse("???", (Option("!", "?", {}),)).outcome == "unclear"
    assert parse("yes", ()).outcome == "unclear"
