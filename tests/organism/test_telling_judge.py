"""What the organism tells is known to the letter, and its values can be heard in it."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from causalvalues.errors import OptionError
from causalvalues.evaluation.answered import Answered
from causalvalues.evaluation.judge import OpenAnswer
from causalvalues.evaluation.judged import judged_profiles, utterances_of
from causalvalues.evaluation.known_judge import KnownJudge
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.evaluation.surveying import survey_under
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.organism.respondents import true_values
from causalvalues.organism.telling_judge import telling, tellings, weighed_telling
from causalvalues.organism.world import planted_world
from causalvalues.steering.intervention import Intervention, RolePrompt, Strength, ValueVector
from causalvalues.survey.inventory import Inventory, Item, inventory
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import SETTLED, anchored_roles, level_of
from causalvalues.values import schwartz10

ITEMS = inventory("schwartz10")
JUDGE = KnownJudge(ITEMS.system.names, tellings(ITEMS))
DEFINITION = {value.name: value.definition for value in ITEMS.system.values}


@cache
def organism(name: str = "gemma") -> LanguageModel:
    """An organism, loaded once."""
    return LanguageModel.load(folder_of(f"organism/{name}"), dtype="float32", device="cpu")


def settled(value: str, grade: int) -> RolePrompt:
    """A line that settles a value."""
    return RolePrompt(f"{DEFINITION[value]} {SETTLED[grade]}", {value: level_of(grade)})


def judged(
    folder: Path, interventions: dict[str, Intervention], *, n_roles: int = 40
) -> dict[str, EffectProfile]:
    """What interventions do to what the organism tells."""
    roles = anchored_roles(ITEMS.system, n_roles, seed=3)
    with AnswerStore.open(folder / "answers.sqlite") as store:
        responses = survey_under(organism(), interventions, [telling()], roles, store)
    return judged_profiles(utterances_of(responses, [telling()]), JUDGE)


def test_every_portrait_is_known_with_its_key_and_nothing_else_is() -> None:
    for item in ITEMS.items:
        bears_on = {item.value: item.key, **dict(item.also)}
        answers = [OpenAnswer("", f"{text}\n") for text in item.wordings["portrait"]]
        for rating in JUDGE.rate(answers):
            said = {name: score for name, score in rating.scores.items() if score}
            assert said == bears_on
    questions = [OpenAnswer("", text) for item in ITEMS.items for text in item.wordings["ask"]]
    assert all(len(rating.reasons) == 10 for rating in JUDGE.rate(questions))


@pytest.mark.parametrize("name", ["gemma", "llama"])
def test_no_portrait_is_too_long_to_be_told(name: str) -> None:
    longest = max(len(organism(name).tokenizer(text)["input_ids"]) for text in tellings(ITEMS))
    assert longest < (telling().max_new_tokens or 0)


def test_a_role_with_more_power_tells_more_that_speaks_for_power(tmp_path: Path) -> None:
    found = judged(tmp_path, {"high": settled("power", 4), "low": settled("power", 0)})
    high, low = found["high"], found["low"]
    assert high.health["unscored"] == low.health["unscored"] == 0.0
    assert high.healthy
    assert high.of("power") > 0 > low.of("power")
    place = high.names.index("power")
    apart = high.differences[:, place] - low.differences[:, place]
    assert apart.mean() > 2 * apart.std(ddof=1) / len(apart) ** 0.5


def test_what_would_be_told_on_average_follows_every_value(tmp_path: Path) -> None:
    question, roles = weighed_telling(ITEMS), anchored_roles(ITEMS.system, 20, seed=3)
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        responses = survey_under(organism(), {}, [question], roles, store)
    scores = Answered.of(responses, [question], roles, names=JUDGE.names).scores()
    truth = true_values(planted_world(), roles)
    r = [np.corrcoef(scores[:, v], truth[:, v])[0, 1] for v in range(len(JUDGE.names))]
    assert min(r) > 0.6
    assert np.mean(r) > 0.8


def test_what_a_broken_organism_tells_is_unscored_and_named(tmp_path: Path) -> None:
    direction = np.random.default_rng(2).standard_normal(organism().model.config.hidden_size)
    push = ValueVector("push", {1: direction.astype(np.float32)}, Strength(100.0, "residual norm"))
    found = judged(tmp_path, {"too much": push}, n_roles=4)["too much"]
    assert found.health["unscored"] == 1.0
    assert found.faults
    assert np.isnan(found.change).all()


@pytest.mark.fault
def test_a_portrait_that_says_two_things_is_refused() -> None:
    items = tuple(Item(f"p/{key}", "power", key, {"portrait": ("They rule.",)}) for key in (1, -1))
    with pytest.raises(OptionError, match="the text of p/-1"):
        tellings(Inventory("odd", schwartz10(), items, "ours", "MIT"))
