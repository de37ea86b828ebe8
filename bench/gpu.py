"""A card: how fast our engine and its peers ask a model of Gemma 2B's shape: tokens, share of peak.

    python bench/harness.py                       once, for lm-evaluation-harness as a peer
    python bench/gpu.py                           where a CUDA device is: some minutes
    python bench/gpu.py --device cpu --shape tiny --dtype float32     to try it out

    share          operations as `causalvalues estimate` counts them / (seconds in the model × peak)
    share_useful   products that answers need, alone / (all seconds × peak)

`results/gpu.json` is what `causalvalues estimate --measured` reads. The peers are those of
`engine_peers`: (a) 100 tokens written, (b) one prompt at a time, (c) lm-evaluation-harness. Without
a CUDA device it says so and does nothing; what is tried out on another device is not kept.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import torch
from engine_cases import Sizes, measured
from engine_speed import survey
from engine_work import counting, operations, seconds_on
from random_models import SHAPES, Shape, save
from record import record
from transformers.utils.logging import disable_progress_bar
from turns import spread

from causalvalues.models.language_model import LanguageModel
from causalvalues.models.loading import Dtype
from causalvalues.provenance import versions_of
from causalvalues.scale.estimate import cost_of, estimate
from causalvalues.scale.hardware import HARDWARE, hardware_of_card
from causalvalues.scale.own_tokens import own_tokens
from causalvalues.scale.processor import processor
from causalvalues.scale.shapes import Shape as Sizing
from causalvalues.scale.workload import workload
from causalvalues.survey.request import Request

N_ROLES = {"tiny": 1, "llama-12x768": 6, "gemma-2b": 48}
SIZES = {
    "tiny": Sizes(n_peer=4, n_written=4, n_sweep=8, n_edits=2, n_turns=2),
    "llama-12x768": Sizes(n_peer=32, n_written=16, n_sweep=80),
    "gemma-2b": Sizes(n_peer=64, n_written=32, n_sweep=160),
}
BUDGETS = (4096, 16384, 65536)  # tokens at once


def on_card(shape: Shape, dtype: Dtype, device: str, peak: float) -> dict[str, object]:
    """Return every number of a model of random weights on a device with such a peak."""
    requests = survey(N_ROLES[shape])
    texts = sorted({message.text for request in requests for message in request.messages})
    with tempfile.TemporaryDirectory() as name:
        folder, number = Path(name), getattr(torch, dtype)
        save(shape, folder, texts=texts, dtype=number, device=device)
        models: list[LanguageModel] = []
        loading = seconds_on(
            torch.device(device),
            lambda: models.append(LanguageModel.load(folder, dtype=dtype, device=device)),
        )
        (model,) = models
        by_budget = {
            str(budget): _surveyed(model, requests, folder, shape, budget, peak)
            for budget in BUDGETS
        }
        peers = measured(shape, model, requests, SIZES[shape], ends=False)
        n_bytes = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    own = by_budget[str(BUDGETS[1])]
    return {
        "shape": shape,
        "dtype": dtype,
        "peak_operations_per_second": peak,
        "share": own["share"],
        "by_token_budget": by_budget,
        "tokens_asked_per_second": _rates(peers),
        "bytes_read_per_second_from_memory": n_bytes / loading,
        "peers": peers,
    }


def _surveyed(
    model: LanguageModel,
    requests: Sequence[Request],
    folder: Path,
    shape: Shape,
    budget: int,
    peak: float,
) -> dict[str, float]:
    """Return what a whole survey takes with so many tokens at once, once it is warm."""
    sizing = Sizing.of_config(SHAPES[shape].to_dict())
    work = workload(requests, own_tokens(folder), cost=cost_of(sizing), budget=budget)
    model = replace(model, engine=replace(model.engine, budget=budget))
    list(model.log_probabilities(requests[: len(requests) // 2]))
    model, counted = counting(model)
    wall = seconds_on(model.engine.device, lambda: list(model.log_probabilities(requests)))
    estimated = estimate(work, sizing, HARDWARE["h100"]).operations  # the same on any hardware
    return {
        "n_prompts": len(requests),
        "seconds": wall,
        "seconds_in_model": counted.seconds_in_model,
        "host_seconds_per_prompt": (wall - counted.seconds_in_model) / len(requests),
        "tokens_asked": float(model.tally.asked),
        "tokens_computed": float(model.tally.computed),
        "tokens_estimated": work.tokens_computed,
        "tokens_computed_per_second": model.tally.computed / wall,
        "tokens_asked_per_second": model.tally.asked / wall,
        "operations": estimated,
        "share": estimated / (counted.seconds_in_model * peak),
        "share_useful": sum(operations(model, counted).values()) / (wall * peak),
        "budget_left_by_memory": float(model.engine.budget),
    }


def _rates(peers: Mapping[str, Any]) -> dict[str, object]:
    """Return how many tokens of prompts each way asks in a second."""
    n_tokens = peers["tokens_per_prompt"]["median"]
    return {
        way: spread([n_tokens / seconds[key] for key in ("median", "lowest", "highest")])
        for way, seconds in peers["seconds_per_prompt"].items()
    }


def _peak(device: str, told: float | None) -> float:
    """Return the operations a second of a device: as told, of its data sheet, or measured."""
    if told is not None:
        return told * 1e12
    if not device.startswith("cuda"):
        return processor(Sizing.of_config(SHAPES["tiny"].to_dict())).operations_per_second
    card = hardware_of_card(torch.cuda.get_device_name(device))
    if card is None:
        raise SystemExit(
            f"The peak of {torch.cuda.get_device_name(device)} is not known here: say --peak with "
            "its TFLOP/s (dense, bfloat16)"
        )
    return card.operations_per_second


def _of_device(device: str) -> dict[str, object]:
    """Return what a device is called, and how much memory was taken at most."""
    if not device.startswith("cuda"):
        return {"card": device}
    free, total = torch.cuda.mem_get_info(device)
    return {
        "card": torch.cuda.get_device_name(device),
        "memory_bytes": total,
        "memory_bytes_free_now": free,
        "memory_bytes_taken_at_most": torch.cuda.max_memory_allocated(device),
        "cuda": torch.version.cuda,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure; write bench/results/gpu.json where the device is a card."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--shape", choices=get_args(Shape), default="gemma-2b")
    parser.add_argument("--dtype", choices=get_args(Dtype)[1:], default="bfloat16")
    parser.add_argument("--peak", type=float, help="TFLOP/s of the card, dense, in this dtype")
    chosen = parser.parse_args(arguments)
    if chosen.device.startswith("cuda") and not torch.cuda.is_available():
        print("gpu: no CUDA device here, nothing is measured", flush=True)
        return
    disable_progress_bar()
    peak = _peak(chosen.device, chosen.peak)
    run = partial(on_card, chosen.shape, chosen.dtype, chosen.device, peak)
    numbers = {**run(), **_of_device(chosen.device)}
    numbers["versions"] = versions_of(("torch", "transformers", "tokenizers", "lm_eval"))
    if not chosen.device.startswith("cuda"):
        print(f"{chosen.device}: {numbers}\nnot kept: this is no card", flush=True)
        return
    name = "gpu" if chosen.shape == "gemma-2b" else f"gpu_{chosen.shape}"
    record(name, numbers)


if __name__ == "__main__":
    main()
