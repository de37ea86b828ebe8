"""A scripted respondent answers by its script, out of order, and stops where it is told."""

import math

import pytest

from causalvalues.errors import OptionError
from causalvalues.survey.request import Message, Request
from causalvalues.survey.scripted import ScriptedRespondent

REQUESTS = [Request((Message("user", f"Question {place}"),), ("A", "B")) for place in range(3)]


def test_it_weighs_by_its_script_the_last_first() -> None:
    respondent = ScriptedRespondent(lambda request: (1.0, 0.0))
    found = list(respondent.log_probabilities(REQUESTS))
    assert found == [(place, (0.0, -math.inf)) for place in (2, 1, 0)]
    assert respondent.asked == REQUESTS[::-1]
    assert list(ScriptedRespondent().log_probabilities(REQUESTS[:1])) == [(0, (math.log(0.5),) * 2)]


def test_it_writes_as_many_words_as_it_may() -> None:
    respondent = ScriptedRespondent(write=lambda request: "one two three")
    assert list(respondent.texts(REQUESTS[:1], max_new_tokens=2)) == [(0, "one two")]


def test_its_edits_are_functions() -> None:
    respondent = ScriptedRespondent(lambda request: (0.8, 0.2))
    edits = {"": None, "swap": lambda request, given: given[::-1]}
    found = {name: logs for name, _, logs in respondent.sweep(REQUESTS[:1], edits)}
    assert found["swap"] == found[""][::-1]
    assert respondent.n_asked == 2
    with pytest.raises(OptionError, match="function"):
        list(respondent.sweep(REQUESTS, {"odd": 3}))


def test_it_stops_where_it_is_told() -> None:
    respondent = ScriptedRespondent(stop_after=2, stop_with=MemoryError())
    with pytest.raises(MemoryError):
        list(respondent.log_probabilities(REQUESTS))
    assert respondent.n_asked == 2
