"""The in-context baseline: a person is told, in words, how much a value matters to them.

    settling   "it is settled that this matters more than almost anything"   doses .4, .8
    leaning    "of late you have come to care more about this"                doses 1, 2, 3

Words come in grades: a dose between two of them is told as the nearer one, the weaker where both
are as near. To lower a value, the lines say that it matters less. Guarantee: what is told is what
`steering.role_prompts` writes, and nothing is done inside the model.
"""

from typing import Literal

from causalvalues.errors import OptionError
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.steering.checking import among
from causalvalues.steering.intervention import RolePrompt
from causalvalues.steering.role_prompts import LEVELS, STRENGTHS, leaning, settling
from causalvalues.values import ValueSystem

__all__ = ["Words", "value_prompt"]

Words = Literal["settling", "leaning"]


def value_prompt(
    system: ValueSystem, *, value: str, direction: Direction = "raise", words: Words = "leaning"
) -> Fitted:
    """Return the prompt that raises or lowers a value; a dose is a level, or a strength from 1."""
    among("words", words, Words)
    among("direction", direction, Direction)
    if value not in system.names:
        raise OptionError(f"A prompt is about a value of {system.name}", found=repr(value))
    grades = tuple(float(each) for each in (LEVELS if words == "settling" else STRENGTHS))
    doses = tuple(sorted(grade for grade in grades if grade > 0))
    sign = 1 if direction == "raise" else -1

    def told(dose: float) -> RolePrompt:
        """Return the lines of the nearest grade."""
        grade = sign * min(doses, key=lambda each: abs(each - dose))
        if words == "settling":
            return settling(system, {value: grade})
        return leaning(system, {value: int(grade)})

    unit = "level" if words == "settling" else "strength"
    return Fitted(f"prompt, {words}", value, told, doses, unit, direction, scale="steps")
