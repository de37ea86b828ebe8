"""Ask a language model what it values, learn the causal graph between its values, and steer one.

Importing this package is cheap: each public name is loaded when it is first used, and neither
torch nor causal-learn is imported before something needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from causalvalues.discovery.discover import discover as discover
    from causalvalues.discovery.graph import ValueGraph as ValueGraph
    from causalvalues.survey.scores import ScoreTable as ScoreTable

__all__ = ["ScoreTable", "ValueGraph", "__version__", "discover"]

__version__ = "0.1.0"

HOME_BY_NAME = {
    "ScoreTable": "causalvalues.survey.scores",
    "ValueGraph": "causalvalues.discovery.graph",
    "discover": "causalvalues.discovery.discover",
}


def __getattr__(name: str) -> object:
    """Return a public name from the module that holds it."""
    if name in HOME_BY_NAME:
        return getattr(import_module(HOME_BY_NAME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
