"""From a name to a model that is ready: found, read, its parts known, verified, on its device.

Guarantee: every way in which this can fail for the user's sake ends in a sentence; no code of a
checkpoint is run.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from causalvalues.errors import CausalValuesError, FileError, OptionError
from causalvalues.models.architectures import Parts, parts_of, unknown
from causalvalues.models.chat import Chat
from causalvalues.models.checkpoint import Checkpoint, find, read_json
from causalvalues.models.digests import digest_of_files
from causalvalues.models.elicit import Engine
from causalvalues.models.forward import Decoder, first_device
from causalvalues.models.memory import is_out_of_memory
from causalvalues.models.packing import Cost
from causalvalues.models.placing import (
    Spread,
    check_map,
    device_of,
    devices_of,
    refuse_elsewhere,
)
from causalvalues.models.quantising import METHODS, Quantize, check_quantize, n_weights, settings
from causalvalues.models.verify import verify

__all__ = ["Dtype", "Loaded", "load", "quiet"]

Dtype = Literal["auto", "float32", "bfloat16", "float16"]

BUDGET_BY_DEVICE = {"cpu": 2048, "cuda": 16384}
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "tokenizer.model")


@dataclass(frozen=True, eq=False)
class Loaded:
    """All that a `LanguageModel` holds."""

    identity: Mapping[str, str]
    model: PreTrainedModel
    parts: Parts
    chat: Chat
    engine: Engine


def load(
    name_or_path: str | Path,
    revision: str | None,
    dtype: Dtype,
    device: str,
    device_map: Spread | Mapping[str, int | str] | None,
    token_budget: int | None,
    quantize: Quantize | None,
) -> Loaded:
    """Return a model in a folder or on the hub, checked and ready."""
    if token_budget is not None and token_budget < 1:
        raise OptionError("`token_budget` must be 1 or more", found=str(token_budget))
    if device_map is not None:
        check_map(device_map, device)
    where = device_of(device)
    checkpoint = find(name_or_path, revision=revision)
    config = _config(checkpoint)
    number = _dtype(dtype, config, where)
    if quantize is not None:
        check_quantize(quantize, config, number, devices_of(device_map, where))
    chat = Chat(_tokenizer(checkpoint))
    model = _model(checkpoint, config, number, device_map or where, quantize)
    parts = parts_of(model)
    verify(model, parts, quantize)
    budget = token_budget or BUDGET_BY_DEVICE.get(where.type, BUDGET_BY_DEVICE["cuda"])
    engine = Engine(
        compute=Decoder(parts),
        n_layers=len(parts.layers),
        cost=_cost(parts, model.config.get_text_config()),
        budget=budget,
        device=first_device(parts.decoder),
    )
    identity = _identity(checkpoint, chat, number, quantize)
    return Loaded(identity, model, parts, chat, engine)


def _dtype(dtype: Dtype, config: PretrainedConfig, device: torch.device) -> torch.dtype:
    """Return the type of number to compute in."""
    if dtype not in get_args(Dtype):
        raise OptionError(f"`dtype` must be one of {', '.join(get_args(Dtype))}", found=repr(dtype))
    if dtype != "auto":
        return cast(torch.dtype, getattr(torch, dtype))
    own = getattr(config, "dtype", None) or getattr(config.get_text_config(), "dtype", None)
    if device.type == "cpu" or not isinstance(own, torch.dtype):
        return torch.float32
    return own


def _config(checkpoint: Checkpoint) -> PretrainedConfig:
    """Return the configuration of an architecture that transformers knows."""
    said = read_json(checkpoint.folder / "config.json")
    try:
        with quiet():
            return cast(
                PretrainedConfig,
                AutoConfig.from_pretrained(checkpoint.folder, local_files_only=True),
            )
    except (ValueError, KeyError, OSError, TypeError, ImportError) as fault:
        name = str(said.get("model_type", "no model_type in config.json"))
        raise unknown(name, str(fault).split("\n", maxsplit=1)[0]) from fault


def _tokenizer(checkpoint: Checkpoint) -> PreTrainedTokenizerBase:
    """Return the tokenizer of a checkpoint."""
    try:
        with quiet():
            return cast(
                PreTrainedTokenizerBase,
                AutoTokenizer.from_pretrained(checkpoint.folder, local_files_only=True),
            )
    except Exception as fault:  # tokenizers raises bare exceptions for damaged files
        raise FileError(
            f"A checkpoint must hold its tokenizer: {checkpoint.folder}",
            found=f"{type(fault).__name__}: {str(fault).splitlines()[0] if str(fault) else ''}",
            remedy="download or save it again, with tokenizer.json and tokenizer_config.json",
        ) from fault


def _model(
    checkpoint: Checkpoint,
    config: PretrainedConfig,
    dtype: torch.dtype,
    where: torch.device | Spread | Mapping[str, int | str],
    quantize: Quantize | None,
) -> PreTrainedModel:
    """Return the model of a checkpoint, in eval mode, no gradients."""
    moved = where if isinstance(where, torch.device) and quantize is None else None
    placed = dict(where) if isinstance(where, Mapping) else where
    options: dict[str, object] = {} if moved else {"device_map": placed}
    if quantize is not None:
        options["quantization_config"] = settings(quantize, dtype)
    try:
        with quiet():
            read = cast(Callable[..., Any], AutoModelForCausalLM.from_pretrained)
            model, report = read(
                checkpoint.folder,
                config=config,
                dtype=dtype,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                **options,
            )
            model = model.to(moved) if moved else model
    except Exception as fault:  # torch and safetensors raise bare exceptions too
        raise _unreadable(checkpoint, config, fault) from fault
    wrong = sorted(map(str, report["missing_keys"])) + sorted(map(str, report["mismatched_keys"]))
    if wrong:
        raise FileError(
            f"A checkpoint must hold every weight of its model: {checkpoint.folder}",
            found=f"{len(wrong)} missing or of another shape, such as {wrong[0]}",
            remedy="download or save it again",
        )
    refuse_elsewhere(model)
    return cast(PreTrainedModel, model.eval().requires_grad_(False))


def _unreadable(
    checkpoint: Checkpoint, config: PretrainedConfig, fault: Exception
) -> CausalValuesError:
    """Return what to say of weights that could not be read."""
    said = str(fault).split("\n", maxsplit=1)[0]
    if is_out_of_memory(fault):
        return OptionError(
            "The weights of a model must fit into memory",
            found=f"{checkpoint.name} does not: {said}",
            remedy="use dtype='bfloat16', quantize='int8', device_map='auto', another device, or a "
            "smaller model",
        )
    own = getattr(config, "quantization_config", None)
    if own is not None and isinstance(fault, ImportError):
        return OptionError(
            "A checkpoint that is quantised needs the package that did it",
            found=said,
            remedy="install that package, or load the checkpoint that this one was made of",
        )
    if isinstance(fault, ValueError) and "device_map" in said:
        return OptionError("`device_map` must place every part of the model", found=said)
    if isinstance(fault, ValueError | ImportError):
        return unknown(str(config.model_type), said)
    return FileError(
        f"The weights of a checkpoint must be readable: {checkpoint.folder}",
        found=f"{type(fault).__name__}: {said}",
        remedy="download or save it again",
    )


def _cost(parts: Parts, text: PretrainedConfig) -> Cost:
    """Return what tokens and pairs of tokens cost in all layers."""
    n_heads = int(text.num_attention_heads)
    return Cost.of_layers(
        weights=n_weights(parts.layers),
        n_layers=len(parts.layers),
        n_heads=n_heads,
        head=int(getattr(text, "head_dim", None) or text.hidden_size // n_heads),
        stepwise=text._attn_implementation == "eager",
    )


def _identity(
    checkpoint: Checkpoint, chat: Chat, dtype: torch.dtype, quantize: Quantize | None
) -> dict[str, str]:
    """Return all that answers depend on besides rounding."""
    files = [checkpoint.folder / name for name in TOKENIZER_FILES]
    return {
        "model": checkpoint.name,
        "revision": checkpoint.revision,
        "weights": digest_of_files([*checkpoint.weights, checkpoint.folder / "config.json"]),
        "tokenizer": digest_of_files([path for path in files if path.exists()]),
        "template": chat.digest,
        "dtype": str(dtype).removeprefix("torch."),
        **({"quantize": METHODS[quantize]} if quantize is not None else {}),
    }


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from drawing bars and writing hints, as before on leaving."""
    level = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
