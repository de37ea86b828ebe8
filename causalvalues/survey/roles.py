"""Roles: who the model is asked to be. Seeded designs over traits or over values, or a file.

    traits     a balanced part of the factorial design: every level of every trait as often as any
               other, or the whole design where it is small enough
    anchored   how much each value matters to the role, from −1 to 1, as a Latin hypercube (every
               value spread evenly, values unrelated by design) or at random: the design that
               spreads the scores, which traits hardly do
    file       personas that somebody wrote

Guarantee: a seed gives the same roles; no two roles of a set share an id or a text.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from causalvalues.errors import FileError, OptionError
from causalvalues.survey.columns import read_csv
from causalvalues.values import ValueSystem

__all__ = [
    "Design",
    "Role",
    "anchored_roles",
    "anchored_text",
    "grade_of",
    "kang2025_traits",
    "level_of",
    "read_roles",
    "settle",
    "trait_roles",
]

Design = Literal["latin", "random"]

GRADES = (  # from the lowest fifth of levels to the highest
    "This means nothing to you.",
    "This matters little to you.",
    "This matters to you about as much as to anyone.",
    "This matters much to you.",
    "This matters to you more than almost anything.",
)
SETTLED = (  # the same fifths, where a value is set and its causes no longer count
    "It is settled, whatever else you are, that this means nothing to you.",
    "It is settled, whatever else you are, that this matters little to you.",
    "It is settled, whatever else you are, that this matters to you as much as to anyone.",
    "It is settled, whatever else you are, that this matters much to you.",
    "It is settled, whatever else you are, that this matters to you more than almost anything.",
)
CLOSING = "Answer as the person you are."


@dataclass(frozen=True)
class Role:
    """One role: an id, the text that sets it, and what it was designed to be."""

    id: str
    text: str
    traits: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, float] = field(default_factory=dict)  # by value, from −1 to 1


def trait_roles(
    traits: Mapping[str, Sequence[str]], n_roles: int, *, template: str, seed: int = 0
) -> tuple[Role, ...]:
    """Return roles of a factorial design; `template` names each trait in braces.

    trait_roles({"job": ["baker", "nurse"]}, 2, template="You are a {job}.")
    """
    empty = [name for name, levels in traits.items() if not levels]
    if not traits or empty:
        raise OptionError("A design needs traits with at least one level each", found=str(empty))
    size = int(np.prod([len(levels) for levels in traits.values()]))
    if not 1 <= n_roles <= size:
        raise OptionError(
            f"These traits combine to {size} roles: `n_roles` must be from 1 to {size}",
            found=str(n_roles),
            remedy="ask fewer roles, or add levels or traits",
        )
    try:
        template.format(**dict.fromkeys(traits, ""))
    except (KeyError, IndexError, ValueError) as fault:
        raise OptionError(
            f"The template may name {', '.join(traits)}", found=f"{template!r} ({fault})"
        ) from fault
    chosen = _balanced(traits, n_roles, np.random.default_rng(seed))
    return tuple(
        Role(id=f"role-{place + 1:0{len(str(n_roles))}}", text=template.format(**each), traits=each)
        for place, each in enumerate(chosen)
    )


def kang2025_traits() -> dict[str, tuple[str, ...]]:
    """Return traits for the published form "gender; job; type"; the jobs are our own list."""
    letters = itertools.product("IE", "NS", "TF", "JP")
    return {
        "gender": ("female", "male"),
        "job": (
            "accountant", "baker", "bus driver", "carpenter", "chemist", "dentist", "electrician",
            "farmer", "firefighter", "florist", "judge", "librarian", "mechanic", "midwife",
            "musician", "nurse", "pilot", "plumber", "police officer", "programmer", "salesperson",
            "soldier", "tailor", "teacher", "translator", "waiter",
        ),
        "type": tuple("".join(four) for four in letters),
    }  # fmt: skip


def anchored_roles(
    system: ValueSystem, n_roles: int, *, design: Design = "latin", seed: int = 0
) -> tuple[Role, ...]:
    """Return roles to whom each value of a system matters more or less, in a shuffled order."""
    if design not in get_args(Design):
        raise OptionError("`design` must be latin or random", found=repr(design))
    if n_roles < 1:
        raise OptionError("`n_roles` must be 1 or more", found=str(n_roles))
    rng = np.random.default_rng(seed)
    n_values = len(system.values)
    places = rng.random((n_roles, n_values))
    if design == "latin":  # one role in each of n equal steps, for every value
        steps = np.column_stack([rng.permutation(n_roles) for _ in range(n_values)])
        places = (steps + places) / n_roles
    roles = []
    for place, levels in enumerate(2 * places - 1):
        by_value = dict(zip(system.names, map(float, levels), strict=True))
        order = [system.names[i] for i in rng.permutation(n_values)]
        text = anchored_text(system, {name: by_value[name] for name in order})
        number = f"{place + 1:0{len(str(n_roles))}}"
        roles.append(Role(id=f"anchored-{number}", text=text, levels=by_value))
    return tuple(roles)


def anchored_text(
    system: ValueSystem, levels: Mapping[str, float], *, settled: Mapping[str, float] | None = None
) -> str:
    """Return a role to whom values matter as much as their levels say, in the order given.

    A settled value is set: the role is told that nothing else about it bears on that value.
    """
    known = {value.name: value.definition for value in system.values}
    absent = sorted({*levels, *(settled or {})} - set(known))
    if absent:
        raise OptionError(f"Values of {system.name} have levels", found=", ".join(absent))
    lines = [f"{known[name]} {GRADES[grade_of(level)]}" for name, level in levels.items()]
    lines += [
        f"{known[name]} {SETTLED[grade_of(level)]}" for name, level in (settled or {}).items()
    ]
    return "\n".join([*lines, CLOSING])


def settle(role: Role, system: ValueSystem, settled: Mapping[str, float]) -> Role:
    """Return an anchored role in whom some values are set, whatever would have caused them."""
    if not role.text.endswith(f"\n{CLOSING}"):
        raise OptionError("Values are settled in anchored roles", found=f"the role {role.id}")
    lines = anchored_text(system, {}, settled=settled)
    return replace(role, text=f"{role.text.removesuffix(CLOSING)}{lines}")


def grade_of(level: float) -> int:
    """Return the place of a level between −1 and 1 among the grades."""
    return min(max(int((level + 1) / 2 * len(GRADES)), 0), len(GRADES) - 1)


def level_of(grade: int) -> float:
    """Return the middle of a grade's levels."""
    return (2 * grade + 1) / len(GRADES) - 1


