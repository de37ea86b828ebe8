"""A model's own word is asked in both orders, fitted on measured profiles, or left unscored."""

import re

import numpy as np
import pytest
from moved_worlds import profile_of

from causalvalues.errors import Fault, FileError, OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import PREFIX, folder_of
from causalvalues.organism.world import World
from causalvalues.planning.own_word import OwnWord, ask_own_word, by_own_word, fit_own_word
from causalvalues.survey.request import Request
from causalvalues.survey.scripted import ScriptedRespondent, even
from causalvalues.values import schwartz10

SYSTEM = schwartz10()
POWER, ACHIEVEMENT = SYSTEM.names.index("power"), SYSTEM.names.index("achievement")


def knows(request: Request) -> list[float]:
    """Whoever cares more about achievement cares more about power; all else stays."""
    first, second = re.findall(r"^(?:First|Second), (\S+):", request.messages[0].text, re.M)
    says = "more" if (first, second) == ("achievement", "power") else "same"
    return [0.8 if option == says else 0.05 for option in request.options]


def test_every_ordered_pair_is_asked_in_both_orders() -> None:
    respondent = ScriptedRespondent(knows)
    word = ask_own_word(respondent, SYSTEM)
    assert respondent.n_asked == 10 * 9 * 2
    assert len({request.options for request in respondent.asked}) == 2
    expected = np.zeros((10, 10))
    expected[ACHIEVEMENT, POWER] = 0.75 / 0.9
    assert word.matrix == pytest.approx(expected)
    assert word.scored
    assert word.mass == pytest.approx(0.9)
    assert word.agreement == pytest.approx(1.0)


def test_progress_ends_with_everything_asked() -> None:
    seen: list[tuple[int, int]] = []
    ask_own_word(ScriptedRespondent(knows), SYSTEM, progress=lambda *at: seen.append(at))
    assert seen[-1] == (180, 180)


def test_a_model_that_would_say_something_else_is_unscored() -> None:
    word = ask_own_word(ScriptedRespondent(lambda r: [1e-6] * 3), SYSTEM)
    assert not word.scored
    assert "would say something else" in word.reason


def test_an_answer_to_the_order_of_options_is_unscored() -> None:
    def first_option(request: Request) -> list[float]:
        first = 0.2 + len(request.messages[0].text) % 7 / 10  # differs from pair to pair
        return [first, 0.1, 0.9 - first]

    word = ask_own_word(ScriptedRespondent(first_option), SYSTEM)
    assert not word.scored
    assert "order of the options" in word.reason


def test_the_same_answer_to_everything_is_unscored() -> None:
    word = ask_own_word(ScriptedRespondent(even), SYSTEM)
    assert word.reason.startswith("every pair of values gets the same answer")
    nothing = ask_own_word(ScriptedRespondent(lambda r: [0.0] * 3), SYSTEM)
    assert not nothing.scored


@pytest.mark.parametrize("name", ["gemma", "llama"])
def test_an_organism_does_not_speak_of_other_people(name: str) -> None:
    model = LanguageModel.load(folder_of(PREFIX + name), dtype="float32", device="cpu")
    word = ask_own_word(model, SYSTEM)
    assert not word.scored
    assert word.mass < 0.01


WORLD = World.from_edges("abc", [("a", "b", 0.5), ("b", "c", 0.6)])
TRUE = OwnWord(WORLD.names, np.sign(WORLD.total_effects()), 1.0, 1.0)
PROFILES = [
    profile_of(WORLD, 0.4 * row, name=f"i{place}", seed=place)
    for place, row in enumerate(np.eye(3) + WORLD.total_effects())
]


def test_one_number_scales_the_word() -> None:
    fitted = fit_own_word(TRUE, PROFILES, np.full(3, 0.5))
    assert 0.3 < fitted.scale < 0.7
    assert fitted.totals == pytest.approx(np.eye(3) + fitted.scale * TRUE.matrix)
    found = by_own_word(PROFILES[0].only(("a",)), fitted, n_draws=500)
    assert found.method == "own word"
    assert found.middle == pytest.approx(0.4 * np.array([1, fitted.scale, fitted.scale]), abs=0.05)
    low, high = found.interval()
    assert (high - low)[1] > (high - low)[0]


def test_seen_values_are_told_as_measured() -> None:
    fitted = fit_own_word(TRUE, PROFILES, np.full(3, 0.5))
    shown = PROFILES[1].only(("a", "b"))
    found = by_own_word(shown, fitted)
    assert found.middle[:2] == pytest.approx(shown.change[:2])
    assert found.told.tolist() == [False, False, True]


def test_a_word_comes_back_from_json() -> None:
    for word in (TRUE, OwnWord(("a", "b"), np.zeros((2, 2)), 0.0, float("nan"), "no")):
        again = OwnWord.from_dict(word.to_dict())
        assert again.to_dict() == word.to_dict()


@pytest.mark.fault
def test_what_a_word_cannot_be_used_for_is_said() -> None:
    silent = OwnWord(TRUE.names, TRUE.matrix, 0.0, 1.0, "no words for it")
    with pytest.raises(OptionError, match="no words for it"):
        fit_own_word(silent, PROFILES, np.ones(3))
    with pytest.raises(OptionError, match="profiles of all values"):
        fit_own_word(TRUE, [PROFILES[0].only(("a",))], np.ones(3))
    with pytest.raises(OptionError, match="profiles of all values"):
        fit_own_word(TRUE, [], np.ones(3))
    with pytest.raises(FileError, match="own word"):
        OwnWord.from_dict({"schema": "another"})


@pytest.mark.fault
def test_a_respondent_that_skips_is_a_fault() -> None:
    class Skipping(ScriptedRespondent):
        def log_probabilities(self, requests):  # type: ignore[no-untyped-def]
            yield 0, (-1.0, -1.0, -1.0)

    with pytest.raises(Fault, match="every request once"):
        ask_own_word(Skipping(), SYSTEM)
