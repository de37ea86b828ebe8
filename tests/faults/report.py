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
import warnings
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from campaigns.campaign import Campaign, campaign_in, campaigns

from causalvalues.errors import CausalValuesWarning
from causalvalues.provenance import versions_of, write_atomically

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "faults"
PAGE = ROOT / "docs" / "faults.md"
Told = dict[str, Any]

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
ordinary tests, but for the campaigns that need a cluster, a clock of their own or many processes.
Where fewer were run than a full campaign has, the row says so.
"""
TABLE = """
| fault | injected | survived | silent | what surviving means, and what was seen |
|---|--:|--:|--:|---|
"""


def main() -> int:
    """Return 0 where every fault was survived."""
    warnings.simplefilter("ignore", CausalValuesWarning)
    wanted = _options()
    for campaign in [] if wanted.page else _chosen(wanted.only):
        count = campaign.n_full if wanted.count is None else wanted.count
        if wanted.only or wanted.anew or not _is_known(campaign, count):
            _put_through(campaign, count)
    write_atomically(PAGE, page())
    return int(not all(map(_is_whole, _all_told())))


def _chosen(only: str | None) -> list[Campaign]:
    """Return the campaigns that were asked for."""
    if only is None:
        return campaigns()
    return [each for name in only.split(",") if (each := campaign_in(name))]


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
        "group": campaign.group,
        "fault": campaign.fault,
        "promise": campaign.promise,
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
        rows = [_row(told) for told in _all_told() if told["group"] == group]
        if rows:
            parts.append(f"## {title}\n{TABLE}" + "\n".join(rows) + "\n")
    return "\n".join([*parts, _commands()])


def _row(told: Told) -> str:
    """Return a campaign's row of the table."""
    injected = f"{told['n_injected']}"
    if told["n_injected"] < told["n_full"]:
        injected += f" of {told['n_full']}"
    seen = f" *{_cell(told['notes'])}.*" if told["notes"] else ""
    return (
        f"| {_cell(told['fault'])} | {injected} | {told['n_survived']} | {told['n_silent']} | "
        f"{_cell(told['promise'])}.{seen} |"
    )


def _commands() -> str:
    """Return how each row is made again, and what with."""
    lines = [
        "## Each row again\n",
        "| campaign | command | seed | seconds | code |",
        "|---|---|--:|--:|---|",
    ]
    versions: dict[str, set[str]] = {}
    for told in _all_told():
        seen = f"{told['seed']} | {told['seconds']} | `{told['code'][:8]}`"
        lines.append(f"| {told['name']} | `{told['command']}` | {seen} |")
        for name, version in told["versions"].items():
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
    place = _place(campaign)
    if not place.is_file():
        return False
    told = _told(place)
    return _is_whole(told) and told["n_injected"] >= count and told["code"] == code_digest()


def _is_whole(told: Told) -> bool:
    """Return whether every fault of a campaign was survived."""
    return bool(told["n_survived"] == told["n_injected"] and told["n_silent"] == 0)


def _all_told() -> list[Told]:
    """Return what every campaign came to that was run."""
    return [_told(place) for place in sorted(RESULTS.glob("*.json"))]


def _told(place: Path) -> Told:
    """Return what a campaign came to."""
    told: Told = json.loads(place.read_text(encoding="utf-8"))
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
