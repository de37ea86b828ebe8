"""What interventions do is the same, bit for bit, whoever asks, and whoever dies while asking."""

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from organism_steering import (
    CANDIDATES,
    FEATURE,
    LINE,
    N_ROLES,
    PUSH,
    SAE,
    STUDY,
    answers,
    copied,
    made,
    measured,
    planned,
    verified,
)
from scripted_models import QUESTIONS, ROLES, Mortal, Refusing, Steady, contents, damage, n_noted
from typer.testing import CliRunner

from causalvalues.cli import app
from causalvalues.errors import Fault, OptionError, WorkFailed
from causalvalues.evaluation.groups import Group, groups_of
from causalvalues.evaluation.measure import measure
from causalvalues.evaluation.neutral import neutral_divergence
from causalvalues.evaluation.screen import by_screen
from causalvalues.evaluation.splits import Half
from causalvalues.evaluation.surveying import survey_under
from causalvalues.provenance import digest_of_file
from causalvalues.scale.executors import Executor, InProcess
from causalvalues.scale.outcome import Outcome
from causalvalues.scale.persistence import Patience
from causalvalues.scale.processes import Processes
from causalvalues.scale.shard import Model, opened
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.document import digest_of
from causalvalues.steering.feature_table import FeatureRow, FeatureTable
from causalvalues.steering.intervention import Intervention, Probe, ProbeEdit, RolePrompt, scaled
from causalvalues.steering.sae import open_sae
from causalvalues.study.respondents import PlannedModel
from causalvalues.study.steering import Proposing, find_candidates, measure_candidates, verify_plan
from causalvalues.study.steering.control import control_of_plan
from causalvalues.study.steering.crowd import Crowd
from causalvalues.study.steering.halves import calibration_of
from causalvalues.study.steering.shards import cut
from causalvalues.study.steering.steerable import Steerable, inside
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.study.steering.worker import Screen, ask_shard
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Question
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles

pytestmark = pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning")

ORGANISM = PlannedModel(STUDY.model)
PEOPLE = ROLES[:40]
LINES: dict[str, Intervention] = {
    "kind": RolePrompt("You are kind."),
    "stern": RolePrompt("You are stern."),
    "untold": RolePrompt("You are silent.", share=0.0),
}
N_ANSWERS = 4 * 40 * len(QUESTIONS)


