"""viewer.html: everything that a run folder holds, in one page that answers "what if".

    graph.json, scores.parquet    the graph, other searches of the same rows, "what if"
    planted.json                  a graph to compare with        reliability.csv   how well measured
    measured.csv, profiles.json, verdict.json     predicted against measured, for each intervention
    plan.json                     what the planner chose

Guarantee: the page is made from what is in the folder now; the same folder gives the same bytes;
items are shown only where their licence lets a page be mailed.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
from pydantic import JsonValue

from causalvalues.discovery.document import text_of_graph
from causalvalues.discovery.graph import ValueGraph
from causalvalues.provenance import Manifest, digest_of_file
from causalvalues.report.viewer import Background, Influence, Viewer, document_of
from causalvalues.report.viewer.document import ItemView
from causalvalues.report.viewer.viewer import agreements_of, background_of, searches_of
from causalvalues.study.as_made import refuse_changed, refuse_closed
from causalvalues.study.keeping import add_to_manifest
from causalvalues.study.record import VIEW, Record
from causalvalues.study.respondents import public_name
from causalvalues.study.stages import Bar, graphs_that_fit, silent
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.study.trials import plan_of_run, trials_of_run
from causalvalues.survey.cells import plain_frame

__all__ = ["VIEWER", "viewer_of_run", "write_viewer"]

VIEWER = "viewer.html"
READ = (
    "study.yaml", "graph.json", "scores.parquet", "reliability.csv", "planted.json", "measured.csv",
    "candidates.json", "features.csv", "profiles.json", "plan.json", "prediction.safetensors",
    "verdict.json",
)  # fmt: skip
READ_BESIDE = ("candidates.safetensors", "intervention.json", "intervention.safetensors")
FREE = ("MIT", "CC0", "CC BY", "Apache", "public domain")
COEFFICIENTS = ("alpha", "omega", "split_half")
EMBEDDED = (
    "The respondent is an embedded model, trained to answer as people of a planted world: what is "
    "found here says how well the method works, and nothing about anyone's values."
)


def viewer_of_run(
    folder: Path,
    *,
    others: Mapping[str, ValueGraph] | None = None,
    title: str | None = None,
    bar: Bar = silent,
) -> Viewer:
    """Return the viewer of a run; `others` are graphs to compare with."""
    surveyed = Surveyed.of(folder)
    refuse_changed(folder, (*READ, *READ_BESIDE))
    study, graph = surveyed.study, surveyed.graph
    drawn = graphs_that_fit(surveyed.table, graph, surveyed.interview.search, bar=bar)
    influence = Influence.of(drawn)
    place = {name: number for number, name in enumerate(graph.names)}
    searches = searches_of(surveyed.table, graph, seed=study.discovery.seed)
    document = document_of(
        graph,
        title=title or f"Values of {public_name(study.model.name)}",
        subtitle=_subtitle(surveyed),
        background=_background(surveyed),
        influence=influence,
        searches=searches,
        agreements=agreements_of(graph, searches),
        others={**_planted(folder), **(others or {})},
        trials=trials_of_run(folder, drawn, influence, place),
        plan=plan_of_run(folder, place),
        caveats=(EMBEDDED,) if study.truth == "planted" else (),
        manifest=_manifest(surveyed),
    )
    return Viewer(document)


def write_viewer(
    folder: Path, *, others: Mapping[str, ValueGraph] | None = None, bar: Bar = silent
) -> tuple[Path, ...]:
    """Return viewer.html, made anew only where what it is made from changed."""
    refuse_closed(folder)
    record = Record(folder)
    made_from: dict[str, JsonValue] = {
        name: digest_of_file(folder / name) for name in READ if (folder / name).is_file()
    }
    made_from |= {f"other {name}": text_of_graph(graph) for name, graph in (others or {}).items()}
    if not record.finished(VIEW, made_from):
        written = viewer_of_run(folder, others=others, bar=bar).write(folder / VIEWER)
        record.finish(VIEW, made_from, [written])
        add_to_manifest(folder, [written])
    return tuple(record.files(VIEW))


def _subtitle(surveyed: Surveyed) -> str:
    """Return who was asked what, in a line."""
    study, interview, table = surveyed.study, surveyed.interview, surveyed.table
    n_settled = len(interview.groups) - 1
    under = f", {n_settled} value{'s' * (n_settled > 1)} settled in turn" if n_settled else ""
    return (
        f"{study.name}: {table.n_clusters} roles, {len(interview.questions)} questions each"
        f"{under}; searched by {study.discovery.algorithm.upper()}"
    )


def _background(surveyed: Surveyed) -> Background:
    """Return what is known of the values: what they mean, how they were asked, how well."""
    known = background_of(surveyed.table, surveyed.interview.items.system)
    inventory = surveyed.interview.items
    form = surveyed.interview.protocol.forms[0]
    shown = surveyed.study.inventory_path is None or inventory.licence.startswith(FREE)
    return replace(
        known,
        items={
            name: [ItemView(text=i.wordings[form][0], key=1 if i.key > 0 else -1) for i in items]
            for name in surveyed.names
            if shown and (items := inventory.of(name))
        },
        n_items={name: len(inventory.of(name)) for name in surveyed.names},
        reliability=_reliability(surveyed.folder),
    )


def _reliability(folder: Path) -> dict[str, dict[str, float]]:
    """Return the coefficients of each value, as far as they were estimated."""
    try:
        frame = plain_frame(pd.read_csv(folder / "reliability.csv"))
    except (OSError, ValueError):
        return {}
    if "value" not in frame:
        return {}
    named = [name for name in COEFFICIENTS if name in frame]
    return {
        str(row["value"]): {
            name: round(float(row[name]), 4) for name in named if row[name] == row[name]
        }
        for row in frame.to_dict(orient="records")
    }


def _planted(folder: Path) -> dict[str, ValueGraph]:
    """Return the planted graph, where the truth is known."""
    path = folder / "planted.json"
    return {"planted": ValueGraph.from_json(path)} if path.is_file() else {}


def _manifest(surveyed: Surveyed) -> Manifest:
    """Return where the numbers came from: the study, its seeds, the files that were read."""
    study = surveyed.study
    return Manifest.of(
        f"causalvalues view {study.name}",
        parameters={"study": study.name, "model": public_name(study.model.name)},
        seeds={"roles": study.roles.seed, "discovery": study.discovery.seed},
        digests=surveyed.digests(*READ),
    )
