"""Weights of few bits: who makes them, where that can be done, and whether it was.

    int8   torchao        each row of a matrix has a scale of its own; CPU and CUDA
    nf4    bitsandbytes   quantiles of a normal distribution, 64 weights to a scale; CUDA

The matrices of the layers are quantised. Embedding, norms, head and all that is computed between
stay in `dtype`, so that an answer does not depend on what else is in its batch.
Guarantee: what cannot be done is named before a weight is read; a model some of whose matrices were
left as they were is refused; how it was quantised is part of its identity.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from types import MappingProxyType
from typing import Literal, get_args

import torch
from torch import nn
from transformers import BitsAndBytesConfig, PretrainedConfig, TorchAoConfig
from transformers.utils.import_utils import is_bitsandbytes_available, is_torchao_available

from causalvalues.errors import OptionError

__all__ = ["METHODS", "Quantize", "check_quantize", "n_weights", "refuse_whole", "settings"]

Quantize = Literal["int8", "nf4"]

METHODS: Mapping[Quantize, str] = MappingProxyType(
    {
        "int8": "int8 by torchao, a scale for each row",
        "nf4": "nf4 by bitsandbytes, a scale for 64 weights",
    }
)
INSTALL = "pip install 'causalvalues[quantised]'"


def check_quantize(
    quantize: Quantize,
    config: PretrainedConfig,
    dtype: torch.dtype,
    devices: Sequence[torch.device],
) -> None:
    """Raise unless a checkpoint can be quantised so, on these devices."""
    if quantize not in get_args(Quantize):
        raise OptionError(
            f"`quantize` must be one of {', '.join(get_args(Quantize))}, or left out",
            found=repr(quantize),
        )
    own = getattr(config, "quantization_config", None)
    if own is not None:
        method = own.get("quant_method") if isinstance(own, dict) else own.quant_method
        raise OptionError(
            "Only a checkpoint of whole weights can be quantised",
            found=f"one that is quantised already ({method})",
            remedy="leave out `quantize`, or name the checkpoint that this one was made of",
        )
    for device in devices:
        (_check_int8 if quantize == "int8" else _check_nf4)(dtype, device)
    if find_spec("accelerate") is None:
        raise OptionError("`quantize` needs the package accelerate", found="none", remedy=INSTALL)


def _check_int8(dtype: torch.dtype, device: torch.device) -> None:
    """Raise unless torchao is here, on a device and with a type that it can do."""
    if device.type not in ("cpu", "cuda"):
        raise OptionError("`quantize: int8` runs on cpu and cuda", found=device.type)
    if dtype == torch.float16:  # whole numbers up to 127 are summed up before they are scaled
        raise OptionError(
            "`quantize: int8` needs a dtype that holds large sums",
            found="float16, which ends at 65,504",
            remedy="use dtype bfloat16 or float32",
        )
    if not is_torchao_available():
        raise _absent("int8", "torchao")


def _check_nf4(dtype: torch.dtype, device: torch.device) -> None:
    """Raise unless bitsandbytes is here, on a device that it does without code of the hub."""
    if device.type != "cuda":
        raise OptionError(
            "`quantize: nf4` needs a CUDA device",
            found=device.type,
            remedy="use quantize int8 here",
        )
    if not is_bitsandbytes_available():
        raise _absent("nf4", "bitsandbytes")
    if find_spec("kernels") is not None:
        raise OptionError(
            "No code may be fetched to run a model",
            found="the package kernels, through which bitsandbytes loads some from the hub",
            remedy="pip uninstall kernels, or use quantize int8",
        )


def _absent(quantize: Quantize, package: str) -> OptionError:
    """Return the error for a package that is not there, or too old."""
    return OptionError(
        f"`quantize: {quantize}` needs the package {package}",
        found="none, or one that transformers finds too old",
        remedy=INSTALL,
    )


def settings(quantize: Quantize, dtype: torch.dtype) -> TorchAoConfig | BitsAndBytesConfig:
    """Return what transformers is to do while it reads the weights."""
    if quantize == "int8":
        from torchao.quantization import Int8WeightOnlyConfig

        return TorchAoConfig(Int8WeightOnlyConfig(set_inductor_config=False))
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
    )


def refuse_whole(layers: nn.ModuleList, quantize: Quantize) -> None:
    """Raise where a matrix of the layers was not quantised."""
    whole = [name for name, weight in _matrices(layers) if type(weight) is nn.Parameter]
    if whole:
        raise OptionError(
            f"`quantize: {quantize}` must reach every matrix of the layers",
            found=f"{len(whole)} of {sum(1 for _ in _matrices(layers))} as they were, such as "
            f"{whole[0]}",
            remedy="leave out `quantize`: this architecture keeps its matrices otherwise",
        )


def n_weights(layers: nn.ModuleList) -> int:
    """Return how many weights the layers have, those counted that share a byte."""
    packed = (getattr(weight, "quant_state", None) for weight in layers.parameters())
    return sum(
        weight.numel() if state is None else state.shape.numel()
        for weight, state in zip(layers.parameters(), packed, strict=True)
    )


def _matrices(layers: nn.ModuleList) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the matrices of the layers; packed ones are matrices too."""
    for name, weight in layers.named_parameters():
        if weight.ndim > 1:
            yield name, weight
