"""What made the numbers of a run: model, versions, seeds, and a digest of every file."""

from causalvalues.provenance import Manifest
from causalvalues.report.study_report.document import Cell, Column, Section, Sentence, Table
from causalvalues.study.keeping import MANIFEST
from causalvalues.study.record import REPORTED
from causalvalues.study.reporting.openings import PROVENANCE, RUN_AGAIN
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.saying import num, say, source

__all__ = ["provenance_section"]

MOST = 60  # files in the table
DEEP = 2  # folders below which files are counted, not named


def provenance_section(run: RunFolder) -> Section:
    """Return what made a run."""
    manifest = run.manifest
    if manifest is None:
        why = "The run has not ended: there is no manifest yet."
        return PROVENANCE.absent(why, RUN_AGAIN)
    return PROVENANCE.section(
        said=_answers(manifest), tables=(_who(manifest), _seeds(manifest), *_files(run, manifest))
    )


def _answers(manifest: Manifest) -> tuple[Sentence, ...]:
    """Return how many answers stand behind the run."""
    answers = manifest.parameters.get("answers")
    held = answers.get("n") if isinstance(answers, dict) else None
    if not isinstance(held, int):
        return ()
    told = "{} answers are kept in answers.sqlite, each with what was asked of whom."
    return (say(told, num(held, "count", MANIFEST, "parameters, answers")),)


def _who(manifest: Manifest) -> Table:
    """Return the respondent and the versions."""
    respondent = manifest.parameters.get("respondent")
    told = dict(respondent) if isinstance(respondent, dict) else {}
    rows: list[tuple[Cell, ...]] = [(str(name), str(each)) for name, each in told.items()]
    rows += [(name, version) for name, version in manifest.versions.items()]
    rows += [("revision of the code", manifest.revision)] if manifest.revision else []
    return Table(
        caption="Who answered, and what computed",
        columns=(Column(title="part"), Column(title="which", source=source(MANIFEST))),
        rows=tuple(rows),
    )


def _seeds(manifest: Manifest) -> Table:
    """Return the seeds."""
    return Table(
        caption="Seeds",
        columns=(
            Column(title="of"),
            Column(title="seed", how="precise", source=source(MANIFEST, "seeds")),
        ),
        rows=tuple(manifest.seeds.items()),
    )


def _files(run: RunFolder, manifest: Manifest) -> list[Table]:
    """Return the files of a run with their digests; what a report adds is left out."""
    own = {name: digest for name, digest in manifest.digests.items() if name not in REPORTED}
    named = [name for name in sorted(own) if name.count("/") < DEEP and run.has(name)][:MOST]
    more = len(own) - len(named)
    note = f"{more} more are in {MANIFEST}." if more > 0 else ""
    return [
        Table(
            caption="Files",
            columns=(
                Column(title="file", how="file"),
                Column(title="SHA-256", source=source(MANIFEST, "digests")),
            ),
            rows=tuple((name, own[name]) for name in named),
            note=note,
        )
    ]
