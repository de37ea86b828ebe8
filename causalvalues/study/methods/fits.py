"""`fits_of` gives every method fitted to every value, from files where they were fitted before.

    methods/seed-0/fitted/   conva-raises-power.json, .safetensors · unfitted.json

Guarantee: methods that were fitted on other sources, for another model or by other options are
fitted again; what could not be fitted is kept with the reason.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import JsonValue

from causalvalues.errors import FileError
from causalvalues.leaderboard.compete import Rules
from causalvalues.leaderboard.entrants import Entrants, Unfitted, entrants
from causalvalues.leaderboard.materials import Materials
from causalvalues.methods.fitted import Fitted
from causalvalues.models.language_model import LanguageModel
from causalvalues.provenance import write_atomically
from causalvalues.steering.gate import Gate
from causalvalues.study.methods.kept_fits import read_fitted, write_fitted
from causalvalues.study.record import Record
from causalvalues.study.stages import Bar

__all__ = ["Fits", "file_of", "read_fits"]

UNFITTED = "unfitted.json"


@dataclass(frozen=True, eq=False)
class Fits:
    """Where the fits of one seed lie, and what they are made from."""

    record: Record
    stage: str
    folder: Path
    made_from: Mapping[str, JsonValue]

    @property
    def finished(self) -> bool:
        """Return whether all of them are there."""
        return self.record.finished(self.stage, self.made_from)

    def make(
        self,
        model: LanguageModel,
        materials: Materials,
        rules: Rules,
        gate_by_value: Mapping[str, Gate],
        *,
        bar: Bar,
    ) -> None:
        """Fit every method, and write its files."""
        with bar("Fitting methods") as progress:
            progress(0, len(rules.values or materials.contrasts.values))
            found = entrants(
                model, materials, methods=rules.methods, values=rules.values or None,
                directions=rules.directions, gate_by_value=gate_by_value, words=rules.words,
                n_rungs=rules.n_rungs, seed=rules.seed, progress=progress,
            )  # fmt: skip
        self.record.finish(self.stage, self.made_from, _write(found, self.folder))

    def read(self, methods: Sequence[str]) -> Entrants:
        """Return every method that is there, in the order of some methods."""
        return read_fits(self.folder, methods)


def file_of(fitted: Fitted) -> str:
    """Return what the file of a method is called, without its ending."""
    return fitted.name.replace(" ", "-")


def read_fits(folder: Path, methods: Sequence[str]) -> Entrants:
    """Return what a folder holds, in the order of some methods."""
    try:
        document = json.loads((folder / UNFITTED).read_text("utf-8"))
        unfitted = tuple(Unfitted(**each) for each in document["unfitted"])
        names = [str(name) for name in document["fitted"]]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise FileError(f"Fitted methods were expected in {folder}", found=str(fault)) from fault
    fitted = [read_fitted(folder / f"{name}.json") for name in names]
    order = {method: place for place, method in enumerate(methods)}
    fitted.sort(key=lambda each: order[each.method])
    return Entrants(tuple(fitted), unfitted)


def _write(found: Entrants, folder: Path) -> list[Path]:
    """Return the files of all methods."""
    written = [
        file
        for each in found.fitted
        for file in write_fitted(each, folder / f"{file_of(each)}.json")
    ]
    document = {
        "fitted": [file_of(each) for each in found.fitted],
        "unfitted": [asdict(each) for each in found.unfitted],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    return [*written, write_atomically(folder / UNFITTED, text)]
