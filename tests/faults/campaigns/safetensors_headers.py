"""Headers of safetensors that lie about names, types, shapes and places: named, or as they were."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.damage import damaged
from causalvalues.errors import CausalValuesError
from causalvalues.models.checkpoint import safetensors_header
from causalvalues.steering.document import digest_of, read_intervention, write_intervention
from causalvalues.steering.intervention import Strength, ValueVector
from causalvalues.steering.stored import Stored

LIES: tuple[object, ...] = (
    *(-1, 0, 2**31, 2**63, 2**64, 10**30, 1.5, None, "F32", "I64", "F8", "BOOL", "", [], {}),
    *([0, 2**63], [-4, 4], [8, 4], [0, 0], [2**32, 2**32], [[]], "a" * 10_000, "\x00", True),
)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Change the header in one place and read the file by every reader."""
    ledger, rng = Ledger("safetensors_headers"), np.random.default_rng(seed)
    vector = ValueVector("v", {1: np.linspace(-1, 1, 16, dtype=np.float32)}, Strength(1.0))
    document, beside = write_intervention(vector, folder / "told.json")
    whole = beside.read_bytes()
    known = load(whole)
    assert save(known)
    (name,) = known
    weights, told = known[name], digest_of(vector)
    readers: tuple[Callable[[], object], ...] = (
        lambda: Stored(beside).whole(name).numpy(),
        lambda: read_intervention(document),
        lambda: safetensors_header(beside),
    )
    for number in range(count):
        beside.write_bytes(_lied(whole, rng))
        wrong = ""
        for place, read in enumerate(readers):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = read()
            except CausalValuesError:
                continue
            except Exception as fault:
                wrong = f"{type(fault).__name__} {fault!s:.60}"
                break
            if place == 0 and np.shape(found) == weights.shape and not np.array_equal(
                found, weights
            ):  # fmt: skip
                ledger.ways["read other numbers, as the header asks"] = (
                    ledger.ways.get("read other numbers, as the header asks", 0) + 1
                )
            if place == 1 and digest_of(found) != told:
                wrong = "another intervention"
        if wrong == "another intervention":
            ledger.was_silent(f"header {number} {wrong}")
        elif wrong:
            ledger.was_lost(f"header {number}: {wrong}")
        else:
            ledger.survived()
    return ledger.outcome()


def _lied(whole: bytes, rng: np.random.Generator) -> bytes:
    """Return the file with another header: a field that lies, a length that lies, or damage."""
    length = int.from_bytes(whole[:8], "little")
    header, body = json.loads(whole[8 : 8 + length]), whole[8 + length :]
    lie = LIES[rng.integers(len(LIES))]
    kind = rng.integers(7)
    (name,) = (each for each in header if each != "__metadata__")
    if kind <= 2:
        field = ("dtype", "shape", "data_offsets")[kind]
        header[name][field] = lie
    elif kind == 3:
        header[str(lie)] = header.pop(name)
    elif kind == 4:
        header["more"] = {**header[name], "data_offsets": [0, len(body) * 2]}
    elif kind == 5:
        text = damaged(whole[8 : 8 + length], rng)
        return len(text).to_bytes(8, "little") + text + body
    else:
        sizes = (0, 1, length - 1, length + 1, 2**31, 2**63, 2**64 - 1)
        size = sizes[rng.integers(len(sizes))]
        return size.to_bytes(8, "little") + whole[8:]
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


CAMPAIGN = Campaign(
    name="safetensors_headers",
    group="security",
    fault="headers of safetensors that lie about names, types, shapes, places and lengths",
    promise="a named error, or the very intervention that was written (arrays go by digest)",
    n_full=2000,
    n_small=200,
    work=work,
)
