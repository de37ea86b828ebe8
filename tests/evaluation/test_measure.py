"""What is measured is what the world does; what is kept is not asked again."""

from pathlib import Path

import numpy as np
import pytest
from fakes import (
    CHAIN,
    NAMES,
    QUESTIONS,
    LinearWorld,
    Registers,
    Unswept,
    expected_credit,
    roles_of,
    small_inventory,
    true_scores,
)

from causalvalues.errors import Interrupted, OptionError
from causalvalues.evaluation.measure import measure
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.evaluation.surveying import survey_under
from causalvalues.steering.document import digest_of
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    RolePrompt,
    SaeFeature,
    Strength,
    ValueVector,
)
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.scripted import ScriptedRespondent

ROLES = roles_of(12)
SAES = {"registers": Registers()}
UP = SaeFeature("registers", 0, 0, Strength(0.5))
VECTOR = ValueVector("v", {0: np.array([0, 0, 0, 0.5], dtype=np.float32)})
SETTLED = RolePrompt("settled stimulation +0.50", {"stimulation": 0.5})
BOTH = Combined((UP, SETTLED))


def measured(
    folder: Path,
    interventions: dict[str, Intervention],
    world: Unswept | None = None,
    **options: object,
) -> dict[str, EffectProfile]:
    """Profiles in the linear world."""
    with AnswerStore.open(folder / "answers.sqlite") as store:
        return measure(
            world or LinearWorld(), interventions, QUESTIONS, ROLES, store,
            dictionaries=SAES, **options,  # type: ignore[arg-type]
        )  # fmt: skip


def test_a_feature_changes_what_follows_from_it_and_nothing_else(tmp_path: Path) -> None:
    profile = measured(tmp_path, {"up": UP})["up"]
    truth = true_scores(ROLES, np.array([0.5, 0, 0, 0])) - true_scores(ROLES)
    assert profile.names == NAMES
    assert profile.roles == tuple(role.id for role in ROLES)
    assert np.allclose(profile.differences, truth, atol=1e-6)
    low, high = profile.interval()
    assert (low[:3] > 0).all()
    assert low[3] <= 0 <= high[3]
    assert profile.healthy
    assert profile.digest == digest_of(UP)
    assert profile.n_answers == len(ROLES) * len(QUESTIONS)


def test_role_prompts_and_hooks_are_measured_together_and_apart(tmp_path: Path) -> None:
    found = measured(tmp_path, {"up": UP, "settled": SETTLED, "both": BOTH, "vector": VECTOR})
    parts = np.arctanh(true_scores(ROLES)) / 2 @ (np.eye(4) - CHAIN)
    without = expected_credit(0.5 * CHAIN[1, 2] + parts[:, 2]) - true_scores(ROLES)[:, 2]
    for name in ("settled", "both"):
        assert np.allclose(found[name].differences[:, 2], without, atol=1e-6)
    assert np.allclose(found["settled"].differences[:, 0], 0, atol=1e-9)
    assert found["both"].of(NAMES[0]) == pytest.approx(found["up"].of(NAMES[0]))
    assert found["vector"].of(NAMES[3]) > 0.2


def test_interventions_that_tell_the_same_share_one_sweep(tmp_path: Path) -> None:
    world = LinearWorld()
    measured(tmp_path, {"up": UP, "settled": SETTLED, "vector": VECTOR, "both": BOTH}, world)
    assert world.sweeps == [("", "up", "vector"), ("settled", "both")]


def test_what_is_kept_is_not_asked_again(tmp_path: Path) -> None:
    one = LinearWorld()
    first = measured(tmp_path, {"up": UP, "settled": SETTLED}, one)
    assert one.n_asked == 3 * len(ROLES) * len(QUESTIONS)
    two = LinearWorld()
    again = measured(tmp_path, {"settled": SETTLED, "up": UP, "both": BOTH}, two)
    assert two.n_asked == len(ROLES) * len(QUESTIONS)
    assert np.array_equal(first["up"].differences, again["up"].differences)


