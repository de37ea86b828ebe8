"""A study that workers ask holds the answers and the scores of one process, byte for byte."""

from pathlib import Path

import pytest
from drawn_here import WORLD
from organism_study import INTERVIEW, STUDY, Found, asked

from causalvalues.discovery.draws import in_threads
from causalvalues.discovery.options import Search
from causalvalues.errors import Fault, OptionError
from causalvalues.scale.drawing import Over
from causalvalues.scale.executors import InProcess
from causalvalues.scale.processes import Processes
from causalvalues.study.plan import DiscoveryPlan
from causalvalues.study.run import run
from causalvalues.study.sharing import Elsewhere
from causalvalues.study.stages import learn, silent
from causalvalues.survey.design import request_of

pytestmark = pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning")


def test_two_processes_give_the_bytes_of_one(tmp_path: Path, in_process: Found) -> None:
    workers = Processes(2)
    try:
        assert asked(tmp_path, workers) == in_process
    finally:
        workers.close()
    assert in_process.n_answers == INTERVIEW.n_answers


def test_a_whole_run_may_be_shared(tmp_path: Path, in_process: Found) -> None:
    quick = DiscoveryPlan(n_resamples=0, n_permutations=0)
    study = STUDY.model_copy(update={"discovery": quick})
    outcome = run(study, tmp_path / "run", executor=InProcess())
    assert outcome.n_asked == outcome.n_answers == in_process.n_answers
    assert in_process.digest_of_answers in (tmp_path / "run" / "manifest.json").read_text()
    assert run(study, tmp_path / "run", executor=InProcess()).n_asked == 0


def test_what_workers_learn_of_a_study_is_what_one_process_learns(tmp_path: Path) -> None:
    table = WORLD.sample(40, n_states=3, seed=2)
    plan = DiscoveryPlan(n_resamples=70, n_permutations=20)
    one, many = (
        learn(table, plan, Search(), "pool", spread=spread, bar=silent)
        for spread in (in_threads, Over(InProcess(3)))
    )
    written = [found[0].to_json(tmp_path / name) for found, name in ((one, "one"), (many, "many"))]
    assert written[0].read_bytes() == written[1].read_bytes()
    assert one[1].effects == many[1].effects
    assert one[0].support is not None


def test_a_respondent_and_an_executor_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="Workers open"):
        run(STUDY, tmp_path, respondent=Elsewhere({"model": "far"}), executor=InProcess())


def test_who_answered_elsewhere_answers_nothing_here() -> None:
    requests = [request_of(INTERVIEW.groups[0].roles[0], INTERVIEW.questions[0], "system")]
    elsewhere = Elsewhere({"model": "far"})
    with pytest.raises(Fault, match="1 more request"):
        elsewhere.log_probabilities(requests)
    with pytest.raises(Fault, match="1 more request"):
        elsewhere.texts(requests, max_new_tokens=1)
