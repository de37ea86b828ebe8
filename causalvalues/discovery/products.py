"""How many threads a product of matrices takes, as its last digits depend on that.

Guarantee: what is computed within `products_in(n)` has the digits of any other process on a machine
of the same kind whose products take n threads.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_info, threadpool_limits

__all__ = ["n_product_threads", "products_in"]


def n_product_threads() -> int:
    """Return how many threads products take in this process."""
    return max((each["num_threads"] for each in threadpool_info() if _multiplies(each)), default=1)


@contextmanager
def products_in(n_threads: int) -> Iterator[None]:
    """Let products take so many threads."""
    with threadpool_limits(n_threads, user_api="blas"):
        yield


def _multiplies(library: dict[str, object]) -> bool:
    """Return whether a library is one of linear algebra."""
    return library["user_api"] == "blas"
