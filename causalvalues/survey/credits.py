"""What a question credits: which values, how much for each option, and which option agrees.

Guarantee: a question's own value is the first that its options name; its key is +1 where agreeing
speaks for that value, else −1, and unknown where no option agrees or disagrees, as with portraits.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from causalvalues.errors import OptionError
from causalvalues.survey.columns import Floats
from causalvalues.survey.protocol import SIX_STEPS, YES_NO, Question

__all__ = ["agreement", "by_id", "credit", "key", "main_value", "values_of"]

SIZE_BY_STEP = dict((*YES_NO, *SIX_STEPS))


def by_id(questions: Iterable[Question], asked: Iterable[str]) -> Mapping[str, Question]:
    """Return questions by id, in their order; every one that was asked must be there."""
    known = {question.id: question for question in questions}
    absent = sorted(set(asked) - set(known))
    if absent:
        raise OptionError(
            "Every answer needs its question",
            found=f"answers to {len(absent)} other questions, first {absent[0]!r}",
            remedy="give the questions that were asked, all of them",
        )
    return known


def values_of(question: Question) -> tuple[str, ...]:
    """Return the values that a question bears on, its own first."""
    return tuple(dict.fromkeys(value for option in question.options for value in option.credit))


def main_value(question: Question) -> str:
    """Return the value that a question is about."""
    return next(iter(values_of(question)), "")


def credit(question: Question, values: Sequence[str]) -> Floats:
    """Return what each option credits each value: (option, value)."""
    return np.array([[o.credit.get(value, 0.0) for value in values] for o in question.options])


def agreement(question: Question) -> Floats | None:
    """Return how much each option agrees with the item, from −1 to 1; None where none does."""
    sizes = [SIZE_BY_STEP.get(option.meaning) for option in question.options]
    known = [size for size in sizes if size is not None]
    return np.array(known) if len(known) == len(sizes) else None


def key(question: Question) -> int:
    """Return +1 where agreeing speaks for the question's value, −1 where against, 0 unknown."""
    agrees = agreement(question)
    if agrees is None:
        return 0
    return int(np.sign(agrees @ credit(question, [main_value(question)])[:, 0]))
