"""The report of a study: what it refuses, and that its page says no more and no less."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
from made_report import made_report
from pydantic import ValidationError

from causalvalues.report.study_report.document import (
    Column,
    Piece,
    Section,
    StudyReport,
    Table,
    report_schema,
    text_of_report,
)
from causalvalues.report.study_report.page import page_of_report
from causalvalues.report.study_report.part import Source
from causalvalues.report.study_report.policy import policy
from causalvalues.report.study_report.wording import address, shown

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '"onerror="alert(1)',
    "a\u2028b\u2029c",
    "javascript:alert(1)",
    "{{7*7}}{% raw %}",
    "]]></svg><svg onload=alert(1)>",
    "&lt;b&gt; & 'so'",
)
ALLOWED = {"https://www.w3.org/2000/svg"}


class Page(HTMLParser):
    """Elements, texts, links, numbers and headings of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def of(self, tag: str, name: str) -> list[str]:
        """All values of an attribute."""
        return [v or "" for t, n, v in self.attributes if (t, n) == (tag, name)]


def numbers_in(part: object) -> set[float]:
    """Every number of a JSON document."""
    if isinstance(part, bool) or part is None or isinstance(part, str):
        return set()
    if isinstance(part, int | float):
        return {float(part)}
    return set().union(*map(numbers_in, part.values() if isinstance(part, dict) else part))  # type: ignore[attr-defined]


def test_a_report_comes_back_from_its_text() -> None:
    report = made_report()
    text = text_of_report(report)
    assert StudyReport.model_validate_json(text) == report
    assert json.loads(text)["schema"] == "causalvalues.study-report/1"
    assert text == text_of_report(made_report())


def test_a_written_report_follows_its_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema())
    jsonschema.validate(json.loads(text_of_report(made_report())), report_schema())


