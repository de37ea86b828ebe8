"""A real Ray cluster of two nodes on this machine gives the bytes of one process."""

from collections.abc import Iterator
from pathlib import Path

import drawn_here
import pytest
import scripted_models
from drawn_here import QUICK, Deadly, drawn, quick_in_threads
from organism_steering import answers, copied, made, measured
from organism_study import Found, asked
from scripted_models import N_ANSWERS, PARTIES, QUESTIONS, Mortal, contents

from causalvalues.errors import OptionError
from causalvalues.scale.drawing import Over
from causalvalues.scale.executors import InProcess
from causalvalues.scale.ray_executor import RayExecutor
from causalvalues.scale.surveying import survey_over
from causalvalues.survey.responses import AnswerStore

ray = pytest.importorskip("ray", reason="the scale extra is not installed")

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own, about its own sockets and files

ONE_NODE = {"num_cpus": 1, "object_store_memory": 80 * 1024**2}


@pytest.fixture(scope="module")
def workers() -> Iterator[RayExecutor]:
    """Two actors, one on each node."""
    from ray.cluster_utils import Cluster

    try:
        cluster = Cluster(
            initialize_head=True, head_node_args={**ONE_NODE, "include_dashboard": False}
        )
        cluster.add_node(**ONE_NODE)
        cluster.wait_for_nodes(timeout=30)
    except Exception as fault:
        pytest.skip(f"Ray does not start here: {fault}")
    for own in (scripted_models, drawn_here):
        ray.cloudpickle.register_pickle_by_value(own)  # the nodes do not know our tests
    executor = RayExecutor(cluster.address, n_workers=2)
    yield executor
    executor.close()
    cluster.shutdown()


def test_a_cluster_that_is_not_there_is_named() -> None:
    with pytest.raises(OptionError, match=r"A Ray cluster was expected.*ray start"):
        next(RayExecutor("127.0.0.1:9").map(str, [1]))


def test_two_nodes_give_the_bytes_of_one_process(
    workers: RayExecutor, tmp_path: Path, in_process: Found
) -> None:
    assert asked(tmp_path, workers) == in_process
    assert len([node for node in ray.nodes() if node["Alive"]]) == 2


def test_two_nodes_measure_what_interventions_do_as_one_process_does(
    workers: RayExecutor, tmp_path: Path
) -> None:
    one = made(tmp_path / "one")
    two = copied(one, tmp_path / "two")
    assert measured(two, workers) == measured(one)
    assert answers(two) == answers(one)


def test_actors_that_are_killed_cost_no_answer(workers: RayExecutor, tmp_path: Path) -> None:
    for name, executor in (("one", InProcess()), ("many", workers)):
        folder = tmp_path / name
        n_deaths = 2 if name == "many" else 0
        with AnswerStore.open(folder / "answers.sqlite") as store:
            model = Mortal(folder / "log", n_answers=100, n_deaths=n_deaths)
            found = survey_over(executor, model, QUESTIONS, PARTIES, store)
        assert found.n_asked == N_ANSWERS
    assert (tmp_path / "many" / "death-1").exists()
    assert contents(tmp_path / "many" / "answers.sqlite") == contents(
        tmp_path / "one" / "answers.sqlite"
    )


def test_draws_of_two_nodes_are_those_of_threads_though_an_actor_is_killed(
    workers: RayExecutor, tmp_path: Path
) -> None:
    assert drawn(QUICK, Over(Deadly(workers, tmp_path))) == quick_in_threads()
    assert (tmp_path / "death-0").exists()
