"""What to say where scores cannot carry a graph: the fault, and how the model answered.

A model that always says the same makes columns that do not vary; the reason stands in how it
answers, not in the table. Guarantee: the error keeps its kind, says what the response style shows,
and where the answers are kept.
"""

from pathlib import Path

import pandas as pd

from causalvalues.errors import TableError

__all__ = ["explained"]


def explained(fault: TableError, folder: Path) -> TableError:
    """Return a fault of the scores with what the response style in a run folder shows."""
    incomplete = "" if "finite" not in fault.expected else (
        "; or set `discovery: {incomplete: leave-out}` to go on without those rows"
    )  # fmt: skip
    return type(fault)(
        fault.expected,
        found=f"{fault.found}; {style_in_words(folder)}",
        remedy=f"look at response_style.csv and unread.csv in {folder}, where all answers are "
        f"kept, then at the protocol{incomplete}",
    )


def style_in_words(folder: Path) -> str:
    """Return what stands out in how the model answered without intervention."""
    try:
        table = pd.read_csv(folder / "response_style.csv", keep_default_na=False)
    except (OSError, ValueError):
        return "response_style.csv cannot be read"
    plain = table[table["condition"] == ""]
    if plain.empty:
        return "response_style.csv is empty"
    style = pd.to_numeric(plain.drop(columns=["model", "condition"]).iloc[0], errors="coerce")
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
