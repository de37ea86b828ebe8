"""`check_methods` finds what in `methods:` does not fit the rest of a study, before anything runs.

Guarantee: whatever could end a comparison for its plan's sake is named here: a model that runs
elsewhere, values that are none or have no pairs, files that cannot be read, too few roles.
"""

from collections.abc import Sequence

from causalvalues.errors import OptionError
from causalvalues.organism.embedded import is_organism
from causalvalues.study.methods.plan import MethodsPlan
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.protocol import Protocol

__all__ = ["check_methods"]

OF_ORGANISMS = "schwartz10"
FORMS = ("portrait", "ask")  # that items are asked in


def check_methods(plan: MethodsPlan, model: str, items: Inventory, *, n_roles: int | None) -> None:
    """Raise where methods cannot be compared as planned; `n_roles` of those that are parted."""
    _check_model(model)
    _check_named("methods", plan.methods)
    if plan.values != "all":
        _check_named("values", plan.values, items.system.names)
    if len(set(plan.seeds)) < len(plan.seeds):
        raise OptionError("Every seed is compared once", found=", ".join(map(str, plan.seeds)))
    for form in FORMS:
        tuple(Protocol(forms=(form,)).questions(items))  # type: ignore[arg-type]
    if n_roles is not None and plan.roles.dev + plan.roles.test > n_roles:
        raise OptionError(
            f"Methods are tuned and judged on the {n_roles} roles of the study",
            found=f"{plan.roles.dev} and {plan.roles.test} roles",
            remedy="ask more roles, or set `roles: {dev: …, test: …}` lower",
        )
    _check_pairs(plan, model, items)
    _check_files(plan)


def _check_model(model: str) -> None:
    """Raise where the inside of a model is out of reach."""
    from causalvalues.models.served import served_address

    if served_address(model):
        raise OptionError(
            "Methods are fitted inside a model that runs in this process",
            found="a served model",
            remedy="leave `methods` out: lines work on a server, with `causalvalues candidates`",
        )


def _check_named(key: str, named: Sequence[str], known: Sequence[str] = ()) -> None:
    """Raise unless something is named, each once, and all of it is known."""
    strangers = [name for name in named if known and name not in known]
    if strangers or not named or len(set(named)) < len(named):
        among = f": {', '.join(known)}" if known else ""
        raise OptionError(
            f"`{key}` are named, each once{among}", found=", ".join(strangers or named) or "none"
        )


def _check_pairs(plan: MethodsPlan, model: str, items: Inventory) -> None:
    """Raise unless there are contrast pairs of all values that are named."""
    from causalvalues.contrasts.pairs import contrast_set
    from causalvalues.study.methods.files import own_contrasts, own_insight

    if is_organism(model) and items.system.name != OF_ORGANISMS:
        raise OptionError(
            f"An organism has the values of {OF_ORGANISMS}", found=f"those of {items.system.name}"
        )
    own_insight(plan, items.system)
    own = own_contrasts(plan, items.system)
    if own is None and is_organism(model):
        return
    pairs = own or contrast_set(items.system.name)
    wanted = items.system.names if plan.values == "all" else plan.values
    absent = [value for value in wanted if value not in pairs.values]
    if absent and plan.values != "all":
        raise OptionError(
            f"There are contrast pairs of {', '.join(pairs.values)}", found=", ".join(absent)
        )


def _check_files(plan: MethodsPlan) -> None:
    """Raise where a file cannot be read."""
    from causalvalues.evaluation.multiple_choice import read_multiple_choice
    from causalvalues.study.methods.files import digests_of
    from causalvalues.study.methods.published import read_published

    digests_of(plan)
    if plan.mmlu is not None:
        read_multiple_choice(plan.mmlu)
    if plan.published is not None:
        read_published(plan.published)
