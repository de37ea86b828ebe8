"""`measure_candidates` asks what candidates do to every value, on calibration items and roles.

    profiles.json     role by role, as plans need it
    effects.parquet   a row per intervention and value: change, interval, health, faults

An executor shares all of it between workers: the same bytes, and no model is loaded here.
Guarantee: no held-out item and no held-out role is asked; whatever breaks the model is named; every
answer is kept, so that a run that was stopped goes on, and the same call again asks nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from causalvalues.errors import OptionError
from causalvalues.evaluation.health_rules import with_health
from causalvalues.evaluation.measure import measure
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.scale.executors import Executor
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Intervention, RolePrompt, parts_of
from causalvalues.study.stages import Bar, silent
from causalvalues.study.steering.candidate_file import ARRAYS, CANDIDATES, CandidateSet
from causalvalues.study.steering.crowd import Crowd, asked_by, refuse_both
from causalvalues.study.steering.halves import Sheet, calibration_of
from causalvalues.study.steering.profile_file import read_profiles, write_profiles
from causalvalues.study.steering.steerable import Steerable, inside, saes_of
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore

__all__ = ["N_ROLES", "Measured", "ask_under_all", "diverged", "is_hooked", "measure_candidates"]

N_ROLES = 24


@dataclass(frozen=True, eq=False)
class Measured:
    """What every candidate did, and the files that say so."""

    profiles: dict[str, EffectProfile]
    files: tuple[Path, ...]

    @property
    def broken(self) -> dict[str, str]:
        """Return what is wrong with those that broke the model, by name."""
        return {n: "; ".join(p.faults) for n, p in self.profiles.items() if not p.healthy}


def measure_candidates(
    folder: Path,
    *,
    n_roles: int = N_ROLES,
    n_items: int | None = None,
    neutral: bool = True,
    model: str | None = None,
    respondent: Respondent | None = None,
    executor: Executor | None = None,
    bar: Bar = silent,
) -> Measured:
    """Return what every candidate does; `n_items` for each value and as many against it.

    neutral    whether divergence on neutral texts counts for health, where something is hooked
    executor   workers that ask in place of this process

    measure_candidates(Path("runs/first"), n_roles=12).profiles["settle power -0.8"].change
    """
    refuse_both(respondent, executor)
    surveyed = Surveyed.of(folder, model=model)
    surveyed.require(CANDIDATES, f"candidates {folder}")
    candidates = CandidateSet.read(folder)
    sheet = calibration_of(surveyed, seed=candidates.seed, n_roles=n_roles, n_items=n_items)
    rests_on = surveyed.digests(CANDIDATES, ARRAYS)
    made_from: Mapping[str, JsonValue] = {
        **rests_on,
        "sheet": sheet.digest,
        "how": surveyed.interview.how,
        "neutral": neutral,
    }
    with surveyed.at_work() as store:
        if not surveyed.record.finished("effects", made_from):
            respondent = asked_by(surveyed.study.model, respondent, executor, bar=bar)
            surveyed.check_respondent(respondent)
            profiles = _measured(surveyed, respondent, candidates, sheet, store, neutral, bar)
            surveyed.finish("effects", made_from, write_profiles(profiles, folder, rests_on))
    return Measured(read_profiles(folder)[0], tuple(surveyed.record.files("effects")))


def ask_under_all(
    surveyed: Surveyed,
    steerable: Steerable,
    interventions: Mapping[str, Intervention],
    sheet: Sheet,
    store: AnswerStore,
    *,
    label: str,
    bar: Bar,
) -> dict[str, EffectProfile]:
    """Return the profile of each intervention by name, on one sheet."""
    with bar(label) as progress:
        return measure(
            steerable.respondent, interventions, sheet.questions, sheet.roles, store,
            dictionaries=steerable.dictionaries, names=surveyed.names,
            role_place=surveyed.interview.protocol.role_place, how=surveyed.interview.how,
            progress=progress,
        )  # fmt: skip


def diverged(
    profiles: Mapping[str, EffectProfile],
    interventions: Mapping[str, Intervention],
    respondent: Respondent,
    dictionaries: Mapping[str, Dictionary],
    *,
    bar: Bar,
) -> dict[str, EffectProfile]:
    """Return profiles with the divergence on neutral texts of all that is hooked."""
    hooked = {n: each for n, each in interventions.items() if n in profiles and is_hooked(each)}
    if not hooked:
        return dict(profiles)
    with bar("Reading neutral texts") as progress:
        if isinstance(respondent, Crowd):
            found = respondent.divergence(hooked, progress=progress)
        else:
            from causalvalues.evaluation.neutral import neutral_divergence

            found = neutral_divergence(
                inside(respondent), hooked, dictionaries=dictionaries, progress=progress
            )
    return {
        name: with_health(each, {"neutral_divergence": found[name]}) if name in found else each
        for name, each in profiles.items()
    }


def is_hooked(intervention: Intervention) -> bool:
    """Return whether something is done inside the model."""
    return any(not isinstance(part, RolePrompt) for part in parts_of(intervention))


def _measured(
    surveyed: Surveyed,
    respondent: Respondent,
    candidates: CandidateSet,
    sheet: Sheet,
    store: AnswerStore,
    neutral: bool,
    bar: Bar,
) -> dict[str, EffectProfile]:
    """Return all profiles."""
    interventions = candidates.interventions
    if not interventions:
        raise OptionError("Measuring needs candidates", found="none")
    steerable = Steerable.of(respondent, saes_of(interventions.values()))
    profiles = ask_under_all(
        surveyed, steerable, interventions, sheet, store,
        label=f"Measuring {len(interventions)} candidates", bar=bar,
    )  # fmt: skip
    if not neutral:
        return profiles
    return diverged(profiles, interventions, respondent, steerable.dictionaries, bar=bar)
