"""What models say reaches a graph, or an error that says how they answered."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted import WORLD, constant, planted

from causalvalues import ScoreTable
from causalvalues.errors import (
    ConstantColumn,
    DependentColumns,
    FileError,
    NotFinite,
    OptionError,
    TableError,
)
from causalvalues.organism.respondents import true_values
from causalvalues.study.interview import Interview
from causalvalues.study.plan import (
    DiscoveryPlan,
    ModelPlan,
    ProtocolPlan,
    RolesPlan,
    SettledPlan,
    Study,
)
from causalvalues.study.respondents import public_identity, public_name, respondent_of
from causalvalues.study.run import run
from causalvalues.survey.asking import ask
from causalvalues.survey.guards import ensure_usable
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Request
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles
from causalvalues.survey.scoring import score
from causalvalues.survey.scripted import ScriptedRespondent

pytestmark = pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning")

NONE = DiscoveryPlan(n_resamples=0, n_permutations=0)
STUDY = Study(
    name="answers",
    model=ModelPlan(name="scripted"),
    roles=RolesPlan(n_roles=40),
    protocol=ProtocolPlan(orders=("given",), scale="yes-no"),
    discovery=NONE,
)


def asked_with(**protocol: object) -> Study:
    return STUDY.model_copy(update={"protocol": ProtocolPlan.model_validate(protocol)})


@pytest.mark.parametrize(
    "protocol",
    [
        {"scale": "yes-no", "orders": ["given", "reversed"], "labels": ["words"]},
        {"scale": "likert6", "orders": ["reversed"], "labels": ["numbers"]},
        {"scale": "likert6", "orders": ["given"], "labels": ["words", "letters"]},
        {"scale": "yes-no", "forms": ["ask"], "orders": ["given"], "n_wordings": 2},
    ],
    ids=lambda protocol: "-".join(map(str, protocol.values())),
)
def test_every_way_of_asking_gives_the_scores_of_the_world(
    tmp_path: Path, protocol: dict[str, object]
) -> None:
    study = asked_with(**protocol).with_roles(20)
    outcome = run(study, tmp_path, respondent=planted(study))
    interview = Interview.of(study)
    truth = true_values(WORLD, interview.groups[0].roles)
    together = np.corrcoef(outcome.table.scores.T, truth.T)
    assert np.diagonal(together[:10, 10:]).min() > 0.9
    assert outcome.n_answers == len(interview.questions) * 20


def thoughts(request: Request) -> str:
    """A written thought, then an answer that depends on the role and the question; some unclear."""
    (message,) = request.messages
    role, _, rest = message.text.partition("\n\n")
    question = rest.rpartition("Question: ")[2]
    mixed = sum(map(ord, role + question)) * 2654435761 % 2**32 / 2**32
    if mixed < 0.1:
        return "It depends on many things, and I would have to think about it."
    return f"Somebody like me thinks so.\nAnswer: {'yes' if mixed < 0.6 else 'no'}\n\nQuestion: so?"


def test_the_published_study_runs_from_end_to_end(tmp_path: Path) -> None:
    study = Study(
        name="published",
        model=ModelPlan(name="scripted"),
        inventory="kang17",
        roles=RolesPlan(design="traits", traits="kang2025", n_roles=32),
        protocol=ProtocolPlan(preset="kang2025"),
        discovery=NONE,
    )
    respondent = ScriptedRespondent(write=thoughts)
    outcome = run(study, tmp_path, respondent=respondent)
    assert outcome.n_asked == respondent.n_asked == 32 * 136
    assert all("; " in request.messages[0].text.split("\n")[0] for request in respondent.asked)
    assert outcome.table.names == inventory("kang17").system.names
    assert outcome.graph.kinds == ("value",) * 17
    unread = pd.read_csv(tmp_path / "unread.csv")
    assert list(unread["reason"]) == ["unclear"]
    share = float(unread["share"].iloc[0])
    assert 0.05 < share < 0.15
    by_item = np.isclose(outcome.table.scores * 8 % 1, 0)  # unclear counts 0, not as missing
    assert by_item[:, [i for i, n in enumerate(outcome.table.names) if n == "Achievement"]].all()
    assert (tmp_path / "figures" / "found.pdf").exists()


@pytest.mark.fault
def test_a_model_that_always_says_the_same_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConstantColumn, match=r"must vary") as found:
        run(STUDY, tmp_path, respondent=constant())
    said = str(found.value)
    assert "100% of the roles chose the same place in every answer" in said
    assert "acquiescence is +0.99" in said
    assert "response_style.csv" in said
    assert str(tmp_path) in said
    second = constant()
    with pytest.raises(ConstantColumn, match=r"must vary"):
        run(STUDY, tmp_path, respondent=second)
    assert second.n_asked == 0  # all answers were kept
    assert (tmp_path / "response_style.csv").exists()
    assert not (tmp_path / "manifest.json").exists()


def mumbling(weigh: Callable[[Request], Sequence[float]], role: str, about: str) -> Callable:  # type: ignore[type-arg]
    """Answers without mass on any option where a role is asked about something."""

    def unless(request: Request) -> Sequence[float]:
        hit = request.messages[0].text == role and about in request.messages[1].text
        return [0.001 for _ in request.options] if hit else weigh(request)

    return unless


@pytest.mark.fault
def test_a_value_that_a_role_did_not_answer_is_refused_or_left_out(tmp_path: Path) -> None:
    interview, respondent = Interview.of(STUDY), planted(STUDY)
    role = interview.groups[0].roles[7].text
    respondent.weigh = mumbling(respondent.weigh, role, "")
    with pytest.raises(NotFinite, match=r"finite number") as found:
        run(STUDY, tmp_path, respondent=respondent)
    assert "2% of the answers could not be read" in str(found.value)
    assert "incomplete: leave-out" in str(found.value)
    plan = NONE.model_copy(update={"incomplete": "leave-out"})
    study, nobody = STUDY.model_copy(update={"discovery": plan}), constant()
    nobody.identity = respondent.identity
    outcome = run(study, tmp_path, respondent=nobody)
    assert nobody.n_asked == 0
    check = next(c for c in outcome.graph.checks if c.name == "every row complete")
    assert (check.passed, check.detail[:23]) == (False, "1 of 40 rows left out, ")
    assert outcome.table.n_rows == 40


@pytest.mark.fault
@pytest.mark.parametrize("incomplete", ["refuse", "leave-out"])
def test_answers_that_cannot_be_read_at_all_are_an_error(tmp_path: Path, incomplete: str) -> None:
    plan = DiscoveryPlan.model_validate(NONE.model_dump() | {"incomplete": incomplete})
    study = STUDY.model_copy(update={"discovery": plan})
    silent_model = ScriptedRespondent(lambda request: [1e-6 for _ in request.options])
    with pytest.raises(TableError, match=r"100% of the answers could not be read"):
        run(study, tmp_path, respondent=silent_model)
    assert pd.read_csv(tmp_path / "unread.csv")["reason"].tolist() == ["low mass"]


def test_pairs_cannot_carry_a_graph(tmp_path: Path) -> None:
    """Which is why a study refuses them: the scores of every role add up to the same sum."""
    items = inventory("schwartz10")
    questions = tuple(Protocol(scale="pairwise").questions(items))
    roles = anchored_roles(items.system, 30)
    rng = np.random.default_rng(3)

    def weigh(request: Request) -> Sequence[float]:
        share = rng.uniform()
        return share, 1 - share

    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        asked = ask(ScriptedRespondent(weigh), questions, roles, store)
        table = score(Responses.of(store.rows(asked.keys), questions), questions)
    with pytest.raises(DependentColumns, match="same sum"):
        ensure_usable(table)
    with pytest.raises(OptionError, match="same sum"):
        Interview.of(asked_with(scale="pairwise"))


def test_a_graph_with_circles_can_be_held_against_the_planted_one(tmp_path: Path) -> None:
    plan = NONE.model_copy(update={"algorithm": "fci"})
    settled = SettledPlan(values=("power",), n_roles=30)
    study = STUDY.model_copy(update={"discovery": plan, "settled": settled, "truth": "planted"})
    outcome = run(study, tmp_path, respondent=planted(study))
    assert outcome.comparison is not None
    assert set(outcome.graph.only("value").names) == set(WORLD.names)


def test_own_items_and_roles_are_kept_beside_the_study_without_their_place(
    tmp_path: Path,
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    source = Path(inventory.__wrapped__.__code__.co_filename).parent / "inventories"
    items = (source / "schwartz10.yaml").read_bytes()
    (own / "items.yaml").write_bytes(items)
    lines = [f"r{place},You are person {place}." for place in range(20)]
    (own / "people.csv").write_text("\n".join(["id,text", *lines]), encoding="utf-8")
    (own / "study.yaml").write_text(
        "name: own\nmodel: {name: m}\ninventory: items.yaml\nroles: {design: file, "
        "path: people.csv}\nprotocol: {scale: yes-no, orders: [given]}\n"
        "discovery: {n_resamples: 0, n_permutations: 0}\n",
        encoding="utf-8",
    )
    rng = np.random.default_rng(0)

    def weigh(request: Request) -> Sequence[float]:
        share = rng.uniform()
        return share, 1 - share

    folder = tmp_path / "run"
    run(
        Study.from_yaml(own / "study.yaml"),
        folder,
        respondent=ScriptedRespondent(weigh),
    )
    assert (folder / "inventory.yaml").read_bytes() == items
    for path in folder.rglob("*"):
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes(), path.name
    kept, nobody = Study.from_yaml(folder / "study.yaml"), ScriptedRespondent()
    assert run(kept, folder, respondent=nobody).n_asked == 0
    names = json.loads((folder / "manifest.json").read_text("utf-8"))["digests"]
    assert {"inventory.yaml", "roles.csv", "study.yaml"} <= set(names)
    table = ScoreTable.from_parquet(folder / "scores.parquet", "cluster")
    assert table.n_rows == 20


def test_a_model_is_published_without_place_address_or_key(tmp_path: Path) -> None:
    (tmp_path / "my-model").mkdir()
    assert public_name(str(tmp_path / "my-model")) == "my-model"
    assert public_name("google/gemma-2b-it") == "google/gemma-2b-it"
    assert public_name("http://user:key@host:8000/v1#m") == "http://host:8000/v1#m"
    told = {"model": "m", "address": "http://host/v1", "root": "/data/models/m", "at": "C:\\x\\m"}
    assert public_identity(told) == {"model": "m", "root": "m", "at": "m"}


@pytest.mark.fault
def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name in (str(tmp_path / "absent"), "./absent", "organism/cat"):
        with pytest.raises((FileError, OptionError), match=r"not there|organism must be"):
            respondent_of(ModelPlan(name=name))
