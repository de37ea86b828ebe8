"""Roles are seeded, distinct and balanced; power says what simulation shows."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from causalvalues.errors import FileError, OptionError, RepeatedColumn
from causalvalues.survey.power import power
from causalvalues.survey.roles import (
    CLOSING,
    GRADES,
    SETTLED,
    anchored_roles,
    kang2025_traits,
    level_of,
    read_roles,
    settle,
    trait_roles,
)
from causalvalues.values import schwartz10, value_system

TEMPLATE = "{gender}; {job}; {type}"


def test_a_part_of_the_design_uses_every_level_about_as_often() -> None:
    traits = kang2025_traits()
    roles = trait_roles(traits, 104, template=TEMPLATE, seed=3)
    assert len({role.text for role in roles}) == len({role.id for role in roles}) == 104
    for name, levels in traits.items():
        counts = Counter(role.traits[name] for role in roles)
        assert set(counts) == set(levels)
        assert max(counts.values()) - min(counts.values()) <= 2
    assert roles[0].text == "; ".join(roles[0].traits.values())


def test_the_whole_design_has_every_combination_once() -> None:
    traits = {"a": ("x", "y"), "b": ("1", "2", "3")}
    roles = trait_roles(traits, 6, template="{a}{b}")
    assert {role.text for role in roles} == {"x1", "x2", "x3", "y1", "y2", "y3"}


def test_a_seed_gives_the_same_roles() -> None:
    for make in (
        lambda seed: trait_roles(kang2025_traits(), 9, template=TEMPLATE, seed=seed),
        lambda seed: anchored_roles(schwartz10(), 9, seed=seed),
    ):
        assert make(1) == make(1)
        assert make(1) != make(2)


@pytest.mark.parametrize("system", ["schwartz10", "schwartz19", "kang17"])
def test_anchored_roles_spread_every_value_and_tie_none(system: str) -> None:
    values = value_system(system)
    roles = anchored_roles(values, 500, seed=1)
    levels = np.array([[role.levels[name] for name in values.names] for role in roles])
    assert np.allclose(np.sort(levels, axis=0).T, np.linspace(-1, 1, 500), atol=0.005)
    apart = np.corrcoef(levels.T)[np.triu_indices(len(values.names), 1)]
    assert np.abs(apart).max() < 0.2
    assert len({role.text for role in roles}) == 500


def test_the_text_of_a_role_says_its_levels_in_a_shuffled_order() -> None:
    values = schwartz10()
    roles = anchored_roles(values, 40, seed=2)
    firsts = set()
    for role in roles:
        lines = role.text.split("\n")
        assert len(lines) == 10 + 1
        assert lines[-1] == CLOSING
        firsts.add(lines[0].split(".")[0])
        for value in values.values:
            (line,) = [one for one in lines if one.startswith(value.definition)]
            step = min(int((role.levels[value.name] + 1) / 2 * 5), 4)
            assert line.endswith(GRADES[step])
    assert len(firsts) > 5


def test_a_settled_value_is_said_last_and_changes_nothing_else() -> None:
    values = schwartz10()
    for role in anchored_roles(values, 5, seed=2):
        before = role.text.split("\n")
        after = settle(role, values, {"power": level_of(4)}).text.split("\n")
        assert after[:10] == before[:10]
        assert after[11:] == before[10:]
        assert after[10].endswith(SETTLED[4])
    with pytest.raises(OptionError, match="anchored"):
        settle(trait_roles({"a": ["x"]}, 1, template="{a}")[0], values, {"power": 1.0})
    with pytest.raises(OptionError, match="pover"):
        settle(role, values, {"pover": 1.0})


def test_personas_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "personas.csv"
    path.write_text('id,text,age\n1,"You are Ada, a judge.",40\n02,You bake.,33\n', "utf-8")
    roles = read_roles(path)
    assert [role.id for role in roles] == ["1", "02"]
    assert roles[0].text == "You are Ada, a judge."
    assert roles[0].traits == {"age": "40"}


@pytest.mark.fault
@pytest.mark.parametrize(
    "text", ["name,text\na,b\n", "id,text\na,b\na,c\n", "id,text\na,b\nc,b\n", "id,text\na,\n"]
)
def test_a_file_without_distinct_roles_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "personas.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((FileError, RepeatedColumn)):
        read_roles(path)


@pytest.mark.fault
def test_a_design_that_cannot_be_is_an_error() -> None:
    with pytest.raises(OptionError, match="from 1 to 4"):
        trait_roles({"a": "xy", "b": "12"}, 5, template="{a}{b}")
    with pytest.raises(OptionError, match="may name a"):
        trait_roles({"a": ("x",)}, 1, template="{b}")
    with pytest.raises(OptionError, match="at least one level"):
        trait_roles({"a": ()}, 1, template="{a}")
    with pytest.raises(OptionError, match="latin or random"):
        anchored_roles(schwartz10(), 3, design="sobol")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="n_roles"):
        anchored_roles(schwartz10(), 0)


@pytest.mark.parametrize(("strength", "reliability"), [(0.3, 1.0), (-0.4, 0.7), (0.25, 0.9)])
def test_the_number_of_roles_gives_the_wanted_power(strength: float, reliability: float) -> None:
    asked = power(strength, reliability=reliability, alpha=0.05)
    rng = np.random.default_rng(5)
    n_studies = 1500
    latent = rng.standard_normal((n_studies, asked.n_roles, 2))
    latent[..., 1] = strength * latent[..., 0] + np.sqrt(1 - strength**2) * latent[..., 1]
    noise = rng.standard_normal(latent.shape) * np.sqrt(1 - reliability)
    scores = latent * np.sqrt(reliability) + noise
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).sum(axis=1))
    r = (centred[..., 0] * centred[..., 1]).sum(axis=1) / spread.prod(axis=1)
    found = np.sqrt(asked.n_roles - 3) * np.abs(np.arctanh(r)) > 1.959964
    assert found.mean() == pytest.approx(0.8, abs=0.035)
    assert str(asked.n_roles) in asked.sentence()


def test_noise_and_other_values_cost_roles() -> None:
    clean, noisy = power(0.3).n_roles, power(0.3, reliability=0.6).n_roles
    assert noisy > 2 * clean
    assert power(0.3, n_given=4).n_roles == clean + 4
    assert power(0.3, reliability=0.6, reliability_of_other=1.0).n_roles < noisy


@pytest.mark.fault
@pytest.mark.parametrize(
    "options",
    [{"strength": 0.0}, {"strength": 1.0}, {"reliability": 0.0}, {"n_given": -1}, {"alpha": 1.0}],
)
def test_power_of_the_impossible_is_an_error(options: dict[str, float]) -> None:
    with pytest.raises(OptionError):
        power(**{"strength": 0.3, **options})  # type: ignore[arg-type]
