"""A model is steered and left in every way there is: it must be the same model afterwards."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.tiny_model import EVERY, KNOWN, REQUESTS, batch_of, hooks_of, loaded, logits_of
from causalvalues.errors import HookNeverFired
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.steered_model import SteeredModel

MODELS = ("gemma", "llama3")


class Stop(Exception):
    """What goes wrong inside."""


def ended(model: LanguageModel, intervention: Intervention) -> None:
    """Steer, run, leave."""
    with steer(model, intervention, KNOWN):
        logits_of(model.model, *batch_of(model))


def failed(model: LanguageModel, intervention: Intervention) -> None:
    """Leave by an exception."""
    with suppress(Stop), steer(model, intervention, KNOWN):
        logits_of(model.model, *batch_of(model))
        raise Stop


def failed_within(model: LanguageModel, intervention: Intervention) -> None:
    """Let a forward pass fail in its middle."""

    def stop(*_: object) -> None:
        raise Stop

    own = model.parts.layers[2].register_forward_pre_hook(stop)
    with suppress(Stop), steer(model, intervention, KNOWN):
        logits_of(model.model, *batch_of(model))
    own.remove()


def stopped_early(model: LanguageModel, intervention: Intervention) -> None:
    """Take one answer of many, and go."""
    answers = SteeredModel(model, intervention, KNOWN).log_probabilities(REQUESTS)
    next(answers)
    answers.close()  # type: ignore[attr-defined]


def nested(model: LanguageModel, intervention: Intervention) -> None:
    """Steer within steering."""
    with steer(model, intervention, KNOWN), steer(model, intervention, KNOWN):
        logits_of(model.model, *batch_of(model))


def never_ran(model: LanguageModel, intervention: Intervention) -> None:
    """Steer a model that is not run: an error must say so."""
    try:
        with steer(model, intervention, KNOWN):
            pass
    except HookNeverFired:
        return
    raise AssertionError("an edit that never acted was not told of")


WAYS: tuple[Callable[[LanguageModel, Intervention], None], ...] = (
    ended,
    failed,
    failed_within,
    stopped_early,
    nested,
    never_ran,
)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Compare hooks, weights and answers before and after; there is nothing random."""
    ledger = Ledger("hooks_left")
    models = {kind: loaded(kind, folder) for kind in MODELS}
    cases = [(name, kind, way) for kind in EVERY for way in WAYS for name in MODELS]
    for name, kind, way in cases[:count]:
        model, said = models[name], f"{kind} in {name}, {way.__name__.replace('_', ' ')}"
        ids, mask = batch_of(model)
        plain, hooks = logits_of(model.model, ids, mask), hooks_of(model)
        weights = {key: each.clone() for key, each in model.model.state_dict().items()}
        try:
            way(model, EVERY[kind])
        except AssertionError as fault:
            ledger.was_silent(f"{said}: {fault}")
            continue
        after = model.model.state_dict()
        if hooks_of(model) != hooks:
            ledger.was_silent(f"{said}: {hooks_of(model) - hooks} hooks are left")
        elif not all(torch.equal(after[key], each) for key, each in weights.items()):
            ledger.was_silent(f"{said}: weights changed")
        elif not torch.equal(logits_of(model.model, ids, mask), plain):
            ledger.was_silent(f"{said}: answers changed")
        else:
            ledger.survived()
    return ledger.outcome(f"{len(EVERY)} kinds, {len(WAYS)} ways, {len(MODELS)} models")


CAMPAIGN = Campaign(
    name="hooks_left",
    group="steering",
    fault="steering that ends, fails, fails within a layer, is left early, is nested, or never ran",
    promise="no hook stays, every weight and every answer is what it was; an edit that never acted "
    "is an error",
    n_full=len(EVERY) * len(WAYS) * len(MODELS),
    n_small=24,
    work=work,
)
