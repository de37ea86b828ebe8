"""The processors of this machine as `Hardware`: their rate is measured, on the spot.

While a model computes, it reaches .69 of the rate of 1024³ matrix products where it is 768 wide,
and .37 where it is 96 wide, as its products are then small (bench/README.md); in between the
share follows the logarithm of the width.
"""

import math
import os
import time
from collections.abc import Callable

from causalvalues.scale.hardware import Hardware, Sources
from causalvalues.scale.shapes import Shape

__all__ = ["processor", "seconds_of", "share_of_width"]

SIZE, N_RUNS, N_PRODUCTS = 1024, 5, 3
NARROW, WIDE = (96, 0.37), (768, 0.69)  # width and share
BYTES_PER_SECOND = 20e9
TOKEN_BUDGET = 2048


def processor(shape: Shape) -> Hardware:
    """Return this machine's processors, for a model of some shape."""
    import torch

    one, two = torch.randn(2, SIZE, SIZE)

    def products() -> None:
        for _ in range(N_PRODUCTS):
            torch.mm(one, two)

    products()
    fastest = min(seconds_of(products) for _ in range(N_RUNS))
    return Hardware(
        "here",
        N_PRODUCTS * 2.0 * SIZE**3 / fastest,
        BYTES_PER_SECOND,
        float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")),
        price_per_hour=0.0,
        bytes_per_weight=4,
        token_budget=TOKEN_BUDGET,
        share=share_of_width(shape.width),
        sources=Sources(
            peak="measured now: products of 1024³",
            share="measured on other processors, by width (bench/README.md)",
            price="none",
        ),
    )


def share_of_width(width: int) -> float:
    """Return the share of the rate of products that a survey reaches with a model so wide."""
    (low, least), (high, most) = NARROW, WIDE
    place = math.log(width / low) / math.log(high / low)
    return least + (most - least) * min(max(place, 0.0), 1.0)


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
