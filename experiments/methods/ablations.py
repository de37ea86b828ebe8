"""Variants of each method, one thing changed at a time, tuned and judged like the methods.

data        pairs that differ in the value alone, or people as they come
layers      the published rule, the best layer, all of them
scope       where the answer is read from, or every token of the prompt
neurons     how many are kept, and whether those of other groups' values are dropped
gates       how different they must be, and whether less is added where they are open
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd
from subjects import NAMES, Subject

from causalvalues.contrasts.pairs import ContrastPair
from causalvalues.errors import InputError
from causalvalues.leaderboard.compete import Tables
from causalvalues.leaderboard.contest import Contest, Contestant
from causalvalues.leaderboard.marks import row_of
from causalvalues.leaderboard.tuning import tune
from causalvalues.methods.caa import caa
from causalvalues.methods.conva import conva_of
from causalvalues.methods.fitted import Fitted
from causalvalues.methods.neuron_probes import NeuronProbes, neuron_probes
from causalvalues.methods.neva import neva
from causalvalues.methods.probing import pairs_of, probes_of
from causalvalues.methods.two_sides import two_sides
from causalvalues.methods.valuelocate import located
from causalvalues.organism.contrasts import organism_contrasts
from causalvalues.steering.where import Scope
from causalvalues.survey.responses import AnswerStore

Told = Callable[[str, int, int], None]
GAIN = 0.3
MARKS = ("gain", "at_gain", "truth_r", "leakage_ratio")
DOSES = {"conva": (0.6, 0.8, 0.9, 0.95, 0.99, 0.999), "caa": (0.25, 0.5, 1.0, 1.5, 2.0, 4.0)}


def ablated(subject: Subject, store: AnswerStore, told: Told) -> Tables:
    """Return the variants at equal gain, each tuned and judged like a method."""
    contest = Contest(
        subject.model, subject.sheets, subject.reference, store, gain=GAIN,
        dictionaries=subject.materials.dictionaries,
    )  # fmt: skip
    shared = _Shared(subject)
    fitted = [variant for value in NAMES for variant in _variants(shared, value)]
    tuned = tune(
        subject.model, fitted, subject.sheets.dev, store, names=NAMES,
        norms=lambda some: [float("nan")] * len(some),
        dictionaries=subject.materials.dictionaries,
        progress=lambda done, of: told("tuning", done, of),
    )  # fmt: skip
    rows: dict[str, dict[str, object]] = {}
    asked: list[Contestant] = []
    for each in tuned:
        own, reach = each.fitted, each.for_gain(GAIN)
        rows[own.name] = {"method": own.method, "value": own.value, "comparison": "equal gain",
                          "missed": reach.reason} | dict.fromkeys(MARKS, float("nan"))  # fmt: skip
        if reach.dose:
            asked.append(Contestant(own.name, own, own.on_rung(reach.dose)))
    for each, _, marks in contest.surveyed(
        asked, progress=lambda done, of: told("judging", done, of)
    ):
        rows[each.name] |= row_of(marks)
    return {"variant_entries": pd.DataFrame(list(rows.values()))}


@dataclass(frozen=True, eq=False)
class _Shared:
    """What variants of all values share."""

    subject: Subject

    @cached_property
    def sampled(self) -> tuple[ContrastPair, ...]:
        """Return pairs of people as they come."""
        seed = self.subject.seed
        return organism_contrasts(self.subject.model.chat, controlled=False, seed=seed).pairs

    @cached_property
    def neurons(self) -> NeuronProbes:
        """Return the neuron probes of all values."""
        known = self.subject.materials.contrasts
        return neuron_probes(self.subject.model, known, seed=self.subject.seed)


def _variants(shared: _Shared, value: str) -> Iterator[Fitted]:
    """Yield every variant for one value, named for what is changed."""
    subject, model = shared.subject, shared.subject.model
    n_layers = len(model.parts.layers)
    pairs = pairs_of(subject.materials.contrasts.pairs, value)
    sampled = pairs_of(shared.sampled, value)
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
    made |= _of_neurons(shared, value)
    for name, each in made.items():
        kept = DOSES.get(name.split(",")[0], each.doses[:: max(len(each.doses) // 5, 1)][:6])
        yield replace(each, method=name, value=value, doses=kept)


def _of_neurons(shared: _Shared, value: str) -> dict[str, Fitted]:
    """Return the variants of neurons; none where no layer's neurons tell the value."""
    probes = shared.neurons
    try:
        return {
            "neva, .05 %": neva(probes, value=value, share=0.0005),
            "neva": neva(probes, value=value),
            "neva, 3 %": neva(probes, value=value, share=0.03),
            "neva, unselective": neva(probes, value=value, is_selective=False),
            "neva, as the probe tells": neva(probes, value=value, way="told"),
        }
    except InputError:
        return {}
