"""What steering costs: hooks against the unsteered forward, and one feature against the whole SAE.

hooks   one feature added at every token: a prefill, and tokens written on a cache; every turn
        runs the unsteered way before and after, and a ratio is taken to the mean of the two
SAE     time and memory of reading one direction, against loading the whole autoencoder, each
        in a process of its own; weights at random, in the layout that sae-lens releases have

python bench/steering_overhead.py [--device cuda --dtype bfloat16 --shape gemma-2b --large]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import get_args

import torch
from engine_speed import survey
from engine_work import seconds_on
from random_models import Shape, save
from record import record
from sae_lens import StandardSAE, StandardSAEConfig
from transformers.utils.logging import disable_progress_bar
from turns import Clock, in_turns, ratio, spread

from causalvalues.models.language_model import LanguageModel
from causalvalues.models.loading import Dtype
from causalvalues.provenance import versions_of
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import SaeFeature, Strength
from causalvalues.steering.sae import open_sae

N_TURNS, N_TOKENS, BATCH, N_WRITTEN = 11, 256, 4, 24
SIZES = {"small": (16_384, 2_048), "large": (65_536, 4_096)}


def random_sae(folder: Path, n_features: int, width: int, layer: int) -> Path:
    """Return a folder with an autoencoder of random weights, in the released layout."""
    config = StandardSAEConfig(d_in=width, d_sae=n_features)
    sae = StandardSAE(config)
    sae.cfg.metadata.hook_name = f"blocks.{layer}.hook_resid_post"
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in sae.parameters():
            weight.normal_(std=0.02)
    sae.save_model(folder)
    return folder


def hooks(model: LanguageModel, sae_folder: Path, layer: int) -> dict[str, object]:
    """Return the ratios of steered to unsteered runs, for a prefill and for written tokens."""
    sae = open_sae(sae_folder)
    feature = SaeFeature(sae.name, 7, layer, Strength(1.0))
    inner, device = model.model, model.engine.device
    ids = torch.randint(10, 1000, (BATCH, N_TOKENS), device=device)
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    say, found = Clock("hooks"), {}

    @torch.inference_mode()
    def prefill() -> None:
        inner(**given, use_cache=False, logits_to_keep=1)

    def write() -> None:
        inner.generate(**given, max_new_tokens=N_WRITTEN, min_new_tokens=N_WRITTEN, do_sample=False)

    def timed(work: Callable[[], None], *, steered: bool) -> float:
        block = steer(inner, feature, {sae.name: sae}) if steered else nullcontext()
        with block:
            return seconds_on(device, work)

    for name, work, n_turns in (("prefill", prefill, N_TURNS), ("written", write, 5)):
        timed(work, steered=True)
        seconds = in_turns(
            {
                "before": lambda w=work: timed(w, steered=False),
                "steered": lambda w=work: timed(w, steered=True),
                "after": lambda w=work: timed(w, steered=False),
            },
            n_turns=n_turns,
            say=say,
        )
        plain = [(a + b) / 2 for a, b in zip(seconds["before"], seconds["after"], strict=True)]
        found[name] = {
            "seconds_unsteered": spread(plain),
            "steered_over_unsteered": ratio(seconds["steered"], plain),
            "unsteered_over_itself": ratio(seconds["after"], seconds["before"]),
        }
    return {
        "batch": BATCH,
        "tokens": N_TOKENS,
        "tokens_written": N_WRITTEN,
        "layer": layer,
        **found,
    }


def one_sae(folder: Path, what: str) -> dict[str, float]:
    """Return the seconds and mebibytes that one way of using an autoencoder takes, here."""
    sae = open_sae(folder)
    _ = sae.layer
    before = peak()
    work = (
        (lambda: sae.direction(7))
        if what == "one direction"
        else (lambda: sae.activations(torch.zeros(1, sae.width)))
    )
    seconds = seconds_on(torch.device("cpu"), work)
    return {"seconds": seconds, "mebibytes": peak() - before}


def peak() -> float:
    """Return the most memory that this process ever held, in mebibytes."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (held,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(held) / 1024


def saes(sizes: Sequence[str]) -> dict[str, object]:
    """Return what one direction and what the whole takes, by size."""
    found: dict[str, object] = {}
    for size in sizes:
        n_features, width = SIZES[size]
        with tempfile.TemporaryDirectory() as folder:
            random_sae(Path(folder), n_features, width, 1)
            ways = {}
            for what in ("one direction", "everything"):
                words = [sys.executable, __file__, "--one", folder, what]
                answer = subprocess.run(words, check=True, capture_output=True, text=True).stdout
                ways[what] = json.loads(answer.splitlines()[-1])
        found[f"{n_features} × {width}"] = ways
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both; write bench/results/steering_overhead.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=get_args(Shape), default="llama-12x768")
    parser.add_argument("--dtype", choices=get_args(Dtype)[1:], default="float32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--large", action="store_true", help="also 65,536 × 4,096 (2 GB on disk)")
    parser.add_argument("--one", nargs=2, metavar=("FOLDER", "WAY"), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.one:
        print(json.dumps(one_sae(Path(chosen.one[0]), chosen.one[1])))
        return
    disable_progress_bar()
    texts = sorted({m.text for request in survey(1) for m in request.messages})
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        number = getattr(torch, chosen.dtype)
        save(chosen.shape, Path(folder), texts=texts, dtype=number, device=chosen.device)
        model = LanguageModel.load(folder, dtype=chosen.dtype, device=chosen.device)
        layer = round(2 * len(model.parts.layers) / 3) - 1
        width = model.model.config.hidden_size
        steering = hooks(model, random_sae(Path(other), 4 * width, width, layer), layer)
    default = (chosen.shape, chosen.dtype, chosen.device) == ("llama-12x768", "float32", "cpu")
    suffix = "" if default else f"_{chosen.shape}_{chosen.dtype}_{chosen.device}"
    numbers = {
        "shape": chosen.shape, "device": chosen.device, "dtype": chosen.dtype,
        "torch_threads": torch.get_num_threads(), "hooks": steering,
        "sae": saes([*SIZES] if chosen.large else ["small"]),
        "versions": versions_of(("torch", "transformers", "sae-lens")),
    }  # fmt: skip
    record(f"steering_overhead{suffix}", numbers)


if __name__ == "__main__":
    main()
