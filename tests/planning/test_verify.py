"""A report says what was expected, what came, and whether the two agree."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_plans import chain_candidates

from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.planning.candidate import Candidate
from causalvalues.planning.known import known
from causalvalues.planning.plan import plan
from causalvalues.planning.propagation import no_propagation
from causalvalues.planning.verify import SteeringReport, collateral_of, verify
from causalvalues.steering.role_prompts import settling
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles

CANDIDATES, PROPAGATION = chain_candidates()
MADE = plan({"a": 0.4}, ("b",), known(CANDIDATES, PROPAGATION), budget=2)
ROLES = tuple("pqrstuvw")


def came(a: float, b: float, c: float) -> EffectProfile:
    """A profile in which roles hardly differ."""
    wiggle = 0.01 * np.linspace(-1, 1, len(ROLES))[:, None]
    return EffectProfile("plan", ("a", "b", "c"), np.array([[a, b, c]]) + wiggle, ROLES, 24)


def test_what_came_as_expected_is_said_so_and_what_did_not_is_missed() -> None:
    frame = SteeringReport(MADE, came(0.4, 0.0, 0.5)).to_frame().set_index("value")
    assert frame.verdict.to_dict() == {"a": "as predicted", "b": "as predicted", "c": "missed"}
    assert frame.role.to_dict() == {"a": "target", "b": "held", "c": "other"}
    assert (frame.predicted_low <= frame.predicted).all()
    assert (frame.predicted <= frame.predicted_high).all()


def test_a_value_that_was_not_asked_about_is_not_measured() -> None:
    frame = SteeringReport(MADE, came(0.4, 0.0, float("nan"))).to_frame().set_index("value")
    assert frame.verdict["c"] == "not measured"


def test_collateral_is_that_of_held_values_of_all_others_and_of_each_role() -> None:
    differences = np.array([[0.4, 0.1, 0.3], [0.4, -0.1, 0.1]])
    profile = EffectProfile("plan", ("a", "b", "c"), differences, ("p", "q"), 6)
    report = SteeringReport(MADE, profile)
    assert report.gain == {"a": pytest.approx(0.4)}
    assert report.collateral == {
        "held": pytest.approx(0.0),
        "all others": pytest.approx(0.1),
        "all others, role by role": pytest.approx(0.15),
    }
    with pytest.raises(OptionError, match="some values"):
        collateral_of(profile, ())


def test_a_report_is_plain_json(tmp_path: Path) -> None:
    report = SteeringReport(MADE, came(0.4, 0.0, float("nan")), came(0.0, 0.0, 0.0))
    text = report.to_json(tmp_path / "report.json").read_text("utf-8")
    assert "NaN" not in text
    assert '"control"' in text


def test_a_plan_is_asked_again_on_the_embedded_model_and_only_once(tmp_path: Path) -> None:
    model = LanguageModel.load(folder_of("organism/gemma"), dtype="float32", device="cpu")
    items = inventory("schwartz10")
    names = items.system.names
    roles = anchored_roles(items.system, 6, seed=321)
    questions = tuple(Protocol(orders=("reversed",)).questions(items))[::4]
    line = settling(items.system, {"power": -0.8})
    guess = np.where(np.array(names) == "power", -0.5, 0.0) + np.zeros((6, 1))
    profile = EffectProfile("power falls", names, guess, tuple(r.id for r in roles), 60)
    made = plan(
        {"power": -0.3}, (), known([Candidate(line, profile)], no_propagation(names, np.ones(10)))
    )
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        report = verify(made, model, questions, roles, store)
        n_held = len(store)
        again = verify(made, model, questions, roles, store)
        assert len(store) == n_held == 2 * len(roles) * len(questions)
    assert report.gain["power"] < -0.3
    assert report.collateral["all others"] < 0.1
    assert (again.measured.differences == report.measured.differences).all()
    assert report.measured.healthy
    assert replace(report, control=report.measured).to_dict()["control"] is not None
