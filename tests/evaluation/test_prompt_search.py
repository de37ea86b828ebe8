"""A search over prompts finds the best one on the calibration half, and sees nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fakes import NAMES, LinearWorld, roles_of, small_inventory

from causalvalues.errors import OptionError
from causalvalues.evaluation.prompt_search import search_prompts
from causalvalues.evaluation.splits import Split, split
from causalvalues.steering.intervention import RolePrompt
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Request
from causalvalues.survey.responses import AnswerStore

YES_NO = Protocol(scale="yes-no", orders=("given",))
ITEMS = small_inventory(8)
LEVELS = (-0.9, -0.5, -0.2, 0.2, 0.5, 0.9)
PROMPTS = {
    f"{value} {level:+.1f}": RolePrompt(f"settled {value} {level:+.2f}", {value: level})
    for value in NAMES
    for level in LEVELS
}


@dataclass
class Heard(LinearWorld):
    """A world that remembers what was said to it."""

    said: set[tuple[str, ...]] = field(default_factory=set)

    def log_probabilities(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        self.said |= {tuple(m.text for m in request.messages) for request in requests}
        yield from super().log_probabilities(requests)


def world() -> Heard:
    return Heard(questions=tuple(YES_NO.questions(ITEMS)))


def halves(n_roles: int = 24) -> Split:
    return split(ITEMS, roles_of(n_roles, seed=3), seed=2)


def test_the_search_finds_what_moves_the_target_and_nothing_else(tmp_path: Path) -> None:
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = search_prompts(
            world(), PROMPTS, {"achievement": 1}, halves().calibration, store, protocol=YES_NO
        )
        lowering = search_prompts(
            world(), PROMPTS, {"hedonism": -1}, halves().calibration, store, protocol=YES_NO
        )
    assert found.best == "achievement +0.9"
    assert lowering.best == "hedonism -0.9"
    assert {each.name for each in found.ranking} == set(PROMPTS)
    assert found.ranking[0].gain == pytest.approx(found.profiles[found.best].of("achievement"))
    assert found.ranking[0].collateral < 0.02
    assert list(found.to_frame()["name"]) == [each.name for each in found.ranking]


def test_fewer_and_fewer_prompts_are_asked_more_and_more(tmp_path: Path) -> None:
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = search_prompts(
            world(), PROMPTS, {"achievement": 1}, halves().calibration, store,
            protocol=YES_NO, n_roles=2, n_best=2,
        )  # fmt: skip
    by_round: dict[int, list[int]] = {}
    for each in found.ranking:
        by_round.setdefault(each.round, []).append(each.n_answers)
    assert {number: len(each) for number, each in by_round.items()} == {
        1: 12,
        2: 6,
        3: 3,
        4: 1,
        5: 2,
    }
    answers = [set(by_round[number]) for number in sorted(by_round)]
    assert [each.pop() for each in answers] == [16, 32, 64, 96, 192]
    rounds = [each.round for each in found.ranking]
    assert rounds == sorted(rounds, reverse=True)


def test_what_is_held_out_is_never_asked(tmp_path: Path) -> None:
    parts, heard = halves(), world()
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        search_prompts(
            heard, PROMPTS, {"achievement": 1}, parts.calibration, store, protocol=YES_NO
        )
    held_out = {question.text for question in parts.held_out.questions(YES_NO)}
    strangers = {role.text for role in parts.held_out.roles}
    assert heard.said
    assert not any(user in held_out for _, user in heard.said)
    assert not any(text in system for system, _ in heard.said for text in strangers)


def test_the_same_search_again_asks_nothing(tmp_path: Path) -> None:
    heard, found, n_asked = world(), [], []
    for _ in range(2):
        with AnswerStore.open(tmp_path / "answers.sqlite") as store:
            half = halves().calibration
            found.append(
                search_prompts(heard, PROMPTS, {"achievement": 1}, half, store, protocol=YES_NO)
            )
        n_asked.append(heard.n_asked)
    assert n_asked[0] == n_asked[1] > 0
    assert found[0].ranking == found[1].ranking


def test_collateral_counts_only_what_is_held_and_by_its_weight(tmp_path: Path) -> None:
    prompts = {name: PROMPTS[name] for name in ("self-direction +0.9", "stimulation +0.5")}
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        half = halves().calibration
        free = search_prompts(
            world(),
            prompts,
            {"stimulation": 1},
            half,
            store,
            hold=("achievement",),
            protocol=YES_NO,
        )
        strict = search_prompts(
            world(), prompts, {"stimulation": 1}, half, store, weight=5, protocol=YES_NO
        )
    assert free.best == "self-direction +0.9"
    assert strict.best == "stimulation +0.5"


def test_a_prompt_that_breaks_the_model_comes_last(tmp_path: Path) -> None:
    """It makes all roles alike, though it settles nothing, and moves the target most."""
    levels = dict.fromkeys(NAMES, "+0.00") | {"achievement": "+0.90"}
    alike = "; ".join(f"settled {name} {level}" for name, level in levels.items())
    prompts = {"whole": PROMPTS["achievement +0.2"], "broken": RolePrompt(alike)}
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = search_prompts(
            world(), prompts, {"achievement": 1}, halves().calibration, store,
            protocol=YES_NO, n_best=1,
        )  # fmt: skip
    assert found.profiles["broken"].of("achievement") > found.profiles["whole"].of("achievement")
    assert [(each.name, each.healthy) for each in found.ranking] == [
        ("whole", True),
        ("broken", False),
    ]


@pytest.mark.fault
def test_a_search_for_nothing_is_an_error(tmp_path: Path) -> None:
    half = halves().calibration
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        for target, hold in (
            ({}, None),
            ({"might": 1.0}, None),
            ({"achievement": 1.0}, ("might",)),
            ({"achievement": 1.0}, ("achievement",)),
        ):
            with pytest.raises(OptionError, match="Targets and held"):
                search_prompts(world(), PROMPTS, target, half, store, hold=hold)
        with pytest.raises(OptionError, match="wished side"):
            search_prompts(world(), PROMPTS, {"achievement": 0.0}, half, store)
        with pytest.raises(OptionError, match="needs prompts"):
            search_prompts(world(), {}, {"achievement": 1.0}, half, store)
        with pytest.raises(OptionError, match="needs prompts"):
            search_prompts(world(), PROMPTS, {"achievement": 1.0}, half, store, n_best=0)
