"""Answers computed in bfloat16: how often another option wins, and by how little."""

from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.same_answers import requests_of
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of

NEAR = 0.25  # in log-probability: bfloat16 has three digits


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Ask the same questions in both kinds of numbers."""
    ledger, requests = Ledger("half_numbers"), requests_of(count, seed)
    exact, half = (_asked(dtype, requests) for dtype in ("float32", "bfloat16"))
    n_flipped, moved = 0, []
    for first, second in zip(exact, half, strict=True):
        won = int(np.argmax(first))
        flipped = won != int(np.argmax(second))
        margin = float(first[won] - first[int(np.argmax(second))])
        n_flipped += flipped
        moved.append(float(np.abs(np.exp(first) - np.exp(second)).max()))
        if not np.isfinite(second).all() or margin > NEAR:
            ledger.was_silent(f"an option {margin:.2f} behind won")
        else:
            ledger.survived()
    return ledger.outcome(
        f"flip rate {n_flipped / len(requests):.2%} ({n_flipped} of {len(requests)}) on CPU, "
        f"organism/gemma, six options; a probability moves by {np.mean(moved):.4f} on average and "
        f"{max(moved):.4f} at most"
    )


def _asked(dtype: str, requests: list) -> list[np.ndarray]:  # type: ignore[type-arg]
    """Return the log-probabilities of every request."""
    model = LanguageModel.load(folder_of("organism/gemma"), device="cpu", dtype=dtype)  # type: ignore[arg-type]
    found = dict(model.log_probabilities(requests))
    return [np.array(found[place]) for place in range(len(found))]


CAMPAIGN = Campaign(
    name="half_numbers",
    group="numbers",
    fault="bfloat16 in place of float32",
    promise="another option wins only where it was less than 0.25 behind in log-probability",
    n_full=4000,
    n_small=64,
    work=work,
)
