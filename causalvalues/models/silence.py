"""Libraries that warn and draw bars, without a word: transformers, the hub, sae-lens.

Guarantee: what was drawn or warned about before is so again on leaving.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub.utils.tqdm import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)

from causalvalues.errors import OptionError
from causalvalues.models.loading import quiet

__all__ = ["import_sae_lens", "silent"]


@contextmanager
def silent() -> Iterator[None]:
    """Keep transformers, the hub and sae-lens from warning and from drawing bars."""
    drawn = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        with quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if drawn:
            enable_progress_bars()


def import_sae_lens() -> None:
    """Import sae-lens, whose own imports warn, before any of its parts is."""
    with silent():
        try:
            import sae_lens  # noqa: F401
        except ImportError as fault:
            raise OptionError(
                "Sparse autoencoders need the package sae-lens",
                found=str(fault),
                remedy="pip install 'causalvalues[models]'",
            ) from fault
