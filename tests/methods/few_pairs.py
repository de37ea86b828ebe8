"""A few contrast pairs of one value, in words that the tiny tokenizers were trained on."""

from collections.abc import Callable
from itertools import islice, product
from typing import get_args

from causalvalues.contrasts.pairs import ContrastPair, Form
from causalvalues.models.language_model import LanguageModel

__all__ = ["PAIRS", "Loaded", "pairs_about"]

Loaded = Callable[[str], LanguageModel]

WHO = ("I", "A baker", "A judge", "This person")
WHEN = ("each day", "alone", "a little", "quiet", "long")
FORMS: tuple[Form, ...] = get_args(Form)


def pairs_about(value: str, towards: str, away: str) -> tuple[ContrastPair, ...]:
    """Return twenty pairs, five of each form, whose sides differ in what is said last."""
    return tuple(
        ContrastPair(
            id=f"{value}/{place}",
            value=value,
            form=FORMS[place % 4],
            scenario=f"{value}-{place}",
            speaks_for=f"{who} {when} likes {towards}.",
            speaks_against=f"{who} {when} likes {away}.",
        )
        for place, (when, who) in enumerate(islice(product(WHEN, WHO), 20))
    )


PAIRS = pairs_about("power", "walks", "mornings")
