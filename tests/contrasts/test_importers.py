"""Published shapes are read from the user's copy; what a file lacks is named by row and column."""

import json
from pathlib import Path

import pytest

from causalvalues.contrasts.importers import (
    read_descriptions,
    read_insight,
    read_pairs_csv,
    read_situations,
    read_texts_csv,
)
from causalvalues.contrasts.insight import insight
from causalvalues.contrasts.insight_lint import lint_insight
from causalvalues.contrasts.pairs import ContrastPair
from causalvalues.errors import FileError, InputError, OptionError, RepeatedColumn
from causalvalues.values import Value, ValueSystem

PAIRS = (
    "question_1,question_2\n"
    '"I counted the votes, twice, and took the chair.","I counted the votes, once, and sat down."\n'
    "Ines took the chair.,Ines offered the chair.\n"
    "Should I take the chair?,Should I offer the chair?\n"
    "Should Ines take the chair?,Should Ines offer the chair?\n"
)
OWN = ValueSystem(name="own", values=(Value(name="thrift", definition="Wasting little."),))


def csv_file(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    """A CSV file with a text."""
    path = folder / "copy.csv"
    path.write_bytes(text.encode(encoding))
    return path


def json_file(folder: Path, document: object) -> Path:
    """A JSON file with a document."""
    path = folder / "copy.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_pairs_are_read_for_their_value_each_with_the_form_of_its_text(tmp_path: Path) -> None:
    read = read_pairs_csv(csv_file(tmp_path, PAIRS), value="power", name="theirs")
    assert (read.name, read.system.name, read.source) == ("theirs", "schwartz10", "copy.csv")
    assert "user's own file" in read.licence
    assert [pair.form for pair in read.of("power")] == [
        "i state",
        "they state",
        "i ask",
        "they ask",
    ]
    assert read.pairs[1] == ContrastPair(
        id="power/they-state/row-2",
        value="power",
        form="they state",
        scenario="row-2",
        speaks_for="Ines took the chair.",
        speaks_against="Ines offered the chair.",
    )


def test_pairs_may_be_about_a_value_of_ones_own(tmp_path: Path) -> None:
    read = read_pairs_csv(csv_file(tmp_path, PAIRS), value="thrift", system=OWN)
    assert read.values == ("thrift",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_byte_order_mark_and_line_endings_make_no_difference(
    tmp_path: Path, encoding: str, ending: str
) -> None:
    path = csv_file(tmp_path, f"text{ending}Søren naps.{ending}", encoding=encoding)
    assert read_texts_csv(path) == ("Søren naps.",)


def test_quotes_of_the_format_and_around_a_whole_text_fall_away_and_others_stay(
    tmp_path: Path,
) -> None:
    cells = '"A, b."\n"""Wrapped."""\n"""Yes,"" says Bo, ""no."""\n"Two\n  lines"\n 7 \n'
    assert read_texts_csv(csv_file(tmp_path, f"text\n{cells}")) == (
        "A, b.",
        "Wrapped.",
        '"Yes," says Bo, "no."',
        "Two lines",
        "7",
    )


def test_other_columns_and_the_order_of_columns_make_no_difference(tmp_path: Path) -> None:
    plain = read_pairs_csv(csv_file(tmp_path, "question_1,question_2\na,b\n"), value="power")
    mixed = read_pairs_csv(csv_file(tmp_path, "n,question_2,question_1\n1,b,a\n"), value="power")
    assert plain == mixed


def test_text_that_looks_like_a_formula_or_a_tag_is_only_text(tmp_path: Path) -> None:
    odd = ("=1+1", "!!python/object/apply:os.getcwd []", "__import__('os')")
    assert read_texts_csv(csv_file(tmp_path, "text\n" + "\n".join(odd) + "\n")) == odd


def test_the_packages_own_insight_survives_a_round_trip_through_csv_and_json(
    tmp_path: Path,
) -> None:
    ours = insight()
    cards = json_file(
        tmp_path,
        [
            {"dimension": d.dimension, "direction": d.direction, "text": d.text}
            for d in ours.descriptions
        ],
    )
    rows = "".join(f'{s.dimension},"{s.text}"\n' for s in ours.situations)
    read = read_insight(cards, csv_file(tmp_path, f"dimension,text\n{rows}"), name="theirs")
    assert [each.text for each in read.texts] == [each.text for each in ours.texts]
    assert read.source == "copy.json; copy.csv"
    assert lint_insight(read) == ()


def test_cards_and_situations_are_numbered_within_their_dimension(tmp_path: Path) -> None:
    cards = csv_file(tmp_path, "dimension,direction,text\nthrift,away,A.\nthrift,towards,B.\n")
    assert [each.id for each in read_descriptions(cards, system=OWN)] == [
        "thrift/away/1",
        "thrift/towards/1",
    ]
    asked = json_file(tmp_path, [{"dimension": "thrift", "text": t} for t in "CD"])
    assert [each.id for each in read_situations(asked, system=OWN)] == [
        "thrift/situation/1",
        "thrift/situation/2",
    ]


@pytest.mark.fault
@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("question_1,question2\na,b\n", "columns question_1, question2"),
        ("question_1;question_2\na;b\n", "commas"),
        ("question_1,question_2\na,b\nc,\n", "none for question_2 in row 2"),
        ("question_1,question_2\na,b\n,d\n", "none for question_1 in row 2"),
        ('question_1,question_2\na,b\n"""""",d\n', "none for question_1 in row 2"),
        ("question_1,question_2\na\n", "none for question_2 in row 1"),
        ("question_1,question_2\n", "no row"),
        ("", "copy.csv"),
        ("question_1,question_2\na,b,c\n", "more cells"),
        ('question_1,question_2\n"a,b\n', "copy.csv"),
        ("question_1,question_2\na,b\nc,c\n", "one text twice in row 2"),
        ('"' + "q" * 200_000 + '",question_2\na,b\n', "copy.csv"),
    ],
)
def test_a_file_without_whole_pairs_is_refused_by_name(
    tmp_path: Path, text: str, named: str
) -> None:
    with pytest.raises(FileError) as refused:
        read_pairs_csv(csv_file(tmp_path, text), value="power")
    assert named in str(refused.value)
    assert "copy.csv" in str(refused.value)


