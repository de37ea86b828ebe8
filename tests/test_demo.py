"""The demo writes every file it names, and its story holds together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from causalvalues import ScoreTable, ValueGraph
from causalvalues.demo import Story, study_of_demo, tell


@contextmanager
def silent_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda done, total: None


def test_the_story_is_written_and_true(tmp_path: Path) -> None:
    study = study_of_demo(n_roles=100, n_resamples=20)
    story = tell(study, tmp_path, bar=silent_bar, n_calibration=3, n_held_out=5, n_items=1)
    assert all(path.exists() for path in story.files)
    suffixes = {path.suffix for path in story.files}
    pictures = {".pdf", ".png", ".svg"}
    pages = {".html"}
    assert suffixes == {".csv", ".json", ".parquet", ".safetensors", ".yaml"} | pictures | pages
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
    assert_steered(story)


def assert_steered(story: Story) -> None:
    """The plan did what it was expected to, and less else than what one would do without graph."""
    assert story.steered is not None, story.ended
    assert story.steered.found.features["rule"].eq("contrast").all()
    verdict = story.steered.verified.verdict
    frame = verdict.to_frame().set_index("value")
    others = frame.drop("achievement")[["measured", "unguided", "planted"]].abs()
    assert abs(frame.loc["achievement", "measured"] - 0.3) < 0.1
    assert (frame["verdict"] == "as predicted").mean() >= 0.8
    assert others["measured"].sum() < 0.5 * others["unguided"].sum()
    assert others["measured"].sum() < 0.5 * others["planted"].sum()
    assert verdict.report.control is not None
    assert story.steered.planned.plan.why


def test_a_model_without_a_known_truth_is_not_judged() -> None:
    assert study_of_demo(model="google/gemma-2b-it").truth is None
    assert study_of_demo(model="organism/llama").truth == "planted"
