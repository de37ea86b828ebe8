"""A table of features comes back from its files as it went in."""

from pathlib import Path

import pytest

from causalvalues.errors import FileError, OptionError
from causalvalues.steering.feature_table import FeatureRow, FeatureTable

TABLE = FeatureTable(
    "007",
    12,
    "",
    (
        FeatureRow(
            3, "contrast", 1 / 3, -1, "power", 2.5, 0.25, "https://www.neuronpedia.org/a/b/3"
        ),
        FeatureRow(9, "phrase", 2.0, 0),
        FeatureRow(3, "contrast", 0.1, 1, "security", 2.5, 0.25),
    ),
)
FORMATS = pytest.mark.parametrize("kind", ["csv", "json"])


def written(table: FeatureTable, kind: str, path: Path) -> Path:
    return table.to_csv(path) if kind == "csv" else table.to_json(path)


def read(kind: str, path: Path) -> FeatureTable:
    return FeatureTable.from_csv(path) if kind == "csv" else FeatureTable.from_json(path)


@FORMATS
def test_a_table_comes_back_as_it_was(kind: str, tmp_path: Path) -> None:
    path = written(TABLE, kind, tmp_path / f"features.{kind}")
    assert read(kind, path) == TABLE
    plain = FeatureTable("a/b", 0, "d1", (FeatureRow(0, "phrase", 1.0),))
    assert read(kind, written(plain, kind, path)) == plain


def test_a_table_tells_its_features_once_and_its_rows_by_value() -> None:
    assert TABLE.features == (3, 9)
    assert [row.score for row in TABLE.of("security").rows] == [0.1]
    frame = TABLE.to_frame()
    assert list(frame["feature"]) == [3, 9, 3]
    assert {"sae", "rule", "score", "sign", "value", "maximum", "frequency", "link"} <= set(frame)


def test_a_table_without_rows_is_kept_as_json(tmp_path: Path) -> None:
    empty = FeatureTable("fake", 1, "d", ())
    assert FeatureTable.from_json(empty.to_json(tmp_path / "none.json")) == empty
    with pytest.raises(OptionError, match="JSON"):
        empty.to_csv(tmp_path / "none.csv")


@pytest.mark.fault
@FORMATS
@pytest.mark.parametrize(
    "text",
    [
        "",
        "feature,rule\n1,phrase\n",
        "sae,layer,sae_digest,feature,rule,score\n",
        "sae,layer,sae_digest,feature,rule,score\na,1,d,much,phrase,1\n",
        "sae,layer,sae_digest,feature,rule,score\na,1,d,1,phrase,1\nb,1,d,1,phrase,1\n",
        "[]",
        '{"schema": "other"}',
        '{"schema": "causalvalues.features/1", "sae": "a", "layer": 1, "sae_digest": "d", '
        '"rows": [{"feature": 1}]}',
    ],
)
def test_what_is_no_table_is_an_error(kind: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text, "utf-8")
    with pytest.raises(FileError):
        read(kind, path)
