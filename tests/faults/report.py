"""`make faults`: every campaign at its full count, and docs/faults.md of what was seen.

    report.py                            all that this code was not yet put through, then the page
    report.py --only kill --count 200    one again, however often it was run
    report.py --anew                     all again
    report.py --page                     only the page

What a campaign came to is kept in docs/faults/NAME.json as soon as it is known, with a digest of
the code that it was put through: stopped, the same command goes on. Exit code 1 where a fault was
silent or lost.
"""

import argparse
import json
import shlex
import sqlite3
import sys
import tempfile
import time
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from campaigns.campaign import Campaign, campaigns

from causalvalues.provenance import versions_of, write_atomically

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "faults"
PAGE = ROOT / "docs" / "faults.md"
PACKAGES = ("causalvalues", "numpy", "pandas", "pyarrow", "torch", "transformers", "safetensors")
TITLES = {
    "durability": "Kills, full disks, damaged files",
    "numbers": "Numbers and graphs",
    "steering": "Steering",
    "security": "Hostile input",
}
HEAD = """# Faults survived

Every row is a campaign that injects one kind of fault many times. **Survived** means what the row
promises: a named error, a repair, or provably no effect. **Silent** means a wrong result that
nobody was told of. `make faults` runs all campaigns and writes this page; small counts run in the
ordinary tests. Where fewer were run than a full campaign has, the row says so.
"""
TABLE = """
| fault | injected | survived | silent | what surviving means, and what was seen |
|---|--:|--:|--:|---|
"""


def main() -> int:
    """Return 0 where every fault was survived."""
    wanted = _options()
    chosen = [c for c in campaigns() if wanted.only is None or c.name in wanted.only.split(",")]
    if wanted.only is not None and len(chosen) < len(wanted.only.split(",")):
        names = ", ".join(campaign.name for campaign in campaigns())
        print(f"campaigns: {names}", file=sys.stderr)
        return 2
    for campaign in [] if wanted.page else chosen:
        count = campaign.n_full if wanted.count is None else wanted.count
        if wanted.only or wanted.anew or not _is_known(campaign, count):
            _put_through(campaign, count)
    write_atomically(PAGE, page())
    return int(any(not _is_whole(told) for told in map(_told, campaigns()) if told))


def _options() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="tests/faults/report.py")
    parser.add_argument("--only", help="names of campaigns, with commas")
    parser.add_argument("--count", type=int, help="so many faults instead of the full count")
    parser.add_argument("--anew", action="store_true", help="run what is known as well")
    parser.add_argument("--page", action="store_true", help="only write the page")
    return parser.parse_args()


def _put_through(campaign: Campaign, count: int) -> None:
    """Run a campaign and keep what it came to."""
    print(f"{campaign.name}: {count} …", end=" ", flush=True)
    code, started = code_digest(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        outcome = campaign.run(Path(folder), count=count)
    seconds = time.monotonic() - started
    words = ["python", "tests/faults/report.py", "--only", campaign.name, "--count", str(count)]
    told = {
        **asdict(outcome),
        "n_full": campaign.n_full,
        "seed": campaign.seed,
        "command": shlex.join(words),
        "seconds": round(seconds, 1),
        "code": code,
        "versions": {**versions_of(PACKAGES), "sqlite": sqlite3.sqlite_version},
    }
    write_atomically(_place(campaign), json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    said = f"{outcome.n_survived} of {outcome.n_injected} survived, {outcome.n_silent} silent"
    print(f"{said}, {seconds:.0f} s")
    if not _is_whole(told):
        print(f"  {outcome.notes}")


def page() -> str:
    """Return the page of all that is known."""
    parts = [HEAD]
    for group, title in TITLES.items():
        known = [(each, _told(each)) for each in campaigns() if each.group == group]
        rows = [_row(campaign, told) for campaign, told in known if told]
        if rows:
            parts.append(f"## {title}\n{TABLE}" + "\n".join(rows) + "\n")
    return "\n".join([*parts, _commands()])


def _row(campaign: Campaign, told: dict[str, object]) -> str:
    """Return a campaign's row of the table."""
    injected = f"{told['n_injected']}"
    if _count(told, "n_injected") < campaign.n_full:
        injected += f" of {campaign.n_full}"
    seen = f" *{_cell(told['notes'])}.*" if told["notes"] else ""
    return (
        f"| {_cell(campaign.fault)} | {injected} | {told['n_survived']} | {told['n_silent']} | "
        f"{_cell(campaign.promise)}.{seen} |"
    )


def _commands() -> str:
    """Return how each row is made again, and what with."""
    lines = [
        "## Each row again\n",
        "| campaign | command | seed | seconds | code |",
        "|---|---|--:|--:|---|",
    ]
    versions: dict[str, set[str]] = {}
    for campaign in campaigns():
        told = _told(campaign)
        if told is None:
            continue
        code = str(told["code"])[:8]
        seen = f"{told['seed']} | {told['seconds']} | `{code}`"
        lines.append(f"| {campaign.name} | `{told['command']}` | {seen} |")
        found = told["versions"]
        for name, version in found.items() if isinstance(found, dict) else ():
            versions.setdefault(name, set()).add(version)
    with_what = ", ".join(f"{name} {' and '.join(sorted(v))}" for name, v in versions.items())
    lines.append(
        "\n`code` is the beginning of a digest over the package and the campaigns, as they were\n"
        f"when the row was seen. Seen with {with_what}.\n"
    )
    return "\n".join(lines)


def code_digest() -> str:
    """Return a digest of the package and of the campaigns."""
    digest = sha256()
    for folder in (ROOT / "causalvalues", Path(__file__).parent / "campaigns"):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _is_known(campaign: Campaign, count: int) -> bool:
    """Return whether this code survived so many faults of a campaign already."""
    told = _told(campaign)
    return (
        told is not None
        and _is_whole(told)
        and _count(told, "n_injected") >= count
        and told["code"] == code_digest()
    )


def _is_whole(told: dict[str, object]) -> bool:
    """Return whether every fault of a campaign was survived."""
    return told["n_survived"] == told["n_injected"] and told["n_silent"] == 0


def _count(told: dict[str, object], name: str) -> int:
    """Return a count."""
    count = told[name]
    return count if isinstance(count, int) else 0


def _told(campaign: Campaign) -> dict[str, object] | None:
    """Return what a campaign came to, where it was run."""
    place = _place(campaign)
    if not place.is_file():
        return None
    told: dict[str, object] = json.loads(place.read_text(encoding="utf-8"))
    return told


def _place(campaign: Campaign) -> Path:
    """Return where a campaign's outcome is kept."""
    return RESULTS / f"{campaign.name}.json"


def _cell(text: object) -> str:
    """Return a text that stands in a cell of a table."""
    escaped = str(text).rstrip(".").replace("|", r"\|").replace("<", "&lt;").replace("*", r"\*")
    return " ".join(escaped.split())


if __name__ == "__main__":
    sys.exit(main())