@pytest.mark.fault
@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_refused(number: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Piece(number=number, source=Source(file="a.csv"))
    with pytest.raises(ValidationError, match="finite"):
        Table(
            caption="",
            columns=(Column(title="", how="plain", source=Source(file="a.csv")),),
            rows=((number,),),
        )


@pytest.mark.fault
def test_a_number_without_a_file_is_refused() -> None:
    with pytest.raises(ValidationError, match="needs the file"):
        Piece(number=1)
    with pytest.raises(ValidationError, match="need a source"):
        Table(caption="", columns=(Column(title="n", how="count"),), rows=((3,),))
    with pytest.raises(ValidationError, match="shown as it is"):
        Piece(number=0.5, shown="0.6", source=Source(file="a.csv"))


@pytest.mark.fault
@pytest.mark.parametrize("file", ["/etc/passwd", "../a", "a/../../b", "", "a\\b", "./a", "a//b"])
def test_a_source_outside_the_run_is_refused(file: str) -> None:
    with pytest.raises(ValidationError):
        Source(file=file)


@pytest.mark.fault
def test_what_does_not_fit_is_refused() -> None:
    document = made_report().model_dump(by_alias=True)
    with pytest.raises(ValidationError, match="extra"):
        StudyReport.model_validate({**document, "more": 1})
    sections = document["sections"]
    with pytest.raises(ValidationError, match="own id"):
        StudyReport.model_validate({**document, "sections": [sections[0], sections[0]]})
    with pytest.raises(ValidationError, match="absent holds nothing"):
        Section.model_validate({**sections[0], "absent": {"why": "none"}})
    with pytest.raises(ValidationError, match="cell per column"):
        Table(caption="", columns=(Column(title=""),), rows=(("a", "b"),))


def test_numbers_of_the_page_are_those_of_the_document() -> None:
    report = made_report()
    page = Page(page_of_report(report))
    told = [float(value) for value in page.of("data", "value")]
    assert told
    assert set(told) <= numbers_in(json.loads(text_of_report(report)))
    cells = [c for s in report.sections for t in s.tables for row in t.rows for c in row]
    n_numbers = sum(isinstance(c, int | float) and not isinstance(c, bool) for c in cells)
    assert len(told) == n_numbers + 1  # and one in the summary


def test_every_number_is_a_link_to_its_file() -> None:
    html = page_of_report(made_report())
    linked = re.findall(r'<a class="number" href="[^"]+"[^>]*><data ', html)
    assert html.count("<data ") == len(linked)
    links = Page(html).of("a", "href")
    assert {link for link in links if not link.startswith("#")} == {
        "report.json", "scores.parquet", "effects.csv", "graph.json",
    }  # fmt: skip
    titles = Page(html).of("a", "title")
    assert "scores.parquet: power" in titles


def test_each_section_opens_with_what_it_shows_and_what_not() -> None:
    html = page_of_report(made_report())
    assert html.count("What this shows.") == html.count("What it does not show.") == 4
    assert "causalvalues plan runs/first" in html
    assert "(not made)" in html


@pytest.mark.fault
@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words(words: str) -> None:
    plain, page = Page(page_of_report(made_report())), Page(page_of_report(made_report(words)))
    without_lines = [[tag for tag in each.tags if tag != "text"] for each in (plain, page)]
    assert without_lines[0] == without_lines[1]  # a long name takes more lines
    names = {(tag, name) for tag, name, _ in page.attributes}
    assert names == {(tag, name) for tag, name, _ in plain.attributes}
    assert not any(name.startswith("on") for _, name in names)
    assert words in "".join(page.texts)
    assert "49" not in "".join(page.texts)


@pytest.mark.fault
@pytest.mark.parametrize("words", [each for each in HOSTILE if "/" not in each])
def test_a_hostile_file_name_is_a_file_name(words: str) -> None:
    link = address(Source(file=words).file)
    assert ":" not in link
    assert not set(link) & set("<>\"'{} ")


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    html = page_of_report(made_report())
    page = Page(html)
    assert not {"script", "iframe", "img", "object", "embed", "form", "base"} & set(page.tags)
    assert page.of("link", "href") == ["data:,"]
    assert "default-src 'none'" in page.of("meta", "content")[0]
    assert "url(" not in html
    assert "style=" not in html


def test_headings_and_tables_can_be_followed_without_looking() -> None:
    page = Page(page_of_report(made_report()))
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.tags.count("table") == page.tags.count("caption")
    assert set(page.of("th", "scope")) == {"col", "row"}
    assert len(page.of("svg", "aria-label")) == page.tags.count("svg")
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_a_viewer_stands_in_a_frame_and_brings_its_digests() -> None:
    viewer = (
        '<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "script-src 'sha256-AAAA' 'unsafe-inline' https://a.example; style-src 'sha256-BBBB='; "
        "img-src data: blob: https://b.example\"><script>'<b>'</script>"
    )
    html = page_of_report(made_report(), viewer_html=viewer)
    page = Page(html)
    assert page.of("iframe", "srcdoc") == [viewer]
    assert page.of("iframe", "sandbox") == ["allow-scripts allow-downloads"]
    allowed = page.of("meta", "content")[0]
    assert "script-src 'sha256-AAAA';" in allowed
    assert "'sha256-BBBB='" in allowed
    assert "img-src data: blob:;" in allowed
    assert "unsafe" not in allowed
    assert "example" not in allowed
    assert "script" not in page.tags


def test_a_viewer_without_a_policy_may_run_nothing() -> None:
    assert "script-src 'none'" in policy("p {}", "<p>no policy</p>")


@pytest.mark.parametrize(
    ("cell", "how", "words"),
    [
        (0.342, "signed", "+0.34"), (-0.342, "signed", "−0.34"), (-0.001, "signed", "0.00"),
        (24000, "count", "24,000"), (0.93, "share", "93\N{NARROW NO-BREAK SPACE}%"),
        (0.999, "share", "more than 99\N{NARROW NO-BREAK SPACE}%"),
        (0.001, "share", "less than 1\N{NARROW NO-BREAK SPACE}%"),
        (1.0, "share", "100\N{NARROW NO-BREAK SPACE}%"), (0.00332, "precise", "0.0033"),
        (123456, "precise", "123456"), (True, "yes", "yes"), (None, "plain", "–"),
    ],
)  # fmt: skip
def test_numbers_read_as_people_read_them(cell: float, how: str, words: str) -> None:
    assert shown(cell, how) == words  # type: ignore[arg-type]


def test_the_published_schema_is_current() -> None:
    published = Path(__file__).parents[2] / "docs" / "schema" / "report.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == report_schema(), (
        "write docs/schema/report.schema.json again from causalvalues.report.study_report.document"
    )
