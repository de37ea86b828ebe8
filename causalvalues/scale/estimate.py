"""What a survey takes before anything runs: tokens, operations, memory, time and money.

    operations = 2 × weights of the layers × tokens computed
               + (4 × width of a head + 100) × heads × layers × pairs of tokens
               + 2 × width × vocabulary × prompts                        (the head, once per prompt)
    seconds    = (operations / (peak × share of the peak) + host) / devices + loading
    host       .15 ms per prompt and .65 ms per 1,000 of its tokens: text to tokens, tokens to
               packs, answers to the store, by the one process that serves a device
    written    each further token reads all weights once per batch, or costs 2 × weights; the slower

Guarantee: every assumption is a field that can be set; tokens that a prompt shares with others are
counted as the engine counts them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from causalvalues.models.packing import Cost
from causalvalues.scale.hardware import Hardware
from causalvalues.scale.shapes import Shape
from causalvalues.scale.workload import Workload

__all__ = ["Estimate", "cost_of", "estimate"]

HOST_SECONDS_PER_PROMPT, HOST_SECONDS_PER_TOKEN = 1.5e-4, 6.5e-7  # bench/README.md
LIVE = 8  # vectors of a token's width that are alive at once in a layer
BYTES_OF_QUANTISED: Mapping[str, float] = MappingProxyType(
    {"int8": 1.0, "nf4": 0.5 + 4 / 64}  # a scale of four bytes for 64 weights
)


@dataclass(frozen=True)
class Estimate:
    """What a survey takes on some devices."""

    work: Workload
    operations: float
    seconds: float
    host_seconds: float  # of them, outside the model
    memory_bytes: float  # of each device
    fits: bool
    dollars: float


def cost_of(shape: Shape) -> Cost:
    """Return what tokens and pairs of tokens cost, as the engine weighs them."""
    return Cost.of_layers(
        weights=shape.weights_of_layers,
        n_layers=shape.n_layers,
        n_heads=shape.n_heads,
        head=shape.head,
        stepwise=False,
    )


def estimate(
    work: Workload,
    shape: Shape,
    hardware: Hardware,
    *,
    n_devices: int = 1,
    n_written: int = 0,
    quantize: Literal["int8", "nf4"] | None = None,
) -> Estimate:
    """Return what a workload takes; `n_written` tokens at most are written after each prompt."""
    cost = cost_of(shape)
    operations = (
        cost.linear * work.tokens_computed
        + cost.attention * work.pairs
        + 2.0 * shape.width * shape.vocabulary * work.n_prompts
    )
    rate = hardware.operations_per_second * hardware.share
    written, seconds_written = _written(work, shape, hardware, n_written)
    loading = shape.weights * hardware.bytes_per_weight / hardware.bytes_read_per_second
    host = HOST_SECONDS_PER_PROMPT * work.n_prompts + HOST_SECONDS_PER_TOKEN * work.tokens_asked
    seconds = (operations / rate + seconds_written + host) / n_devices + loading
    memory = _memory(work, shape, hardware, quantize)
    return Estimate(
        work,
        operations + written,
        seconds,
        host / n_devices,
        memory,
        memory <= hardware.memory_bytes,
        seconds / 3600 * n_devices * hardware.price_per_hour,
    )


def _written(
    work: Workload, shape: Shape, hardware: Hardware, n_written: int
) -> tuple[float, float]:
    """Return operations and seconds of answers that are written, if all are as long as may be."""
    if not n_written:
        return 0.0, 0.0
    n_tokens = work.n_prompts * n_written
    length = work.tokens_asked / max(work.n_prompts, 1) + n_written
    at_once = max(hardware.token_budget / length, 1.0)
    operations = 2.0 * shape.weights * n_tokens
    by_memory = n_tokens / at_once * shape.weights * hardware.bytes_per_weight
    by_rate = operations / (hardware.operations_per_second * hardware.share)
    return operations, max(by_memory / hardware.bytes_per_second, by_rate)


def _memory(
    work: Workload,
    shape: Shape,
    hardware: Hardware,
    quantize: Literal["int8", "nf4"] | None,
) -> float:
    """Return the bytes of weights, of what a full batch keeps alive, and of its scores.

    A quantised matrix is unpacked while it is used: the largest counts whole.
    """
    per_token = LIVE * shape.width + 3 * shape.inner
    alive = hardware.token_budget * per_token * hardware.bytes_per_weight
    tokens_per_prompt = max(work.tokens_computed / max(work.n_prompts, 1), 1.0)
    scores = hardware.token_budget / tokens_per_prompt * shape.vocabulary * 4
    weights = float(shape.weights * hardware.bytes_per_weight)
    if quantize is not None:
        less = hardware.bytes_per_weight - BYTES_OF_QUANTISED[quantize]
        unpacked = shape.width * shape.inner * hardware.bytes_per_weight
        weights += unpacked - less * shape.weights_of_layers
    return weights + alive + scores
