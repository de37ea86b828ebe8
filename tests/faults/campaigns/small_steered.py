"""A steered run in ten seconds: a vector and features in a model, and every command that reads it.

    survey    answers that follow the planted world, under the name of the organism
    the rest  by the organism itself: candidates, effects, a plan, its verdict, the pages

Guarantee: a command on a whole copy, without the files that it makes, makes the same bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from campaigns.small_run import planted
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.organism.registers import Registers
from causalvalues.planning.document import INTERVENTION
from causalvalues.steering.document import write_intervention
from causalvalues.steering.intervention import ValueVector
from causalvalues.study.pages import write_pages
from causalvalues.study.plan import ModelPlan, Study
from causalvalues.study.reporting.run_folder import ASKED
from causalvalues.study.reporting.run_folder import READ as REPORTED_OF
from causalvalues.study.respondents import respondent_of
from causalvalues.study.run import run
from causalvalues.study.stages import silent
from causalvalues.study.steering import (
    Proposing,
    find_candidates,
    make_plan,
    measure_candidates,
    verify_plan,
)
from causalvalues.study.steering.side_by_side import ready
from causalvalues.study.steering.surveyed import SURVEY
from causalvalues.study.viewing import READ, READ_BESIDE, write_viewer
from causalvalues.survey.scripted import ScriptedRespondent

__all__ = ["Command", "commands", "steered_run"]

NAME = "organism/gemma"
STUDY = Study.model_validate(
    {
        "name": "steered",
        "model": {"name": NAME},
        "roles": {"n_roles": 24},
        "protocol": {"orders": ["given"]},
        "settled": {"n_roles": 8, "values": ["power"]},
        "discovery": {"algorithm": "ges", "n_resamples": 0, "n_permutations": 0},
        "truth": "planted",
    }
)
FEW = Proposing(lines=(), values=("achievement",), n_roles=8, n_questions=1, top=1)
TARGETS = {"achievement": 0.1}
NOTED = ("stages.json", "manifest.json")  # which every command reads
CANDIDATES = ("candidates.json", "candidates.safetensors")
PLANNED = ("plan.json", "intervention.json", "intervention.safetensors", "prediction.safetensors")
PAGES = ("viewer.html", "report.json", "report.html")


@dataclass(frozen=True)
class Command:
    """What a command does, what it makes, and what it must not read otherwise than it was."""

    name: str
    go: Callable[[Path], object]
    makes: tuple[str, ...]  # removed before, so that it has to be made
    reads: tuple[str, ...] | None  # None: all there is


def commands(vector: Path) -> tuple[Command, ...]:
    """Return every command that reads a run; `vector` is where a candidate of one's own lies."""
    model = cast(LanguageModel, respondent_of(ModelPlan(name=NAME)))
    survey = (*SURVEY, *NOTED)
    return (
        Command("run", lambda folder: run(STUDY, folder, respondent=_told(model)), (), None),
        Command("candidates", lambda folder: _find(folder, vector, model),
                (*CANDIDATES, "features.csv"), survey),
        Command("effects",
                lambda folder: measure_candidates(folder, n_roles=4, n_items=1, respondent=model),
                ("profiles.json", "effects.parquet"), (*survey, *CANDIDATES)),
        Command("plan", lambda folder: make_plan(folder, TARGETS, n_draws=40), PLANNED,
                (*survey, *CANDIDATES, "profiles.json")),
        Command("evaluate",
                lambda folder: verify_plan(folder, n_roles=4, n_items=1, respondent=model),
                ("verdict.json", "verdict.csv", "figures/steering.svg"),
                (*survey, *CANDIDATES, "profiles.json", *PLANNED)),
        Command("steer", _steer, (), (*survey, *PLANNED)),
        Command("view", write_viewer, PAGES[:1], (*survey, *READ, *READ_BESIDE)),
        Command("report", write_pages, PAGES, (*survey, *READ, *READ_BESIDE, *REPORTED_OF, *ASKED)),
    )  # fmt: skip


def steered_run(folder: Path, vector: Path) -> Mapping[str, Command]:
    """Return the commands by name, once they all went through a folder."""
    registers = Registers.load(folder_of(NAME) / "registers.safetensors")
    direction = registers.directions[registers.names.index("achievement")] * registers.size
    own = ValueVector("own", {registers.parts_layer: direction.numpy()})
    write_intervention(own, vector)
    known = {command.name: command for command in commands(vector)}
    for name in ("run", "candidates", "effects", "plan", "evaluate", "report"):
        known[name].go(folder)
    return known


def _told(model: LanguageModel) -> ScriptedRespondent:
    """Return who answers as the planted world says, under the name of a model."""
    respondent = planted(STUDY)
    respondent.identity = dict(model.identity)
    return respondent


def _find(folder: Path, vector: Path, model: LanguageModel) -> object:
    """Find features, and a vector of one's own."""
    return find_candidates(
        folder, how=FEW, saes=("organism-gemma",), interventions=(vector,), respondent=model
    )


def _steer(folder: Path) -> None:
    """Ready the model for the plan of a run, and write down again what it is to do."""
    _, intervention = ready(folder, bar=silent)
    write_intervention(intervention, folder / INTERVENTION)
