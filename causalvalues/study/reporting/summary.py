"""In short: what a run found, in five sentences of numbers that the sections hold as well.

Guarantee: no edge is named unless it has support and the graph has more edges than chance gives; a
sentence that cannot be said says what is missing.
"""

from causalvalues.report.study_report.document import Piece, Sentence
from causalvalues.study.reporting.edges import Found, edges_of, null_of
from causalvalues.study.reporting.implied import foreseen
from causalvalues.study.reporting.means import said as said_of_means
from causalvalues.study.reporting.quality import STYLE
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.saying import listed, num, quote, say
from causalvalues.study.reporting.tables import number
from causalvalues.study.reporting.verdicts import others_moved

__all__ = ["summary_of"]

SURE, MOST_NAMED = 0.8, 3
GRAPH, MEASURED, VERDICT, VALUES = "graph.json", "measured.csv", "verdict.json", "verdict.csv"


def summary_of(run: RunFolder) -> tuple[Sentence, ...]:
    """Return the findings of a run in five sentences."""
    return (_asked(run), _scores(run), _graph(run), _effects(run), _steering(run))


def _asked(run: RunFolder) -> Sentence:
    """Return who was asked, and how far the answers can be read."""
    n_questions = num(len(run.interview.questions), "count", "study.yaml", "inventory, protocol")
    n_roles = num(len(run.interview.groups[0].roles), "count", "study.yaml", "roles")
    if not run.has(STYLE):
        return say("{} is to be asked {} questions in {} roles.", run.model, n_questions, n_roles)
    first = run.table(STYLE).iloc[0]
    mass, unread = number(first.get("option_mass")), number(first.get("unread"))
    told: list[str | Piece] = [run.model, n_questions, n_roles]
    words = "{} was asked {} questions in each of {} roles"
    if unread is not None:
        words += "; {} of its answers could not be read"
        told.append(num(unread, "share", STYLE, "unread"))
    if mass is not None:
        words += "; {} of the probability lay on the options it was offered"
        told.append(num(mass, "share", STYLE, "option_mass"))
    return say(words + ".", *told)


def _scores(run: RunFolder) -> Sentence:
    """Return which values matter most and least."""
    found = said_of_means(run) if run.has("scores.parquet") else ()
    return found[0] if found else say("There are no scores yet.")


def _graph(run: RunFolder) -> Sentence:
    """Return what is known of edges: none is named without support and a null."""
    if not run.has(GRAPH):
        return say("No graph was learnt yet.")
    null, found = null_of(run.graph), edges_of(run.graph)
    count = num(len(found), "count", GRAPH, "edges")
    if run.graph.support is None or null is None or null.passed is None:
        words = "The search found {} edges, but without {} nothing is claimed of any."
        missing = "support from resamples" if run.graph.support is None else "a null"
        return say(words, count, missing)
    if not null.passed:
        return say("The search found {} edges, no more than chance gives: none is claimed.", count)
    sure = [each for each in found if (each.adjacent or 0.0) >= SURE]
    words = "The search found {} edges, more than chance gives; {} were found in at least four of "
    words += "five resamples"
    told: list[str | Piece] = [count, num(len(sure), "count", GRAPH, "support")]
    directed = [each for each in sure if each.sign and each.edge.kind == "directed"]
    named = listed(_named(each) for each in directed[:MOST_NAMED])
    if named:
        words += ", among them that " + "{}" * len(named)
    return say(words + ".", *told, *named)


def _named(found: Found) -> list[str | Piece]:
    """Return an edge with its support."""
    words = f"{found.edge.first} {found.words} {found.edge.second} ("
    return [words, num(found.adjacent or 0.0, "share", GRAPH, "support"), ")"]


def _effects(run: RunFolder) -> Sentence:
    """Return whether values moved as the graph foresees, where some were set."""
    if not run.has(MEASURED):
        return say("No value was set in this study, so the graph's effects were not measured.")
    frame = foreseen(run)
    known = frame[frame["foreseen_low"].notna() & (frame["effect"] != frame["cause"])]
    inside = (known["interval_high"] >= known["foreseen_low"]) & (
        known["interval_low"] <= known["foreseen_high"]
    )
    named = list(dict.fromkeys(str(name) for name in frame["cause"] if name))
    causes = " or ".join(named) if len(named) < 3 else "one value after another"
    words = "Where {} was set by a line told to the role, {} of {} changes of other values agree "
    words += "with what the graph foresees (the two intervals meet)."
    counts = (
        num(int(inside.sum()), "count", MEASURED, "interval_low, interval_high"),
        num(len(known), "count", MEASURED),
    )
    return say(words, causes, *counts)


def _steering(run: RunFolder) -> Sentence:
    """Return what came of the plan, or how far steering has got."""
    if not run.has(VERDICT, VALUES):
        return _unsteered(run)
    told, frame = run.document(VERDICT), run.table(VALUES)
    gains = listed(
        (
            f"{name} moved by ", num(float(gain), "signed", VERDICT, "gain"), " where ",
            num(float(told["plan"]["targets"][name]), "signed", "plan.json", "targets"),
            " was asked for",
        )
        for name, gain in told["gain"].items()
        if number(gain) is not None
    )  # fmt: skip
    plan, single = others_moved(frame, "measured"), others_moved(frame, "unguided")
    words = "Under the plan " + "{}" * len(gains)
    if plan is not None:
        words += ", and all other values by {} on average"
        gains.append(num(plan, "precise", VALUES, "measured"))
    if single is not None:
        words += " (by {} under the best single intervention)"
        gains.append(num(single, "precise", VALUES, "unguided"))
    faults = "; ".join(map(str, told["faults"]))
    if faults:
        return quote(f"The plan broke the model: {faults}.", VERDICT, "faults")
    return say(words + "; the model stayed healthy.", *gains)


def _unsteered(run: RunFolder) -> Sentence:
    """Return how far steering has got."""
    if run.has("plan.json"):
        return say("A plan was made; whether it holds was not asked yet: causalvalues evaluate .")
    return say("Nothing was planned or steered yet; next comes: causalvalues candidates .")
