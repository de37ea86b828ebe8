"""`fitted_to` fits one method to one value of one model, or takes it from where it is kept.

    power, raised by conva, behind a gate          Wanted("conva", "power", gate="deciding")
    kept as   FOLDER/conva-raises-power-DIGEST.json and .safetensors

A kept method serves every dose. Guarantee: its digest covers the model's weights, what it is fitted
on, the gate and this package's version, so that what is kept is what would be fitted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from causalvalues import __version__
from causalvalues.errors import OptionError
from causalvalues.leaderboard.entrants import entrants
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.models.language_model import LanguageModel
from causalvalues.provenance import canonical_json, digest_of_bytes
from causalvalues.steering.cards import cards
from causalvalues.study.methods.kept_fits import read_fitted, write_fitted
from causalvalues.study.methods.materials import gates_of, materials_from
from causalvalues.study.methods.plan import GateUse, MethodName, MethodsPlan
from causalvalues.study.methods.sources import Sources, sae_named, sources_of
from causalvalues.study.respondents import public_identity, public_name
from causalvalues.study.stages import Bar, silent
from causalvalues.survey.inventory import Inventory

__all__ = [
    "EVERY_RUNG",
    "Wanted",
    "check_wanted",
    "checked_dose",
    "fitted_to",
    "found_in_words",
    "usual_dose",
]

EVERY_RUNG = 1000  # no ladder has more


@dataclass(frozen=True)
class Wanted:
    """A method, the value it is fitted to, and which way it moves it."""

    method: MethodName
    value: str
    direction: Direction = "raise"
    gate: GateUse = "off"

    @property
    def text(self) -> str:
        """Return it in words: conva raises power."""
        return f"{self.method} {self.direction}s {self.value}"


def fitted_to(
    model: LanguageModel,
    name: str,
    wanted: Wanted,
    items: Inventory,
    plan: MethodsPlan | None = None,
    *,
    keep: Path | None = None,
    seed: int = 0,
    bar: Bar = silent,
) -> Fitted:
    """Return a method fitted to a value; `keep` is a folder of fitted methods, read and added to.

    fitted_to(model, "organism/gemma", Wanted("conva", "power"), inventory("schwartz10")).at(0.9)
    """
    plan = plan or MethodsPlan()
    check_wanted(wanted, name, items, plan)
    sources = sources_of(model, name, items, plan, seed=seed)
    path = None
    if keep is not None:
        path = keep / f"{wanted.text.replace(' ', '-')}-{_key(model, sources, wanted, plan)}.json"
        if path.is_file():
            return read_fitted(path)
    found = _fitted(model, sources, wanted, plan, seed, bar)
    if path is not None:
        write_fitted(found, path)
    return found


def usual_dose(fitted: Fitted) -> float:
    """Return the middle of a method's ladder."""
    return fitted.doses[len(fitted.doses) // 2]


def checked_dose(fitted: Fitted, dose: float | None) -> float:
    """Return the dose that is asked for, or the usual one; beyond the ladder it is refused."""
    if dose is None:
        return usual_dose(fitted)
    if not 0 < dose <= fitted.doses[-1]:
        raise OptionError(
            f"A dose of {fitted.method} is {fitted.unit}, above 0 and at most {fitted.doses[-1]:g}",
            found=f"{dose:g}",
            remedy=f"tuning tries {', '.join(f'{each:g}' for each in fitted.doses)}",
        )
    return dose


def found_in_words(fitted: Fitted) -> str:
    """Return what fitting found: layers, accuracy, neurons."""
    said = [
        f"{name} {each:.3g}" if isinstance(each, float) else f"{name} {each}"
        for name, each in fitted.found.items()
    ]
    return f"{fitted.name}: {'; '.join(said)}" if said else fitted.name


def check_wanted(wanted: Wanted, name: str, items: Inventory, plan: MethodsPlan) -> None:
    """Raise where there is no such value, no autoencoder, or nothing to gate."""
    if wanted.value not in items.system.names:
        raise OptionError(
            f"Values of {items.system.name} are {', '.join(items.system.names)}",
            found=wanted.value or "none",
        )
    if wanted.method == "prompt" and wanted.gate != "off":
        raise OptionError(
            "A line that is told has no gate", found=wanted.gate, remedy="leave --gate out"
        )
    if wanted.method == "sae" and sae_named(name, plan) is None:
        raise OptionError(
            "An SAE feature needs an autoencoder of the model",
            found=f"none is named, and none comes with {public_name(name)}",
            remedy=f"name one with --sae; the cards are {', '.join(cards())}",
        )


def _fitted(
    model: LanguageModel,
    sources: Sources,
    wanted: Wanted,
    plan: MethodsPlan,
    seed: int,
    bar: Bar,
) -> Fitted:
    """Return what fitting gives."""
    methods: Sequence[MethodName] = (wanted.method,)
    materials = materials_from(model, sources, methods, n_ranked=plan.roles.ranked, bar=bar)
    gates = gates_of(model, sources, (wanted.value,), wanted.gate, bar=bar)
    with bar(f"Fitting: {wanted.text}"):
        known = entrants(
            model, materials, methods=methods, values=(wanted.value,),
            directions=(wanted.direction,), gate_by_value=gates, words=plan.words,
            n_rungs=EVERY_RUNG, seed=seed,
        )  # fmt: skip
    if not known.fitted:
        raise OptionError(
            f"{wanted.text} must be fitted to {model.identity.get('model', 'the model')}",
            found=known.unfitted[0].reason,
        )
    return known.fitted[0]


def _key(model: LanguageModel, sources: Sources, wanted: Wanted, plan: MethodsPlan) -> str:
    """Return what a fit is known by."""
    gate: list[JsonValue] = [wanted.gate]
    if wanted.gate != "off":
        gate += [each.text for each in sources.gate_texts_by_value[wanted.value]]
    told: dict[str, JsonValue] = {
        "version": __version__,
        "model": dict(public_identity(model.identity)),
        "sources": sources.digest(wanted.method),
        "wanted": wanted.text,
        "gate": gate,
        "words": plan.words,
        "ranked": plan.roles.ranked,
    }
    return digest_of_bytes(canonical_json(told).encode())[:16]
