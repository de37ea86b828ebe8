"""A role is told what an intervention says, before its closing line, and stays the same role."""

import pytest

from causalvalues.steering.intervention import (
    Combined,
    Place,
    RolePrompt,
    SaeFeature,
    Strength,
    scaled,
)
from causalvalues.steering.telling import told, told_system
from causalvalues.survey.roles import CLOSING, Role, anchored_roles, anchored_text, level_of, settle
from causalvalues.values import schwartz10

ROLE = Role("ada", f"You bake.\n{CLOSING}", {"job": "baker"}, {"power": 0.4})
FEATURE = SaeFeature("tiny", 3, 1, Strength(100.0))


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("end", f"You bake.\nRest.\n{CLOSING}"),
        ("start", f"Rest.\nYou bake.\n{CLOSING}"),
        ("instead", "Rest."),
    ],
)
def test_lines_stand_where_they_are_to(place: Place, expected: str) -> None:
    found = told(ROLE, RolePrompt("Rest.", place=place))
    assert found.text == expected
    assert (found.id, found.traits, found.levels) == (ROLE.id, ROLE.traits, ROLE.levels)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("You bake.", "You bake.\nRest."),
        (f"Mind: {CLOSING}", f"Mind: {CLOSING}\nRest."),  # not a line of its own
        (CLOSING, f"Rest.\n{CLOSING}"),
        ("", "Rest."),
    ],
)
def test_lines_stand_last_where_no_line_closes_the_role(text: str, expected: str) -> None:
    assert told_system(text, RolePrompt(" Rest.\n")) == expected


def test_a_settled_value_reads_as_a_role_that_was_settled() -> None:
    system, levels = schwartz10(), {"power": level_of(4), "security": level_of(0)}
    for role in anchored_roles(system, 4, seed=2):
        lines = anchored_text(system, {}, settled=levels).removesuffix(f"\n{CLOSING}")
        assert told(role, RolePrompt(lines, settles=levels)) == settle(role, system, levels)


def test_prompts_are_told_in_order_and_edits_say_nothing() -> None:
    both = Combined((RolePrompt("One."), Combined((FEATURE, RolePrompt("Two.")))))
    assert told(ROLE, both).text == f"You bake.\nOne.\nTwo.\n{CLOSING}"
    assert told(ROLE, FEATURE) == ROLE


def test_without_a_share_nothing_is_told() -> None:
    prompt = RolePrompt("Rest.", place="instead")
    assert told(ROLE, scaled(Combined((prompt, FEATURE)), 0)) == ROLE
    assert told_system("", scaled(prompt, 0)) == ""
