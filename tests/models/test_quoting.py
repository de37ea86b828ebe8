"""What a server says is quoted, what it was asked is not."""

import json

import pytest

from causalvalues.models.quoting import texts_in, without

ASKED = "Who are you?\nSay it in one  word, “please”."


@pytest.mark.fault
@pytest.mark.parametrize(
    "said",
    [
        f"Too long: {ASKED}",
        f"Too long: {ASKED!r}",
        f"Too long: {json.dumps(ASKED)}",
        f"Too long: {json.dumps(ASKED, ensure_ascii=False)}",
        f"Too long: {' '.join(ASKED.split())}",
        "Too long: Say it in one word, and more",
    ],
)
def test_no_run_of_what_was_asked_is_left(said: str) -> None:
    found = without(said, [ASKED])
    assert found.startswith("Too long:")
    assert "one" not in found
    assert "…" in found


@pytest.mark.fault
def test_a_short_text_is_left_out_where_it_stands_as_a_whole() -> None:
    assert without("No 'tea' for 'shyly' here", ["shyly", "tea"]) == "No 'tea' for '…' here"


def test_what_a_server_says_of_itself_is_left_as_it_is() -> None:
    said = "This model's maximum context length is 4096 tokens."
    assert without(f"  {said}\n", [ASKED]) == said
    assert without("", [ASKED]) == ""
    assert without(said, []) == said


def test_texts_are_those_of_all_messages_of_a_body() -> None:
    body = {"model": "m", "messages": [{"role": "system", "content": "a"}, {"content": "b"}, 3]}
    assert list(texts_in(body)) == ["a", "b"]
    assert list(texts_in(None)) == list(texts_in({"messages": "no"})) == []
