"""The demo writes every file it names, and its story holds together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from causalvalues import ScoreTable, ValueGraph
from causalvalues.demo import study_of_demo, tell


@contextmanager
def silent_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda done, total: None


def test_the_story_is_written_and_true(tmp_path: Path) -> None:
    study = study_of_demo(n_roles=100, n_resamples=20)
    story = tell(study, tmp_path, bar=silent_bar)
    assert all(path.exists() for path in story.files)
    suffixes = {path.suffix for path in story.files}
    assert suffixes == {".csv", ".json", ".parquet", ".pdf", ".png", ".svg", ".yaml"}
    comparison = story.outcome.comparison
    assert comparison is not None
    assert (comparison.measure("adjacency_precision").value or 0) >= 0.8
    graph = ValueGraph.from_json(tmp_path / "graph.json")
    assert graph.support is not None
    assert len(graph.effects) == 90
    table = ScoreTable.from_parquet(tmp_path / "scores.parquet", "cluster", "context")
    assert table.n_rows == 100 + 25
    inside = story.predicted.eval("interval_low - .05 <= planted <= interval_high + .05")
    assert inside.mean() >= 0.8
    assert (story.predicted.planted - story.predicted.measured).abs().max() < 0.2


def test_a_model_without_a_known_truth_is_not_judged() -> None:
    assert study_of_demo(model="google/gemma-2b-it").truth is None
    assert study_of_demo(model="organism/llama").truth == "planted"
