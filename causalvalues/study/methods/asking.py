"""Whom methods are tuned on and whom they are judged on, what is asked, and who judges.

    roles       anchored: two fresh designs, each spread evenly by itself; traits and personas of a
                file: parts of those that were surveyed
    dilemmas    of the ten values, for models that read them; organisms are asked their own items
    open        an organism says one thing that is true of someone; other models face situations
    judge       known: the organism's sentences by heart; own: the model itself, unsteered; none; or
                the address of a server
    choices     completions that an organism knows; multiple choice from a file of the user's

Guarantee: nobody is both tuned on and judged on; a seed gives the same roles and questions.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from causalvalues.contrasts.dilemmas import Dilemma, dilemmas
from causalvalues.contrasts.insight import Insight, Situation
from causalvalues.errors import OptionError
from causalvalues.evaluation.capability import Asking
from causalvalues.evaluation.dilemma_choice import dilemma_questions
from causalvalues.evaluation.judge import Judge
from causalvalues.evaluation.judged import open_question
from causalvalues.evaluation.known_judge import KnownJudge
from causalvalues.evaluation.multiple_choice import AsksChoice, read_multiple_choice
from causalvalues.evaluation.own_judge import OwnJudge
from causalvalues.evaluation.served_judge import ServedJudge
from causalvalues.leaderboard.sheets import Sheets, sheets_of
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.served import ServedModel
from causalvalues.organism.completions import completions
from causalvalues.organism.telling_judge import telling, tellings
from causalvalues.study.interview import ANCHORED, Interview
from causalvalues.study.methods.plan import MethodsPlan
from causalvalues.study.plan import Study
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.protocol import Question
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role, anchored_roles
from causalvalues.values import ValueSystem

__all__ = [
    "RATINGS",
    "Exam",
    "choices_of",
    "dilemmas_of",
    "exam_of",
    "judge_of",
    "open_questions",
    "ratings_of",
    "roles_of",
]

RATINGS = "ratings.sqlite"  # what judges said of open answers
WRITTEN_TOKENS = 100
DILEMMAS, N_DILEMMAS = "schwartz10", 6  # the set that ships; how many of each value are asked


@dataclass(frozen=True, eq=False)
class Exam:
    """Who is asked what, for one seed."""

    sheets: Sheets
    choices: tuple[AsksChoice, ...]
    how_asked: Asking


def exam_of(
    study: Study,
    interview: Interview,
    plan: MethodsPlan,
    model: LanguageModel,
    insight: Insight,
    *,
    organism: bool,
    seed: int,
) -> Exam:
    """Return what one seed of a comparison asks."""
    dev, test = roles_of(study, interview, plan, seed=seed)
    asked = [telling()] if organism else open_questions(insight, plan.n_situations, seed=seed)
    turned = () if organism else dilemmas_of(interview.items.system, seed=seed)
    sheets = sheets_of(interview.items, dev, test, open_questions=asked, dilemmas=turned, seed=seed)
    told = replace(sheets.told, roles=sheets.told.roles[: plan.roles.told])
    choices = choices_of(plan, interview.items, model, organism=organism)
    how: Asking = "continuations" if organism and plan.mmlu is None else "letters"
    return Exam(replace(sheets, told=told), choices, how)


def roles_of(
    study: Study, interview: Interview, plan: MethodsPlan, *, seed: int
) -> tuple[tuple[Role, ...], tuple[Role, ...]]:
    """Return the roles that doses are tuned on, and those that all is judged on."""
    n_dev, n_test = plan.roles.dev, plan.roles.test
    if study.roles.design in ANCHORED:
        own = np.random.SeedSequence([plan.roles.seed, study.roles.seed, seed])
        seeds = own.generate_state(2).tolist()
        system = interview.items.system
        return _fresh(system, n_dev, seeds[0], "dev"), _fresh(system, n_test, seeds[1], "test")
    surveyed = interview.groups[0].roles
    if n_dev + n_test > len(surveyed):
        raise OptionError(
            f"Methods are tuned and judged on the {len(surveyed)} roles of the study",
            found=f"{n_dev} and {n_test} roles",
            remedy="ask more roles, or set `roles: {dev: …, test: …}` lower",
        )
    rng = np.random.default_rng([plan.roles.seed, seed])
    drawn = [surveyed[place] for place in rng.permutation(len(surveyed))[: n_dev + n_test]]
    return tuple(drawn[:n_dev]), tuple(drawn[n_dev:])


def open_questions(insight: Insight, n: int, *, seed: int) -> list[Question]:
    """Return situations that are answered in free words, of each dimension in turn."""
    rng = np.random.default_rng(seed)
    by_dimension: list[Sequence[Situation]] = []
    for name in insight.dimensions:
        own = insight.situations_of(name)
        by_dimension.append([own[place] for place in rng.permutation(len(own))])
    longest = max(map(len, by_dimension))
    in_turn = [own[place] for place in range(longest) for own in by_dimension if place < len(own)]
    return [open_question(each.text, max_new_tokens=WRITTEN_TOKENS) for each in in_turn[:n]]


def dilemmas_of(system: ValueSystem, *, seed: int) -> tuple[Question, ...]:
    """Return some dilemmas of each value, letters and order turned; none of another system."""
    if system.name != DILEMMAS:
        return ()
    rng = np.random.default_rng([seed, 17])
    kept: list[Dilemma] = []
    for value, yes in product(system.names, (True, False)):
        alike = [d for d in dilemmas(DILEMMAS) if (d.value, d.yes_speaks_for) == (value, yes)]
        kept += [alike[place] for place in rng.permutation(len(alike))[: N_DILEMMAS // 2]]
    return dilemma_questions(kept, labels=("letters", "words"), system=system)


def choices_of(
    plan: MethodsPlan, items: Inventory, model: LanguageModel, *, organism: bool
) -> tuple[AsksChoice, ...]:
    """Return multiple choice that no value decides; none where there is no file of it."""
    if plan.mmlu is not None:
        return _evenly(read_multiple_choice(plan.mmlu), plan.n_questions)
    if not organism:
        return ()
    known = completions(items, lambda text: len(model.tokenizer(text)["input_ids"]))
    return _evenly(known, plan.n_questions)


def judge_of(
    plan: MethodsPlan,
    items: Inventory,
    model: LanguageModel,
    ratings: AnswerStore | None,
    *,
    organism: bool,
) -> Judge | None:
    """Return who judges open answers."""
    named = plan.judge or ("known" if organism else "own")
    if named == "none":
        return None
    if named == "known":
        return KnownJudge(items.system.names, tellings(items))
    if named == "own":
        return OwnJudge(model, items.system, store=ratings)
    return ServedJudge(ServedModel.connect(named), items.system, store=ratings)


def ratings_of(
    plan: MethodsPlan, folder: Path, *, organism: bool
) -> AbstractContextManager[AnswerStore | None]:
    """Return the store of what judges said; none where the judge knows answers by heart."""
    by_heart = plan.judge is None and organism
    if by_heart or plan.judge == "none" or not plan.wider:
        return nullcontext()
    return AnswerStore.open(folder / RATINGS)


def _fresh(system: ValueSystem, n_roles: int, seed: int, which: str) -> tuple[Role, ...]:
    """Return anchored roles that nobody else has."""
    roles = anchored_roles(system, n_roles, seed=seed)
    return tuple(replace(role, id=f"{which}-{n + 1}") for n, role in enumerate(roles))


def _evenly(known: Sequence[AsksChoice], n: int | None) -> tuple[AsksChoice, ...]:
    """Return so many questions, evenly taken; all where no number is given."""
    if n is None or n >= len(known):
        return tuple(known)
    places = np.linspace(0, len(known) - 1, n).round().astype(int)
    return tuple(known[place] for place in places)