@dataclass(frozen=True)
class Alone:
    """A run that one process has measured, planned and verified."""

    folder: Path
    effects: dict[str, str]
    verdict: dict[str, str]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with candidates that nobody has measured; nobody changes it."""
    return made(tmp_path_factory.mktemp("runs") / "fresh")


@pytest.fixture(scope="module")
def alone(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Alone:
    """The same run after one process; nobody changes it."""
    folder = copied(fresh, tmp_path_factory.mktemp("runs") / "alone")
    effects = measured(folder)
    planned(folder)
    return Alone(folder, effects, verified(folder))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[bytes, tuple[float, ...]]:
    """What a scripted model answers to lines, asked by one process."""
    folder = tmp_path_factory.mktemp("known")
    with AnswerStore.open(folder / "answers.sqlite") as store:
        measure(Steady(folder / "log").open(), LINES, QUESTIONS, PEOPLE, store)
    return contents(folder / "answers.sqlite")


@pytest.fixture
def worker() -> Iterator[Processes]:
    """One process, and whoever takes its place."""
    processes = Processes(1)
    yield processes
    processes.close()


@dataclass
class Noting:
    """Works here, and keeps what it was given."""

    n_workers: int = 2
    tasks: list[object] = field(default_factory=list)

    def map(
        self, work: Callable[[Any], Any], tasks: Sequence[Any]
    ) -> Generator[Outcome[Any], None, None]:
        self.tasks.extend(tasks)
        yield from InProcess().map(work, tasks)

    def close(self) -> None:
        """Hold nothing."""


@dataclass
class Clumsy(Noting):
    """Damages the first file that comes."""

    n_damaged: int = 0

    def map(
        self, work: Callable[[Any], Any], tasks: Sequence[Any]
    ) -> Generator[Outcome[Any], None, None]:
        for outcome in super().map(work, tasks):
            if isinstance(outcome.result, Path) and not self.n_damaged:
                damage(outcome.result)
                self.n_damaged += 1
            yield outcome


@dataclass
class Losing(Noting):
    """Loses what comes after the first shards."""

    def map(
        self, work: Callable[[Any], Any], tasks: Sequence[Any]
    ) -> Generator[Outcome[Any], None, None]:
        yield from super().map(work, tasks[:2])
        for place in range(2, len(tasks)):
            yield Outcome(place, fault="gone", where="node 7")


def told(
    folder: Path, executor: Executor, model: Model, **options: Any
) -> dict[bytes, tuple[float, ...]]:
    """What the store holds after workers have measured the lines."""
    progress = options.pop("progress", None)
    with AnswerStore.open(folder / "answers.sqlite") as store:
        crowd = Crowd.of(executor, model, **options)
        measure(crowd, LINES, QUESTIONS, PEOPLE, store, progress=progress)
    return contents(folder / "answers.sqlite")


def test_two_processes_measure_the_bytes_of_one(fresh: Path, alone: Alone, tmp_path: Path) -> None:
    folder = copied(fresh, tmp_path / "run")
    words = ["effects", str(folder), "--roles", str(N_ROLES), "--items", "1", "--workers", "2"]
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code == 0, (result.output, result.exception)
    assert json.loads(result.stdout)["n_candidates"] == len(CANDIDATES)
    assert {name: digest_of_file(folder / name) for name in alone.effects} == alone.effects
    planned(folder)
    assert verified(folder, InProcess(3)) == alone.verdict
    assert answers(folder) == answers(alone.folder)
    nobody = Noting()
    assert measured(folder, nobody) == alone.effects
    assert not nobody.tasks


def test_a_screen_finds_the_same_features(tmp_path: Path) -> None:
    items = inventory("schwartz10")
    half = Half(items, anchored_roles(items.system, 3, seed=1))
    rows = tuple(FeatureRow(f, "live", 1.0, maximum=2.0) for f in (3, 7, 11))
    sae = open_sae(SAE)
    table = FeatureTable(SAE, sae.layer, sae.digest, rows)
    found = {}
    for name, model in (
        ("here", opened(ORGANISM)),
        ("there", Crowd.of(InProcess(4), ORGANISM)),
    ):
        with AnswerStore.open(tmp_path / name / "answers.sqlite") as store:
            found[name] = by_screen(model, sae, table, half, store, n_roles=2)
    assert found["here"].table == found["there"].table
    assert answers(tmp_path / "here") == answers(tmp_path / "there")


def test_candidates_share_their_screen(fresh: Path, tmp_path: Path) -> None:
    folder, workers = copied(fresh, tmp_path / "run"), Noting()
    how = Proposing(rules=("screen",), lines=(), top=1, n_roles=2, n_questions=1)
    found = find_candidates(folder, saes=(SAE,), how=how, executor=workers)
    assert len(workers.tasks) > 2
    before = {path: digest_of_file(path) for path in found.files}, answers(folder)
    (folder / "features.csv").unlink()
    find_candidates(folder, saes=(SAE,), how=how, respondent=opened(ORGANISM))
    assert ({path: digest_of_file(path) for path in found.files}, answers(folder)) == before


@pytest.mark.parametrize("n_workers", [1, 3, 16])
def test_what_another_survey_has_begun_is_finished_with_the_same_bits(
    n_workers: int, tmp_path: Path
) -> None:
    items = inventory("schwartz10")
    roles = anchored_roles(items.system, 5, seed=2)
    questions = tuple(STUDY.protocol.protocol().questions(items))[:12]
    some: dict[str, Intervention] = {"push": PUSH, "line": LINE, "feature": FEATURE}
    stores = {}
    for name in ("here", "there"):
        model = opened(ORGANISM)
        with AnswerStore.open(tmp_path / name / "answers.sqlite") as store:
            saes = {SAE: open_sae(SAE)}
            survey_under(model, {"push": PUSH}, questions[:5], roles[1:4], store)
            if name == "there":
                model = Crowd.of(InProcess(n_workers), ORGANISM)  # type: ignore[assignment]
            survey_under(model, some, questions, roles, store, dictionaries=saes)
        stores[name] = answers(tmp_path / name)
    assert stores["here"] == stores["there"]
    assert len(stores["here"]) == 4 * 5 * 12


def test_a_worker_that_is_killed_costs_no_answer(
    worker: Processes, tmp_path: Path, known: dict[bytes, tuple[float, ...]]
) -> None:
    told_of: list[tuple[int, int]] = []
    model = Mortal(tmp_path / "log", n_answers=150, n_deaths=1)
    found = told(tmp_path, worker, model, progress=lambda *each: told_of.append(each))
    assert (tmp_path / "death-0").exists()
    assert found == known
    assert told_of[0] == (0, N_ANSWERS)
    assert told_of[-1] == (N_ANSWERS, N_ANSWERS)
    assert not (tmp_path / "shards").exists()


def test_a_damaged_shard_is_asked_again(
    tmp_path: Path, known: dict[bytes, tuple[float, ...]]
) -> None:
    workers = Clumsy()
    assert told(tmp_path, workers, Steady(tmp_path / "log")) == known
    assert workers.n_damaged == 1
    assert n_noted(tmp_path / "log") > N_ANSWERS


def test_shards_that_a_stopped_run_has_left_are_not_asked_again(
    tmp_path: Path, known: dict[bytes, tuple[float, ...]]
) -> None:
    model = Steady(tmp_path / "log")
    screen = Screen(model, (), (("model", "steady"),), QUESTIONS, "system")
    groups = groups_of(LINES, PEOPLE, {})
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:

        def keys_of(group: Group) -> Sequence[bytes]:
            return group.design({"model": "steady"}, QUESTIONS, "system", written=False).keys

        keys, shards = cut(groups, PEOPLE, keys_of, store, n_workers=2)
        assert set(keys) == set(known)
        for shard in shards[:3]:
            ask_shard(shard, screen=screen, folder=tmp_path / "shards")
    assert told(tmp_path, InProcess(2), model) == known
    assert n_noted(tmp_path / "log") == N_ANSWERS


def test_what_was_given_up_says_what_failed_where_and_what_was_finished_is_kept(
    tmp_path: Path, known: dict[bytes, tuple[float, ...]]
) -> None:
    model = Steady(tmp_path / "log")
    summary = r"\d+ were given up.*anchored-\d+ to anchored-\d+ under .*gone \(on node 7\)"
    with pytest.raises(WorkFailed, match=summary):
        told(tmp_path, Losing(), model, patience=Patience(n_tries=1))
    kept = contents(tmp_path / "answers.sqlite")
    assert 0 < len(kept) < N_ANSWERS
    (tmp_path / "log").unlink()
    assert told(tmp_path, InProcess(2), model) == known
    assert n_noted(tmp_path / "log") == N_ANSWERS - len(kept)


def test_what_another_try_cannot_help_ends_at_once(tmp_path: Path) -> None:
    with pytest.raises(WorkFailed, match=r"A role must be short.*change what it says"):
        told(tmp_path, InProcess(), Refusing(tmp_path / "log"))


def test_a_worker_with_another_autoencoder_is_refused(tmp_path: Path) -> None:
    class Retrained:
        """The same autoencoder with other weights, as its digest says."""

        def __init__(self) -> None:
            self.own, self.digest = open_sae(SAE), "other"

        def __getattr__(self, name: str) -> object:
            return getattr(self.own, name)

    crowd = Crowd.of(InProcess(), ORGANISM, patience=Patience(n_tries=1))
    other: dict[str, Dictionary] = {SAE: Retrained()}  # type: ignore[dict-item]
    with (
        AnswerStore.open(tmp_path / "answers.sqlite") as store,
        pytest.raises(WorkFailed, match="give every machine the same autoencoders"),
    ):
        survey_under(crowd, {"f": FEATURE}, QUESTIONS, PEOPLE[:2], store, dictionaries=other)


def test_what_is_written_under_an_intervention_is_kept_under_the_same_key(tmp_path: Path) -> None:
    written = (Question("open", "What do you like?", (), max_new_tokens=3),)
    some: dict[str, Intervention] = {"push": PUSH, "line": LINE}
    for name, model in (
        ("here", opened(ORGANISM)),
        ("there", Crowd.of(InProcess(2), ORGANISM)),
    ):
        with AnswerStore.open(tmp_path / name / "answers.sqlite") as store:
            survey_under(model, some, written, PEOPLE[:2], store)
    assert answers(tmp_path / "here") == answers(tmp_path / "there")
    assert len(answers(tmp_path / "here")) == 6


def test_the_control_of_a_plan_and_neutral_texts_are_those_of_one_process(fresh: Path) -> None:
    sheet = calibration_of(Surveyed.of(fresh), seed=0, n_roles=2, n_items=1)
    probe = Probe("power", {1: PUSH.vector_by_layer[1]}, {1: 0.0}, 0.9)
    probed = ProbeEdit("probed", (probe,))
    here, crowd = Steerable.of(opened(ORGANISM), ()), Crowd.of(InProcess(2), ORGANISM)
    own = control_of_plan(probed, here, sheet, seed=3)
    assert digest_of(crowd.control(probed, sheet, seed=3)) == digest_of(own)
    hooked: dict[str, Intervention] = {f"push {n}": scaled(PUSH, n) for n in range(10)}
    found = crowd.divergence(hooked)
    assert list(found) == list(hooked)
    assert found == neutral_divergence(inside(here.respondent), hooked)


def test_a_model_and_workers_are_one_too_many(fresh: Path) -> None:
    for stage in (measure_candidates, verify_plan, find_candidates):
        with pytest.raises(OptionError, match="Workers open the study's model"):
            stage(fresh, respondent=opened(ORGANISM), executor=InProcess())


def test_workers_are_asked_whole_surveys_alone() -> None:
    crowd = Crowd.of(InProcess(), ORGANISM)
    assert crowd.identity == opened(ORGANISM).identity
    for ask in (crowd.log_probabilities, lambda each: crowd.texts(each, max_new_tokens=1)):
        with pytest.raises(Fault, match="whole surveys"):
            ask([])
