"""Rules find single planted values in the organisms' own autoencoders."""

from collections.abc import Iterable

import pytest
from register_dictionary import organism, registers

from causalvalues.steering.attribution import by_attribution
from causalvalues.steering.candidates import by_contrast, candidate_features
from causalvalues.steering.feature_activity import feature_activity
from causalvalues.steering.feature_table import FeatureRow, FeatureTable
from causalvalues.steering.sae import Sae, open_sae
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.roles import anchored_roles

ITEMS = inventory("schwartz10")
QUESTIONS = tuple(Protocol(orders=("given",)).questions(ITEMS))
ROLES = anchored_roles(ITEMS.system, 60, seed=5)
CLOSE = 0.7


def matches(table: FeatureTable, sae: Sae, name: str) -> int:
    """How many of twenty sides have, among their features, one that points as the value does."""
    own = dict(zip(registers(name).names, registers(name).directions, strict=True))

    def close(rows: Iterable[FeatureRow], value: str) -> bool:
        directions = ((row.sign, sae.direction(row.feature)) for row in rows)
        return any(sign * own[value] @ d / d.norm() > CLOSE for sign, d in directions)

    return sum(
        close((row for row in table.of(value).rows if row.sign == sign), value)
        for value in ITEMS.system.names
        for sign in (1, -1)
    )


@pytest.mark.parametrize(
    ("name", "by_difference", "by_flow", "by_gain"), [("gemma", 19, 15, 19), ("llama", 16, 13, 18)]
)
def test_most_values_are_found_on_both_sides(
    name: str, by_difference: int, by_flow: int, by_gain: int
) -> None:
    model, sae = organism(name), open_sae(f"organism-{name}")
    activity = feature_activity(model, sae, ROLES, QUESTIONS[::27])
    contrast = by_contrast(activity, ROLES, top=2)
    assert matches(contrast, sae, name) >= by_difference
    flow = by_attribution(model, sae, ROLES[:4], QUESTIONS[::2], activity, top=2)
    assert matches(flow, sae, name) >= by_flow
    gain = by_attribution(model, sae, ROLES[:4], QUESTIONS[::2], activity, of="maximum", top=2)
    assert matches(gain, sae, name) >= by_gain
    found = candidate_features(contrast, flow)
    assert len({feature.feature for feature in found}) == len(found) >= 25
    assert {feature.sae_digest for feature in found} == {sae.digest}
