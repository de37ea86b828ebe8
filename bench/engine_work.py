"""What the engine computes, counted while it runs, and how fast this machine multiplies matrices.

    useful operations = 2 × weights of the layers × tokens computed
                      + 4 × width of a head × heads × layers × (token, ancestor) pairs
                      + 2 × width × vocabulary × states read

Pairs that the mask hides are computed too, but are no use to anybody and do not count.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import nn

from causalvalues.models.conditions import Point, Step
from causalvalues.models.elicit import Tally
from causalvalues.models.forward import Batch, Compute, Pass
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.replay import Resume

__all__ = ["Counted", "counting", "gemm_rates", "operations", "seconds_on"]


@dataclass(eq=False)
class Counted:
    """A decoder that counts what goes through it."""

    inner: Compute
    device: torch.device
    n_tokens: int = 0
    n_pairs: int = 0
    n_states: int = 0
    seconds_in_model: float = 0.0
    batch_sizes: list[int] = field(default_factory=list)

    def forward(
        self,
        batch: Batch,
        *,
        keep: Collection[Point] = (),
        resume: Resume | None = None,
        steps: Sequence[Step] = (),
        to_end: bool = True,
    ) -> Pass:
        """Return what the decoder gives."""
        found: list[Pass] = []
        self.seconds_in_model += seconds_on(
            self.device,
            lambda: found.append(
                self.inner.forward(batch, keep=keep, resume=resume, steps=steps, to_end=to_end)
            ),
        )
        self.n_tokens += batch.n_tokens
        self.n_pairs += int((batch.tokens.positions + 1).sum())
        self.batch_sizes.append(batch.n_tokens)
        return found[0]

    def weigh(self, states: torch.Tensor, rows: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Return what the decoder weighs."""
        found: list[torch.Tensor] = []
        self.seconds_in_model += seconds_on(
            self.device, lambda: found.append(self.inner.weigh(states, rows, tokens))
        )
        self.n_states += len(states)
        return found[0]


def counting(model: LanguageModel) -> tuple[LanguageModel, Counted]:
    """Return the same model with a fresh tally and a decoder that counts."""
    counted = Counted(model.engine.compute, model.engine.device)
    engine = replace(model.engine, compute=counted, tally=Tally())
    return replace(model, engine=engine), counted


def operations(model: LanguageModel, counted: Counted) -> dict[str, float]:
    """Return the useful floating-point operations of what was counted, by where they are."""
    config = model.model.config.get_text_config()
    n_heads = config.num_attention_heads
    head = getattr(config, "head_dim", None) or config.hidden_size // n_heads
    weights = sum(
        linear.weight.numel() for layer in model.parts.layers for linear in _linear(layer)
    )
    n_layers = len(model.parts.layers)
    return {
        "layers": 2.0 * weights * counted.n_tokens,
        "attention": 4.0 * head * n_heads * n_layers * counted.n_pairs,
        "head": 2.0 * config.hidden_size * config.vocab_size * counted.n_states,
    }


def gemm_rates(model: LanguageModel, n_tokens: int, *, n_runs: int = 5) -> dict[str, float]:
    """Return operations per second of matrix products: of 1024³, and of a layer's own shapes."""
    weight = next(model.parts.layers.parameters())
    numbers = {"device": weight.device, "dtype": weight.dtype}
    shapes = [tuple(linear.weight.shape) for linear in _linear(model.parts.layers[0])]
    own = [(n_tokens, n_in, n_out) for n_out, n_in in shapes]
    rates = {}
    for name, products in {"1024_cubed": [(1024, 1024, 1024)], "own_shapes": own}.items():
        pairs = [
            (torch.randn(n, k, **numbers), torch.randn(m, k, **numbers)) for n, k, m in products
        ]
        n_loops = max(int(4e9 / sum(2.0 * n * k * m for n, k, m in products)), 1)

        def work(pairs: list = pairs, n_loops: int = n_loops) -> None:
            for _ in range(n_loops):
                for one, two in pairs:
                    torch.nn.functional.linear(one, two)

        with torch.inference_mode():
            work()
            fastest = min(seconds_on(weight.device, work) for _ in range(n_runs))
        rates[name] = n_loops * sum(2.0 * n * k * m for n, k, m in products) / fastest
    return rates


def seconds_on(device: torch.device, work: Callable[[], object]) -> float:
    """Return how long one call takes, until the device is done."""
    _wait(device)
    start = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _linear(layer: nn.Module) -> list[nn.Linear]:
    """Return the matrices of a layer."""
    return [each for each in layer.modules() if isinstance(each, nn.Linear)]
