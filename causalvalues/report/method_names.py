"""What methods are called in figures and tables, where that is not their name.

Guarantee: a method whose formulas are this package's own is never shown under a publication's name.
"""

from collections.abc import Mapping

__all__ = ["shown_name"]

SHOWN: Mapping[str, str] = {"neva": "NeVA-style\n(formulas\nours)"}


def shown_name(method: str) -> str:
    """Return how a method is shown; a long name has line breaks."""
    return SHOWN.get(method, method)
