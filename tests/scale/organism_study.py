"""A small study of the embedded organism, asked here or by workers: what both must agree on."""

from dataclasses import dataclass
from pathlib import Path

from causalvalues.provenance import digest_of_file
from causalvalues.scale.executors import Executor
from causalvalues.study.interview import Interview
from causalvalues.study.plan import ModelPlan, ProtocolPlan, RolesPlan, SettledPlan, Study
from causalvalues.study.respondents import respondent_of
from causalvalues.study.sharing import ask_over
from causalvalues.study.stages import ask_groups, silent, write_scores
from causalvalues.survey.responses import AnswerStore

STUDY = Study(
    name="shared",
    model=ModelPlan(name="organism/gemma"),
    roles=RolesPlan(n_roles=40),
    protocol=ProtocolPlan(orders=("given",)),
    settled=SettledPlan(n_roles=16, values=("security",)),
)
INTERVIEW = Interview.of(STUDY)


@dataclass(frozen=True)
class Found:
    """What is to be the same, whoever asked."""

    identity: tuple[tuple[str, str], ...]
    n_answers: int
    digest_of_answers: str
    digest_of_scores: str


def asked(folder: Path, executor: Executor | None = None) -> Found:
    """What a study holds after it was asked, in this process or by workers."""
    with AnswerStore.open(folder / "answers.sqlite") as store:
        if executor is None:
            respondent = respondent_of(STUDY.model)
        else:
            respondent, _ = ask_over(executor, STUDY, INTERVIEW, store, bar=silent)
        held = ask_groups(INTERVIEW, respondent, store, bar=silent)
        write_scores(INTERVIEW, store, held, folder)
    assert not (folder / "shards").exists()
    identity = tuple(sorted(respondent.identity.items()))
    scores = digest_of_file(folder / "scores.parquet")
    return Found(identity, len(held.keys), held.digest, scores)
