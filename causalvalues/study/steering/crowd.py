"""A `Crowd` is a respondent that the workers of an executor hold: each has the model and asks.

    measure(Crowd(executor, model), …), by_screen(…), survey_under(…)   as with a model in here
    each(work)     the same work on parts of something, on whichever worker is free

Workers keep model and autoencoders open between shards; the process that shares the work out loads
none. Guarantee: answers, and so profiles and tables, are those of one process, byte for byte, on
machines of one kind; shards that were finished are kept, whatever dies; what failed is tried again,
and given up with what failed where.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from causalvalues.errors import Fault, OptionError
from causalvalues.evaluation.groups import Group
from causalvalues.scale.executors import Executor
from causalvalues.scale.gathering import PER_WORKER, Work, gather, shards_beside
from causalvalues.scale.merging import merge_left
from causalvalues.scale.persistence import Patience, persist
from causalvalues.scale.shard import Model
from causalvalues.steering.intervention import Intervention
from causalvalues.study.plan import ModelPlan
from causalvalues.study.respondents import PlannedModel, public_name
from causalvalues.study.stages import Bar
from causalvalues.study.steering.halves import Sheet
from causalvalues.study.steering.shards import Told, cut
from causalvalues.study.steering.steerable import Steerable, load_respondent, saes_of
from causalvalues.study.steering.worker import (
    Introduced,
    Screen,
    ask_shard,
    control,
    divergence,
    introduced,
    with_model,
)
from causalvalues.survey.asking import Progress
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.request import Request, Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role

__all__ = ["Crowd", "asked_by", "refuse_both"]

Result = TypeVar("Result")

FEWEST_AT_ONCE = 8  # interventions that one worker reads neutral texts under


@dataclass(frozen=True, eq=False)
class Crowd:
    """Workers, and the model that each of them opens."""

    executor: Executor
    model: Model
    introduced: Introduced
    patience: Patience | None = None

    @classmethod
    def of(cls, executor: Executor, model: Model, *, patience: Patience | None = None) -> "Crowd":
        """Return the crowd, after one worker has said who the model is."""
        said: list[Introduced] = []

        def take(_: Model, found: Introduced) -> str:
            said.append(found)
            return ""

        persist(
            executor, introduced, [model], take=take, name=lambda _: "the model", patience=patience
        )
        return cls(executor, model, said[0], patience)

    @property
    def identity(self) -> Mapping[str, str]:
        """Return what the model says of itself where it runs."""
        return self.introduced.identity

    @property
    def sweeps(self) -> bool:
        """Return whether the model answers under many conditions at once."""
        return self.introduced.sweeps

    def log_probabilities(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Raise: workers are given whole surveys."""
        raise Fault("Workers are given whole surveys", found=f"{len(requests)} requests")

    def texts(
        self, requests: Sequence[Request], *, max_new_tokens: int
    ) -> Iterator[tuple[int, str]]:
        """Raise: workers are given whole surveys."""
        raise Fault("Workers are given whole surveys", found=f"{len(requests)} requests")

    def ask_all(
        self,
        groups: Sequence[Group],
        roles: Sequence[Role],
        questions: Sequence[Question],
        store: AnswerStore,
        *,
        role_place: RolePlace,
        progress: Progress | None,
    ) -> Sequence[bytes]:
        """Return the keys of all answers, once the store holds them; `roles` before any lines."""
        folder = shards_beside(store)
        store.drop_damaged()
        merge_left(folder, store)
        screen = Screen(
            self.model,
            saes_of(each for group in groups for each in group.interventions.values()),
            tuple(sorted(self.identity.items())),
            tuple(questions),
            role_place,
        )
        n_workers = self.executor.n_workers
        keys, shards = cut(groups, roles, _keys_by(screen), store, n_workers=n_workers)
        gather(
            self.executor,
            Work(
                partial(ask_shard, screen=screen, folder=folder),
                lambda s: s.wanted,
                lambda s: s.text,
            ),
            shards,
            store,
            n_answers=len(keys),
            n_held=len(keys) - sum(len(shard.wanted) for shard in shards),
            patience=self.patience,
            progress=progress,
        )
        return keys

    def divergence(
        self, hooked: Mapping[str, Intervention], *, progress: Progress | None = None
    ) -> dict[str, float]:
        """Return how far each intervention moves the model on neutral texts."""
        names = list(hooked)
        size = max(len(names) // (PER_WORKER * self.executor.n_workers), FEWEST_AT_ONCE)
        parts = [names[first : first + size] for first in range(0, len(names), size)]
        work = [
            partial(divergence, told={name: Told.of(hooked[name]) for name in part})
            for part in parts
        ]
        found = self.each(work, saes_of(hooked.values()), "neutral texts", progress=progress)
        by_name = {name: each for some in found for name, each in some.items()}
        return {name: by_name[name] for name in names}

    def control(self, intervention: Intervention, sheet: Sheet, *, seed: int) -> Intervention:
        """Return the control of a plan's intervention."""
        work = partial(control, told=Told.of(intervention), sheet=sheet, seed=seed)
        (found,) = self.each([work], saes_of([intervention]), "the control of the plan")
        return found.intervention

    def each(
        self,
        work: Sequence[Callable[[Steerable], Result]],
        saes: tuple[str, ...],
        name: str,
        *,
        progress: Progress | None = None,
    ) -> list[Result]:
        """Return what each work on the model comes to, in order."""
        found: dict[int, Result] = {}

        def take(numbered: tuple[int, object], result: Result) -> str:
            found[numbered[0]] = result
            if progress is not None:
                progress(len(found), len(work))
            return ""

        persist(
            self.executor, partial(with_model, model=self.model, saes=saes), list(enumerate(work)),
            take=take, name=lambda numbered: f"{name}, part {numbered[0] + 1}",
            patience=self.patience,
        )  # fmt: skip
        return [found[place] for place in range(len(work))]


def asked_by(
    plan: ModelPlan, respondent: Respondent | None, executor: Executor | None, *, bar: Bar
) -> Respondent:
    """Return who is asked: the respondent that is given, workers, or the model loaded here."""
    if respondent is not None:
        return respondent
    if executor is None:
        return load_respondent(plan, bar=bar)
    with bar(f"Loading {public_name(plan.name)} with {executor.n_workers} workers"):
        return Crowd.of(executor, PlannedModel(plan))


def refuse_both(respondent: Respondent | None, executor: Executor | None) -> None:
    """Raise where a model is given to be asked here, and workers that open it as well."""
    if respondent is not None and executor is not None:
        raise OptionError(
            "Workers open the study's model by themselves",
            found="a respondent and an executor",
            remedy="give one of them",
        )


def _keys_by(screen: Screen) -> Callable[[Group], Sequence[bytes]]:
    """Return what gives the keys of a group's answers."""
    identity = dict(screen.identity)
    written = any(question.generate for question in screen.questions)
    return lambda group: (
        group.design(identity, screen.questions, screen.role_place, written=written).keys
    )
