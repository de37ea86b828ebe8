"""profiles.json and effects.parquet: what candidates did, role by role, and as a table.

    effects.parquet   a row per intervention and value: change, interval, roles, health, faults

Guarantee: profiles are read back as they were measured; a damaged or foreign file is a named error
that says which command writes it.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from causalvalues.errors import FileError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.provenance import write_atomically

__all__ = ["EFFECTS", "PROFILES", "effects_frame", "read_profiles", "write_profiles"]

PROFILES, EFFECTS = "profiles.json", "effects.parquet"
SCHEMA = "causalvalues.profiles/1"
REMEDY = "run `causalvalues effects RUN` again"


def write_profiles(
    profiles: Mapping[str, EffectProfile], folder: Path, rests_on: Mapping[str, str]
) -> list[Path]:
    """Return both files; `rests_on` are the digests of the files that profiles were made from."""
    document = {
        "schema": SCHEMA,
        "rests_on": dict(rests_on),
        "profiles": [each.to_dict() for each in profiles.values()],
    }
    text = json.dumps(_finite(document), allow_nan=False, ensure_ascii=False) + "\n"
    table = io.BytesIO()
    effects_frame(profiles).to_parquet(table, index=False)
    return [
        write_atomically(folder / PROFILES, text),
        write_atomically(folder / EFFECTS, table.getvalue()),
    ]


def read_profiles(folder: Path) -> tuple[dict[str, EffectProfile], dict[str, str]]:
    """Return profiles by the name of their intervention, and what they rest on."""
    path = folder / PROFILES
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["schema"] != SCHEMA:
            raise ValueError(f"schema {document['schema']!r}")
        profiles = [EffectProfile.from_dict(each) for each in document["profiles"]]
        rests_on = {str(name): str(digest) for name, digest in document["rests_on"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, FileError) as fault:
        raise FileError(
            f"Effect profiles ({SCHEMA}) were expected at {path}", found=str(fault), remedy=REMEDY
        ) from fault
    return {profile.name: profile for profile in profiles}, rests_on


def effects_frame(profiles: Mapping[str, EffectProfile], level: float = 0.95) -> pd.DataFrame:
    """Return a row per intervention and value."""
    rows: list[dict[str, object]] = []
    for name, profile in profiles.items():
        low, high = profile.interval(level)
        for v, value in enumerate(profile.names):
            rows.append(
                {
                    "intervention": name,
                    "value": value,
                    "change": profile.change[v],
                    "low": low[v],
                    "high": high[v],
                    "n_roles": int(profile.n_by_value[v]),
                    "healthy": profile.healthy,
                    "faults": "; ".join(profile.faults),
                    **profile.health,
                }
            )
    return pd.DataFrame(rows)


def _finite(part: object) -> object:
    """Return a document in which numbers that are none are left out."""
    if isinstance(part, dict):
        return {k: _finite(v) for k, v in part.items() if not (isinstance(v, float) and v != v)}
    return [_finite(each) for each in part] if isinstance(part, list) else part
