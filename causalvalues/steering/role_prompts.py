"""Role prompts made from a value system or from traits: lines that any role can be told besides.

    settling   the lines of `settle`: a value is set, whatever would have caused it
    leaning    plain sentences: the person has lately come to care more or less about a value, in
               three strengths each way; nothing is settled, its causes still count
    traits     one line for each level of each trait

Guarantee: a name says what its prompt says, and the same choice gives the same name and text;
`settles` holds the level that the line says, not the one that was asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from typing import TypeVar

from causalvalues.errors import OptionError
from causalvalues.steering.intervention import RolePrompt
from causalvalues.survey.roles import CLOSING, GRADES, anchored_text, grade_of, level_of
from causalvalues.values import ValueSystem

__all__ = [
    "LEVELS",
    "STRENGTHS",
    "leaning",
    "leaning_prompts",
    "settling",
    "settling_prompts",
    "trait_prompts",
]

Level = TypeVar("Level", float, int)

LEVELS = tuple(round(level_of(grade), 6) for grade in range(len(GRADES)))
LEANINGS: Mapping[int, str] = {
    -3: "Of late this has stopped meaning anything to you:",
    -2: "Of late you have come to care much less about this than you used to:",
    -1: "Of late you have come to care a little less about this than you used to:",
    1: "Of late you have come to care a little more about this than you used to:",
    2: "Of late you have come to care much more about this than you used to:",
    3: "Of late this has come to matter to you more than almost anything:",
}
STRENGTHS = tuple(LEANINGS)
TRAIT_LINE = "One more thing is true of you. Your {trait}: {level}."


def settling(system: ValueSystem, levels: Mapping[str, float]) -> RolePrompt:
    """Return the prompt that sets values to levels from −1 to 1, each to the nearest of `LEVELS`.

    settling(schwartz10(), {"power": -0.8, "security": 0.8})
    """
    if not levels:
        raise OptionError("A prompt that settles needs a value", found="none")
    for value, level in levels.items():
        if not -1 <= level <= 1:
            raise OptionError(
                "A value is settled at a level from −1 to 1", found=f"{value}={level}"
            )
    said = {value: LEVELS[grade_of(level)] for value, level in levels.items()}
    lines = anchored_text(system, {}, settled=said).removesuffix(f"\n{CLOSING}")
    return RolePrompt(lines, settles=said)


def leaning(system: ValueSystem, strengths: Mapping[str, int]) -> RolePrompt:
    """Return the prompt of a person who has come to care more or less, from −3 to 3 without 0.

    leaning(schwartz10(), {"power": -3, "security": 1})
    """
    definitions = {value.name: value.definition for value in system.values}
    absent = sorted(set(strengths) - set(definitions))
    if absent or not strengths:
        raise OptionError(f"A leaning is about values of {system.name}", found=", ".join(absent))
    wrong = [f"{value} {strength}" for value, strength in strengths.items()
             if strength not in LEANINGS]  # fmt: skip
    if wrong:
        raise OptionError("A leaning is −3, −2, −1, 1, 2 or 3 strong", found=", ".join(wrong))
    lines = [
        f"{LEANINGS[strength]} {_continued(definitions[value])}"
        for value, strength in strengths.items()
    ]
    return RolePrompt("\n".join(lines))


def settling_prompts(
    system: ValueSystem,
    *,
    values: Sequence[str] | None = None,
    levels: Sequence[float] = LEVELS,
    at_once: int = 1,
) -> dict[str, RolePrompt]:
    """Return a prompt for each value and level by name, such as "settle power -0.8".

    With `at_once`, each prompt settles so many values, in all combinations of levels.
    """
    _refuse_range(levels)
    said = tuple(dict.fromkeys(LEVELS[grade_of(level)] for level in levels))
    return _every("settle", system, values, said, at_once, lambda each: settling(system, each))


def leaning_prompts(
    system: ValueSystem,
    *,
    values: Sequence[str] | None = None,
    strengths: Sequence[int] = STRENGTHS,
    at_once: int = 1,
) -> dict[str, RolePrompt]:
    """Return a prompt for each value and strength by name, such as "lean power +3".

    With `at_once`, each prompt leans towards or away from so many values, in all combinations.
    """
    distinct = tuple(dict.fromkeys(strengths))
    return _every("lean", system, values, distinct, at_once, lambda each: leaning(system, each))


def trait_prompts(
    traits: Mapping[str, Sequence[str]], *, template: str = TRAIT_LINE
) -> dict[str, RolePrompt]:
    """Return a prompt for each level of each trait by name, such as "trait job: baker"."""
    if not traits or not all(traits.values()):
        raise OptionError("Prompts of traits need a level of each trait", found=str(dict(traits)))
    if "{level}" not in template:
        raise OptionError("The template of a trait's line names {level}", found=repr(template))
    try:
        return {
            f"trait {trait}: {level}": RolePrompt(template.format(trait=trait, level=level))
            for trait, levels in traits.items()
            for level in levels
        }
    except (KeyError, IndexError, ValueError) as fault:
        raise OptionError(
            "The template may name {trait} and {level}", found=f"{template!r} ({fault})"
        ) from fault


def _every(
    verb: str,
    system: ValueSystem,
    values: Sequence[str] | None,
    levels: Sequence[Level],
    at_once: int,
    prompt: Callable[[Mapping[str, Level]], RolePrompt],
) -> dict[str, RolePrompt]:
    """Return the prompt of every combination of so many values and their levels, by name."""
    names = tuple(dict.fromkeys(system.names if values is None else values))
    if not 1 <= at_once <= len(names):
        raise OptionError(
            f"So many values are told at once as there are, 1 to {len(names)}", found=str(at_once)
        )
    found = {}
    for some in combinations(names, at_once):
        for each in product(levels, repeat=at_once):
            by_value = dict(zip(some, each, strict=True))
            said = ", ".join(f"{value} {level:+g}" for value, level in by_value.items())
            found[f"{verb} {said}"] = prompt(by_value)
    return found


def _refuse_range(levels: Sequence[float]) -> None:
    """Raise where a level is none."""
    wrong = [level for level in levels if not -1 <= level <= 1]
    if wrong:
        raise OptionError("A value is settled at a level from −1 to 1", found=str(wrong[0]))


def _continued(definition: str) -> str:
    """Return a definition as the end of a sentence."""
    return definition[:1].lower() + definition[1:]
