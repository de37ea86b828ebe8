"""What was asked of whom: model, items, roles, conditions, protocol, and how many answers."""

from causalvalues.report.study_report.document import Cell, Column, Section, Sentence, Table
from causalvalues.study.reporting.openings import ASKED
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.saying import num, say, source

__all__ = ["asked_section"]

STUDY = "study.yaml"
DESIGNS = {
    "anchored": "made so that each value matters more to some and less to others, evenly spread",
    "random": "made by drawing freely how much each value matters to them",
    "traits": "made of traits, in every combination that was planned",
    "file": "read from a file",
}
READ_AS = {
    "expected": "the credit of every option, weighed by its probability",
    "choice": "the credit of the most probable option",
    "text": "what the model wrote",
}


def asked_section(run: RunFolder) -> Section:
    """Return what was asked of whom."""
    return ASKED.section(said=_said(run), tables=(_conditions(run), _settings(run)))


def _said(run: RunFolder) -> tuple[Sentence, ...]:
    """Return the whole survey in two sentences."""
    interview, plan = run.interview, run.study.roles
    roles = interview.groups[0].roles
    return (
        say(
            "{} was asked {} questions about {} values, in {} roles.",
            run.model,
            num(len(interview.questions), "count", STUDY, "inventory, protocol"),
            num(len(interview.names), "count", STUDY, "inventory"),
            num(len(roles), "count", STUDY, "roles"),
        ),
        say(
            "The roles were {}. A score is made of {}.",
            DESIGNS[plan.design],
            READ_AS[interview.how],
        ),
    )


def _conditions(run: RunFolder) -> Table:
    """Return how many roles and answers each condition has."""
    n_questions = len(run.interview.questions)
    rows: list[tuple[Cell, ...]] = [
        (run.conditions[group.name], len(group.roles), len(group.roles) * n_questions)
        for group in run.interview.groups
    ]
    return Table(
        caption="Conditions",
        columns=(
            Column(title="condition", source=source(STUDY, "settled")),
            Column(title="roles", how="count", source=source(STUDY, "roles")),
            Column(title="answers", how="count", source=source(STUDY, "roles × questions")),
        ),
        rows=tuple(rows),
    )


def _settings(run: RunFolder) -> Table:
    """Return the settings of a study that decide what a number means."""
    study = run.study
    protocol, discovery = study.protocol, study.discovery
    own_inventory = study.inventory_path
    rows: list[tuple[Cell, ...]] = [
        ("model", run.model),
        ("inventory", study.inventory if own_inventory is None else own_inventory.name),
        ("values", run.system.name),
        ("scale", protocol.preset or protocol.scale),
        ("forms", ", ".join(protocol.forms)),
        ("orders of the options", ", ".join(protocol.orders)),
        ("labels of the options", ", ".join(protocol.labels)),
        ("wordings of each item", protocol.n_wordings),
        ("where the role stands", protocol.role_place),
        ("seed of the roles", study.roles.seed),
        ("search", f"{discovery.algorithm} ({discovery.engine})"),
        ("alpha (pc and fci)", discovery.alpha),
        ("penalty (scores)", discovery.penalty),
        ("settled rows", study.contexts),
        ("resamples", discovery.n_resamples),
        ("permutations", discovery.n_permutations),
        ("seed of the search", discovery.seed),
    ]
    return Table(
        caption="Settings",
        columns=(
            Column(title="setting"),
            Column(title="as it was run", how="precise", source=source(STUDY)),
        ),
        rows=tuple(rows),
    )
