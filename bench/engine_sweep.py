"""A sweep over edits in one go against one run of the same engine per edit.

The edits are random vectors, added at every token at two thirds of the depth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from engine_work import seconds_on
from turns import Clock, in_turns, ratio, spread

from causalvalues.models.edit import Site, Tokens
from causalvalues.models.language_model import LanguageModel
from causalvalues.survey.request import Request

__all__ = ["sweep"]

SHARE = 0.5  # how long an added vector is, of the residual there
Answers = dict[tuple[str, int], tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class Added:
    """An edit that adds one vector at every token."""

    layer: int
    vector: torch.Tensor
    site: Site = "residual"
    phrase: str = ""
    alone: bool = False

    def __call__(self, activation: torch.Tensor, tokens: Tokens) -> torch.Tensor:
        return activation + self.vector


def sweep(
    model: LanguageModel, requests: Sequence[Request], *, n_edits: int, n_turns: int, say: Clock
) -> dict[str, object]:
    """Return what both ways take, and how far their answers are apart."""
    edits = _edits(model, requests[0], n_edits)
    found: dict[str, Answers] = {"shared": {}, "separate": {}}

    def run(way: str, parts: Sequence[dict[str, Added]]) -> None:
        for part in parts:
            found[way].update({(n, p): a for n, p, a in model.sweep(requests, part)})

    work = {
        "shared": partial(run, "shared", [edits]),
        "separate": partial(run, "separate", [{name: edit} for name, edit in edits.items()]),
    }
    timed = {way: partial(seconds_on, model.engine.device, each) for way, each in work.items()}
    seconds = in_turns(timed, n_turns=n_turns, say=say)
    keys = sorted(found["shared"])
    one, two = (np.array([found[way][key] for key in keys]) for way in work)
    return {
        "n_prompts": len(requests),
        "n_edits": n_edits,
        "layer": edits["edit 1"].layer,
        "n_layers": len(model.parts.layers),
        "seconds": {way: spread(each) for way, each in seconds.items()},
        "separate_over_shared": ratio(seconds["separate"], seconds["shared"]),
        "largest_difference_of_log_probabilities": float(np.abs(one - two).max()),
    }


def _edits(model: LanguageModel, request: Request, n_edits: int) -> dict[str, Added]:
    """Return edits at two thirds of the depth."""
    layer = round(2 * len(model.parts.layers) / 3) - 1
    ((_, residual),) = model.residuals([request], layer)
    size = SHARE * float(np.linalg.norm(residual, axis=1).mean())
    vectors = np.random.default_rng(0).standard_normal((n_edits, residual.shape[1]))
    vectors *= size / np.linalg.norm(vectors, axis=1, keepdims=True)
    there = torch.tensor(vectors).to(device=model.engine.device, dtype=model.model.dtype)
    return {f"edit {place + 1}": Added(layer, vector) for place, vector in enumerate(there)}
