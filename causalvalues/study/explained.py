"""What to say where scores cannot carry a graph: the fault, and how the model answered.

A model that always says the same makes columns that do not vary; the reason stands in how it
answers, not in the table. Guarantee: the error keeps its kind, says what the response style shows,
and where the answers are kept.
"""

from pathlib import Path

import pandas as pd

from causalvalues.errors import TableError

__all__ = ["explained"]

FEW = 0.2  # of the answers
LEAVE_OUT = "; or set `discovery: {incomplete: leave-out}` to go on without those rows"


def explained(fault: TableError, folder: Path) -> TableError:
    """Return a fault of the scores with what the response style in a run folder shows."""
    style = _style(folder)
    few_unread = style is not None and bool(0 < style["unread"] <= FEW)
    return type(fault)(
        fault.expected,
        found=f"{fault.found}; {_in_words(style)}",
        remedy=f"look at response_style.csv and unread.csv in {folder}, where all answers are "
        "kept, then at the protocol" + (LEAVE_OUT if few_unread else ""),
    )


def _style(folder: Path) -> "pd.Series[float] | None":
    """Return how the model answered without intervention, None where no file says so."""
    try:
        table = pd.read_csv(folder / "response_style.csv", keep_default_na=False)
        plain = table[table["condition"] == ""].drop(columns=["model", "condition"])
    except (OSError, ValueError, KeyError):
        return None
    return None if plain.empty else pd.to_numeric(plain.iloc[0], errors="coerce")


def _in_words(style: "pd.Series[float] | None") -> str:
    """Return what stands out in how the model answered."""
    if style is None:
        return "response_style.csv cannot be read"
    notable = [
        (style["unread"] > 0, f"{style['unread']:.0%} of the answers could not be read"),
        (style["option_mass"] < 0.5, f"options hold {style['option_mass']:.0%} of probability"),
        (
            style["constant_roles"] >= 0.5,
            f"{style['constant_roles']:.0%} of the roles chose the same place in every answer",
        ),
        (
            style["constant_questions"] >= 0.5,
            f"{style['constant_questions']:.0%} of the questions got one answer from every role",
        ),
        (abs(style["acquiescence"]) >= 0.5, f"acquiescence is {style['acquiescence']:+.2f}"),
        (abs(style["position_bias"]) >= 0.25, f"position bias is {style['position_bias']:+.2f}"),
    ]
    said = [words for stands_out, words in notable if stands_out]
    return "in the answers " + ", ".join(said) if said else "nothing stands out in response_style"
