"""What is measured behind a gate is measured for the items that open it, and for no others."""

from functools import cache
from pathlib import Path

import numpy as np

from causalvalues.evaluation.measure import measure
from causalvalues.evaluation.surveying import survey_under
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.steering.gate import Gate, WordDetector
from causalvalues.steering.gating import hashed_words
from causalvalues.steering.intervention import Probe, ProbeEdit, Scope, gated
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles

ITEMS = inventory("schwartz10")
ROLES = anchored_roles(ITEMS.system, 3, seed=4)
QUESTIONS = tuple(Protocol(orders=("given",)).questions(ITEMS))
ASKED = QUESTIONS[0].bare
MARKS = hashed_words([ASKED], 4096)[0].astype(np.float32)
GATE = Gate("one item", WordDetector(100 * MARKS, -95.0), 0.5)


@cache
def model() -> LanguageModel:
    """An organism, loaded once."""
    return LanguageModel.load(folder_of("organism/gemma"), dtype="float32", device="cpu")


def pushed() -> ProbeEdit:
    """A push in a direction drawn at random."""
    width = model().model.config.hidden_size
    weights = np.random.default_rng(2).standard_normal(width).astype(np.float32)
    return ProbeEdit("push", (Probe("power", {1: weights}, {1: -200.0}, 0.9),), scope=Scope("all"))


def test_only_the_items_that_open_a_gate_are_answered_otherwise(tmp_path: Path) -> None:
    free = pushed()
    given = {
        "free": free,
        "gated": gated(free, GATE),
        "closed": gated(free, GATE.forced("closed")),
    }
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = survey_under(model(), given, QUESTIONS, ROLES, store)
        profiles = measure(model(), given, QUESTIONS, ROLES, store, check_health=False)
    said = {
        name: found.log_probabilities[(found.frame["condition"] == name).to_numpy()]
        for name in ("", *given)
    }
    asked = found.frame["question"][found.frame["condition"] == ""].to_numpy()
    (opened,) = (question.id for question in QUESTIONS if question.bare == ASKED)
    expected = np.where((asked == opened)[:, None], said["free"], said[""])
    np.testing.assert_allclose(said["gated"], expected, atol=1e-4)
    assert np.array_equal(said["closed"], said[""], equal_nan=True)
    assert not np.allclose(said["free"], said[""], atol=0.1, equal_nan=True)
    assert not profiles["closed"].differences.any()
    (item,) = (item for item in ITEMS.items if ASKED in item.wordings["portrait"])
    moved = np.abs(profiles["gated"].differences).max(axis=0) > 1e-4
    assert moved.tolist() == [name == item.value for name in profiles["gated"].names]
