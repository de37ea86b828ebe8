"""Names for formats that cannot hold every name: simplified, yet one for each value."""

from collections.abc import Callable, Sequence

__all__ = ["distinct"]


def distinct(
    names: Sequence[str], simplify: Callable[[str], str], *, separator: str
) -> dict[str, str]:
    """Return the simplified form by name; forms that coincide are numbered, unchanged ones not."""
    simple_by_name = {name: simplify(name) for name in names}
    taken = {name for name, simple in simple_by_name.items() if name == simple}
    for name, simple in simple_by_name.items():
        if name == simple:
            continue
        form, count = simple, 1
        while form in taken:
            count += 1
            form = f"{simple}{separator}{count}"
        taken.add(form)
        simple_by_name[name] = form
    return simple_by_name
