"""What each kind of edit costs: answers per second while steered, over those while unsteered.

sweep     the survey engine, packed; the bench model and the embedded organism
prefill   prompts through hooks, and tokens written on a cache; the bench model

Every turn runs the unsteered way before and after, and a ratio is taken to the mean of the two; on
a CPU it is of the processor's seconds, one thread, so that what else the machine does stays out.
One probe finds its change in closed form, several by Hildreth's rows, bounded neurons by sorting.

python bench/steering_kinds.py [--device cuda --dtype bfloat16 --shape gemma-2b]
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from engine_speed import ORGANISM, survey
from engine_work import seconds_on
from random_models import Shape, save
from record import record
from transformers.utils.logging import disable_progress_bar
from turns import Clock, in_turns, ratio, spread

from causalvalues.models.language_model import LanguageModel
from causalvalues.models.loading import Dtype
from causalvalues.organism.embedded import folder_of
from causalvalues.provenance import versions_of
from causalvalues.steering.edits import edits_of
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import (
    Intervention,
    NeuronEdit,
    Probe,
    ProbeEdit,
    Scope,
    ValueVector,
)
from causalvalues.survey.request import Request

N_PROMPTS = {"tiny": 16, "llama-12x768": 16, "gemma-2b": 160, ORGANISM: 320}
N_TURNS = {"organism": 9, "sweep": 5, "prefill": 5, "written": 3}
BATCH, N_TOKENS, N_WRITTEN = 4, 128, 12
SHARE_OF_NEURONS = 0.03
ANSWERING, EVERY = Scope("answering"), Scope("all")


def kinds(model: LanguageModel) -> dict[str, Intervention]:
    """Return edits of every kind at two thirds of the depth, and from a third to there."""
    rng, n_layers = np.random.default_rng(0), len(model.parts.layers)
    layer = round(2 * n_layers / 3) - 1
    several = range(n_layers // 3, layer + 1)
    width = model.model.config.get_text_config().hidden_size
    n_neurons = model.parts.layers[layer].mlp.down_proj.in_features  # type: ignore[union-attr]
    vectors = {at: rng.standard_normal(width).astype(np.float32) / width for at in several}
    far = dict.fromkeys(several, -40.0)  # no prompt reads as asked: every query is moved
    whole = Probe("power", vectors, far, 0.9)
    one = Probe("power", {layer: vectors[layer]}, {layer: -40.0}, 0.9)
    other = Probe("rest", {layer: np.roll(vectors[layer], 7)}, {layer: -40.0}, 0.9)
    chosen = rng.permutation(n_neurons)[: max(int(SHARE_OF_NEURONS * n_neurons), 1)]
    few = rng.standard_normal(len(chosen)).astype(np.float32)
    return {
        "vector, every token": ValueVector("power", {layer: vectors[layer]}, scope=EVERY),
        "vector": ValueVector("power", {layer: vectors[layer]}, scope=ANSWERING),
        "probe": ProbeEdit("power", (one,), scope=ANSWERING),
        "two probes": ProbeEdit("power", (one, other), scope=ANSWERING),
        f"vectors at {len(several)} layers": ValueVector("power", vectors, scope=ANSWERING),
        f"probes at {len(several)} layers": ProbeEdit("power", (whole,), scope=ANSWERING),
        "probe by token, every token": ProbeEdit("power", (one,), solve="token", scope=EVERY),
        "probe by query, every token": ProbeEdit("power", (one,), scope=EVERY),
        "neurons within bounds": ProbeEdit(
            "rest",
            (Probe("rest", {layer: few}, {layer: -40.0}, 0.9),),
            site="neurons",
            reads_by_layer={layer: chosen},
            moves_by_layer={layer: chosen},
            low_by_layer={layer: np.full(len(chosen), -0.5)},
            high_by_layer={layer: np.full(len(chosen), 0.5)},
            scope=ANSWERING,
        ),
        "gates, every token": NeuronEdit(
            "rest", {layer: chosen}, {layer: np.abs(few)}, site="gates", spared=0.5
        ),
    }


def seconds(device: torch.device, work: Callable[[], object]) -> float:
    """Return how long work takes: of the processor, or by the clock on an accelerator."""
    if device.type != "cpu":
        return seconds_on(device, lambda: (work(), None)[1])
    start = time.process_time()
    work()
    return time.process_time() - start


def compared(
    model: LanguageModel, run: Callable[[Intervention | None], object], n_turns: int, say: Clock
) -> dict[str, object]:
    """Return steered over unsteered throughput of every kind, paired in every turn."""
    given = kinds(model)
    ways: dict[str, Intervention | None] = {"before": None, **given, "after": None}
    for each in ways.values():  # what is compiled or copied once
        run(each)
    timed = {
        way: partial(seconds, model.engine.device, partial(run, each)) for way, each in ways.items()
    }
    found = in_turns(timed, n_turns=n_turns, say=say)
    plain = [(a + b) / 2 for a, b in zip(found["before"], found["after"], strict=True)]
    return {
        "n_turns": n_turns,
        "seconds_unsteered": spread(plain),
        "unsteered_over_itself": ratio(found["before"], found["after"]),
        "steered_over_unsteered_throughput": {name: ratio(plain, found[name]) for name in given},
    }


def swept(
    model: LanguageModel, requests: Sequence[Request], given: Intervention | None
) -> list[object]:
    """Return all answers under one intervention, or none."""
    edits = None if given is None else edits_of(given, {})
    return list(model.sweep(requests, {"": edits}))


def through_hooks(model: LanguageModel) -> Mapping[str, Callable[[Intervention | None], None]]:
    """Return a prefill and a writing of tokens, steered or not."""
    inner, device = model.model, model.engine.device
    ids = torch.randint(10, 1000, (BATCH, N_TOKENS), device=device)
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}

    @torch.inference_mode()
    def prefill(intervention: Intervention | None) -> None:
        with steer(model, intervention) if intervention else nullcontext():
            inner(**given, use_cache=False, logits_to_keep=1)

    def write(intervention: Intervention | None) -> None:
        with steer(model, intervention) if intervention else nullcontext():
            inner.generate(
                **given, max_new_tokens=N_WRITTEN, min_new_tokens=N_WRITTEN, do_sample=False
            )

    return {"prefill": prefill, "written": write}


def of_shape(shape: Shape, dtype: Dtype, device: str) -> dict[str, object]:
    """Return the numbers of a model of random weights."""
    requests = survey(2)[: N_PROMPTS[shape]]
    texts = sorted({message.text for request in requests for message in request.messages})
    with tempfile.TemporaryDirectory() as folder:
        number = getattr(torch, dtype)
        save(shape, Path(folder), texts=texts, dtype=number, device=device)
        model = LanguageModel.load(folder, dtype=dtype, device=device)
        say = Clock(shape)
        run = partial(swept, model, requests)
        found: dict[str, object] = {"sweep": compared(model, run, N_TURNS["sweep"], say)}
        for name, work in through_hooks(model).items():
            found[name] = compared(model, work, N_TURNS[name], say)
    counts = {"n_prompts": len(requests), "batch": BATCH, "tokens": N_TOKENS}
    return counts | {"tokens_written": N_WRITTEN} | found


def of_organism(dtype: Dtype, device: str) -> dict[str, object]:
    """Return the numbers of the embedded organism."""
    model = LanguageModel.load(folder_of(ORGANISM), dtype=dtype, device=device)
    requests = survey(8)[: N_PROMPTS[ORGANISM]]
    run = partial(swept, model, requests)
    found = compared(model, run, N_TURNS["organism"], Clock(ORGANISM))
    return {"n_prompts": len(requests), "sweep": found}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both models; write bench/results/steering_kinds.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=get_args(Shape), default="llama-12x768")
    parser.add_argument("--dtype", choices=get_args(Dtype)[1:], default="float32")
    parser.add_argument("--device", default="cpu")
    chosen = parser.parse_args(arguments)
    disable_progress_bar()
    if chosen.device == "cpu":
        torch.set_num_threads(1)  # the processor's seconds are then those of one run
    default = (chosen.shape, chosen.dtype, chosen.device) == ("llama-12x768", "float32", "cpu")
    suffix = "" if default else f"_{chosen.shape}_{chosen.dtype}_{chosen.device}"
    numbers = {
        "device": chosen.device,
        "dtype": chosen.dtype,
        "torch_threads": torch.get_num_threads(),
        "seconds": "of the processor" if chosen.device == "cpu" else "by the clock",
        ORGANISM: of_organism(chosen.dtype, chosen.device),
        chosen.shape: of_shape(chosen.shape, chosen.dtype, chosen.device),
        "versions": versions_of(("torch", "transformers")),
    }
    record(f"steering_kinds{suffix}", numbers)


if __name__ == "__main__":
    main()
