"""Halves share no item and no role, and are balanced as the whole was."""

from collections import Counter

import pytest
from fakes import roles_of, small_inventory

from causalvalues.errors import OptionError
from causalvalues.evaluation.splits import split
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol

OURS = inventory("schwartz10")
ROLES = roles_of(31)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.25, 0.75), (0.3, 0.3)])
def test_no_item_and_no_role_is_in_both_halves(seed: int, shares: tuple[float, float]) -> None:
    halves = split(OURS, ROLES, seed=seed, shares=shares)
    one, two = halves.calibration, halves.held_out
    ids = [{item.id for item in half.inventory.items} for half in (one, two)]
    who = [{role.id for role in half.roles} for half in (one, two)]
    assert not ids[0] & ids[1]
    assert not who[0] & who[1]
    for half in (one, two):
        counts = Counter((item.value, item.key) for item in half.inventory.items)
        for value in OURS.system.names:
            assert counts[value, 1] == counts[value, -1] >= 1
    if sum(shares) == 1:
        assert ids[0] | ids[1] == {item.id for item in OURS.items}
        assert who[0] | who[1] == {role.id for role in ROLES}
    assert len(who[0]) == round(31 * shares[0])


def test_a_seed_gives_the_same_halves() -> None:
    assert split(OURS, ROLES, seed=3) == split(OURS, ROLES, seed=3)
    assert split(OURS, ROLES, seed=3) != split(OURS, ROLES, seed=4)


def test_questions_follow_their_items() -> None:
    halves = split(OURS, ROLES)
    asked = tuple(Protocol(n_wordings=2).questions(OURS))
    own = [half.of(asked) for half in (halves.calibration, halves.held_out)]
    assert sum(map(len, own)) == len(asked)
    assert {question.factors["order"] for question in own[1]} == {"given", "reversed"}
    plain = halves.calibration.questions(Protocol(orders=("given",)))
    assert {question.id for question in plain} <= {question.id for question in own[0]}
    pairs = tuple(Protocol(scale="pairwise").questions(OURS))
    inside = halves.calibration.of(pairs)
    ids = {item.id for item in halves.calibration.inventory.items}
    assert all(set(question.factors["item"].split(" | ")) <= ids for question in inside)


@pytest.mark.fault
def test_halves_that_cannot_be_are_errors() -> None:
    with pytest.raises(OptionError, match="two items for"):
        split(small_inventory(1), ROLES)
    with pytest.raises(OptionError, match="two roles"):
        split(OURS, ROLES[:1])
    for shares in ((0.0, 1.0), (0.7, 0.5)):
        with pytest.raises(OptionError, match="add up to 1"):
            split(OURS, ROLES, shares=shares)
