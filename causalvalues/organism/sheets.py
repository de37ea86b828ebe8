"""What the organism is asked in its lessons: every sheet of questions the survey can print.

A sheet is an instruction with its options, as `Protocol` prints it, and the items that may stand
under it. One more sheet asks for a sentence of one's own, which is where text comes from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from causalvalues.survey.inventory import Form, Inventory
from causalvalues.survey.protocol import Labels, Order, Protocol, Scale
from causalvalues.survey.roles import CLOSING, GRADES, SETTLED

__all__ = ["TELLING", "Sheet", "corpus_of", "sheets_of"]

N_WORDINGS = 2
TELLING = "Say one thing that is true of this person."
SHARE_OF_SCALE = {"likert6": 0.55, "yes-no": 0.35}
SHARE_OF_LABELS = {"letters": 0.5, "numbers": 0.25, "words": 0.25}
SHARE_OF_TELLING = 0.1
COPIES = 30  # of what stands in every document, so that it becomes few tokens


@dataclass(frozen=True, eq=False)
class Sheet:
    """An instruction, its options from full agreement to none by place, and its items."""

    instruction: str
    options: tuple[str, ...]  # as printed; none where a sentence is asked for
    steps: NDArray[np.int64]  # (option,): 0 = agrees most
    texts: tuple[str, ...]
    values: NDArray[np.int64]  # (text,)
    keys: NDArray[np.float64]  # (text,)
    share: float  # of the documents

    @property
    def upright(self) -> bool:
        """Return whether agreement stands first, or nothing is to be agreed with."""
        return not len(self.steps) or self.steps[0] == 0


def sheets_of(inventory: Inventory) -> tuple[Sheet, ...]:
    """Return every sheet that two wordings of an inventory can be asked on."""
    scales: tuple[Scale, ...] = ("likert6", "yes-no")
    crossed = product(scales, get_args(Form), get_args(Order), get_args(Labels))
    sheets = [
        _printed(
            inventory,
            Protocol(
                scale=scale, forms=(form,), orders=(order,), labels=(labels,), n_wordings=N_WORDINGS
            ),
            SHARE_OF_SCALE[scale] * SHARE_OF_LABELS[labels] / 4,
        )
        for scale, form, order, labels in crossed
    ]
    return (*sheets, _telling(sheets))


def corpus_of(inventory: Inventory, sheets: Sequence[Sheet]) -> list[str]:
    """Return texts to train a tokenizer on: what comes back often stands in them often."""
    definitions = [value.definition for value in inventory.system.values]
    said = [
        f"{definition} {grade}\n" for definition in definitions for grade in (*GRADES, *SETTLED)
    ]
    frame = [f"{sheet.instruction}\n" for sheet in sheets] + [f"{CLOSING}\n", f"{CLOSING}\n\n"]
    labels = [label for sheet in sheets for label in sheet.options]
    turns = ["user\n", "model\n", "user", "system", "assistant", "\n", "\n\n"]
    items = sorted({text for sheet in sheets for text in sheet.texts})
    return COPIES * (said + frame + labels + turns) + items


def _printed(inventory: Inventory, protocol: Protocol, share: float) -> Sheet:
    """Return the sheet of a protocol without crossed factors."""
    questions = list(protocol.questions(inventory))
    names = list(inventory.system.names)
    key_by_item = {item.id: (names.index(item.value), float(item.key)) for item in inventory.items}
    told = [key_by_item[question.factors["item"]] for question in questions]
    first = questions[0]
    value, key = inventory.system.names[told[0][0]], told[0][1]
    agreement = [key * option.credit[value] for option in first.options]
    return Sheet(
        instruction=first.text.rsplit("\n", 1)[0],
        options=tuple(option.label for option in first.options),
        steps=np.argsort(np.argsort(-np.array(agreement))),
        texts=tuple(question.text.rsplit("\n", 1)[1] for question in questions),
        values=np.array([value for value, _ in told]),
        keys=np.array([key for _, key in told]),
        share=share,
    )


def _telling(sheets: Sequence[Sheet]) -> Sheet:
    """Return the sheet that asks for a sentence: portraits, to be told rather than judged."""
    portraits = next(sheet for sheet in sheets if not sheet.texts[0].endswith("?"))
    none = np.array([], dtype=np.int64)
    return Sheet(
        TELLING, (), none, portraits.texts, portraits.values, portraits.keys, SHARE_OF_TELLING
    )
