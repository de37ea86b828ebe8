"""The demo writes every file it names, and its story holds together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from causalvalues import ScoreTable, ValueGraph
from causalvalues.demo import tell


@contextmanager
def silent_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda done, total: None


def test_the_story_is_written_and_true(tmp_path: Path) -> None:
    story = tell(tmp_path, n_roles=500, n_resamples=40, bar=silent_bar)
    assert all(path.exists() for path in story.files)
    assert {path.suffix for path in story.files} == {".csv", ".json", ".pdf", ".svg", ".png"}
    assert (story.comparison.measure("skeleton_shd").value or 0) <= 2
    graph = ValueGraph.from_json(tmp_path / "graph.json")
    assert graph.support is not None
    assert len(graph.effects) == 90
    table = ScoreTable.from_csv(tmp_path / "scores.csv", "cluster", "context")
    assert table.n_rows == 1000
    inside = story.predicted.eval("interval_low - .02 <= planted <= interval_high + .02")
    assert inside.mean() >= 0.8
