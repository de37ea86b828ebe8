"""How each section opens: what it shows and what it does not, in words for every reader.

    ASKED.section(said=…, tables=…)                  a section with its opening
    PLAN.absent("No plan was made yet.", "…")         a section that says which command makes it

Guarantee: every section opens with both, whether it holds something or not.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from causalvalues.report.study_report.charts import Chart
from causalvalues.report.study_report.document import Absent, Section, Sentence, Table

__all__ = [
    "ASKED",
    "CANDIDATES",
    "EFFECTS",
    "GRAPH",
    "HEALTH",
    "METHODS",
    "NULLS",
    "PLAN",
    "PROVENANCE",
    "QUALITY",
    "RUN_AGAIN",
    "SCORES",
    "SETTLED",
    "TRUTH",
    "VERDICT",
    "Opening",
]

RUN_AGAIN = "causalvalues run study.yaml --out ."


@dataclass(frozen=True)
class Opening:
    """The first lines of a section."""

    id: str
    title: str
    shows: str
    shows_not: str

    def section(
        self,
        *,
        said: Iterable[Sentence] = (),
        charts: Iterable[Chart] = (),
        tables: Iterable[Table] = (),
        caveats: Iterable[Sentence] = (),
    ) -> Section:
        """Return a section that holds something."""
        return Section(
            id=self.id,
            title=self.title,
            shows=self.shows,
            shows_not=self.shows_not,
            said=tuple(said),
            charts=tuple(charts),
            tables=tuple(tables),
            caveats=tuple(caveats),
        )

    def absent(self, why: str, command: str = "") -> Section:
        """Return a section that says why it holds nothing."""
        return Section(
            id=self.id,
            title=self.title,
            shows=self.shows,
            shows_not=self.shows_not,
            absent=Absent(why=why, command=command),
        )


ASKED = Opening(
    "asked",
    "What was asked of whom",
    "Who answered, which questions, in whose role and under which conditions. Everything below "
    "rests on these answers.",
    "Whether a person would answer so, or whether the model would act as it answers: a survey is "
    "words about oneself.",
)
QUALITY = Opening(
    "quality",
    "Response quality",
    "How far the answers can be read as answers: whether the model chose among the options it was "
    "offered, how sure it was, and whether the items of a value agree.",
    "That the answers are true. A model can answer clearly and consistently and still say only "
    "what it was trained to say.",
)
SCORES = Opening(
    "scores",
    "Scores",
    "How much each value matters to the model, on average over its roles: above 0 it speaks for "
    "the value, below 0 against it. Lines along the spokes are the spread between roles.",
    "Which value causes which. Roles are written so that their values differ, so a mean says as "
    "much about the roles as about the model.",
)
GRAPH = Opening(
    "graph",
    "The graph between values",
    "Which values hang together once all others are taken into account. An arrow means: where the "
    "first value was higher, the second changed with it, and the answers fit only this direction.",
    "A cause behind both values that was never asked about can draw the same arrow. A line "
    "without a head means that either direction fits; no line means that none was found, not that "
    "there is none.",
)
NULLS = Opening(
    "nulls",
    "Is it more than chance?",
    "How many edges the same search finds after the link between values was destroyed by "
    "shuffling, and whether the graph stays the same when columns change places.",
    "Which of the edges are right. That there are more edges than chance gives is a statement "
    "about the graph as a whole.",
)
TRUTH = Opening(
    "truth",
    "Found against planted",
    "How much of the graph that was built into the embedded model was found again, beside what "
    "guessing with the same number of edges would reach.",
    "How well the search does on other models: their true graph is not known.",
)
EFFECTS = Opening(
    "effects",
    "Effects that the graph implies",
    "How much one value would change if another were raised by one unit of its score, over all "
    "ways to get there. Several graphs can fit, so an effect has a range, and doubt on top.",
    "A measurement. These numbers are computed from the graph and are only as good as it is; an "
    "interval that holds 0 leaves the sign open.",
)
SETTLED = Opening(
    "settled",
    "Values that were set",
    "What happened to all values when roles were told outright that one matters to them, beside "
    "what the graph foresees for such a change.",
    "What a change inside the model would do: a role was told something, no part of the model was "
    "edited.",
)
CANDIDATES = Opening(
    "candidates",
    "Interventions that were measured",
    "What each available intervention (a line told to the role, or an edit inside the model) did "
    "to the scores of the same roles, compared with themselves.",
    "What they do at other strengths or together; these roles and items are those that plans are "
    "made from.",
)
PLAN = Opening(
    "plan",
    "The plan",
    "Which interventions were chosen, at which strength, to move the target and hold the other "
    "values, and what the graph expects of them.",
    "Whether it works. That is asked in the next section, of roles and items that the plan was "
    "not made from.",
)
VERDICT = Opening(
    "verdict",
    "Predicted against measured",
    "What the plan did to every value, on roles and items that were kept aside for it, beside "
    "what was predicted and what else could have been done.",
    "That it works with other questions, longer conversations or other models.",
)
METHODS = Opening(
    "methods",
    "Methods side by side",
    "Steering methods fitted, tuned and judged alike: how far each moved its target and what else "
    "moved with it, with 95 % intervals over values and seeds.",
    "A ranking for other models, values or gains. Numbers that a publication gives for a method "
    "were measured otherwise and are not comparable.",
)
HEALTH = Opening(
    "health",
    "Health under steering",
    "Whether the model still answers as a whole under each intervention. What broke it is named "
    "and was left out of every plan.",
    "Small harm: the limits are wide, and an intervention that passes can still change what was "
    "not asked about.",
)
PROVENANCE = Opening(
    "provenance",
    "Provenance",
    "What made these numbers: the model and its revision, versions, seeds, and a digest of every "
    "file, so that a copy can be checked.",
    "That another machine gives the same last digit: models can differ in rounding from one "
    "machine to another.",
)
