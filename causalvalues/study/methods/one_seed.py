"""`OneSeed` compares methods by one seed: fits them, tunes and judges them, writes the tables.

    sources, materials   what they are fitted on           exam        who is asked what
    fits                 from files where there are any    contest     entries on held-out items

Guarantee: nothing of one seed depends on another; fits that are there are not made again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import JsonValue

from causalvalues.errors import OptionError
from causalvalues.leaderboard.compete import Rules, Tables, compared
from causalvalues.leaderboard.contest import Contest
from causalvalues.leaderboard.entrants import Entrants
from causalvalues.leaderboard.marks import Reference
from causalvalues.leaderboard.materials import Materials
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import is_organism
from causalvalues.organism.world import planted_world
from causalvalues.planning.propagation import Propagation
from causalvalues.steering.document import write_intervention
from causalvalues.study.interview import Interview
from causalvalues.study.methods.asking import Exam, exam_of, judge_of, ratings_of
from causalvalues.study.methods.fits import Fits, file_of
from causalvalues.study.methods.materials import gates_of, materials_from
from causalvalues.study.methods.plan import MethodsPlan
from causalvalues.study.methods.sources import sources_of
from causalvalues.study.methods.steps import in_steps
from causalvalues.study.methods.tables import fitted_table, unfitted_table, write_tables
from causalvalues.study.plan import Study
from causalvalues.study.record import Record
from causalvalues.study.respondents import public_name
from causalvalues.study.stages import Bar
from causalvalues.survey.responses import AnswerStore

__all__ = ["OneSeed"]


@dataclass(frozen=True, eq=False)
class OneSeed:
    """All that one comparison needs."""

    study: Study
    plan: MethodsPlan
    interview: Interview
    model: LanguageModel
    store: AnswerStore
    record: Record
    propagation: Propagation
    seed: int
    folder: Path
    bar: Bar

    def written(self, stage: str, fits_from: Mapping[str, JsonValue]) -> list[Path]:
        """Return the files of this seed, after all is done."""
        sources = sources_of(
            self.model, self.study.model.name, self.interview.items, self.plan, seed=self.seed
        )
        fits = Fits(self.record, stage, self.folder / "fitted", fits_from)
        ranked = () if fits.finished else self.plan.methods
        materials = materials_from(
            self.model, sources, ranked, n_ranked=self.plan.roles.ranked, bar=self.bar
        )
        if not fits.finished:
            values = self.rules.values or materials.contrasts.values
            gates = gates_of(self.model, sources, values, self.plan.gate, bar=self.bar)
            fits.make(self.model, materials, self.rules, gates, bar=self.bar)
        known = fits.read(self.plan.methods)
        _refuse_nothing(known)
        tables = self._compared(known, materials)
        named = {
            name: table.assign(model=public_name(self.study.model.name), seed=self.seed)
            for name, table in tables.items()
        }
        files = self._at_the_gain(known, tables["entries"])
        return [*write_tables(named, self.folder), *files]

    @property
    def rules(self) -> Rules:
        """Return what is compared, and how."""
        plan = self.plan
        return Rules(
            methods=plan.methods,
            values=() if plan.values == "all" else plan.values,
            gain=plan.gain,
            n_rungs=plan.rungs,
            words=plan.words,
            guided=plan.guided,
            wider=plan.wider,
            seed=self.seed,
        )

    def _compared(self, known: Entrants, materials: Materials) -> Tables:
        """Return the tables of methods that are fitted."""
        organism, plan = is_organism(self.study.model.name), self.plan
        exam: Exam = exam_of(
            self.study, self.interview, plan, self.model, materials.insight,
            organism=organism, seed=self.seed,
        )  # fmt: skip
        with ratings_of(plan, self.store.path.parent, organism=organism) as ratings:
            items = self.interview.items
            judge = None
            if plan.wider:
                judge = judge_of(plan, items, self.model, ratings, organism=organism)
            contest = Contest(
                self.model, exam.sheets, self._reference(), self.store, plan.gain,
                judge, exam.choices, exam.how_asked,
                materials.dictionaries,
            )  # fmt: skip
            with in_steps(self.bar, before=self._which) as told:
                told("tuning", 0, 1)
                tables = compared(
                    contest, known.fitted, self.rules, propagation=self.propagation, progress=told
                )
        return tables | {
            "fitted": fitted_table(known.fitted),
            "unfitted": unfitted_table(known.unfitted),
        }

    @property
    def _which(self) -> str:
        """Return what bars say before what they are at, where there are several seeds."""
        return f"Seed {self.seed}: " if len(self.plan.seeds) > 1 else ""

    def _reference(self) -> Reference:
        """Return what changes are compared with: the found graph, and the planted world's."""
        names, planted = self.interview.names, None
        if is_organism(self.study.model.name):
            world = planted_world()
            order = [world.names.index(name) for name in names]
            planted = (world.total_effects() + np.eye(len(names)))[np.ix_(order, order)]
        found = np.asarray(np.linalg.inv(np.eye(len(names)) - self.propagation.mean))
        return Reference(self.interview.items.system, planted, found, names)

    def _at_the_gain(self, known: Entrants, entries: pd.DataFrame) -> list[Path]:
        """Return the interventions of entries at equal gain, as files."""
        fitted = {each.name: each for each in known.fitted}
        equal = entries[(entries["comparison"] == "equal gain") & entries["rung"].notna()]
        files: list[Path] = []
        for row in equal.to_dict(orient="records"):
            own = fitted[f"{row['method']} raises {row['value']}"]
            path = self.folder / f"{file_of(own)}.json"
            files += write_intervention(own.on_rung(float(row["rung"])), path)
        return files


def _refuse_nothing(known: Entrants) -> None:
    """Raise where nothing could be fitted."""
    if not known.fitted:
        first = known.unfitted[0]
        raise OptionError(
            "A comparison needs a method that can be fitted",
            found=f"none; {first.method} to {first.value}: {first.reason}",
        )
