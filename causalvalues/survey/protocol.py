"""A `Protocol` is how items are asked: crossed factors that change the asking, not the meaning.

    scale     yes or no · six steps of agreement · which of two portraits · kang2025, as published:
              yes or no after a written thought, see `two_shot`
    form      question or portrait            wording   the paraphrases of an item
    order     options as given or reversed    labels    letters, numbers, or the words themselves

Every combination is one `Question`: a text, and options that each credit values. What a change of
order or of labels does to the answers is bias, and can be told apart because the factors are
crossed. Guarantee: a seed gives the same questions; ids are unique and say the factors; balanced
orders give every option every place equally often.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Literal, Self, get_args

import numpy as np

from causalvalues.errors import OptionError
from causalvalues.survey.inventory import Form, Inventory, Item
from causalvalues.survey.two_shot import MAX_NEW_TOKENS, two_shot_sheet

__all__ = ["Labels", "Option", "Order", "Protocol", "Question", "RolePlace", "Scale"]

Scale = Literal["yes-no", "likert6", "pairwise", "kang2025"]
RolePlace = Literal["system", "user"]
Order = Literal["given", "reversed"]
Labels = Literal["letters", "numbers", "words"]

YES_NO = (("yes", 1.0), ("no", -1.0))
SIX_STEPS = (
    ("agree completely", 1.0),
    ("agree mostly", 0.6),
    ("agree a little", 0.2),
    ("disagree a little", -0.2),
    ("disagree mostly", -0.6),
    ("disagree completely", -1.0),
)
LETTERS, NUMBERS = "ABCDEF", "123456"


@dataclass(frozen=True)
class Option:
    """One answer that may be given: its label, what it says, and what it credits each value."""

    label: str
    meaning: str
    credit: Mapping[str, float]


@dataclass(frozen=True)
class Question:
    """One thing to say to a model, and the answers it may give."""

    id: str
    text: str
    options: tuple[Option, ...]
    factors: Mapping[str, str] = field(default_factory=dict)
    max_new_tokens: int | None = None  # None: options are weighed; else the answer is written
    bare: str = field(default="", compare=False)  # what is asked, without how to answer

    @property
    def generate(self) -> bool:
        """Return whether the answer is written by the model, and not weighed."""
        return self.max_new_tokens is not None

    def score(self, probabilities: Sequence[float]) -> dict[str, float]:
        """Return the expected credit of each value; probabilities (option,) are rescaled to 1."""
        mass = np.asarray(probabilities, dtype=np.float64)
        if mass.shape != (len(self.options),) or not (mass >= 0).all() or not mass.sum() > 0:
            raise OptionError(
                f"A question with {len(self.options)} options needs as many probabilities",
                found=f"{list(probabilities)}",
            )
        share = mass / mass.sum()
        values = {value for option in self.options for value in option.credit}
        return {
            value: float(
                sum(p * o.credit.get(value, 0.0) for p, o in zip(share, self.options, strict=True))
            )
            for value in sorted(values)
        }


@dataclass(frozen=True)
class Protocol:
    """Which factors are crossed, and how far."""

    scale: Scale = "likert6"
    forms: tuple[Form, ...] = ("portrait",)
    orders: tuple[Order, ...] = ("given", "reversed")
    labels: tuple[Labels, ...] = ("letters",)
    n_wordings: int = 1
    pairs_per_values: int = 1  # pairwise only: how often each two values meet
    seed: int = 0  # pairwise only: which items meet
    role_place: RolePlace = "system"  # a system message, or the head of the user's

    @classmethod
    def preset(cls, name: Literal["kang2025"]) -> Self:
        """Return the protocol of a published study."""
        if name != "kang2025":
            raise OptionError("A preset must be kang2025", found=repr(name))
        return cls("kang2025", ("ask",), ("given",), ("words",), role_place="user")

    def __post_init__(self) -> None:
        for name, known in (("forms", Form), ("orders", Order), ("labels", Labels)):
            given = getattr(self, name)
            if not given or not set(given) <= set(get_args(known)) or len(set(given)) < len(given):
                raise OptionError(
                    f"`{name}` takes each of {', '.join(get_args(known))} at most once",
                    found=repr(given),
                )
        if self.scale not in get_args(Scale):
            raise OptionError(
                f"`scale` must be one of {', '.join(get_args(Scale))}", found=repr(self.scale)
            )
        if self.role_place not in get_args(RolePlace):
            raise OptionError("`role_place` must be system or user", found=repr(self.role_place))
        if self.n_wordings < 1 or self.pairs_per_values < 1:
            raise OptionError("`n_wordings` and `pairs_per_values` must be 1 or more")
        if self.scale == "pairwise" and self.forms != ("portrait",):
            raise OptionError("Pairs are of portraits", found=f"forms={self.forms!r}")
        published = (("ask",), ("given",), ("words",))
        if self.scale == "kang2025" and (self.forms, self.orders, self.labels) != published:
            raise OptionError(
                "The published protocol asks questions, in one order, by word",
                found=f"forms={self.forms!r}, orders={self.orders!r}, labels={self.labels!r}",
                remedy='write Protocol.preset("kang2025")',
            )

    def questions(self, inventory: Inventory) -> Iterator[Question]:
        """Yield every question: items (or pairs of them) × forms × wordings × orders × labels."""
        pairwise = self.scale == "pairwise"
        asked = _pairs(inventory, self) if pairwise else ((item,) for item in inventory.items)
        for items in asked:
            for form, wording in product(self.forms, range(self.n_wordings)):
                for order, labels in product(self.orders, self.labels):
                    yield self._question(items, form, wording, order, labels)

    def _question(
        self,
        items: tuple[Item, ...],
        form: Form,
        wording: int,
        order: Order,
        labels: Labels,
    ) -> Question:
        """Return one combination of the factors."""
        texts = [_wording(item, form, wording) for item in items]
        meanings = _meanings(self.scale, items, texts)
        if order == "reversed":
            meanings = meanings[::-1]
        marks = _marks(labels, [meaning for meaning, _ in meanings], self.scale)
        options = tuple(
            Option(mark, meaning, credit)
            for mark, (meaning, credit) in zip(marks, meanings, strict=True)
        )
        factors = {
            "item": " | ".join(item.id for item in items),
            "form": form,
            "wording": str(wording + 1),
            "order": order,
            "labels": labels,
        }
        item = "" if self.scale == "pairwise" else texts[0]
        written = self.scale == "kang2025"
        return Question(
            id="; ".join((self.scale, *factors.values())),
            text=two_shot_sheet(item) if written else _sheet(item, options, form, self.scale),
            options=options,
            factors=factors,
            max_new_tokens=MAX_NEW_TOKENS if written else None,
            bare=texts[0] if written else item,
        )


def _pairs(inventory: Inventory, protocol: Protocol) -> Iterator[tuple[Item, ...]]:
    """Yield items of two values with the same key, so that neither side sounds better."""
    rng = np.random.default_rng(protocol.seed)
    for one, two in combinations(inventory.system.names, 2):
        for _ in range(protocol.pairs_per_values):
            key = int(rng.choice([-1, 1]))
            sides = [[i for i in inventory.of(value) if i.key == key] for value in (one, two)]
            if all(sides):
                first, second = (side[int(rng.integers(len(side)))] for side in sides)
                yield (first, second)


def _wording(item: Item, form: Form, wording: int) -> str:
    """Return one wording of an item in a form."""
    wordings = item.wordings.get(form, ())
    if wording >= len(wordings):
        raise OptionError(
            f"{item.id} must have {wording + 1} wordings as {form}",
            found=str(len(wordings)),
            remedy="ask fewer wordings, or the other form",
        )
    return wordings[wording]


def _meanings(
    scale: Scale, items: Sequence[Item], texts: Sequence[str]
) -> list[tuple[str, dict[str, float]]]:
    """Return what each option says and what it credits, in the given order."""
    if scale == "pairwise":
        one, two = items
        first = {one.value: float(one.key), two.value: -float(two.key)}
        return [(texts[0], first), (texts[1], {value: -c for value, c in first.items()})]
    steps = SIX_STEPS if scale == "likert6" else YES_NO
    (item,) = items
    bears_on = ((item.value, item.key), *item.also)
    return [(meaning, {value: key * size for value, key in bears_on}) for meaning, size in steps]


def _marks(labels: Labels, meanings: Sequence[str], scale: Scale) -> Sequence[str]:
    """Return the label of each place; words are labels only where they are short."""
    if labels == "words" and scale == "pairwise":
        raise OptionError("Two portraits need letters or numbers as labels", found="words")
    return {"letters": LETTERS, "numbers": NUMBERS, "words": meanings}[labels][: len(meanings)]


def _sheet(item: str, options: Sequence[Option], form: Form, scale: Scale) -> str:
    """Return the text of a question: how to answer, then the item.

    What questions share comes first, so that an engine computes it once for all of them.
    """
    by_word = options[0].label == options[0].meaning
    marks = ", ".join(option.label for option in options)
    lines = [f"Answer with one of: {marks}." if by_word else f"Answer with {marks} alone."]
    if scale == "pairwise":
        lines.append("Which of these two is more like you?")
    elif form == "portrait":
        lines.append("How much do you agree that the sentence describes you?")
    if not by_word:
        lines += [f"{option.label}) {option.meaning}" for option in options]
    return "\n".join([*lines, item] if item else lines)
