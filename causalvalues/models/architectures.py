"""Where the parts of each architecture are, and which masks its layers expect.

    decoder   everything from the embedding to the final norm; its output is what the head reads
    layers    the decoder layers, in order; the residual is what leaves one and enters the next
    masks     one for all layers · one with a window for all · one by type of layer

Other decoder-only architectures are taken where the parts can be found; `verify` then compares
what they answer with their own plain forward. Guarantee: an architecture without the parts ends in
an error that lists those that are known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, cast

from torch import nn
from transformers import PretrainedConfig, PreTrainedModel

from causalvalues.errors import UnknownArchitecture

__all__ = [
    "ARCHITECTURES",
    "INSIDE_MLP",
    "Architecture",
    "Parts",
    "inside_mlp",
    "parts_of",
    "unknown",
]

Masks = Literal["one", "windowed", "by layer type"]


@dataclass(frozen=True)
class Architecture:
    """Dotted names of the parts below a causal language model."""

    models: str
    decoder: str = "model"
    layers: str = "layers"  # below the decoder
    norm: str = "norm"  # below the decoder
    head: str = "lm_head"
    softcap: str | None = None  # in the configuration: final logits are cap · tanh(logit / cap)
    masks: Masks = "one"


CAP = "final_logit_softcapping"

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "gemma": Architecture("Gemma 1"),
        "gemma2": Architecture("Gemma 2", softcap=CAP, masks="by layer type"),
        "gemma3_text": Architecture("Gemma 3, text", softcap=CAP, masks="by layer type"),
        "gemma3": Architecture(
            "Gemma 3", decoder="model.language_model", softcap=CAP, masks="by layer type"
        ),
        "llama": Architecture("Llama 2 and 3"),
        "mistral": Architecture("Mistral", masks="windowed"),
        "qwen2": Architecture("Qwen 2", masks="by layer type"),
        "qwen3": Architecture("Qwen 3", masks="by layer type"),
    }
)


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of one loaded model."""

    model_type: str
    decoder: nn.Module
    layers: nn.ModuleList
    norm: nn.Module | None  # none where an architecture that is not in the table hides it
    head: nn.Module
    softcap: float | None
    masks: Masks
    window: int | None  # tokens that a layer with a window sees, itself included
    context: int  # tokens that a prompt may have


def parts_of(model: PreTrainedModel) -> Parts:
    """Return the parts of a model, from the table or found by their shape."""
    outer = str(model.config.model_type)
    known = ARCHITECTURES.get(outer)
    config = model.config.get_text_config()
    if getattr(config, "use_bidirectional_attention", None):
        raise unknown(outer, "its tokens see what comes after them")
    decoder = _at(model, known.decoder) if known else _given(model.get_decoder)
    head = _at(model, known.head) if known else _given(model.get_output_embeddings)
    if decoder is None or head is None:
        raise unknown(outer, "no decoder, or no head over the vocabulary")
    layers = _at(decoder, known.layers) if known else _layers(decoder, config)
    if not isinstance(layers, nn.ModuleList) or len(layers) != config.num_hidden_layers:
        raise unknown(outer, "no list of decoder layers")
    norm = _at(decoder, known.norm) if known else _norm(decoder)
    window = _window(config)
    context = int(getattr(config, "max_position_embeddings", None) or 2**31)
    cap = getattr(config, CAP, None)
    return Parts(
        model_type=outer,
        decoder=decoder,
        layers=layers,
        norm=norm,
        head=head,
        softcap=float(cap) if cap is not None else None,
        masks=known.masks if known else "one",
        window=window if known else None,
        context=context if known or window is None else min(context, window),
    )


INSIDE_MLP: Mapping[str, str] = MappingProxyType(
    {"neurons": "mlp.down_proj", "gates": "mlp.act_fn"}
)


def inside_mlp(layer: nn.Module, site: str) -> nn.Module | None:
    """Return the module that neurons enter, or that gates leave; none where there is no such."""
    return _at(layer, INSIDE_MLP[site])


def unknown(model_type: str, found: str) -> UnknownArchitecture:
    """Return the error for an architecture that cannot be asked."""
    known = "; ".join(f"{name} ({row.models})" for name, row in ARCHITECTURES.items())
    return UnknownArchitecture(
        f"A model must be a decoder-only language model of a known make: {known}; or one whose "
        "layers, head and masks work alike",
        found=f"{model_type}: {found}",
        remedy="use a model of one of these architectures, in their Hugging Face form",
    )


def _at(module: nn.Module, name: str) -> nn.Module | None:
    """Return the module under a dotted name, or none."""
    found: object = module
    for step in name.split("."):
        found = getattr(found, step, None)
    return found if isinstance(found, nn.Module) else None


def _given(part: object) -> nn.Module | None:
    """Return the module that a model's own method gives, or none."""
    found = cast(Callable[[], object], part)()
    return found if isinstance(found, nn.Module) else None


def _layers(decoder: nn.Module, config: PretrainedConfig) -> nn.ModuleList | None:
    """Return the one list of modules that is as long as the model has layers."""
    n_layers = getattr(config, "num_hidden_layers", None)
    lists = [child for child in decoder.children() if isinstance(child, nn.ModuleList)]
    alike = [child for child in lists if len(child) == n_layers]
    return alike[0] if len(alike) == 1 else None


def _norm(decoder: nn.Module) -> nn.Module | None:
    """Return the last norm that stands beside the layers."""
    norms = [child for child in decoder.children() if "Norm" in type(child).__name__]
    return norms[-1] if norms else None


def _window(config: PretrainedConfig) -> int | None:
    """Return how many tokens layers with a window see, where there are such layers."""
    window = getattr(config, "sliding_window", None)
    if window is None or getattr(config, "use_sliding_window", True) is False:
        return None
    return int(window)
