"""The page of a run: all that the folder holds, nothing of an earlier state, no licensed text."""

import json
import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from reader import reader, surveyed_folder

from causalvalues import ValueGraph
from causalvalues.errors import FileError
from causalvalues.provenance import digest_of_file
from causalvalues.report.viewer import Influence
from causalvalues.study.record import Record
from causalvalues.study.stages import graphs_that_fit, silent
from causalvalues.study.steering import (
    Proposing,
    find_candidates,
    make_plan,
    measure_candidates,
    verify_plan,
)
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.study.viewing import VIEWER, viewer_of_run, write_viewer

pytestmark = pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning")


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has its graph and is not steered; nobody changes it."""
    return surveyed_folder(tmp_path_factory.mktemp("seen") / "surveyed")


@pytest.fixture(scope="module")
def steered(surveyed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with candidates, their effects, a plan and its verdict; nobody changes it."""
    folder = Path(shutil.copytree(surveyed, tmp_path_factory.mktemp("seen") / "steered"))
    few = Proposing(values=("achievement", "power"))
    find_candidates(folder, how=few, respondent=reader())
    measure_candidates(folder, n_roles=6, n_items=1, respondent=reader())
    make_plan(folder, {"achievement": 0.3}, ("power",), n_draws=60)
    verify_plan(folder, n_roles=6, respondent=reader())
    return folder


@pytest.fixture
def own(steered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(steered, tmp_path / "run"))


def told(folder: Path) -> dict[str, Any]:
    """The document in the page of a run."""
    text = viewer_of_run(folder).html()
    (found,) = re.findall(r'id="document">(.*?)</script>', text)
    document: dict[str, Any] = json.loads(found)
    return document


def test_a_run_ends_with_its_page_and_the_manifest_knows_it(surveyed: Path) -> None:
    manifest = json.loads((surveyed / "manifest.json").read_text())
    assert manifest["digests"][VIEWER] == digest_of_file(surveyed / VIEWER)


def test_a_run_that_is_not_steered_shows_its_graph_and_no_plan(surveyed: Path) -> None:
    document = told(surveyed)
    graph = ValueGraph.from_json(surveyed / "graph.json")
    assert [node["name"] for node in document["nodes"]] == list(graph.names)
    assert len(document["graphs"][0]["edges"]) == graph.n_edges
    assert document["plan"] is None
    assert [trial["kind"] for trial in document["trials"]] == []


def test_every_intervention_of_a_run_is_there_the_plan_first(steered: Path) -> None:
    document = told(steered)
    kinds = [trial["kind"] for trial in document["trials"]]
    n_candidates = len(json.loads((steered / "candidates.json").read_text())["candidates"])
    assert kinds[0] == "plan"
    assert len(kinds) == 1 + n_candidates
    assert document["plan"]["why"]
    target = document["trials"][0]["rows"][document["nodes"].index(node_of(document))]
    assert target["role"] == "target"
    assert target["measured"] > 0.2


def node_of(document: dict[str, Any]) -> dict[str, Any]:
    return next(node for node in document["nodes"] if node["name"] == "achievement")


def test_a_verdict_on_an_earlier_plan_is_not_shown_beside_a_new_one(own: Path) -> None:
    verdict = (own / "verdict.json").read_text()
    make_plan(own, {"achievement": 0.2}, n_draws=60)
    (own / "verdict.json").write_text(verdict)  # as if it had been left behind
    document = told(own)
    assert [trial["kind"] for trial in document["trials"]].count("plan") == 0
    assert all(row["measured"] is None for row in document["plan"]["predicted"])


@pytest.mark.parametrize("name", ["profiles.json", "plan.json", "verdict.json", "planted.json"])
def test_a_file_that_is_not_as_it_was_made_is_refused_with_the_command_that_makes_it(
    own: Path, name: str
) -> None:
    path = own / name
    path.write_text(path.read_text("utf-8").replace("0", "1", 1), "utf-8")
    with pytest.raises(FileError, match=rf"{name}.*as it was written.*run `causalvalues"):
        write_viewer(own)


def test_the_page_is_made_again_only_when_something_changed(own: Path) -> None:
    (page,) = write_viewer(own)
    before = page.stat().st_mtime_ns
    assert write_viewer(own) == (page,)
    assert page.stat().st_mtime_ns == before
    make_plan(own, {"achievement": 0.2}, n_draws=60)
    write_viewer(own)
    assert page.stat().st_mtime_ns != before


def test_the_same_folder_gives_the_same_bytes(steered: Path) -> None:
    assert viewer_of_run(steered).html() == viewer_of_run(steered).html()


def test_what_if_in_the_page_is_that_of_the_draws_that_plans_rest_on(surveyed: Path) -> None:
    run = Surveyed.of(surveyed)
    drawn = graphs_that_fit(run.table, run.graph, run.interview.search, bar=silent)
    influence = Influence.of(drawn)
    shown = told(surveyed)["influence"]
    assert shown["n_draws"] == influence.n_draws
    held = np.array([name == "security" for name in drawn.names])
    direct = np.where(held, 0.5, 0.0)[None]
    expected = drawn.under(direct, held).mean(axis=0)
    assert influence.what_if({"security": 0.5}).mean == pytest.approx(expected, abs=1e-5)


def test_items_of_the_package_are_shown_those_of_a_licensed_inventory_are_counted(
    own: Path,
) -> None:
    assert all(node["items"] for node in told(own)["nodes"])
    text = (files("causalvalues.survey") / "inventories" / "schwartz10.yaml").read_text("utf-8")
    licensed = text.replace("licence: MIT", "licence: by permission only")
    (own / "inventory.yaml").write_text(licensed)
    study = yaml.safe_load((own / "study.yaml").read_text())
    (own / "study.yaml").write_text(yaml.safe_dump({**study, "inventory": "inventory.yaml"}))
    Record(own).finish("keep", {}, [own / "study.yaml", own / "inventory.yaml"])
    nodes = told(own)["nodes"]
    assert all(node["items"] == [] and node["n_items"] for node in nodes)
