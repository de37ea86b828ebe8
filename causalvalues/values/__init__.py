"""Value systems as data: which values there are, what they mean, and how theory arranges them."""

from causalvalues.values.system import (
    Value,
    ValueSystem,
    schwartz10,
    system_of,
    value_system,
)

__all__ = ["Value", "ValueSystem", "schwartz10", "system_of", "value_system"]
