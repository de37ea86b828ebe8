"""`compete` runs the whole protocol: fit, tune, enter, judge; and, where there is a graph, guide.

1. every method is fitted to every value                                       `entrants`
2. doses are surveyed on roles and items set aside for it, as many for each    `tuning`
3. entries at equal gain, at equal norm, at full strength, and their controls  `entries`
4. all are surveyed on what nobody has seen, those at equal gain asked wider   `contest`
5. plans among one method's interventions, with the graph and without          `guided`

What comes of it are tables: `tuning` (a row per dose and value), `entries` (a row per entry, with
all marks), `profiles` (a row per entry and value), `unfitted`. Guarantee: the same call again asks
nothing that the store holds; a seed gives the same tables, but for plans, whose search the clock
ends.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import pandas as pd

from causalvalues.evaluation.capability import Asking
from causalvalues.evaluation.judge import Judge
from causalvalues.evaluation.multiple_choice import AsksChoice
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.leaderboard.contest import Contest, Contestant
from causalvalues.leaderboard.controls import control_of
from causalvalues.leaderboard.entrants import METHODS, MethodName, Unfitted, entrants
from causalvalues.leaderboard.entries import Entry, entries_of
from causalvalues.leaderboard.guided import Guided, plans_of
from causalvalues.leaderboard.marks import Marks, Reference, row_of
from causalvalues.leaderboard.materials import Materials
from causalvalues.leaderboard.sheets import Sheets
from causalvalues.leaderboard.tuning import Tuned, tune
from causalvalues.methods.edit_norm import edit_norms
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.methods.prompt import Words
from causalvalues.models.language_model import LanguageModel
from causalvalues.planning.propagation import Propagation
from causalvalues.steering.gate import Gate
from causalvalues.survey.request import Request
from causalvalues.survey.responses import AnswerStore

__all__ = ["Rules", "Tables", "compared", "compete"]

Tables = dict[str, pd.DataFrame]
Row = dict[str, Any]
Progress = Callable[[str, int, int], None]  # what is done, how much of it, out of how much
N_NORM_REQUESTS = 24


@dataclass(frozen=True)
class Rules:
    """What is compared, and how."""

    methods: tuple[MethodName, ...] = METHODS
    values: tuple[str, ...] = ()  # none: all that have contrast pairs
    gain: float = 0.3
    n_rungs: int = 6
    words: Words = "settling"
    guided: bool = True  # plans need every method in both directions
    wider: bool = True  # other forms, open answers, opposite prompts, capability
    seed: int = 0

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Return the directions that methods are fitted and tuned in; raising alone is judged."""
        return ("raise", "lower") if self.guided else ("raise",)


def compete(
    model: LanguageModel,
    materials: Materials,
    sheets: Sheets,
    reference: Reference,
    store: AnswerStore,
    *,
    rules: Rules | None = None,
    propagation: Propagation | None = None,
    gate_by_value: Mapping[str, Gate] | None = None,
    judge: Judge | None = None,
    choices: Sequence[AsksChoice] = (),
    how_asked: Asking = "letters",
    progress: Progress | None = None,
) -> Tables:
    """Return the tables of one model; without a propagation nothing is guided."""
    rules = rules or Rules()
    told = progress or _quietly
    known = entrants(
        model, materials, methods=rules.methods, values=rules.values or None,
        directions=rules.directions if propagation else ("raise",), gate_by_value=gate_by_value,
        words=rules.words, n_rungs=rules.n_rungs, seed=rules.seed,
        progress=lambda done, of: told("fitting", done, of),
    )  # fmt: skip
    contest = Contest(
        model, sheets, reference, store, rules.gain, judge, tuple(choices), how_asked,
        materials.dictionaries,
    )  # fmt: skip
    tables = compared(contest, known.fitted, rules, propagation=propagation, progress=told)
    columns = [each.name for each in fields(Unfitted)]
    unfitted = pd.DataFrame([vars(each) for each in known.unfitted], columns=columns)
    return tables | {"unfitted": unfitted}


def compared(
    contest: Contest,
    fitted: Sequence[Fitted],
    rules: Rules,
    *,
    propagation: Propagation | None = None,
    progress: Progress | None = None,
) -> Tables:
    """Return the tables of methods that are fitted already: steps 2 to 5."""
    told, model, sheets = progress or _quietly, contest.model, contest.sheets
    requests = _few_requests(sheets)
    tuned = tune(
        model, fitted, sheets.dev, contest.store, names=contest.names,
        norms=lambda some: [
            each.value for each in edit_norms(model, some, requests, contest.dictionaries)
        ],
        dictionaries=contest.dictionaries,
        progress=lambda done, of: told("tuning", done, of),
    )  # fmt: skip
    raising = [each for each in tuned if each.fitted.direction == "raise"]
    control = control_of(model, contest.dictionaries, requests, seed=rules.seed)
    entered = list(entries_of(raising, gain=rules.gain, control=control))
    plans = list(_plans(tuned, propagation, rules)) if propagation and rules.guided else []
    tables = _judged(contest, entered, plans, raising, rules, told)
    return tables | {"tuning": _tuning_table(tuned)}


