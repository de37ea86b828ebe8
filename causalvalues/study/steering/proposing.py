"""What a plan may use: features that rules find on the roles of a study, and lines told to roles.

    contrast      features active in roles high in a value and not in roles low in it
    attribution   features through which much of a value's score flows
    phrase        features most active at " your values", in prompts without a role
    screen        features that move a value in a short survey under each of them
    settle        lines that set a value at each of five levels
    lean          lines after which a person cares more, or less, about a value
    caa, conva, neva, valuelocate    methods fitted to a value, each at a dose: see `by_methods`

Guarantee: rules see surveyed roles and calibration items only; the same choice gives the same set.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from causalvalues.errors import OptionError
from causalvalues.evaluation.splits import Half
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Intervention, SaeFeature, Scope, Where
from causalvalues.steering.role_prompts import leaning_prompts, settling_prompts
from causalvalues.study.methods.plan import SteeringMethod
from causalvalues.study.stages import Bar
from causalvalues.study.steering.halves import Sheet
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.survey.request import Message, Request, Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role
from causalvalues.survey.scores import ScoreTable

if TYPE_CHECKING:
    from causalvalues.models.language_model import LanguageModel
    from causalvalues.steering.feature_activity import FeatureActivity
    from causalvalues.steering.feature_table import FeatureTable

__all__ = ["Lines", "Proposing", "Rule", "features_of", "lines_of", "tables_of"]

Rule = Literal["contrast", "attribution", "phrase", "screen"]
Lines = Literal["settle", "lean"]
N_FOR_GRADIENTS = 12  # roles: each question is put to each once forward and once back


@dataclass(frozen=True)
class Proposing:
    """How candidates are found."""

    rules: tuple[Rule, ...] = ("contrast",)
    lines: tuple[Lines, ...] = ("settle",)
    values: tuple[str, ...] = ()  # none named: all of them
    top: int = 2  # features for each rule, value and side
    strength: float = 1.0  # in maxima of each feature
    methods: tuple[SteeringMethod, ...] = ()
    doses: Mapping[str, float] = field(default_factory=dict)  # by method; none: its usual one
    where: Where = "all"
    n_roles: int = 120  # whose activity is read
    n_questions: int = 4

    def __post_init__(self) -> None:
        for name, given, known in (
            ("rules", self.rules, get_args(Rule)),
            ("lines", self.lines, get_args(Lines)),
            ("methods", self.methods, get_args(SteeringMethod)),
            ("where", (self.where,), ("all", "prompt", "generated", "last", "after role")),
        ):
            wrong = [each for each in given if each not in known]
            if wrong:
                raise OptionError(f"`{name}` are among {', '.join(known)}", found=", ".join(wrong))
        if min(self.top, self.n_roles, self.n_questions) < 1 or not self.strength > 0:
            raise OptionError(
                "`top`, `n_roles` and `n_questions` are 1 or more, `strength` is above 0",
                found=f"{self.top}, {self.n_roles}, {self.n_questions}, {self.strength}",
            )


def lines_of(surveyed: Surveyed, how: Proposing) -> dict[str, Intervention]:
    """Return the lines by name."""
    system, values = surveyed.interview.items.system, how.values or None
    found: dict[str, Intervention] = {}
    if "settle" in how.lines:
        found |= settling_prompts(system, values=values)
    if "lean" in how.lines:
        found |= leaning_prompts(system, values=values)
    return found


def features_of(tables: "Sequence[FeatureTable]", how: Proposing) -> dict[str, SaeFeature]:
    """Return the features of some tables by name, each once."""
    from causalvalues.steering.candidates import candidate_features, named

    return named(candidate_features(*tables, strength=how.strength, scope=Scope(how.where)))


def tables_of(
    surveyed: Surveyed,
    sheet: Sheet,
    model: "LanguageModel",
    asked: Respondent,
    dictionary: Dictionary,
    how: Proposing,
    store: AnswerStore,
    *,
    bar: Bar,
) -> "Iterator[FeatureTable]":
    """Yield what each rule finds in one autoencoder; `asked` is the model, for screens."""
    from causalvalues.steering.candidates import by_contrast, by_phrase
    from causalvalues.steering.feature_activity import feature_activity

    roles = surveyed.interview.groups[0].roles[: how.n_roles]
    step = max(len(sheet.questions) // how.n_questions, 1)
    few = sheet.questions[::step][: how.n_questions]
    with bar(f"Reading features of {dictionary.name}") as progress:
        activity = feature_activity(model, dictionary, roles, few, progress=progress)
    values = how.values or surveyed.names
    if "contrast" in how.rules:
        yield by_contrast(activity, _levels(roles, surveyed.table), values=values, top=how.top)
    if "attribution" in how.rules:
        yield _attributed(model, dictionary, roles, sheet, activity, values, how, bar)
    if "phrase" in how.rules:
        said = [Request((Message("user", each.text),), ()) for each in sheet.questions]
        yield by_phrase(model, dictionary, said, top=2 * how.top * len(values), activity=activity)
    if "screen" in how.rules:
        yield _screened(asked, dictionary, sheet, activity, how, store, bar)


def _levels(roles: Sequence[Role], table: ScoreTable) -> Sequence[Role] | ScoreTable:
    """Return what says how high roles are: their design where they have one, else their scores."""
    return roles if all(role.levels for role in roles) else table


def _attributed(
    model: "LanguageModel",
    dictionary: Dictionary,
    roles: Sequence[Role],
    sheet: Sheet,
    activity: "FeatureActivity",
    values: Sequence[str],
    how: Proposing,
    bar: Bar,
) -> "FeatureTable":
    """Return what attribution finds."""
    from causalvalues.steering.attribution import by_attribution

    with bar(f"Following scores back to features of {dictionary.name}") as progress:
        return by_attribution(
            model, dictionary, roles[:N_FOR_GRADIENTS], sheet.questions, activity,
            values=values, top=how.top, progress=progress,
        )  # fmt: skip


def _screened(
    model: Respondent,
    dictionary: Dictionary,
    sheet: Sheet,
    activity: "FeatureActivity",
    how: Proposing,
    store: AnswerStore,
    bar: Bar,
) -> "FeatureTable":
    """Return what a short survey under every feature that was active finds."""
    from causalvalues.evaluation.screen import by_screen
    from causalvalues.steering.candidates import live_features

    with bar(f"Screening {len(activity.live)} features of {dictionary.name}") as progress:
        return by_screen(
            model, dictionary, live_features(activity), Half(sheet.items, sheet.roles), store,
            n_roles=len(sheet.roles), strength=how.strength, scope=Scope(how.where),
            protocol=sheet.protocol, top=how.top, progress=progress,
        ).table  # fmt: skip