def read_roles(path: str | Path) -> tuple[Role, ...]:
    """Return the personas of a CSV file with the columns `id` and `text`; others are traits."""
    frame = read_csv(Path(path), labels=("id", "text"))
    if not {"id", "text"} <= set(frame.columns):
        raise FileError(
            f"A file of roles has the columns id and text: {path}",
            found=", ".join(map(str, frame.columns)),
        )
    roles = tuple(
        Role(
            id=str(row["id"]),
            text=str(row["text"]).strip(),
            traits={str(k): str(v) for k, v in row.items() if k not in ("id", "text")},
        )
        for row in frame.astype(object).where(frame.notna(), "").to_dict(orient="records")
    )
    for what in ("id", "text"):
        said = [getattr(role, what) for role in roles]
        twice = sorted({each for each in said if said.count(each) > 1})
        if twice or not all(said):
            raise FileError(
                f"Every role of {path} needs its own {what}",
                found=", ".join(twice) or "an empty one",
            )
    return roles


def _balanced(
    traits: Mapping[str, Sequence[str]], n_roles: int, rng: np.random.Generator
) -> list[dict[str, str]]:
    """Return distinct combinations; each next one has the levels that were used least."""
    every = list(itertools.product(*traits.values()))
    order = [every[i] for i in rng.permutation(len(every))]
    used: dict[tuple[int, str], int] = {}
    chosen: list[tuple[str, ...]] = []
    left = dict.fromkeys(order)
    for _ in range(n_roles):
        best = min(left, key=lambda each: sum(used.get(pair, 0) for pair in enumerate(each)))
        del left[best]
        chosen.append(best)
        for pair in enumerate(best):
            used[pair] = used.get(pair, 0) + 1
    return [dict(zip(traits, each, strict=True)) for each in chosen]