def _plans(tuned: Sequence[Tuned], propagation: Propagation, rules: Rules) -> Iterator[Guided]:
    """Yield the plans of every method."""
    for method in dict.fromkeys(each.fitted.method for each in tuned):
        own = [each for each in tuned if each.fitted.method == method]
        targets = [each.fitted.value for each in own if each.fitted.direction == "raise"]
        yield from plans_of(own, propagation, gain=rules.gain, targets=targets)


def _judged(
    contest: Contest,
    entered: Sequence[Entry],
    plans: Sequence[Guided],
    raising: Sequence[Tuned],
    rules: Rules,
    told: Progress,
) -> Tables:
    """Return the tables of entries and of their profiles."""
    rows, asked = _entered(entered, plans, raising)
    profiles: list[Row] = []
    for each, profile, marks in contest.surveyed(
        asked, progress=lambda done, of: told("judging", done, of)
    ):
        rows[each.name] |= row_of(marks) | _health(profile)
        profiles += _profile_rows(rows[each.name], profile)
    if rules.wider:
        equal = [each for each in asked if rows[each.name]["comparison"] == "equal gain"]
        for name, more in _wider(contest, equal, told):
            rows[name] |= row_of(more)
    return {"entries": pd.DataFrame(list(rows.values())), "profiles": pd.DataFrame(profiles)}


def _entered(
    entered: Sequence[Entry], plans: Sequence[Guided], raising: Sequence[Tuned]
) -> tuple[dict[str, Row], list[Contestant]]:
    """Return a row for each entry and plan by its name, and those that did not miss."""
    fitted = {(each.fitted.method, each.fitted.value): each.fitted for each in raising}
    rows = {entry.name: _entry_row(entry) for entry in entered}
    known = [(entry.name, entry.fitted, entry.intervention) for entry in entered]
    for made in plans:
        own = fitted[made.method, made.target]
        comparison = f"plan, {made.guidance}"
        rows[made.name] = {**_row(own), "comparison": comparison, "missed": made.missed}
        known.append((made.name, own, made.intervention))
    asked = [Contestant(name, own, what) for name, own, what in known if what is not None]
    return rows, asked


def _wider(
    contest: Contest, contestants: Sequence[Contestant], told: Progress
) -> Iterator[tuple[str, Marks]]:
    """Yield what more is asked of entries at equal gain."""
    kinds: Mapping[str, Callable[[Sequence[Contestant]], Iterable[tuple[str, Marks]]]] = {
        "other forms": contest.in_forms,
        "open answers": contest.in_words,
        "opposite prompts": contest.against,
        "capability": contest.knowing,
        "cost": contest.costing,
    }
    for kind, ask in kinds.items():
        for done, (name, marks) in enumerate(ask(contestants)):
            told(kind, done + 1, len(contestants))
            yield name, marks


def _few_requests(sheets: Sheets) -> list[Request]:
    """Return some dev prompts, on which the size of edits is read."""
    dev = sheets.dev
    few = replace(dev, questions=dev.questions[:: max(len(dev.questions) // 3, 1)])
    return few.requests[:N_NORM_REQUESTS]


def _quietly(what: str, done: int, of: int) -> None:
    """Tell nobody."""


def _row(fitted: Fitted) -> Row:
    """Return which method an entry is of, and to which value it is fitted."""
    return {"method": fitted.method, "value": fitted.value, "unit": fitted.unit}


def _entry_row(entry: Entry) -> Row:
    """Return what is known of an entry before it is judged."""
    dosed = entry.rung >= (0 if entry.fitted.scale == "steps" else 1)
    return {
        **_row(entry.fitted),
        "comparison": entry.comparison,
        "rung": entry.rung,
        "dose": entry.fitted.dose_on(entry.rung) if dosed else float("nan"),
        "norm": entry.norm,
        "missed": entry.missed,
        "n_tuning_answers": entry.tuned.n_answers,
    }


def _health(profile: EffectProfile) -> Row:
    """Return the health of a profile."""
    return {"healthy": profile.healthy, "faults": "; ".join(profile.faults)}


def _profile_rows(row: Row, profile: EffectProfile) -> Iterator[Row]:
    """Yield one row for each value that changed, or did not."""
    keys = {key: row[key] for key in ("method", "value", "comparison")}
    for place, name in enumerate(profile.names):
        yield {
            **keys,
            "on": name,
            "change": float(profile.change[place]),
            "standard_error": float(profile.standard_error[place]),
        }


def _tuning_table(tuned: Sequence[Tuned]) -> pd.DataFrame:
    """Return one row per method, value, direction, dose and value that was surveyed."""
    rows = []
    for each in tuned:
        for rung, (dose, norm) in enumerate(zip(each.fitted.doses, each.norms, strict=True)):
            profile = each.curve.profiles[rung]
            for place, name in enumerate(profile.names):
                rows.append(
                    {
                        **_row(each.fitted),
                        "direction": each.fitted.direction,
                        "dose": dose,
                        "norm": norm,
                        "on": name,
                        "change": float(profile.change[place]),
                        "healthy": profile.healthy,
                    }
                )
    return pd.DataFrame(rows)
