"""The released study comes out of one command: the paper's numbers to the last digit."""

import json
import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from causalvalues import ValueGraph

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "experiments" / "kang2025"
RUN = STUDY / "run.py"
RELEASED = ROOT.parent / "shared" / "data" / "kang2025"

KINDS = ("pdf", "svg", "png", "csv", "manifest.json")

needs_data = pytest.mark.skipif(
    not RELEASED.exists(), reason="the released scores are not beside the checkout"
)


def run(*options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, RUN, *options], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kang2025")
    answer = run("--data", RELEASED, "--out", out, "--draws", "60")
    assert answer.returncode == 0, answer.stderr
    drawn = [sys.executable, STUDY / "figures.py", "--out", out]
    subprocess.run(drawn, capture_output=True, check=True)
    return out


@needs_data
def test_every_named_file_is_written(results: Path) -> None:
    names = ["findings.json", "run.manifest.json", "table_side_effects.tex", "table_prediction.tex"]
    for model in ("gemma", "llama"):
        names += [f"graph_{model}.json", f"table1_{model}.csv", f"table2_{model}.csv"]
        names += [f"prediction_{model}.csv", f"edges_null_{model}.csv"]
        for figure in ("graph", "edges", "table2", "prediction"):
            names += [f"figure_{figure}_{model}.{kind}" for kind in KINDS]
    assert [name for name in names if not (results / name).exists()] == []


@needs_data
def test_gemmas_tables_are_the_published_ones(results: Path) -> None:
    for name in ("table1", "table2"):
        ours = pd.read_csv(results / f"{name}_gemma.csv", index_col=0)
        published = pd.read_csv(RELEASED / f"published_gemma_{name}.csv", index_col=0)
        assert list(ours.index) == list(published.index)
        assert list(ours.columns) == list(published.columns)
        if name == "table1":
            assert ours.equals(published)
        else:
            assert np.allclose(ours, published, rtol=0, atol=1e-12, equal_nan=True)


@needs_data
def test_gemmas_graph_reaches_what_the_published_one_reaches(results: Path) -> None:
    document = json.loads((RELEASED / "published_gemma_graph.json").read_text(encoding="utf-8"))
    published = nx.DiGraph([tuple(edge) for edge in document["edges"]["gemma"]])
    found = ValueGraph.from_json(results / "graph_gemma.json").to_networkx()
    assert set(nx.transitive_closure(found).edges) == set(nx.transitive_closure(published).edges)


@needs_data
def test_findings_hold_the_paper_and_the_audit(results: Path) -> None:
    findings = json.loads((results / "findings.json").read_text(encoding="utf-8"))
    gemma, llama = findings["gemma"], findings["llama"]
    assert gemma["reproduction"]["closure_equals_published"]
    assert gemma["reproduction"]["table_1_equals_published"]
    assert gemma["reproduction"]["table_2_largest_difference"] < 1e-12
    assert gemma["reproduction"]["n_edges_reduced"] == 28
    assert llama["reproduction"]["n_edges_reduced"] == 19
    means = llama["reproduction"]["table_2_means"]
    rounded = [round(means[f"mean_scorechange__sae_{k}"], 2) for k in (
        "ours_expected", "ours_unexpected", "refs_expected", "refs_unexpected",
    )]  # fmt: skip
    assert rounded == [0.74, 0.46, 0.50, 0.56]
    assert len(llama["support_by_role"]["cycle"]) == 5
    assert llama["broken_features"]["features"] == ["7754"]
    assert findings["manifest"]["command"] == "kang2025"


@needs_data
def test_broken_features_are_left_out_of_predictions_by_name(results: Path) -> None:
    findings = json.loads((results / "findings.json").read_text(encoding="utf-8"))
    for target in ("test roles", "other training roles"):
        assert findings["gemma"]["prediction"][target]["left_out"] == {}
        assert list(findings["llama"]["prediction"][target]["left_out"]) == ["7754"]
        assert len(findings["llama"]["prediction"][target]["features"]) == 9
        assert len(findings["gemma"]["prediction"][target]["features"]) == 10
    llama = pd.read_csv(results / "prediction_llama.csv")
    assert llama.method.str.contains("7754 too").any()  # and printed with it, beside
    assert not pd.read_csv(results / "prediction_gemma.csv").method.str.contains("7754").any()


@needs_data
@pytest.mark.parametrize("model", ["gemma", "llama"])
def test_every_method_predicts_the_same_unseen_values(results: Path, model: str) -> None:
    scores = pd.read_csv(results / f"prediction_{model}.csv")
    own = scores[scores.score == "rmse"]
    own = own[~own.method.str.contains("7754")]
    for _, group in own.groupby(["target", "n_seen"]):
        assert set(group.method) == {
            "graph", "graph, informed", "graph, usual reach", "published graph", "hand-made graph",
            "no graph", "plain correlations", "same feature, known roles", "own word",
        }  # fmt: skip
        assert len(set(group[group.method != "own word"].n)) == 1
    word = scores[scores.method == "own word"]
    assert word.number.isna().all()
    assert set(word.reason) == {"no model in the data to ask"}
    nothing = scores[(scores.method == "no graph") & (scores.score == "pearson across")]
    assert nothing.number.isna().all()
    assert nothing.reason.str.len().min() > 0


@needs_data
def test_the_features_own_effects_hold_over_roles_but_not_over_files(results: Path) -> None:
    """Why nothing predicts the test rows: half of the values were scored in other steps there."""
    findings = json.loads((results / "findings.json").read_text(encoding="utf-8"))
    for model in ("gemma", "llama"):
        about = findings[model]["prediction"]
        over_files = about["effects_of_training_and_test_roles_correlate"]
        assert over_files < 0.4 < about["effects_of_halves_of_the_test_roles_correlate"]
        assert about["values_scored_in_other_steps"] >= 5
        scores = pd.read_csv(results / f"prediction_{model}.csv")
        ceiling = scores[scores.method == "same feature, known roles"].set_index(
            ["target", "n_seen", "score"]
        )
        assert ceiling.number["other training roles", 3, "pearson across"] > 0.7
        assert ceiling.number["test roles", 3, "pearson across"] < 0.5


@needs_data
@pytest.mark.parametrize("model", ["gemma", "llama"])
def test_a_reach_learnt_from_other_features_gives_intervals_that_cover(
    results: Path, model: str
) -> None:
    scores = pd.read_csv(results / f"prediction_{model}.csv")
    coverage = scores[scores.score == "coverage"].set_index(["target", "n_seen", "method"]).number
    for target, n_seen in (("test roles", 1), ("test roles", 3), ("other training roles", 3)):
        for method in ("graph", "published graph", "hand-made graph"):
            assert 0.83 <= coverage[target, n_seen, method] <= 1.0


@needs_data
def test_a_graph_learnt_under_a_feature_is_told_from_one_that_never_saw_it(results: Path) -> None:
    findings = json.loads((results / "findings.json").read_text(encoding="utf-8"))
    for model in ("gemma", "llama"):
        over = findings[model]["prediction"]["other_training_roles_over_splits"]
        assert set(over) == {
            "published search, all rows", "published search, without it", "plain correlations",
        }  # fmt: skip
        for each in over.values():
            assert each["least"] <= each["mean"] <= each["most"] < 0.5


@pytest.mark.fault
def test_a_folder_without_the_files_is_an_error_of_the_user(tmp_path: Path) -> None:
    answer = run("--data", tmp_path, "--out", tmp_path / "out")
    assert answer.returncode == 2
    assert "gemma_train.csv" in answer.stderr
    assert "Traceback" not in answer.stderr
