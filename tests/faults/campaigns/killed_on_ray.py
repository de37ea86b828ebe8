"""Actors of a Ray cluster of two nodes, here on this machine, are killed while they work.

Where Ray is not installed or does not start, nothing is injected, and the note says so.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.killed_workers import Killer, shared
from causalvalues.scale.ray_executor import RayExecutor

import scripted_models  # isort: skip  (of tests/scale, which `killed_workers` makes known)

ONE_NODE = {"num_cpus": 2, "object_store_memory": 80 * 1024**2}


class NoRay(Exception):
    """Why Ray cannot be started here."""


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Share surveys until so many actors were killed; compare with one process alone."""
    ledger, rng = Ledger("killed_on_ray"), np.random.default_rng(seed)
    try:
        with warnings.catch_warnings(), two_nodes() as address:
            warnings.simplefilter("ignore")
            workers = RayExecutor(address, n_workers=2)
            model, reason = scripted_models.Slow, "worker was lost"
            note = shared(ledger, count, rng, folder, lambda: workers, Killer, model, reason)
    except NoRay as fault:
        return ledger.outcome(f"not run here: {fault}")
    return ledger.outcome(note)


@contextmanager
def two_nodes() -> Iterator[str]:
    """The address of a cluster of two nodes."""
    try:
        import ray
        from ray.cluster_utils import Cluster

        told = {**ONE_NODE, "include_dashboard": False}
        cluster = Cluster(initialize_head=True, head_node_args=told)
        cluster.add_node(**ONE_NODE)
        cluster.wait_for_nodes(timeout=60)
    except Exception as fault:
        raise NoRay(f"{type(fault).__name__}: {fault!s:.100}") from fault
    ray.cloudpickle.register_pickle_by_value(scripted_models)  # the nodes do not know our tests
    try:
        yield cluster.address
    finally:
        ray.shutdown()
        cluster.shutdown()


CAMPAIGN = Campaign(
    name="killed_on_ray",
    group="durability",
    fault="`kill -9` of an actor of a Ray cluster of two nodes, of two that share a survey",
    promise="another takes its place, or one error says what failed and the same command goes on; "
    "the answers are those of one process",
    n_full=12,
    n_small=0,  # tests/scale/test_ray_cluster.py kills some
    work=work,
)
