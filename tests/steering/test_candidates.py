"""Rules pick the features that they say they pick, from the roles they are given."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from fake_dictionary import FakeDictionary
from register_dictionary import RegisterDictionary, organism, register_of, registers

from causalvalues import ScoreTable
from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.candidates import (
    by_contrast,
    by_phrase,
    candidate_features,
    live_features,
    named,
)
from causalvalues.steering.feature_activity import FeatureActivity, feature_activity
from causalvalues.steering.feature_table import FeatureRow, FeatureTable
from causalvalues.steering.intervention import Scope, Strength
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import Role, anchored_roles

Loaded = Callable[[str], LanguageModel]

ITEMS = inventory("schwartz10")
QUESTIONS = tuple(Protocol(orders=("given",)).questions(ITEMS))[::40]
ROLES = anchored_roles(ITEMS.system, 48, seed=8)
ORGANISMS = pytest.mark.parametrize("name", ["gemma", "llama"])


def activity(by_group: np.ndarray, **changes: object) -> FeatureActivity:
    """What was counted of some roles."""
    n = by_group.shape[1]
    found = {
        "sae": "fake", "layer": 1, "sae_digest": "d", "n_tokens": 100,
        "maximum": by_group.max(axis=0), "mean": by_group.mean(axis=0),
        "frequency": np.full(n, 0.5), "groups": tuple(f"r{i}" for i in range(len(by_group))),
        "by_group": by_group,
    }  # fmt: skip
    return FeatureActivity(**(found | changes))  # type: ignore[arg-type]


@ORGANISMS
def test_contrast_finds_the_register_of_every_value_on_both_sides(name: str) -> None:
    dictionary = RegisterDictionary(registers(name))
    read = feature_activity(organism(name), dictionary, ROLES, QUESTIONS)
    table = by_contrast(read, ROLES, top=1)
    for value in ITEMS.system.names:
        rows = table.of(value).rows
        assert {(register_of(row.feature, dictionary), row.sign) for row in rows} == {
            ((value, 1), 1),
            ((value, -1), -1),
        }


def test_contrast_is_a_difference_in_units_of_its_error() -> None:
    rng = np.random.default_rng(0)
    levels = np.linspace(-1, 1, 30)
    noise = rng.normal(size=30)
    active = np.stack([levels + noise, -levels, noise, np.zeros(30), np.ones(30)], axis=1)
    roles = [Role(f"r{i}", "", levels={"power": level}) for i, level in enumerate(levels)]
    table = by_contrast(activity(active), roles, top=2)
    by_feature = {row.feature: row for row in table.rows}
    assert table.rows[0].feature == 1
    assert by_feature[1].sign == -1
    assert by_feature[0].sign == 1
    assert not {3, 4} & set(by_feature)
    low, high = active[:10, 0], active[20:, 0]
    error = np.sqrt((low.var(ddof=1) + high.var(ddof=1)) / 10)
    assert by_feature[0].score == pytest.approx((high.mean() - low.mean()) / error)


def test_unsteered_scores_tell_high_from_low_as_levels_do() -> None:
    rng = np.random.default_rng(1)
    levels = rng.permutation(np.linspace(-1, 1, 24))
    read = activity(np.stack([levels, rng.normal(size=24)], axis=1))
    roles = [Role(f"r{i}", "", levels={"power": level}) for i, level in enumerate(levels)]
    scores = ScoreTable(
        names=("power", "security"),
        scores=np.array([[level, 0.0] for level in levels for _ in range(3)])
        + np.tile([[0.0, 0], [0, 0], [50.0, 0]], (24, 1)),
        clusters=np.repeat(np.array([f"r{i}" for i in range(24)]), 3),
        contexts=np.tile(["", "", "steered"], 24),
    )
    assert by_contrast(read, scores, values=("power",)) == by_contrast(read, roles)


def test_a_phrase_finds_what_is_active_at_its_tokens(loaded: Loaded) -> None:
    model, fake = loaded("gemma"), FakeDictionary(layer=1)
    requests = [Request((Message("user", "Long walks and quiet mornings."),))]
    table = by_phrase(model, fake, requests, phrase=" quiet", top=5)
    (mark,), ((_, residual),) = (
        model.marks(requests, " quiet"),
        list(model.residuals(requests, 1)),
    )
    means = fake.activations(torch.from_numpy(residual))[mark.in_phrase].mean(0)
    assert list(table.features) == means.argsort(descending=True)[:5].tolist()
    assert {row.rule for row in table.rows} == {"phrase"}
    assert all(row.maximum and row.maximum >= row.score * 0.999 for row in table.rows)
    with pytest.raises(OptionError, match="without a role"):
        by_phrase(
            model,
            fake,
            [
                Request(
                    (
                        Message("system", "Rest."),
                        Message("user", "A"),
                    )
                )
            ],
        )


def test_every_feature_is_a_candidate_once_at_its_largest_maximum() -> None:
    one = FeatureTable("fake", 1, "d", (
        FeatureRow(3, "contrast", 9.0, 1, "power", 2.0),
        FeatureRow(4, "contrast", 8.0, 1, "power", 1.0),
        FeatureRow(5, "contrast", 1.0, 1, "security", 1.0),
        FeatureRow(6, "contrast", 1.0, 1, "security", 0.0),
    ))  # fmt: skip
    two = FeatureTable("fake", 1, "d", (FeatureRow(3, "phrase", 1.0, 0, "", 2.5),))
    found = candidate_features(one, two)
    assert [feature.feature for feature in found] == [3, 5, 4]
    assert [feature.observed_maximum for feature in found] == [2.5, 1.0, 1.0]
    first = found[0]
    assert first.strength == Strength(1.0, "feature maximum")
    assert (first.sae, first.layer, first.sae_digest) == ("fake", 1, "d")
    assert first.scope == Scope("all")
    scope = Scope("phrase", " your values")
    (other,) = candidate_features(one, strength=2.0, mode="clamp", scope=scope, most=1)
    assert (other.strength.amount, other.mode, other.scope) == (2.0, "clamp", scope)
    assert list(named(found)) == ["fake:3 ×+1 max", "fake:5 ×+1 max", "fake:4 ×+1 max"]


@pytest.mark.fault
def test_rules_without_contrast_are_errors() -> None:
    levels = np.linspace(-1, 1, 9)
    read = activity(levels[:, None])
    roles = [Role(f"r{i}", "", levels={"power": level}) for i, level in enumerate(levels)]
    with pytest.raises(OptionError, match="levels of"):
        by_contrast(read, [Role(f"r{i}", "") for i in range(9)])
    with pytest.raises(OptionError, match="levels of"):
        by_contrast(read, roles, values=("might",))
    with pytest.raises(OptionError, match="Every role"):
        by_contrast(read, roles[:4])
    with pytest.raises(OptionError, match="share"):
        by_contrast(read, roles, share=0.8)
    with pytest.raises(OptionError, match="high in power"):
        by_contrast(read, roles, share=0.1)
    alike = [Role(f"r{i}", "", levels={"power": 0.5}) for i in range(9)]
    with pytest.raises(OptionError, match="high in power"):
        by_contrast(read, alike)
    with pytest.raises(OptionError, match="top"):
        by_contrast(read, roles, top=0)


def test_all_that_was_active_may_be_screened_the_most_frequent_first() -> None:
    read = activity(np.ones((2, 4)), frequency=np.array([0.1, 0.0, 0.4, 0.1]))
    table = live_features(read)
    assert table.features == (2, 0, 3)
    assert {row.rule for row in table.rows} == {"live"}


@pytest.mark.fault
def test_features_of_one_name_must_be_one() -> None:
    table = FeatureTable("fake", 1, "d", (FeatureRow(3, "phrase", 1.0, maximum=2.0),))
    other = FeatureTable("fake", 1, "e", (FeatureRow(3, "phrase", 1.0, maximum=2.0),))
    with pytest.raises(OptionError, match="different names"):
        named(candidate_features(table, other))
