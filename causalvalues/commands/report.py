"""`causalvalues report RUN`: everything that a run has come to, as one page to read and print."""

from causalvalues.commands.terminal import AsJson, RunFolder, answer, bar, show, waiting, wrote

__all__ = ["report"]


def report(run: RunFolder, as_json: AsJson = False) -> None:
    """Write report.html and report.json: what was asked, found, planned and measured, with sources.

    A run that has not come so far has fewer sections: each says which command makes it.

    Example: [bold]causalvalues report runs/first[/]
    """
    with waiting(f"Reading {run}"):
        from causalvalues.study.pages import write_pages

    files = write_pages(run, bar=bar)
    if as_json:
        answer({"files": [str(path) for path in files]})
        return
    wrote(list(files))
    page = next(path for path in files if path.name == "report.html")
    size = page.stat().st_size / 1e6
    show(f"Open {page} ({size:.1f} MB) in any browser: it asks for nothing, and prints well.")
