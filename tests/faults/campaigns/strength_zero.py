"""An intervention of strength 0 must be no intervention, whatever its kind."""

from pathlib import Path

import torch

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.tiny_model import EVERY, KNOWN, REQUESTS, batch_of, hooks_of, loaded, logits_of
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import scaled
from causalvalues.steering.steered_model import SteeredModel

MODELS = ("gemma", "llama3")
DOORS = ("hooks", "engine")


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Compare every bit, by each door, for each kind and model; there is nothing random."""
    ledger = Ledger("strength_zero")
    models = {kind: loaded(kind, folder) for kind in MODELS}
    cases = [(m, kind, door) for kind in EVERY for m in MODELS for door in DOORS]
    for name, kind, door in cases[:count]:
        model, nothing = models[name], scaled(EVERY[kind], 0)
        before = hooks_of(model)
        if door == "hooks":
            ids, mask = batch_of(model)
            plain = logits_of(model.model, ids, mask)
            with steer(model, nothing, KNOWN) as steered:
                same = torch.equal(logits_of(model.model, ids, mask), plain)
                there = hooks_of(model) > before and set(steered.n_tokens) == {int(mask.sum())}
        else:
            known = dict(model.log_probabilities(REQUESTS))
            same = dict(SteeredModel(model, nothing, KNOWN).log_probabilities(REQUESTS)) == known
            there = True
        said = f"{kind} in {name}, by {door}"
        if not same:
            ledger.was_silent(f"{said} changed a bit")
        elif not there or hooks_of(model) != before:
            ledger.was_lost(f"{said}: the count of hooks or tokens is wrong")
        else:
            ledger.survived()
    return ledger.outcome(f"{len(EVERY)} kinds, {len(MODELS)} models, by hooks and by the engine")


CAMPAIGN = Campaign(
    name="strength_zero",
    group="steering",
    fault="an intervention of every kind at strength 0",
    promise="no bit of any answer changes, though every edit reached every token it is meant for",
    n_full=len(EVERY) * len(MODELS) * len(DOORS),
    n_small=12,
    work=work,
)
