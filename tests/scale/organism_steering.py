"""A run of the embedded organism that is ready to be steered, made by hand in a second."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from causalvalues import ScoreTable, ValueGraph
from causalvalues.provenance import digest_of_file
from causalvalues.scale.executors import Executor
from causalvalues.steering.gate import Gate, WordDetector
from causalvalues.steering.gating import hashed_words
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    RolePrompt,
    SaeFeature,
    Strength,
    ValueVector,
)
from causalvalues.study.keeping import keep_study
from causalvalues.study.plan import DiscoveryPlan, ModelPlan, ProtocolPlan, RolesPlan, Study
from causalvalues.study.record import Record
from causalvalues.study.steering import make_plan, measure_candidates, verify_plan
from causalvalues.study.steering.candidate_file import CandidateSet
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.responses import AnswerStore

STUDY = Study(
    name="steered",
    model=ModelPlan(name="organism/gemma"),
    roles=RolesPlan(n_roles=20),
    protocol=ProtocolPlan(orders=("given",)),
    discovery=DiscoveryPlan(algorithm="ges", n_resamples=0, n_permutations=0),
)
SAE, WIDTH, N_ROLES = "organism-gemma", 96, 18  # roles: a chunk and a part of one
VECTOR = np.random.default_rng(0).standard_normal(WIDTH).astype(np.float32)
NAMES = inventory("schwartz10").system.names
ASKED = next(iter(Protocol(orders=("given",)).questions(inventory("schwartz10")))).bare
MARKS = hashed_words([ASKED], 512)[0].astype(np.float32)
GATE = Gate("one item", WordDetector(100 * MARKS, -95.0), 0.5)

FEATURE = SaeFeature(SAE, 3, 2, Strength(0.5, "residual norm"))
PUSH = ValueVector("push", {1: VECTOR}, Strength(0.3, "residual norm"))
LINE = RolePrompt("You have learnt to share with others.")
CANDIDATES: Mapping[str, Intervention] = {
    "feature": FEATURE,
    "line": LINE,
    "push": PUSH,
    "both": Combined((LINE, PUSH)),
}
GATED = ValueVector("push", {1: VECTOR}, Strength(0.3, "residual norm"), gate=GATE)


def made(folder: Path) -> Path:
    """A run folder with scores, a graph and candidates; no model was asked."""
    folder.mkdir(parents=True)
    keep_study(STUDY, Record(folder))
    AnswerStore.open(folder / "answers.sqlite").close()
    scores = np.random.default_rng(1).standard_normal((60, len(NAMES))) * 0.2
    table = ScoreTable(NAMES, scores, clusters=np.array([f"role-{at}" for at in range(60)]))
    table.to_parquet(folder / "scores.parquet")
    edges = [("achievement", "power"), ("benevolence", "universalism")]
    ValueGraph.from_edges(NAMES, edges).to_json(folder / "graph.json")
    CandidateSet(CANDIDATES).write(folder)
    return folder


def measured(folder: Path, executor: Executor | None = None) -> dict[str, str]:
    """What the files of the effects hold."""
    found = measure_candidates(folder, n_roles=N_ROLES, n_items=1, executor=executor)
    assert not (folder / "shards").exists()
    return {path.name: digest_of_file(path) for path in found.files}


def planned(folder: Path) -> None:
    """Make a plan of what was measured."""
    make_plan(folder, {"benevolence": 0.05}, n_draws=20)


def verified(folder: Path, executor: Executor | None = None) -> dict[str, str]:
    """What the files of the verdict hold; drawings of them aside."""
    found = verify_plan(folder, n_roles=N_ROLES, n_items=1, executor=executor)
    return {p.name: digest_of_file(p) for p in found.files if p.suffix in (".json", ".csv")}


def copied(folder: Path, place: Path) -> Path:
    """A run folder of one's own."""
    return Path(shutil.copytree(folder, place))


def answers(folder: Path) -> dict[bytes, tuple[object, ...]]:
    """Every answer of a folder, bit for bit."""
    with AnswerStore.open(folder / "answers.sqlite", to_read=True) as store:
        return {row.key: (row.log_probabilities, row.text) for row in store.rows()}
