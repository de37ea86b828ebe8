"""One model, asked by our engine and by its peers: paired, in one process, the same prompts.

Guarantee: a peer is timed only after its answers were compared with ours; in float32 the run stops
where they differ by more than rounding.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

import harness
import numpy as np
import torch
from engine_peers import Answers, Sheet, alone, harness_peer, sheets_of, write
from engine_sweep import sweep
from engine_work import counting, gemm_rates, operations, seconds_on
from turns import Clock, in_turns, ratio, spread

from causalvalues.models.language_model import LanguageModel
from causalvalues.survey.request import Request

__all__ = ["Sizes", "measured"]

TOLERANCE = 1e-4  # of a log-probability, in float32
BATCH_SIZES = (8, 32)  # of the harness
WRITTEN = "generate"  # how the names of peers begin that give texts

Run = Callable[[Sequence[Sheet]], Answers | int]


@dataclass(frozen=True)
class Sizes:
    """How many prompts are timed; the slow ways take part of them and are told per prompt."""

    n_peer: int
    n_written: int
    n_sweep: int
    n_edits: int = 25
    n_turns: int = 3


def measured(
    name: str, model: LanguageModel, requests: Sequence[Request], sizes: Sizes, *, ends: bool
) -> dict[str, object]:
    """Return every number of one model; `ends` says whether it ends its turns by itself."""
    say = Clock(name)
    sheets = sheets_of(model, requests)
    places = np.linspace(0, len(requests) - 1, sizes.n_peer).astype(int).tolist()
    some = [sheets[place] for place in places]
    peers, absent = _peers(model, ends)
    say(f"{len(requests)} prompts are answered, {len(some)} by every peer, and compared")
    known = _answers(model, requests)
    differences = _differences(model, peers, some, [known[place] for place in places])
    turns = _turns(model, requests, peers, some, sizes, say)
    say("operations")
    return {
        "n_prompts": len(requests),
        "n_prompts_of_peers": len(some),
        "n_prompts_written": len(some[: sizes.n_written]),
        "tokens_per_prompt": spread([float(len(sheet.ids)) for sheet in sheets]),
        "seconds_per_prompt": {way: spread(each) for way, each in turns.items()},
        "times_ours": {way: ratio(turns[way], turns["ours"]) for way in peers},
        "largest_difference_of_log_probabilities": differences,
        "absent": absent,
        "work": _work(model, requests, sizes.n_turns),
        "sweep": sweep(
            model,
            requests[: sizes.n_sweep],
            n_edits=sizes.n_edits,
            n_turns=sizes.n_turns,
            say=say,
        ),
    }


def _peers(model: LanguageModel, ends: bool) -> tuple[dict[str, Run], dict[str, str]]:
    """Return the peers that are there, and what is absent with how to get it."""
    peers: dict[str, Run] = {
        "generate_100": partial(write, model, to_end_of_turn=False),
        "alone": partial(alone, model, last_logits_only=False),
        "alone_last_logits": partial(alone, model, last_logits_only=True),
    }
    if ends:
        peers["generate_to_end_of_turn"] = partial(write, model, to_end_of_turn=True)
    if not harness.found():
        print(f"lm-evaluation-harness is left out; to have it: {harness.INSTALL}", flush=True)
        return peers, {f"lm-eval {harness.VERSION}": f"not installed: {harness.INSTALL}"}
    for size in BATCH_SIZES:
        peers[f"harness_by_{size}"] = harness_peer(model, batch_size=size)
    return peers, {}


def _answers(model: LanguageModel, requests: Sequence[Request]) -> Answers:
    """Return our engine's answers in the order of the requests."""
    found = dict(model.log_probabilities(requests))
    return [found[place] for place in range(len(requests))]


def _differences(
    model: LanguageModel, peers: Mapping[str, Run], sheets: Sequence[Sheet], ours: Answers
) -> dict[str, float]:
    """Return by peer the largest difference of its answers; stop where it is not rounding."""
    differences = {}
    for name, run in peers.items():
        if name.startswith(WRITTEN):
            continue
        far = float(np.abs(np.array(run(sheets)) - np.array(ours)).max())
        if model.model.dtype == torch.float32 and not far <= TOLERANCE:
            raise SystemExit(f"{name} answers otherwise: by {far:.2g} in a log-probability")
        differences[name] = far
    return differences


def _turns(
    model: LanguageModel,
    requests: Sequence[Request],
    peers: Mapping[str, Run],
    sheets: Sequence[Sheet],
    sizes: Sizes,
    say: Clock,
) -> dict[str, list[float]]:
    """Return the seconds per prompt of every way, turn by turn."""

    def timed(work: Callable[[], object], n_prompts: int) -> float:
        return seconds_on(model.engine.device, work) / n_prompts

    ways = {"ours": partial(timed, partial(_answers, model, requests), len(requests))}
    for name, run in peers.items():
        some = sheets[: sizes.n_written] if name.startswith(WRITTEN) else sheets
        ways[name] = partial(timed, partial(run, some), len(some))
    return in_turns(ways, n_turns=sizes.n_turns, say=say)


def _work(model: LanguageModel, requests: Sequence[Request], n_turns: int) -> dict[str, object]:
    """Return the tokens computed, and the share of the machine's rate that they are computed at."""
    turns: list[dict[str, float]] = []
    for _ in range(n_turns):
        model_counting, counted = counting(model)
        wall = seconds_on(model.engine.device, partial(_answers, model_counting, requests))
        useful = operations(model, counted)
        rates = gemm_rates(model, int(median(counted.batch_sizes)))
        rate = sum(useful.values()) / wall
        turns.append(
            {
                **{f"{name}_gemm_per_second": each for name, each in rates.items()},
                **{f"share_of_{name}": rate / each for name, each in rates.items()},
                "share_of_time_in_model": counted.seconds_in_model / wall,
            }
        )
    tally = model_counting.tally
    return {
        "tokens_asked": tally.asked,
        "tokens_least": tally.least,
        "tokens_computed": tally.computed,
        "computed_over_least": tally.computed / tally.least,
        "asked_over_computed": tally.asked / tally.computed,
        "median_tokens_of_a_batch": int(median(counted.batch_sizes)),
        "useful_operations": useful,
        **{key: spread([turn[key] for turn in turns]) for key in turns[0]},
    }
