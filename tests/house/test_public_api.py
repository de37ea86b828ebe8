"""The names others script against, and that every module says what it offers."""

import importlib
import inspect
import pkgutil

import pytest

import causalvalues

MODULES = [
    module.name
    for module in pkgutil.walk_packages(causalvalues.__path__, "causalvalues.")
    if not module.name.endswith("__main__")
]

PUBLIC = {
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
}


def test_the_package_offers_exactly_these_names() -> None:
    assert set(causalvalues.__all__) == PUBLIC
    assert set(dir(causalvalues)) == PUBLIC
    for name in PUBLIC:
        assert getattr(causalvalues, name) is not None


def test_a_name_that_is_not_offered_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = causalvalues.nothing


@pytest.mark.parametrize("name", MODULES)
def test_a_module_lists_what_it_offers_and_explains_each(name: str) -> None:
    module = importlib.import_module(name)
    offered = getattr(module, "__all__", None)
    if offered is None:
        assert module.__spec__ is not None
        assert module.__spec__.submodule_search_locations is not None  # a package
        return
    for item in offered:
        thing = getattr(module, item)
        if inspect.isfunction(thing) or inspect.isclass(thing):
            assert inspect.getdoc(thing), f"{name}.{item} has no docstring"


def test_the_signatures_others_script_against_stay() -> None:
    signature = inspect.signature(causalvalues.discover)
    first_five = list(signature.parameters.values())[:5]
    assert [p.name for p in first_five] == ["table", "algorithm", "engine", "alpha", "uc_rule"]
    assert [p.default for p in first_five[1:]] == ["pc", "fast", 0.01, 2]
    frame = inspect.signature(causalvalues.ScoreTable.from_frame)
    assert list(frame.parameters)[:3] == ["frame", "cluster", "context"]
    for method in ("to_matrix", "to_networkx", "to_json", "from_json"):
        assert callable(getattr(causalvalues.ValueGraph, method))
