"""A `Campaign` injects one kind of fault many times and counts what became of each.

    survived   a named error, a repair, or provably no effect
    silent     a wrong result that nobody was told of: there must be none

Each module of this folder that holds a `CAMPAIGN` of its own name is one; nothing else needs to be
told of it.
Guarantee: every fault that was injected either survived or is counted as lost or silent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Literal

__all__ = ["Campaign", "Group", "Ledger", "Outcome", "campaign_in", "campaigns"]

Group = Literal["durability", "numbers", "steering", "security"]


@dataclass(frozen=True)
class Outcome:
    """What became of the faults of one campaign."""

    name: str
    n_injected: int
    n_survived: int
    n_silent: int
    notes: str = ""


@dataclass
class Ledger:
    """Where a campaign counts; `outcome` is what it comes to."""

    name: str
    n_injected: int = 0
    n_survived: int = 0
    silent: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)  # told of, but not as a promise says
    ways: dict[str, int] = field(default_factory=dict)  # of surviving

    def survived(self, way: str = "") -> None:
        """Count a fault that was survived, and in which way."""
        self.n_injected += 1
        self.n_survived += 1
        if way:
            self.ways[way] = self.ways.get(way, 0) + 1

    def was_silent(self, what: str) -> None:
        """Count a fault that changed a result and was not told of."""
        self.n_injected += 1
        self.silent.append(what)

    def was_lost(self, what: str) -> None:
        """Count a fault that was told of, and broke a promise all the same."""
        self.n_injected += 1
        self.lost.append(what)

    def outcome(self, *notes: str) -> Outcome:
        """Return the counts, with the ways of surviving and the first failures in words."""
        ways = ", ".join(f"{count} {way}" for way, count in sorted(self.ways.items()))
        failed = [f"silent: {each}" for each in self.silent[:3]]
        failed += [f"lost: {each}" for each in self.lost[:3]]
        told = "; ".join(each for each in (ways, *notes, *failed) if each)
        return Outcome(self.name, self.n_injected, self.n_survived, len(self.silent), told)


@dataclass(frozen=True)
class Campaign:
    """What is injected, how often in full and in the ordinary tests, and what does it."""

    name: str
    group: Group
    fault: str  # what is done to the product
    promise: str  # what surviving means
    n_full: int
    n_small: int
    work: Callable[[int, int, Path], Outcome]  # count, seed, an empty folder
    seed: int = 7

    def run(self, folder: Path, *, count: int | None = None) -> Outcome:
        """Return what became of so many faults; of the small count where none is given."""
        return self.work(self.n_small if count is None else count, self.seed, folder)


def campaigns(group: Group | None = None) -> list[Campaign]:
    """Return every campaign, or those of a group, by name."""
    places = sorted(Path(__file__).parent.glob("[a-z]*.py"))
    found = [each for path in places if (each := campaign_in(path.stem))]
    return [each for each in found if group in (None, each.group)]


def campaign_in(name: str) -> Campaign | None:
    """Return the campaign of a module, which has its name; None where it holds none."""
    found = getattr(import_module(f"{__package__}.{name}"), "CAMPAIGN", None)
    if not isinstance(found, Campaign):
        return None
    if found.name != name:
        raise ValueError(f"a campaign is named as its file: {found.name} in {name}.py")
    return found
