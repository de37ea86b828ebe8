"""Names that try to leave the run folder: none makes or changes a file outside of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.hostile_words import path_names
from causalvalues import ScoreTable
from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import CausalValuesError
from causalvalues.report.viewer import view
from causalvalues.steering.cards import find_card
from causalvalues.study.interview import Interview
from causalvalues.study.keeping import keep_study, refuse_foreign
from causalvalues.study.pages import write_pages
from causalvalues.study.plan import ModelPlan, RolesPlan, Study
from causalvalues.study.record import Record
from causalvalues.survey.inventory import inventory

DEEP = "a/b/c/d/e"  # so that what climbs still lands where it is looked for


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Use each name in one role after the other, and look around the run folder each time."""
    ledger, tries = Ledger("path_names"), tuple(USES.items())
    outside = folder / "outside"
    outside.mkdir()
    run = folder / DEEP / "runs" / "first"
    run.mkdir(parents=True)
    refused = 0
    for number, name in enumerate(path_names(count, seed, outside)):
        role, use = tries[number % len(tries)]
        told = ""
        try:
            use(name, run)
        except (CausalValuesError, ValidationError):
            refused += 1
        except Exception as fault:
            told = f"{type(fault).__name__} {fault!s:.60}"
        strayed = sorted(_strays(folder, run))
        if strayed:
            ledger.was_silent(f"{role} {name!r:.60} left {strayed[0]}")
            break
        if told:
            ledger.was_lost(f"{role} {name!r:.60}: {told}")
        else:
            ledger.survived()
    return ledger.outcome(f"{refused} refused by name, the others stayed inside", ", ".join(USES))


def _strays(folder: Path, run: Path) -> Iterator[str]:
    """Yield what lies outside the run folder."""
    place = folder
    while place != run:
        inner = place / run.relative_to(place).parts[0]
        for path in place.iterdir():
            if path not in (inner, folder / "outside"):
                yield path.name
        place = inner
    yield from (path.name for path in (folder / "outside").iterdir())


def _study_name(name: str, run: Path) -> None:
    study = Study(name=name, model=ModelPlan(name="organism/gemma"))
    place = run.parent / study.name  # where `causalvalues run` writes
    assert place.parent == run.parent
    assert place.resolve().is_relative_to(run.parent.resolve())
    _keep(study, run)


def _inventory_path(name: str, run: Path) -> None:
    study = Study(name="x", model=ModelPlan(name="organism/gemma"), inventory=name)
    Interview.of(study)
    _keep(study, run)


def _inventory_file(name: str, run: Path) -> None:
    _inventory_path(f"{name}.yaml", run)


def _package_inventory(name: str, run: Path) -> None:
    inventory(name)


def _model_name(name: str, run: Path) -> None:
    _keep(Study(name="x", model=ModelPlan(name=name or " ")), run)


def _roles_path(name: str, run: Path) -> None:
    roles = RolesPlan(design="file", path=Path(name))
    study = Study(name="x", model=ModelPlan(name="organism/gemma"), roles=roles)
    Interview.of(study)
    _keep(study, run)


def _organism(name: str, run: Path) -> None:
    Interview.of(Study(name="x", model=ModelPlan(name=f"organism/{name}")))


def _card(name: str, run: Path) -> None:
    assert find_card(name, run) is None


def _label(name: str, run: Path) -> None:
    names = (name or " ", "another", "third")
    graph = ValueGraph.from_edges(names, [(names[0], names[1])])
    graph.to_json(run / "graph.json")
    scores = np.random.default_rng(0).normal(size=(12, 3))
    roles = np.array([f"{name}{at}" for at in range(12)])
    ScoreTable(names, scores, clusters=roles).to_parquet(run / "scores.parquet")
    view(graph, title=name).write(run / "viewer.html")


def _pages(name: str, run: Path) -> None:
    (run / "study.yaml").write_text(f"name: first\nmodel: {{name: {name!r}}}\n", "utf-8")
    write_pages(run)


def _keep(study: Study, run: Path) -> None:
    """Keep a study as a run does first."""
    refuse_foreign(run, study)
    keep_study(study, Record(run))


USES: dict[str, Callable[[str, Path], None]] = {
    "study name": _study_name,
    "inventory": _inventory_path,
    "inventory file": _inventory_file,
    "inventory of the package": _package_inventory,
    "model": _model_name,
    "roles file": _roles_path,
    "organism": _organism,
    "card": _card,
    "label": _label,
    "page": _pages,
}

CAMPAIGN = Campaign(
    name="path_names",
    group="security",
    fault="names of studies, inventories, models, roles, cards and values that climb or are odd",
    promise="refused by name, or every file stays inside the run folder",
    n_full=2000,
    n_small=200,
    work=work,
)
