"""What exists already, fitted to a value: lines that a role is told, and one feature."""

import pytest

from causalvalues.errors import OptionError
from causalvalues.methods.prompt import value_prompt
from causalvalues.methods.sae_feature import sae_feature
from causalvalues.steering.feature_table import FeatureRow, FeatureTable
from causalvalues.steering.intervention import RolePrompt
from causalvalues.steering.role_prompts import leaning, settling
from causalvalues.steering.where import Scope
from causalvalues.values import schwartz10

SYSTEM = schwartz10()


def test_a_dose_of_leaning_is_its_strength() -> None:
    up = value_prompt(SYSTEM, value="power")
    down = value_prompt(SYSTEM, value="power", direction="lower")
    assert up.doses == (1, 2, 3)
    for dose in up.doses:
        assert up.at(dose) == leaning(SYSTEM, {"power": int(dose)})
        assert down.at(dose) == leaning(SYSTEM, {"power": -int(dose)})


def test_a_dose_of_settling_is_its_level() -> None:
    up = value_prompt(SYSTEM, value="power", words="settling")
    down = value_prompt(SYSTEM, value="power", words="settling", direction="lower")
    assert up.doses == (0.4, 0.8)
    assert up.at(0.8) == settling(SYSTEM, {"power": 0.8})
    found = down.at(0.4)
    assert isinstance(found, RolePrompt)
    assert found.settles == {"power": -0.4}


def test_a_dose_between_two_grades_is_told_as_the_nearer_one() -> None:
    fitted = value_prompt(SYSTEM, value="power")
    assert fitted.at(1.4) == fitted.at(1.0)
    assert fitted.at(1.5) == fitted.at(1.0)
    assert fitted.at(2.6) == fitted.at(9.0) == fitted.at(3.0)
    assert fitted.is_told
    assert fitted.scale == "steps"


def test_a_value_of_another_system_is_refused() -> None:
    with pytest.raises(OptionError, match="a value of"):
        value_prompt(SYSTEM, value="thrift")


ROWS = (
    FeatureRow(4, "contrast", 9.0, -1, "power", 2.0, 0.1),
    FeatureRow(7, "contrast", 8.0, 1, "power", 0.0, 0.0),  # never seen active
    FeatureRow(5, "contrast", 7.0, 1, "power", 3.0, 0.2),
    FeatureRow(6, "contrast", 6.0, 1, "power", 1.0, 0.2),
    FeatureRow(1, "contrast", 5.0, 1, "security", 1.0, 0.2),
)
TABLE = FeatureTable("sae", 3, "digest", ROWS)


def test_the_best_feature_of_the_sign_that_is_wanted_is_added_in_its_maxima() -> None:
    up = sae_feature(TABLE, value="power")
    feature = up.at(2.0)
    assert (feature.feature, feature.layer, feature.observed_maximum) == (5, 3, 3.0)
    assert (feature.strength.amount, feature.strength.unit) == (2.0, "feature maximum")
    assert feature.scope == Scope("answering")
    assert sae_feature(TABLE, value="power", rank=1).at(1.0).feature == 6
    down = sae_feature(TABLE, value="power", direction="lower")
    assert down.at(1.0).feature == 4
    assert down.at(1.0).strength.amount == 1.0


def test_a_feature_that_is_not_there_is_refused() -> None:
    with pytest.raises(OptionError, match="lowers security"):
        sae_feature(TABLE, value="security", direction="lower")
    with pytest.raises(OptionError, match="number 2"):
        sae_feature(TABLE, value="power", rank=2)
    with pytest.raises(OptionError, match="no dose"):
        sae_feature(TABLE, value="power", mode="ablate")
