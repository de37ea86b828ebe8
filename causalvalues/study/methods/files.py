"""The files that `methods:` names: what they say, what they are known by, and copies of them.

    contrasts   a folder of YAML files, or CSV files by value      insight   a folder, or two files

    materials/contrasts/power.yaml   materials/insight/…   materials/mmlu/…      copies of a run

Guarantee: a kept study names copies that lie beside it, and no place on this machine.
"""

from collections.abc import Iterator
from pathlib import Path

from causalvalues.contrasts.importers import read_insight, read_pairs_csv
from causalvalues.contrasts.insight import Insight
from causalvalues.contrasts.pairs import ContrastSet, fewer
from causalvalues.errors import FileError
from causalvalues.provenance import digest_of_file, write_atomically
from causalvalues.study.methods.plan import InsightFiles, MethodsPlan, Named
from causalvalues.values import ValueSystem

__all__ = ["MATERIALS", "copied", "digests_of", "own_contrasts", "own_insight", "some_of"]

MATERIALS = "materials"
READ = (".yaml", ".csv", ".json")  # of a folder


def own_contrasts(plan: MethodsPlan, system: ValueSystem) -> ContrastSet | None:
    """Return the contrast pairs that a study names; None where it names none."""
    named = plan.contrasts
    if named is None:
        return None
    if isinstance(named, Path):
        return some_of(ContrastSet.from_folder(named, system=system), plan.n_pairs, 0)
    sets = [read_pairs_csv(path, value=value, system=system) for value, path in named.items()]
    pairs = tuple(pair for each in sets for pair in each.pairs)
    files = "; ".join(each.source for each in sets)
    return some_of(ContrastSet("own", system, pairs, files, sets[0].licence), plan.n_pairs, 0)


def own_insight(plan: MethodsPlan, system: ValueSystem) -> Insight | None:
    """Return the people and situations that a study names; None where it names none."""
    named = plan.insight
    if isinstance(named, InsightFiles):
        return _read_insight(named, system)
    return None if named is None else Insight.from_folder(named)


def _read_insight(named: InsightFiles, system: ValueSystem) -> Insight:
    """Return people and situations from files, of the study's own values or of four dimensions."""
    try:
        return read_insight(named.descriptions, named.situations)
    except FileError as of_dimensions:
        try:
            return read_insight(named.descriptions, named.situations, system=system)
        except FileError:
            raise of_dimensions from None


def some_of(contrasts: ContrastSet, n_pairs: int | None, seed: int) -> ContrastSet:
    """Return a set, or so many pairs of each form for every value."""
    return contrasts if n_pairs is None else fewer(contrasts, of_each_form=n_pairs, seed=seed)


def digests_of(plan: MethodsPlan) -> dict[str, str]:
    """Return the digest of every file that methods are fitted or judged by."""
    return {
        f"{key}/{name}": digest_of_file(path)
        for key, named in plan.paths.items()
        if key != "published"
        for name, path in _files(key, named)
    }


def copied(plan: MethodsPlan, folder: Path) -> tuple[MethodsPlan, list[Path]]:
    """Return the plan as it names copies in a folder, and the copies."""
    update: dict[str, object] = {}
    written: list[Path] = []
    for key, named in plan.paths.items():
        target = Path(MATERIALS) / key
        for name, path in _files(key, named):
            written.append(_copy(path, folder / target / name))
        update[key] = _as_copied(named, target)
    return plan.model_copy(update=update), written


def _files(key: str, named: Named) -> Iterator[tuple[str, Path]]:
    """Yield each file by its name in the copy."""
    if isinstance(named, InsightFiles):
        for path in (named.descriptions, named.situations):
            yield path.name, _there(key, path)
    elif isinstance(named, dict):
        for value, path in named.items():
            yield f"{value}{path.suffix}", _there(key, path)
    elif named.is_dir():
        for path in sorted(named.iterdir()):
            if path.suffix in READ:
                yield path.name, path
    else:
        yield named.name, _there(key, named)


def _as_copied(named: Named, target: Path) -> Named:
    """Return what names the copies, from the folder of the run."""
    if isinstance(named, InsightFiles):
        return InsightFiles(
            descriptions=target / named.descriptions.name, situations=target / named.situations.name
        )
    if isinstance(named, dict):
        return {value: target / f"{value}{path.suffix}" for value, path in named.items()}
    return target if named.is_dir() else target / named.name


def _there(key: str, path: Path) -> Path:
    """Return a file that is there."""
    if not path.is_file():
        raise FileError(f"`{key}` names a file", found=f"none at {path}")
    return path


def _copy(source: Path, target: Path) -> Path:
    """Return a copy of a file."""
    try:
        return write_atomically(target, source.read_bytes())
    except OSError as fault:
        raise FileError(
            f"A file was expected at {source}", found=fault.strerror or str(fault)
        ) from fault
