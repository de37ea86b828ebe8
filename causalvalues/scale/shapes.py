"""The shape of a model: how many weights it has, and what a token costs in it.

    weights of a layer = width × head × (2 × heads + 2 × key heads) + 3 × width × inner

Read from a config.json, or known by name for models that are often asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from causalvalues.errors import FileError

__all__ = ["KNOWN", "Shape"]

NEEDED = ("num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads")


@dataclass(frozen=True)
class Shape:
    """A decoder with gated layers, as Gemma, Llama, Mistral and Qwen have them."""

    n_layers: int
    width: int
    inner: int
    n_heads: int
    n_key_heads: int
    head: int
    vocabulary: int
    tied: bool = False  # the head is the embedding

    @classmethod
    def of_config(cls, config: Mapping[str, Any]) -> "Shape":
        """Return the shape that a config.json says."""
        text = config.get("text_config", config)
        absent = [name for name in NEEDED if name not in text]
        if absent or "vocab_size" not in {**config, **text}:
            raise FileError(
                "A config.json must say the shape of its model",
                found=f"no {', '.join(absent or ['vocab_size'])}",
                remedy="give --model with a name whose shape is known",
            )
        width, n_heads = int(text["hidden_size"]), int(text["num_attention_heads"])
        return cls(
            n_layers=int(text["num_hidden_layers"]),
            width=width,
            inner=int(text["intermediate_size"]),
            n_heads=n_heads,
            n_key_heads=int(text.get("num_key_value_heads") or n_heads),
            head=int(text.get("head_dim") or width // n_heads),
            vocabulary=int({**config, **text}["vocab_size"]),
            tied=bool({**config, **text}.get("tie_word_embeddings", "gemma" in str(config))),
        )

    @property
    def weights_of_layers(self) -> int:
        """Return the weights of all layers, norms left out."""
        attention = self.width * self.head * 2 * (self.n_heads + self.n_key_heads)
        return self.n_layers * (attention + 3 * self.width * self.inner)

    @property
    def weights(self) -> int:
        """Return all weights, the embedding and the head with them."""
        return self.weights_of_layers + self.width * self.vocabulary * (1 if self.tied else 2)


KNOWN: Mapping[str, Shape] = MappingProxyType(
    {
        "google/gemma-2b-it": Shape(18, 2048, 16384, 8, 1, 256, 256000, tied=True),
        "google/gemma-2-2b-it": Shape(26, 2304, 9216, 8, 4, 256, 256000, tied=True),
        "google/gemma-2-9b-it": Shape(42, 3584, 14336, 16, 8, 256, 256000, tied=True),
        "meta-llama/Meta-Llama-3-8B-Instruct": Shape(32, 4096, 14336, 32, 8, 128, 128256),
        "meta-llama/Llama-3.1-8B-Instruct": Shape(32, 4096, 14336, 32, 8, 128, 128256),
        "meta-llama/Llama-3.1-70B-Instruct": Shape(80, 8192, 28672, 64, 8, 128, 128256),
        "mistralai/Mistral-7B-Instruct-v0.3": Shape(32, 4096, 14336, 32, 8, 128, 32768),
        "Qwen/Qwen2.5-7B-Instruct": Shape(28, 3584, 18944, 28, 4, 128, 152064),
    }
)
