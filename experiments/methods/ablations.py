"""Variants of each method, one thing changed at a time, tuned and judged like the methods.

data        pairs that differ in the value alone, or people as they come
layers      the published rule, the best layer, all of them
scope       where the answer is read from, or every token of the prompt
neurons     how many are kept, and whether those of other groups' values are dropped
gates       how different they must be, and whether less is added where they are open
"""

from collections.abc import Iterator
from dataclasses import replace

from subjects import NAMES, Subject

from causalvalues.leaderboard.compete import Rules, Tables, compared
from causalvalues.leaderboard.contest import Contest
from causalvalues.methods.caa import caa
from causalvalues.methods.conva import conva_of
from causalvalues.methods.fitted import Fitted
from causalvalues.methods.neuron_probes import neuron_probes
from causalvalues.methods.neva import neva
from causalvalues.methods.probing import pairs_of, probes_of
from causalvalues.methods.two_sides import two_sides
from causalvalues.methods.valuelocate import located
from causalvalues.organism.contrasts import organism_contrasts
from causalvalues.steering.where import Scope
from causalvalues.survey.responses import AnswerStore

DOSES = {"conva": (0.6, 0.8, 0.9, 0.95, 0.99, 0.999), "caa": (0.25, 0.5, 1.0, 1.5, 2.0, 4.0)}


def ablated(subject: Subject, store: AnswerStore, told) -> Tables:  # type: ignore[no-untyped-def]
    """Return the entries of every variant, and their tuning."""
    contest = Contest(
        subject.model, subject.sheets, subject.reference, store, gain=0.3,
        dictionaries=subject.materials.dictionaries,
    )  # fmt: skip
    fitted = [variant for value in NAMES for variant in _variants(subject, value)]
    rules = Rules(guided=False, wider=False, seed=subject.seed)
    tables = compared(contest, fitted, rules, progress=told)
    return {f"variant_{name}": table for name, table in tables.items()}


def _variants(subject: Subject, value: str) -> Iterator[Fitted]:
    """Yield every variant for one value, named for what is changed."""
    model, n_layers = subject.model, len(subject.model.parts.layers)
    pairs = pairs_of(subject.materials.contrasts.pairs, value)
    sampled = pairs_of(_sampled(subject), value)
    probes, loose = probes_of(model, pairs), probes_of(model, sampled)
    sides = two_sides(model, subject.materials.insight, dimension=value, seed=subject.seed)
    made = {
        "conva": conva_of(probes, value=value, n_layers=n_layers),
        "conva, people as they come": conva_of(loose, value=value, n_layers=n_layers),
        "conva, best layer": conva_of(probes, value=value, n_layers=n_layers, layers="best"),
        "conva, all layers": conva_of(probes, value=value, n_layers=n_layers, layers="all"),
        "conva, whole prompt": conva_of(probes, value=value, n_layers=n_layers, scope=Scope("all")),
        "caa": caa(model, pairs, value=value, probes=probes),
        "caa, people as they come": caa(model, sampled, value=value, probes=loose),
        "caa, all layers": caa(model, pairs, value=value, layers="all"),
        "valuelocate": located(sides),
        "valuelocate, δ ≥ .3": located(sides, least_difference=0.3),
        "valuelocate, dynamic γ": located(sides, spared=1.0),
    }
    for share, name in ((0.0005, ".05 %"), (0.01, "1 %"), (0.03, "3 %")):
        made[f"neva, {name}"] = neva(_neurons(subject), value=value, share=share)
    made["neva, unselective"] = neva(_neurons(subject), value=value, is_selective=False)
    for name, each in made.items():
        kept = DOSES.get(name.split(",")[0], each.doses[:: max(len(each.doses) // 5, 1)][:6])
        yield replace(each, method=name, value=value, doses=kept)


def _sampled(subject: Subject):  # type: ignore[no-untyped-def]
    """Return pairs of people as they come."""
    key = id(subject)
    if key not in _KNOWN:
        _KNOWN[key] = (
            organism_contrasts(subject.model.chat, controlled=False, seed=subject.seed).pairs,
            neuron_probes(subject.model, subject.materials.contrasts, seed=subject.seed),
        )
    return _KNOWN[key][0]


def _neurons(subject: Subject):  # type: ignore[no-untyped-def]
    """Return the neuron probes of all values."""
    _sampled(subject)
    return _KNOWN[id(subject)][1]


_KNOWN: dict[int, tuple] = {}  # type: ignore[type-arg]