def test_a_changed_intervention_or_autoencoder_is_asked_again_under_its_name(
    tmp_path: Path,
) -> None:
    measured(tmp_path, {"up": UP})
    stronger = LinearWorld()
    measured(tmp_path, {"up": SaeFeature("registers", 0, 0, Strength(0.6))}, stronger)
    assert stronger.n_asked == len(ROLES) * len(QUESTIONS)
    retrained = LinearWorld()
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        other = {"registers": Registers(digest="r2")}
        measure(retrained, {"up": UP}, QUESTIONS, ROLES, store, dictionaries=other)
    assert retrained.n_asked == len(ROLES) * len(QUESTIONS)


@pytest.mark.parametrize("world", [Unswept(), ScriptedRespondent()])
def test_a_respondent_without_an_inside_can_be_told(
    tmp_path: Path, world: Unswept | ScriptedRespondent
) -> None:
    found = measured(tmp_path, {"settled": SETTLED}, world)  # type: ignore[arg-type]
    assert np.isfinite(found["settled"].change).all()


@pytest.mark.fault
def test_a_respondent_without_an_inside_cannot_be_steered(tmp_path: Path) -> None:
    world = Unswept()
    with pytest.raises(OptionError, match="in this process"):
        measured(tmp_path, {"settled": SETTLED, "up": UP}, world)
    assert world.n_asked == 0
    with pytest.raises(OptionError, match="function"):
        measured(tmp_path, {"up": UP}, ScriptedRespondent())  # type: ignore[arg-type]


@pytest.mark.fault
def test_names_are_needed_and_so_is_something_to_measure(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="one intervention"):
        measured(tmp_path, {})
    with pytest.raises(OptionError, match="needs a name"):
        measured(tmp_path, {"": UP})


def test_progress_counts_all_answers_and_resumes(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    interventions = {"up": UP, "settled": SETTLED}
    total = 3 * len(ROLES) * len(QUESTIONS)
    note = lambda done, of: seen.append((done, of))  # noqa: E731
    measured(tmp_path, interventions, progress=note)
    assert [of for _, of in seen] == [total] * len(seen)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (total, total)
    assert seen[0] == (0, total)
    seen.clear()
    measured(tmp_path, interventions, progress=note)
    assert seen[-1] == (total, total)


def test_written_answers_of_a_respondent_without_an_inside_can_be_told_only(tmp_path: Path) -> None:
    written = tuple(Protocol.preset("kang2025").questions(asking_inventory()))
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = measure(LinearWorld(), {"t": SETTLED}, written, ROLES[:2], store, how="text")
        assert np.allclose(found["t"].change, 0)
        with pytest.raises(OptionError, match="in this process"):
            measure(
                LinearWorld(), {"up": UP}, written, ROLES[:2], store,
                how="text", dictionaries=SAES,
            )  # fmt: skip


def test_a_value_that_was_not_asked_about_is_not_a_number(tmp_path: Path) -> None:
    names = (*NAMES, "power")
    profile = measured(tmp_path, {"up": UP}, names=names)["up"]
    assert profile.names == names
    assert np.isnan(profile.of("power"))
    assert np.isfinite(profile.change[:4]).all()


def test_an_interrupt_keeps_what_was_answered(tmp_path: Path) -> None:
    stopped = ScriptedRespondent(stop_after=100)
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        with pytest.raises(Interrupted):
            survey_under(stopped, {"t": SETTLED}, QUESTIONS, ROLES, store)
        assert len(store) == 100
        rest = ScriptedRespondent()
        responses = survey_under(rest, {"t": SETTLED}, QUESTIONS, ROLES, store)
    assert rest.n_asked == len(responses) - 100


def asking_inventory():  # type: ignore[no-untyped-def]
    """The small inventory with questions instead of portraits."""
    from dataclasses import replace

    small = small_inventory(1)
    items = [
        replace(item, wordings={"ask": (f"Should I do {item.id} today?",)}) for item in small.items
    ]
    return replace(small, items=tuple(items))
