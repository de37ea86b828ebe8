"""Found against planted: where the truth is known, how much of it was found again."""

from typing import Any

import pandas as pd

from causalvalues.discovery.graph import Edge
from causalvalues.report.study_report.charts import Ink, NetworkChart
from causalvalues.report.study_report.document import Section, Sentence, Table
from causalvalues.study.reporting.edges import around, link_of
from causalvalues.study.reporting.openings import TRUTH
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.saying import num, say, source
from causalvalues.study.reporting.tables import Shown, table_of

__all__ = ["truth_section"]

FILE = "comparison.json"
INKS: dict[str, Ink] = {
    "same": "same",
    "remarked": "other mark",
    "reversed": "other mark",
    "added": "added",
    "removed": "missing",
}
WORDS = {
    "shd": "pairs whose edge differs",
    "skeleton_shd": "pairs joined in only one of both",
    "adjacency_precision": "share of found pairs that are planted",
    "adjacency_recall": "share of planted pairs that were found",
    "adjacency_f1": "both shares in one (F1)",
    "arrow_precision": "share of found arrowheads that are planted",
    "arrow_recall": "share of planted arrowheads that were found",
    "ancestor_precision": "share of found causes, direct or not, that are planted",
    "ancestor_recall": "share of planted causes, direct or not, that were found",
    "ancestor_jaccard": "causes, direct or not, that both have",
    "parent_aid": "wrong effects if parents are adjusted for",
    "ancestor_aid": "wrong effects if all causes are adjusted for",
    "oset_aid": "wrong effects if the best set is adjusted for",
}
SHOWN = (
    Shown("words", "measure"),
    Shown("value", "found", "precise"),
    Shown("better", "better is"),
    Shown("chance_mean", "by chance", "precise"),
    Shown("chance_low", "chance, from", "precise"),
    Shown("chance_high", "to", "precise"),
    Shown("p_value", "p", "precise"),
)


def truth_section(run: RunFolder) -> Section:
    """Return how the found graph differs from the planted one."""
    if not run.has(FILE, "graph.json"):
        why = "The true graph is known only of the embedded organisms (truth: planted)."
        return TRUTH.absent(why, "causalvalues demo --out demo")
    told = run.document(FILE)
    changes = [(str(each["change"]), _edge(each)) for each in told["edges"]]
    counts = {kind: sum(own == kind for own, _ in changes) for kind in INKS}
    return TRUTH.section(
        said=(_said(counts),),
        charts=(_chart(run, changes),),
        tables=(_measures(told["measures"]),),
    )


def _edge(change: dict[str, Any]) -> Edge:
    """Return the found edge, or the planted one where none was found."""
    return Edge(**(change["found"] or change["other"]))


def _said(counts: dict[str, int]) -> Sentence:
    """Return how many edges came out how."""
    return say(
        "{} edges are as planted, {} are there with another mark, {} were not planted, and {} that "
        "were planted were not found.",
        *(
            num(count, "count", FILE, "edges")
            for count in (
                counts["same"],
                counts["remarked"] + counts["reversed"],
                counts["added"],
                counts["removed"],
            )
        ),
    )


def _chart(run: RunFolder, changes: list[tuple[str, Edge]]) -> NetworkChart:
    """Return the found graph with what the truth says of each edge."""
    return NetworkChart(
        title="The graph that was found, and what the planted one says of each edge.",
        alt="; ".join(f"{edge}: {kind}" for kind, edge in changes),
        names=around(run),
        links=tuple(link_of(edge, INKS[kind]) for kind, edge in changes),
        sources=(source(FILE),),
    )


def _measures(measures: list[dict[str, Any]]) -> Table:
    """Return every distance beside chance; what cannot be asked has its reason below."""
    frame = pd.DataFrame(measures)
    frame["words"] = [WORDS.get(name, name.replace("_", " ")) for name in frame["name"]]
    scored = frame[frame["value"].notna()]
    open_ones = frame[frame["value"].isna()]
    reasons = zip(open_ones["words"], open_ones["reason"], strict=True)
    note = "".join(f"Not asked: {words} ({reason}). " for words, reason in reasons)
    return table_of(scored, SHOWN, FILE, caption="How far apart", note=note.strip())
