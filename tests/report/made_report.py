"""A report made by hand: small, with every kind of sentence, chart, table and absence."""

from causalvalues.report.study_report.charts import (
    CircleChart,
    Link,
    NetworkChart,
    Outline,
    Point,
    Row,
    RowChart,
    Series,
    Spoke,
)
from causalvalues.report.study_report.document import (
    Absent,
    Column,
    Piece,
    Section,
    Sentence,
    StudyReport,
    Table,
)
from causalvalues.report.study_report.part import Source

SCORES = Source(file="scores.parquet", column="power")
EFFECTS = Source(file="effects.csv", column="low")


def made_report(words: str = "power", model: str = "organism/gemma") -> StudyReport:
    """Return a report in which `words` stand wherever text may stand."""
    return StudyReport(
        name="first",
        model=model,
        made_by="causalvalues 0.1.0",
        summary=(
            Sentence(
                pieces=(
                    Piece(text=f"{words} has a mean of ", number=0.25, source=SCORES),
                    Piece(text="."),
                )
            ),
        ),
        sections=(_scores(words), _graph(words), _effects(words), _absent(words)),
    )


def _scores(words: str) -> Section:
    spokes = tuple(Spoke(name=name, group="new") for name in (words, "security", "hedonism"))
    return Section(
        id="scores",
        title="Scores",
        shows=f"What {words} is.",
        shows_not="What it is not.",
        charts=(
            CircleChart(
                title=f"Circle of {words}",
                alt=words,
                spokes=spokes,
                outlines=(
                    Outline(name="as they are", means=(0.25, -0.5, None), spreads=(0.1, 0.2, None)),
                    Outline(name=f"do({words})", means=(0.75, -0.4, 0.1)),
                ),
                sources=(SCORES,),
            ),
        ),
        tables=(
            Table(
                caption=f"Means of {words}",
                columns=(
                    Column(title=words),
                    Column(title="mean", how="signed", source=SCORES),
                    Column(title="n", how="count", source=SCORES),
                    Column(title="share", how="share", source=EFFECTS),
                    Column(title="so?", how="yes"),
                ),
                rows=((words, 0.25, 24000, 0.999, True), ("security", -0.5, 3, None, None)),
                note=words,
            ),
        ),
        caveats=(Sentence(pieces=(Piece(text=words),)),),
    )


def _graph(words: str) -> Section:
    links = (
        Link(
            first=words, second="security", mark_first=-1, mark_second=1, ink="lowers", support=0.93
        ),
        Link(first="security", second="hedonism", mark_first=2, mark_second=2, ink="raises"),
    )
    return Section(
        id="graph",
        title="The graph",
        shows="An arrow.",
        shows_not="A hidden common cause.",
        charts=(
            NetworkChart(
                title=f"Graph of {words}",
                alt="two edges",
                names=(words, "security", "hedonism"),
                links=links,
                sources=(Source(file="graph.json"),),
            ),
        ),
    )


def _effects(words: str) -> Section:
    point = Point(middle=0.3, low=0.1, high=0.4, inner_low=0.25, inner_high=0.35)
    return Section(
        id="effects",
        title="Effects",
        shows="How far.",
        shows_not="Why.",
        charts=(
            RowChart(
                title="Largest effects",
                alt=words,
                axis="change",
                series=(
                    Series(name=f"by the graph of {words}"),
                    Series(name="measured", shape="square", ink="lowers"),
                ),
                rows=(
                    Row(name=f"{words} → security", points=(point, None), shaded=True),
                    Row(name="none", points=(None, Point(middle=-0.2))),
                ),
                sources=(EFFECTS,),
            ),
        ),
    )


def _absent(words: str) -> Section:
    return Section(
        id="plan",
        title="The plan",
        shows="What to do.",
        shows_not="Whether it works.",
        absent=Absent(why=f"No plan for {words} was made.", command="causalvalues plan runs/first"),
    )
