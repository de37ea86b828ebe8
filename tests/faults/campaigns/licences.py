"""What is installed with the package at run time: no licence obliges those who use it to share."""

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from campaigns.campaign import Campaign, Ledger, Outcome

EXTRAS = ("models", "scale")
STRONG = re.compile(r"\bA?GPL|GNU (?:Affero )?General Public", re.IGNORECASE)
WEAK = re.compile(r"LGPL|Lesser|Library General", re.IGNORECASE)
ALLOWED_TOO = re.compile(r"\bOR\b|exception", re.IGNORECASE)  # a choice, or an exception for use


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Follow every requirement, with the extras that run, and read each licence."""
    ledger = Ledger("licences")
    found = _closure()
    for name in found:
        said = _licence(name)
        if STRONG.search(WEAK.sub("", said)) and not ALLOWED_TOO.search(said):
            ledger.was_silent(f"{name}: {said:.80}")
        else:
            ledger.survived()
    return ledger.outcome(f"{len(found)} packages that run, by their own metadata")


def _closure() -> list[str]:
    """Return every installed package that running needs, by name."""
    due: list[tuple[str, tuple[str, ...]]] = [("causalvalues", EXTRAS)]
    seen: dict[tuple[str, tuple[str, ...]], None] = {}
    while due:
        name, extras = due.pop()
        if (name, extras) in seen:
            continue
        try:
            told = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        seen[name, extras] = None
        for line in told:
            need = Requirement(line)
            if need.marker is None or any(
                need.marker.evaluate({"extra": extra}) for extra in ("", *extras)
            ):
                due.append((need.name.lower(), tuple(sorted(need.extras))))
    return sorted({name for name, _ in seen})


def _licence(name: str) -> str:
    """Return what a package says of its licence, the texts of licences left out."""
    told = metadata.metadata(name)
    classifiers = [line for line in told.get_all("Classifier") or () if line.startswith("License")]
    parts = (told.get("License-Expression") or "", (told.get("License") or "")[:200], *classifiers)
    return " / ".join(part for part in parts if part)


CAMPAIGN = Campaign(
    name="licences",
    group="security",
    fault="every package that the package needs to run, with its extras models and scale",
    promise="its licence is not the GPL or the AGPL",
    n_full=1,
    n_small=1,
    work=work,
)