@pytest.mark.fault
def test_a_repeated_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RepeatedColumn, match="question_1"):
        read_pairs_csv(csv_file(tmp_path, "question_1,question_1\na,b\n"), value="power")


@pytest.mark.fault
@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(FileError, match="utf-8"):
        read_texts_csv(csv_file(tmp_path, "text\nSøren naps.\n", encoding=encoding))


@pytest.mark.fault
def test_a_file_that_is_absent_or_a_folder_is_refused(tmp_path: Path) -> None:
    for read in (read_texts_csv, read_situations):
        with pytest.raises(FileError):
            read(tmp_path / "absent.csv")
        with pytest.raises(FileError):
            read(tmp_path)
    with pytest.raises(FileError, match="JSON"):
        read_situations(tmp_path / "absent.json")


@pytest.mark.fault
def test_a_pickle_is_never_opened_as_one(tmp_path: Path) -> None:
    path = tmp_path / "copy.pkl"
    path.write_bytes(b"cos\ngetcwd\n(tR.")
    with pytest.raises(InputError):
        read_texts_csv(path)


@pytest.mark.fault
def test_a_value_that_the_system_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="pover"):
        read_pairs_csv(csv_file(tmp_path, PAIRS), value="pover")


@pytest.mark.fault
@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("thrift,towards,A.", "'thrift' in row 2"),
        ("conservation,forward,A.", "'forward' in row 2"),
        ("conservation,,A.", "none for direction in row 2"),
    ],
)
def test_a_card_of_no_dimension_or_direction_is_refused(
    tmp_path: Path, row: str, named: str
) -> None:
    text = f"dimension,direction,text\nconservation,away,B.\n{row}\n"
    with pytest.raises(FileError, match=named):
        read_descriptions(csv_file(tmp_path, text))


@pytest.mark.fault
@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"dimension": "conservation", "text": "A."}, "no list of objects"),
        (["A."], "no list of objects"),
        ([], "no row"),
        ([{"dimension": "conservation"}], "none for text in row 1 of the list"),
        ([{"dimension": "conservation", "text": 7}], "none for text in row 1 of the list"),
    ],
)
def test_a_document_of_another_shape_is_refused(
    tmp_path: Path, document: object, named: str
) -> None:
    with pytest.raises(FileError, match=named):
        read_situations(json_file(tmp_path, document))


@pytest.mark.fault
@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '[{"a": 1'])
def test_text_that_is_no_document_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "copy.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=r"copy\.json"):
        read_situations(path)
