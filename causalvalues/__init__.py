"""Ask a language model what it values, learn the causal graph between its values, and steer one.

Importing this package is cheap: each public name is loaded when it is first used, and neither
torch nor causal-learn is imported before something needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from causalvalues.discovery.compare import compare as compare
    from causalvalues.discovery.discover import discover as discover
    from causalvalues.discovery.effects import effects as effects
    from causalvalues.discovery.graph import ValueGraph as ValueGraph
    from causalvalues.discovery.knowledge import Knowledge as Knowledge
    from causalvalues.discovery.nulls import nulls as nulls
    from causalvalues.discovery.stability import stability as stability
    from causalvalues.report.viewer.viewer import view as view
    from causalvalues.survey.scores import ScoreTable as ScoreTable

__all__ = [
    "Knowledge",
    "ScoreTable",
    "ValueGraph",
    "__version__",
    "compare",
    "discover",
    "effects",
    "nulls",
    "stability",
    "view",
]

__version__ = "0.1.0"

HOME_BY_NAME = {
    "Knowledge": "causalvalues.discovery.knowledge",
    "ScoreTable": "causalvalues.survey.scores",
    "ValueGraph": "causalvalues.discovery.graph",
    "compare": "causalvalues.discovery.compare",
    "discover": "causalvalues.discovery.discover",
    "effects": "causalvalues.discovery.effects",
    "nulls": "causalvalues.discovery.nulls",
    "stability": "causalvalues.discovery.stability",
    "view": "causalvalues.report.viewer.viewer",
}


def __getattr__(name: str) -> object:
    """Return a public name from the module that holds it."""
    if name in HOME_BY_NAME:
        return getattr(import_module(HOME_BY_NAME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
