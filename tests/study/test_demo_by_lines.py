"""The demo of a model without an autoencoder: by lines where they work, a named end where not."""

from pathlib import Path

import pytest
from reader import ITEMS, reader

from causalvalues.commands.demo import _print_steering
from causalvalues.demo import RAISED, study_of_demo, tell
from causalvalues.study.stages import silent
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import SETTLED

pytestmark = pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning")

STUDY = study_of_demo(n_roles=100, n_resamples=12, model="reader")


def test_a_model_without_an_autoencoder_is_steered_by_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = tell(STUDY, tmp_path, bar=silent, n_calibration=4, n_held_out=6, respondent=reader())
    assert story.steered is not None
    found = story.steered.found.candidates
    assert found.n_told == len(found.interventions) == 50
    assert story.steered.verified.verdict.planted is None  # nobody knows what is true of it
    _print_steering(story)
    said = " ".join(capsys.readouterr().out.split())
    assert "lines alone" in said
    assert "causalvalues candidates" in said


def test_a_model_that_heeds_no_line_ends_its_story_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deaf = reader()
    heed, definition = deaf.weigh, ITEMS.system.values
    kept = next(each.definition for each in definition if each.name == RAISED)

    def weigh(request: Request) -> object:
        role, asked = request.messages
        lines = role.text.splitlines()
        heard = [x for x in lines if not x.endswith(SETTLED) or x.startswith(kept)]
        return heed(Request((Message("system", "\n".join(heard)), asked), request.options))

    deaf.weigh = weigh  # type: ignore[assignment]
    story = tell(STUDY, tmp_path, bar=silent, n_calibration=4, n_held_out=4, respondent=deaf)
    assert story.steered is None
    assert story.outcome.graph.n_edges > 5
    assert all(path.exists() for path in story.files)
    _print_steering(story)
    said = " ".join(capsys.readouterr().out.split())
    assert "The graph was not steered by" in said
    assert "of achievement" in said
