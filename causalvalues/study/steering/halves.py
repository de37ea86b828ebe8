"""Calibration and held-out: which roles and questions steering is chosen on, and judged on.

    items   halves of the inventory, as many of either key in both          `evaluation.splits`
    roles   anchored ones are two fresh designs, each spread evenly by itself; traits and personas
            of a file are halves of those that were surveyed
    order   options as given where it is chosen, reversed where it is judged

Guarantee: no item and no role stands in both; a seed gives the same halves. The graph may rest on
unsteered answers to any item; no steered answer to a held-out one is seen before the judgement.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from pydantic import JsonValue

from causalvalues.errors import OptionError
from causalvalues.evaluation.splits import Half, split
from causalvalues.provenance import canonical_json, digest_of_bytes
from causalvalues.study.interview import ANCHORED
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.survey.inventory import Inventory, Item
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.roles import Role, anchored_roles

__all__ = ["Sheet", "calibration_of", "held_out_of"]


@dataclass(frozen=True)
class Sheet:
    """Who is asked what."""

    roles: tuple[Role, ...]
    questions: tuple[Question, ...]
    items: Inventory
    protocol: Protocol

    @property
    def digest(self) -> str:
        """Return what roles and questions are known by."""
        said: JsonValue = [
            [[role.id, role.text] for role in self.roles],
            [[question.id, question.text] for question in self.questions],
        ]
        return digest_of_bytes(canonical_json(said).encode())


def calibration_of(
    surveyed: Surveyed, *, seed: int, n_roles: int, n_items: int | None = None
) -> Sheet:
    """Return roles and questions to choose on; `n_items` for each value, and as many against it."""
    return _sheet(surveyed, seed, n_roles, n_items, held_out=False)


def held_out_of(
    surveyed: Surveyed, *, seed: int, n_roles: int, n_items: int | None = None
) -> Sheet:
    """Return roles and questions to judge on, their options in reversed order."""
    return _sheet(surveyed, seed, n_roles, n_items, held_out=True)


def _sheet(
    surveyed: Surveyed, seed: int, n_roles: int, n_items: int | None, *, held_out: bool
) -> Sheet:
    """Return one of both halves."""
    _check_counts(n_roles, n_items)
    interview = surveyed.interview
    halves = split(interview.items, interview.groups[0].roles, seed=seed)
    half = halves.held_out if held_out else halves.calibration
    items = half.inventory
    if n_items is not None:
        items = replace(items, items=tuple(_first(items, n_items)))
    protocol = interview.protocol
    if protocol.scale != "kang2025":  # whose sheets have one order only
        protocol = replace(protocol, orders=("reversed",) if held_out else ("given",))
    roles = _roles(surveyed, half, seed, n_roles, "held-out" if held_out else "calibration")
    return Sheet(roles, tuple(protocol.questions(items)), items, protocol)


def _check_counts(n_roles: int, n_items: int | None) -> None:
    """Raise where too little is asked."""
    if n_roles < 2:
        raise OptionError("Effects need two roles or more", found=str(n_roles))
    if n_items is not None and n_items < 1:
        raise OptionError("Effects need an item for each value", found=str(n_items))


def _first(items: Inventory, n_items: int) -> Iterator[Item]:
    """Yield the first items for and against each value."""
    for value in items.system.names:
        for key in (1, -1):
            yield from [each for each in items.of(value) if each.key == key][:n_items]


def _roles(surveyed: Surveyed, half: Half, seed: int, n_roles: int, which: str) -> tuple[Role, ...]:
    """Return the roles of one half; fresh ones have ids that tell them from those surveyed."""
    plan = surveyed.study.roles
    if plan.design not in ANCHORED:
        if n_roles > len(half.roles):
            raise OptionError(
                f"There are {len(half.roles)} {which} roles: half of those surveyed",
                found=str(n_roles),
                remedy="ask fewer with --roles, or survey more of them first",
            )
        return half.roles[:n_roles]
    own = np.random.SeedSequence([seed, plan.seed, len(which)]).generate_state(1)
    roles = anchored_roles(
        surveyed.interview.items.system,
        n_roles,
        design="latin" if plan.design == "anchored" else "random",
        seed=int(own[0]),
    )
    return tuple(replace(role, id=f"{which}-{n + 1}") for n, role in enumerate(roles))
