"""`find_candidates` writes down what a plan may use: candidates.json, and features.csv with why.

Guarantee: rules see surveyed or calibration roles and calibration items only; the same call again
runs nothing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
from pydantic import JsonValue

from causalvalues.errors import OptionError
from causalvalues.provenance import digest_of_file, write_atomically
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.role_prompt_file import read_role_prompts
from causalvalues.study.stages import Bar, silent
from causalvalues.study.steering.candidate_file import CandidateSet
from causalvalues.study.steering.halves import Sheet, calibration_of
from causalvalues.study.steering.proposing import Proposing, features_of, lines_of, tables_of
from causalvalues.study.steering.steerable import Steerable, inside, load_respondent
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore

__all__ = ["FEATURES", "Found", "find_candidates"]

FEATURES = "features.csv"
N_SCREENED = 4  # roles, where every feature is surveyed


@dataclass(frozen=True, eq=False)
class Found:
    """The candidates, the features among them with what speaks for each, and the files."""

    candidates: CandidateSet
    features: pd.DataFrame
    files: tuple[Path, ...]


def find_candidates(
    folder: Path,
    *,
    saes: tuple[str, ...] = (),
    how: Proposing | None = None,
    prompts: Path | None = None,
    seed: int = 0,
    model: str | None = None,
    respondent: Respondent | None = None,
    bar: Bar = silent,
) -> Found:
    """Return candidates for plans; `saes` names autoencoders, `prompts` a CSV file of lines.

    find_candidates(Path("runs/first"), saes=("organism-gemma",))
    """
    how, surveyed = how or Proposing(), Surveyed.of(folder, model=model)
    surveyed.check_values(how.values)
    sheet = calibration_of(surveyed, seed=seed, n_roles=N_SCREENED)
    told = _lines(surveyed, how, prompts)
    if not saes and not told:
        raise OptionError(
            "A plan needs candidates", found="neither an autoencoder nor lines",
            remedy="name one with --sae, or leave --lines as it is",
        )  # fmt: skip
    opened = {name: _opened(name) for name in saes}
    if saes and not surveyed.record.files("candidates"):  # before any weights are fetched
        respondent = respondent or load_respondent(surveyed.study.model, bar=bar)
        surveyed.check_respondent(respondent)
        Steerable.of(respondent, saes)
    made_from: Mapping[str, JsonValue] = {
        "surveyed": dict(surveyed.digests("study.yaml", "scores.parquet")),
        "saes": {name: sae.digest for name, sae in opened.items()},
        "how": {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(how).items()},
        "prompts": None if prompts is None else digest_of_file(prompts),
        "seed": seed,
    }
    with surveyed.at_work() as store:
        if not surveyed.record.finished("candidates", made_from):
            if saes and respondent is None:
                respondent = load_respondent(surveyed.study.model, bar=bar)
            found, features = _found(surveyed, sheet, saes, how, told, respondent, store, bar)
            chosen_by = (*(how.rules if saes else ()), *how.lines, *(["file"] if prompts else []))
            written = CandidateSet(found, seed, chosen_by).write(folder)
            if saes:
                table = features.to_csv(index=False)
                written.append(write_atomically(folder / FEATURES, table))
            surveyed.finish("candidates", made_from, written)
    files = tuple(surveyed.record.files("candidates"))
    return Found(CandidateSet.read(folder), _features(folder, files), files)


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
    told: Mapping[str, Intervention],
    respondent: Respondent | None,
    store: AnswerStore,
    bar: Bar,
) -> tuple[dict[str, Intervention], pd.DataFrame]:
    """Return every candidate by name, features first, and the table of features."""
    found: dict[str, Intervention] = {}
    frames: list[pd.DataFrame] = []
    if saes and respondent is not None:
        surveyed.check_respondent(respondent)
        language_model = inside(respondent)
        for dictionary in Steerable.of(respondent, saes).dictionaries.values():
            tables = list(
                tables_of(surveyed, sheet, language_model, dictionary, how, store, bar=bar)
            )
            found |= features_of(tables, how)
            frames += [table.to_frame() for table in tables]
    features = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    return {**found, **told}, features


def _features(folder: Path, files: tuple[Path, ...]) -> pd.DataFrame:
    """Return the table of features, empty where there is none."""
    path = folder / FEATURES
    return pd.read_csv(path, keep_default_na=False) if path in files else pd.DataFrame()


def _opened(name: str) -> Dictionary:
    """Return an autoencoder whose weights are not read yet."""
    from causalvalues.steering.sae import open_sae

    return open_sae(name)
