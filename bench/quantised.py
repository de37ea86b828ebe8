"""What fewer bits for a weight change: answers, memory and time, beside float32.

    pip install -c constraints.txt '.[quantised]'   else only dtypes are compared
    python bench/quantised.py                       about 3 minutes on one core
    python bench/quantised.py --device cuda         nf4 too

A flip is a question whose most probable option is another one. The organisms are trained, so that
their answers say something; the Llama of 12 × 768 has random weights, and its numbers show memory
and time at a width where scales no longer count.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from engine_speed import survey
from engine_work import seconds_on
from random_models import save
from record import record
from torch import Tensor, nn
from turns import Clock, in_turns, ratio, spread

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.loading import Dtype
from causalvalues.models.quantising import Quantize
from causalvalues.organism.embedded import folder_of
from causalvalues.provenance import versions_of
from causalvalues.survey.request import Request

Way = tuple[Dtype, Quantize | None]

WAYS: Mapping[str, Way] = {
    "float32": ("float32", None),
    "bfloat16": ("bfloat16", None),
    "float32, int8": ("float32", "int8"),
    "bfloat16, int8": ("bfloat16", "int8"),
    "float32, nf4": ("float32", "nf4"),
    "bfloat16, nf4": ("bfloat16", "nf4"),
}
N_ROLES = {"organism/gemma": 24, "organism/llama": 24, "llama-12x768": 1}
N_TURNS = 3


def compared(
    name: str, folder: Path, requests: Sequence[Request], device: str
) -> dict[str, object]:
    """Return what each way changes, against float32."""
    say = Clock(name)
    models, absent = _loaded(folder, device)
    answers = {way: _answers(model, requests) for way, model in models.items()}
    seconds = in_turns(
        {
            way: lambda model=model: seconds_on(
                model.engine.device, lambda: _answers(model, requests)
            )
            for way, model in models.items()
        },
        n_turns=N_TURNS,
        say=say,
    )
    whole = answers["float32"]
    return {
        "n_prompts": len(requests),
        "absent": absent,
        **{
            way: {
                **_away(whole, answers[way]),
                "bytes_of_layers": n_bytes(model.parts.layers),
                "bytes": n_bytes(model.model),
                "times_float32_layers": n_bytes(model.parts.layers)
                / n_bytes(models["float32"].parts.layers),
                "times_float32_bytes": n_bytes(model.model) / n_bytes(models["float32"].model),
                "times_float32_seconds": ratio(seconds[way], seconds["float32"]),
            }
            for way, model in models.items()
        },
    }


def n_bytes(module: nn.Module) -> int:
    """Return the bytes that weights take, with their scales."""
    return sum(part.numel() * part.element_size() for part in _held(module))


def _held(module: nn.Module) -> Iterator[Tensor]:
    """Yield what is held for each weight."""
    for weight in module.parameters():
        yield getattr(weight, "qdata", weight)
        for scale in (
            getattr(weight, "scale", None),
            getattr(getattr(weight, "quant_state", None), "absmax", None),
        ):
            if scale is not None:
                yield scale


def _loaded(folder: Path, device: str) -> tuple[dict[str, LanguageModel], dict[str, str]]:
    """Return a model for each way that is possible here, and why the others are not."""
    models, absent = {}, {}
    for way, (dtype, quantize) in WAYS.items():
        try:
            models[way] = LanguageModel.load(folder, dtype=dtype, device=device, quantize=quantize)
        except OptionError as fault:
            absent[way] = str(fault)
            print(f"{way} is left out: {fault}", flush=True)
    return models, absent


def _answers(model: LanguageModel, requests: Sequence[Request]) -> list[np.ndarray]:
    """Return the log-probabilities of all options, in the order of the requests."""
    found = dict(model.log_probabilities(requests))
    return [np.array(found[place]) for place in range(len(requests))]


def _away(whole: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> dict[str, object]:
    """Return how far answers are from those of whole weights."""
    away = np.concatenate([np.abs(a - b) for a, b in zip(whole, found, strict=True)])
    shares = [
        np.abs(_share(a) - _share(b)).sum() / 2 for a, b in zip(whole, found, strict=True)
    ]  # total variation
    return {
        "flips": float(
            np.mean([a.argmax() != b.argmax() for a, b in zip(whole, found, strict=True)])
        ),
        "difference_of_log_probabilities": {
            "mean": float(away.mean()),
            "ninety_ninth": float(np.quantile(away, 0.99)),
            "largest": float(away.max()),
        },
        "probability_that_moves": spread(list(map(float, shares))),
    }


def _share(log_probabilities: np.ndarray) -> np.ndarray:
    """Return the probabilities of the options, rescaled to one."""
    found = np.exp(log_probabilities - log_probabilities.max())
    return found / found.sum()


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare on both organisms and one larger model; write bench/results/quantised.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    device = parser.parse_args(arguments).device
    numbers: dict[str, object] = {
        "device": torch.cuda.get_device_name() if device.startswith("cuda") else "cpu",
        "torch_threads": torch.get_num_threads(),
    }
    for name, n_roles in N_ROLES.items():
        requests = survey(n_roles)
        with tempfile.TemporaryDirectory() as folder:
            if name.startswith("organism/"):
                numbers[name] = compared(name, folder_of(name), requests, device)
                continue
            texts = sorted({message.text for each in requests for message in each.messages})
            save("llama-12x768", Path(folder), texts=texts)
            numbers[name] = compared(name, Path(folder), requests, device)
    packages = ("torch", "transformers", "torchao", "bitsandbytes")
    numbers["versions"] = versions_of(packages)
    if find_spec("torchao") is None:
        print("torchao is not installed: nothing is written", flush=True)
        return
    record("quantised" if device == "cpu" else f"quantised_{device}", numbers)


if __name__ == "__main__":
    main()
