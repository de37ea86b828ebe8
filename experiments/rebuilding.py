"""Which stages must run again, and whether every committed file is what its manifest says.

Guarantee: a stage whose inputs, scripts, parameters and results are as they were does not run; the
check runs nothing and changes nothing; whatever differs is named with what to do.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from stages import Stage

from causalvalues.errors import FileError
from causalvalues.report.figure_manifest import Making, place_of
from causalvalues.report.rebuild import MANIFEST, Difference, differences, told_of

__all__ = ["checked", "command_of", "rebuilt", "why_stale"]

Call = Callable[[Sequence[str]], int]
Tell = Callable[[str], None]


def why_stale(stage: Stage, experiments: Path, data: Path | None) -> list[Difference]:
    """Return every reason to compute a stage again; none where nothing changed."""
    manifest, root = experiments / stage.study / stage.manifest, experiments.parent
    if not manifest.exists():
        return [Difference(stage.name, "absent", f"there is no {stage.manifest}")]
    found = differences(manifest, root, data=data)
    try:
        made = Making.read(manifest)
    except FileError:
        return found
    if made.parameters != dict(stage.parameters):
        told = f"parameters were {dict(made.parameters)} and are {dict(stage.parameters)}"
        found.append(Difference(stage.name, "stale", told))
    read = {place_of(name, manifest.parent, root, data) for name in made.inputs}
    for path in sorted(stage.gathered(experiments) - read):
        told = f"{path.parent.name}/{path.name} came after it was computed"
        found.append(Difference(stage.name, "stale", told))
    return found


def command_of(stage: Stage, experiments: Path, data: Path | None) -> list[str]:
    """Return the options of a stage's script, after its path."""
    study = experiments / stage.study
    command = [str(study / stage.script)]
    command += ["--out", str(study / "results")] if stage.out else []
    command += ["--data", str(data)] if stage.reads_data else []
    for name, value in stage.parameters.items():
        command += [f"--{name}", str(value)]
    return [*command, *stage.options]


def rebuilt(
    stages: Sequence[Stage], experiments: Path, call: Call, tell: Tell, *,
    data: Path | None = None, again: bool = False, long: bool = False,
) -> int:  # fmt: skip
    """Return the first exit code that is not 0, after every stage that must run has run."""
    for stage in stages:
        if stage.kind == "compute":
            reasons = why_stale(stage, experiments, data)
            if not reasons and not again:
                tell(f"== {stage.name}: nothing changed")
                continue
            if stage.reads_data and data is None:
                tell(f"== {stage.name}: skipped, its data are not here")
                continue
            if stage.is_long and not long:
                told = reasons[0] if reasons else "as it was"
                tell(f"== {stage.name}: {told} (takes hours; --long runs it)")
                continue
            for reason in reasons:
                tell(f"   {reason.file}: {reason.found}")
        tell(f"== {stage.name}")
        code = call(command_of(stage, experiments, data))
        if code:
            return code
    return 0


def checked(
    stages: Sequence[Stage], experiments: Path, *, data: Path | None = None
) -> list[Difference]:
    """Return everything that is not as the manifests say, each once."""
    manifests = sorted(experiments.rglob(f"*{MANIFEST}"))
    found: dict[tuple[str, str, str], Difference] = {}
    for stage in stages:
        if stage.kind == "compute":
            _keep(found, why_stale(stage, experiments, data))
    for manifest in manifests:
        _keep(found, differences(manifest, experiments.parent, data=data))
    _keep(found, _unknown(manifests, experiments))
    return list(found.values())


def _keep(found: dict[tuple[str, str, str], Difference], some: Sequence[Difference]) -> None:
    """Add differences that are not there yet."""
    for each in some:
        found.setdefault((each.file, each.why, each.found), each)


def _unknown(manifests: Sequence[Path], experiments: Path) -> list[Difference]:
    """Return the files of results that no manifest tells of."""
    known = told_of(manifests, experiments.parent)
    return [
        Difference(path.relative_to(experiments.parent).as_posix(), "unknown", "no manifest has it")
        for path in _results(experiments)
        if path.resolve() not in known
    ]


def _results(experiments: Path) -> Iterator[Path]:
    """Yield every file of results."""
    for path in sorted(experiments.glob("*/results/**/*")):
        if path.is_file():
            yield path
