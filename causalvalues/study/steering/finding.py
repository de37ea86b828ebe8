"""`find_candidates` writes down what a plan may use: candidates.json, and beside it why.

    features.csv               which rule found each feature, for which value, how strongly
    candidate_methods.csv      each method with its dose and what fitting found, or why it has none

An executor shares screens between workers: the same bytes. Other rules read what is inside the
model, and methods are fitted, in this process. Guarantee: rules see surveyed or calibration roles
and calibration items only; the same call again runs nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd
from pydantic import JsonValue

from causalvalues.errors import OptionError
from causalvalues.provenance import digest_of_file, write_atomically
from causalvalues.scale.executors import Executor
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.document import digest_of, read_intervention
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.role_prompt_file import read_role_prompts
from causalvalues.study.methods.files import digests_of
from causalvalues.study.stages import Bar, silent
from causalvalues.study.steering.candidate_file import CandidateSet
from causalvalues.study.steering.crowd import asked_by, refuse_both
from causalvalues.study.steering.halves import Sheet, calibration_of
from causalvalues.study.steering.proposing import Proposing, features_of, lines_of, tables_of
from causalvalues.study.steering.steerable import Steerable, inside, load_respondent
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.survey.cells import csv_of, plain_frame
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore

__all__ = ["FEATURES", "METHODS_FILE", "Found", "find_candidates", "wishes_of"]

FEATURES, METHODS_FILE = "features.csv", "candidate_methods.csv"
N_SCREENED = 4  # roles, where every feature is surveyed


@dataclass(frozen=True, eq=False)
class Found:
    """The candidates, tables of the features and methods among them, and the files."""

    candidates: CandidateSet
    features: pd.DataFrame
    methods: pd.DataFrame
    files: tuple[Path, ...]


def wishes_of(
    folder: Path, how: Proposing, *, saes: tuple[str, ...] | None, given: Collection[str]
) -> tuple[tuple[str, ...], Proposing]:
    """Return which autoencoders and what else to look for: as `given`, else as the study says."""
    plan = Surveyed.of(folder).study.steering
    if plan is None:
        return saes or (), how
    sources: Mapping[str, object] = {
        "lines": how.lines if "lines" in plan.sources else (),
        "methods": tuple(each for each in plan.sources if each not in ("features", "lines")),
        "values": () if plan.values == "all" else plan.values,
        "doses": dict(plan.doses),
    }
    told = {name: each for name, each in sources.items() if name not in given}
    own = plan.saes if "features" in plan.sources else ()
    return own if saes is None else saes, replace(how, **told)  # type: ignore[arg-type]


def find_candidates(
    folder: Path,
    *,
    saes: tuple[str, ...] = (),
    how: Proposing | None = None,
    prompts: Path | None = None,
    interventions: tuple[Path, ...] = (),
    seed: int = 0,
    model: str | None = None,
    respondent: Respondent | None = None,
    executor: Executor | None = None,
    bar: Bar = silent,
) -> Found:
    """Return candidates for plans; `saes` names autoencoders, `prompts` a CSV file of lines.

    Without `how`, candidates are those of `steering:` in the study. `interventions` are files of
    `causalvalues steer --out` and their like. An executor's workers ask what screens ask.

    find_candidates(Path("runs/first"), saes=("organism-gemma",))
    """
    refuse_both(respondent, executor)
    if how is None:
        saes, how = wishes_of(folder, Proposing(), saes=saes or None, given=())
    surveyed = Surveyed.of(folder, model=model)
    surveyed.check_values(how.values)
    sheet = calibration_of(surveyed, seed=seed, n_roles=N_SCREENED)
    told = _lines(surveyed, how, prompts) | _read(interventions)
    inner = bool(saes or how.methods)
    if not inner and not told:
        raise OptionError(
            "A plan needs candidates", found="neither an autoencoder, nor methods, nor lines",
            remedy="name one with --sae, methods with --methods, or leave --lines as it is",
        )  # fmt: skip
    opened = {name: _opened(name) for name in saes}
    if inner and not surveyed.record.files("candidates"):  # before any weights are fetched
        respondent = respondent or load_respondent(surveyed.study.model, bar=bar)
        surveyed.check_respondent(respondent)
        Steerable.of(respondent, saes)
        inside(respondent)
    made_from: Mapping[str, JsonValue] = {
        "surveyed": dict(surveyed.digests("study.yaml", "scores.parquet")),
        "saes": {name: sae.digest for name, sae in opened.items()},
        "how": {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(how).items()},
        "prompts": None if prompts is None else digest_of_file(prompts),
        "interventions": {path.stem: digest_of(told[path.stem]) for path in interventions},
        "materials": dict(digests_of(surveyed.study.methods)) if surveyed.study.methods else {},
        "seed": seed,
    }
    with surveyed.at_work() as store:
        if not surveyed.record.finished("candidates", made_from):
            if inner and respondent is None:
                respondent = load_respondent(surveyed.study.model, bar=bar)
            found, tables = _found(
                surveyed, sheet, saes, how, respondent, executor, store, seed, bar
            )
            by_file = [*(["file"] if prompts else []), *(["file"] if interventions else [])]
            chosen_by = (*(how.rules if saes else ()), *how.methods, *how.lines, *by_file)
            written = CandidateSet({**found, **told}, seed, chosen_by).write(folder)
            for name, table in tables.items():
                written.append(write_atomically(folder / name, csv_of(table)))
            surveyed.finish("candidates", made_from, written)
    files = tuple(surveyed.record.files("candidates"))
    features, methods = (_table(folder / name, files) for name in (FEATURES, METHODS_FILE))
    return Found(CandidateSet.read(folder), features, methods, files)


def _lines(surveyed: Surveyed, how: Proposing, prompts: Path | None) -> dict[str, Intervention]:
    """Return all lines, those of a file among them."""
    found = lines_of(surveyed, how)
    if prompts is not None:
        found |= read_role_prompts(prompts, system=surveyed.interview.items.system)
    return found


def _found(
    surveyed: Surveyed,
    sheet: Sheet,
    saes: tuple[str, ...],
    how: Proposing,
    respondent: Respondent | None,
    executor: Executor | None,
    store: AnswerStore,
    seed: int,
    bar: Bar,
) -> tuple[dict[str, Intervention], dict[str, pd.DataFrame]]:
    """Return what acts inside the model by name, features first, and the tables by file."""
    found: dict[str, Intervention] = {}
    written: dict[str, pd.DataFrame] = {}
    if respondent is None or not (saes or how.methods):
        return found, written
    surveyed.check_respondent(respondent)
    language_model = inside(respondent)
    if saes:
        frames: list[pd.DataFrame] = []
        asked = _screened_by(surveyed, respondent, how, executor, bar)
        for dictionary in Steerable.of(respondent, saes).dictionaries.values():
            tables = list(
                tables_of(surveyed, sheet, language_model, asked, dictionary, how, store, bar=bar)
            )
            found |= features_of(tables, how)
            frames += [table.to_frame() for table in tables]
        written[FEATURES] = pd.concat(frames, ignore_index=True)
    if how.methods:
        from causalvalues.study.steering.by_methods import by_methods

        fitted, written[METHODS_FILE] = by_methods(
            surveyed, language_model, how, seed=seed, bar=bar
        )
        found |= fitted
    return found, written


def _screened_by(
    surveyed: Surveyed, respondent: Respondent, how: Proposing, executor: Executor | None, bar: Bar
) -> Respondent:
    """Return who is asked in screens: workers that hold the model of this process, or it itself."""
    if executor is None or "screen" not in how.rules:
        return respondent
    workers = asked_by(surveyed.study.model, None, executor, bar=bar)
    here, there = dict(respondent.identity), dict(workers.identity)
    if here != there:
        raise OptionError(
            "A screen asks the model whose features were read here",
            found=f"{here} here, {there} there",
            remedy="say `dtype` in the study's model, or run this on a machine like theirs",
        )
    return workers


def _read(paths: tuple[Path, ...]) -> dict[str, Intervention]:
    """Return interventions from files, each by the name of its file."""
    found = {path.stem: read_intervention(path) for path in paths}
    if len(found) < len(paths):
        raise OptionError(
            "Files of interventions need different names",
            found=", ".join(path.name for path in paths),
        )
    return found


def _table(path: Path, files: tuple[Path, ...]) -> pd.DataFrame:
    """Return a table of a finished stage, empty where there is none."""
    if path not in files:
        return pd.DataFrame()
    return plain_frame(pd.read_csv(path, keep_default_na=False))


def _opened(name: str) -> Dictionary:
    """Return an autoencoder whose weights are not read yet."""
    from causalvalues.steering.sae import open_sae

    return open_sae(name)
