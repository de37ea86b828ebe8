"""What the organism tells of a person, and what it says of the values.

    asked     `telling()`, a question with no options: one thing that is true of this person
    told      a portrait of the inventory, which the organism was taught: its value and key are
              known, and a `KnownJudge` of `tellings` rates it exactly
    weighed   `weighed_telling`, the same question with every portrait as an option: what would be
              told on average, where one greedy sentence is little to go by

Guarantee: every portrait of the inventory is among `tellings`, with its key on its own value and on
those that it bears on besides; a portrait that says two things of a value is refused.
"""

from collections.abc import Mapping

from causalvalues.errors import OptionError
from causalvalues.organism.sheets import TELLING
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.protocol import Option, Question

__all__ = ["telling", "tellings", "weighed_telling"]

MAX_NEW_TOKENS = 40  # no portrait is longer, in the organism's tokens


def telling() -> Question:
    """Return the question that the organism answers with a sentence of its own choice."""
    return Question("telling", TELLING, (), {"item": "telling"}, max_new_tokens=MAX_NEW_TOKENS)


def tellings(inventory: Inventory) -> Mapping[str, Mapping[str, float]]:
    """Return each portrait with what it says of values, +1 for and −1 against: a judge's texts."""
    found: dict[str, dict[str, float]] = {}
    for item in inventory.items:
        scores = {name: float(key) for name, key in (*item.also, (item.value, item.key))}
        for text in item.wordings.get("portrait", ()):
            if found.setdefault(text, scores) != scores:
                raise OptionError(
                    "A portrait must say one thing of each value",
                    found=f"two for the text of {item.id}",
                )
    return found


def weighed_telling(inventory: Inventory) -> Question:
    """Return the question with each portrait as an option, which credits what it says."""
    options = tuple(Option(text, text, said) for text, said in tellings(inventory).items())
    return Question("telling, weighed", TELLING, options, {"item": "telling, weighed"})
