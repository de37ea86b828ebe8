"""`Sources` are what methods of one model are fitted on before the model has read any of it.

| | an organism | a model of the hub |
|---|---|---|
| contrasts | whole prompts in its own language | pairs that come with the package |
| insight | people of the planted world | people of four dimensions |
| of gates | items that are tuned on, in every wording | pairs that ask, and neutral texts |
| features | its own autoencoder, if it has one | the one that is named |

Files of a study stand in for contrasts and insight. Guarantee: no item that is judged on is among
them; the digest of a method's sources changes with anything that its fit rests on.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from pydantic import JsonValue

from causalvalues.contrasts.insight import Insight, insight
from causalvalues.contrasts.neutral import neutral_texts
from causalvalues.contrasts.pairs import ContrastSet, contrast_set
from causalvalues.evaluation.splits import split
from causalvalues.methods.gate_texts import GateText, gate_texts
from causalvalues.models.forward import first_device
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.contrasts import organism_contrasts
from causalvalues.organism.embedded import is_organism
from causalvalues.organism.insight import organism_insight
from causalvalues.provenance import canonical_json, digest_of_bytes
from causalvalues.steering.cards import find_card
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.sae import open_sae
from causalvalues.study.methods.files import own_contrasts, own_insight, some_of
from causalvalues.study.methods.plan import MethodName, MethodsPlan
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.roles import anchored_roles
from causalvalues.values import ValueSystem

__all__ = ["Sources", "calibration_items", "sae_named", "sources_of"]

PAIRED: tuple[MethodName, ...] = ("caa", "conva", "neva")
ORGANISM_PAIRS = 10  # of each form


@dataclass(frozen=True, eq=False)
class Sources:
    """Texts, items and an autoencoder."""

    items: Inventory  # those that are tuned on
    contrasts: ContrastSet
    insight: Insight
    neutral: tuple[str, ...] = ()
    gate_texts_by_value: Mapping[str, tuple[GateText, ...]] = field(default_factory=dict)
    sae: Dictionary | None = None
    seed: int = 0

    @property
    def system(self) -> ValueSystem:
        """Return the values that methods are fitted to."""
        return self.items.system

    def digest(self, method: MethodName) -> str:
        """Return what a method's own sources are known by."""
        told: dict[str, JsonValue] = {"method": method, "seed": self.seed}
        if method in PAIRED:
            told["pairs"] = [asdict(pair) for pair in self.contrasts.pairs]
        elif method == "valuelocate":
            told["insight"] = [asdict(each) for each in self.insight.texts]
        elif method == "sae":
            told["sae"] = "" if self.sae is None else self.sae.digest
            told["items"] = [item.id for item in self.items.items]
        elif method == "prompt":
            told["values"] = [value.definition for value in self.system.values]
        return digest_of_bytes(canonical_json(told).encode())


def sources_of(
    model: LanguageModel,
    name: str,
    items: Inventory,
    plan: MethodsPlan | None = None,
    *,
    seed: int = 0,
) -> Sources:
    """Return the sources of a model by its name: organism/gemma, a hub name, a folder."""
    plan = plan or MethodsPlan()
    tuned_on = calibration_items(items, seed=seed)
    contrasts = own_contrasts(plan, items.system)
    people = own_insight(plan, items.system)
    own = contrasts is None and is_organism(name)
    if contrasts is None:
        contrasts = (
            organism_contrasts(model.chat, n_of_each_form=plan.n_pairs or ORGANISM_PAIRS, seed=seed)
            if own
            else some_of(contrast_set(items.system.name), plan.n_pairs, seed)
        )
    if people is None:
        people = organism_insight("values", seed=seed) if is_organism(name) else insight()
    neutral = () if own else tuple(each.text for each in neutral_texts())
    asked = {
        value: _gate_texts_of_items(tuned_on, value)
        if own
        else gate_texts(contrasts, neutral, value=value)
        for value in contrasts.values
    }
    return Sources(
        tuned_on, contrasts, people, neutral, asked, _sae(model, sae_named(name, plan)), seed
    )


def calibration_items(items: Inventory, *, seed: int) -> Inventory:
    """Return the items that doses are tuned on: those of `sheets_of` by the same seed."""
    anybody = anchored_roles(items.system, 2)  # items are parted before roles are
    return split(items, anybody, seed=seed).calibration.inventory


def _gate_texts_of_items(items: Inventory, value: str) -> tuple[GateText, ...]:
    """Return items as a gate has them: those of the value, and those of others; a group each."""
    return tuple(
        GateText(text, "about" if item.value == value else "other", item.id)
        for item in items.items
        for wordings in item.wordings.values()
        for text in wordings
    )


def sae_named(name: str, plan: MethodsPlan) -> str | None:
    """Return the autoencoder that is named, or the one that ships for an organism."""
    own = name.replace("/", "-")
    return plan.sae or (own if is_organism(name) and find_card(own) is not None else None)


def _sae(model: LanguageModel, named: str | None) -> Dictionary | None:
    """Return an autoencoder that fits a model; none where none is named."""
    if named is None:
        return None
    return open_sae(named, device=str(first_device(model.model)), check_model=model.model)
