"""Roles that agree with everything: items keyed both ways cancel it, and it is measured."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from causalvalues import ScoreTable, discover
from causalvalues.organism.world import planted_world
from causalvalues.survey.inventory import inventory
from causalvalues.survey.reliability import acquiescence

N_ROLES = 400
SPREAD = 1.0  # standard deviation over roles, in units of an answer: seven times the usual


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Let roles agree with everything, a seed at a time."""
    ledger, world = Ledger("yes_saying"), planted_world()
    one_sided = []
    for number in range(count):
        own = seed + number
        latents = world.latents(N_ROLES, seed=own)
        calm = replace(world, acquiescence=0.0).answers(latents, seed=own)
        yes = replace(world, acquiescence=SPREAD).answers(latents, seed=own)
        found, known = (
            discover(ScoreTable(world.names, each.scores().reshape(N_ROLES, -1)))
            for each in (yes, calm)
        )
        seen = float(np.std(acquiescence(yes)))
        if not np.array_equal(found.marks, known.marks):
            ledger.was_silent(f"seed {own}: agreeing changed the graph")
        elif not 0.8 * SPREAD < seen < 1.2 * SPREAD:
            ledger.was_silent(f"seed {own}: agreeing of {seen:.2f} was not seen")
        else:
            ledger.survived()
        worse = replace(world, acquiescence=SPREAD, reverse_share=0.0).answers(latents, seed=own)
        table = ScoreTable(world.names, worse.scores().reshape(N_ROLES, -1))
        one_sided.append(not np.array_equal(discover(table).marks, known.marks))
    ours = inventory("schwartz10")
    without = replace(ours, items=tuple(item for item in ours.items if item.key == 1))
    n_named = sum("items for it" in fault for fault in without.lint())
    assert n_named == len(ours.system.names)
    return ledger.outcome(
        f"with items keyed one way alone the same agreeing changed {sum(one_sided)} of {count} "
        "graphs; such an inventory is named by its linter"
    )


CAMPAIGN = Campaign(
    name="yes_saying",
    group="numbers",
    fault="roles that agree with everything, each to another degree",
    promise="the graph is the one without agreeing, and the agreeing is measured",
    n_full=50,
    n_small=5,
    work=work,
)
