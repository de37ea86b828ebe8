"""`causalvalues doctor`: what this machine has for the work."""

import typer

from causalvalues.commands.terminal import AsJson, answer, table_of

__all__ = ["doctor"]

SIGN = {"good": "yes", "absent": "–", "bad": "NO"}


def doctor(as_json: AsJson = False) -> None:
    """Look at versions, compiled engines, GPU, tokens, licences and disk.

    Example: [bold]causalvalues doctor[/]
    """
    from causalvalues.doctor import examine

    findings = examine()
    if as_json:
        answer(
            {
                finding.subject: {"verdict": finding.verdict, "detail": finding.detail}
                for finding in findings
            }
        )
    else:
        rows = [(finding.subject, SIGN[finding.verdict], finding.detail) for finding in findings]
        table_of("What this machine has", ("subject", "", "detail"), rows)
    if any(finding.verdict == "bad" for finding in findings):
        raise typer.Exit(1)
