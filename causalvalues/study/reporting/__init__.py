"""`write_report` gathers a run folder into report.json and report.html.

    RunFolder      what there is            summary_of     five sentences
    *_section      what each section says   openings       how each section opens

Guarantee: nothing is asked and no model is loaded; the same folder gives the same bytes; what is
not there yet is a section that names the command that would make it.
"""

from collections.abc import Callable
from pathlib import Path

from pydantic import JsonValue

from causalvalues import __version__
from causalvalues.errors import FileError
from causalvalues.provenance import digest_of_bytes, write_atomically
from causalvalues.report.study_report.document import Section, StudyReport, text_of_report
from causalvalues.report.study_report.page import page_of_report
from causalvalues.study.as_made import refuse_changed
from causalvalues.study.keeping import add_to_manifest
from causalvalues.study.record import REPORT, REPORTED, Record
from causalvalues.study.reporting.asked import asked_section
from causalvalues.study.reporting.compared_methods import methods_section
from causalvalues.study.reporting.edges import graph_section, nulls_section
from causalvalues.study.reporting.implied import effects_section, settled_section
from causalvalues.study.reporting.means import means_section
from causalvalues.study.reporting.provenance import provenance_section
from causalvalues.study.reporting.quality import quality_section
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.steering import candidates_section, plan_section
from causalvalues.study.reporting.summary import summary_of
from causalvalues.study.reporting.truth import truth_section
from causalvalues.study.reporting.verdicts import health_section, verdict_section

__all__ = ["report_of", "write_report"]

VIEWER = "viewer.html"
SECTIONS: tuple[Callable[[RunFolder], Section], ...] = (
    asked_section,
    quality_section,
    means_section,
    graph_section,
    nulls_section,
    truth_section,
    effects_section,
    settled_section,
    candidates_section,
    plan_section,
    verdict_section,
    methods_section,
    health_section,
    provenance_section,
)


def write_report(folder: Path) -> tuple[Path, ...]:
    """Return report.json and report.html, written where they are not what they should be.

    write_report(Path("runs/first"))
    """
    run, record = RunFolder.of(folder), Record(folder)
    report = _gathered(run)
    viewer = folder / VIEWER
    refuse_changed(folder, (VIEWER,))
    page = page_of_report(
        report, viewer_html=viewer.read_text("utf-8") if viewer.is_file() else None
    )
    texts = dict(zip(REPORTED, (text_of_report(report), page), strict=True))
    made_from: dict[str, JsonValue] = {
        **run.digests(),
        "page": digest_of_bytes(page.encode()),  # another viewer, or another way to set the page
    }
    if not record.finished(REPORT, made_from):
        written = [write_atomically(folder / name, text) for name, text in texts.items()]
        record.finish(REPORT, made_from, written)
    known = {} if run.manifest is None else run.manifest.digests
    if any(known.get(name) != digest_of_bytes(text.encode()) for name, text in texts.items()):
        add_to_manifest(folder, [folder / name for name in REPORTED])
    return tuple(folder / name for name in REPORTED)


def report_of(folder: Path) -> StudyReport:
    """Return the report of a run, as data."""
    return _gathered(RunFolder.of(folder))


def _gathered(run: RunFolder) -> StudyReport:
    """Return everything that a run has come to, or raise where a file is not what it should be."""
    try:
        return StudyReport(
            name=run.study.name,
            model=run.model,
            made_by=f"causalvalues {__version__}",
            summary=summary_of(run),
            sections=tuple(section(run) for section in SECTIONS),
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as fault:
        raise FileError(
            f"The files of a run were expected in {run.folder}",
            found=f"one that lacks something ({type(fault).__name__}: {fault})".split("\n")[0],
            remedy="run the study, or the steering, again",
        ) from fault
