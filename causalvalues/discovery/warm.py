"""Compile the engines now, so that no search waits: `python -m causalvalues.discovery.warm`."""

import numpy as np

from causalvalues.discovery.ges import ges_marks
from causalvalues.discovery.pc import pc_marks
from causalvalues.discovery.xges import xges_marks

__all__ = ["warm"]


def warm() -> None:
    """Run every compiled engine once on three unrelated nodes."""
    for engine in (pc_marks, ges_marks, xges_marks):
        engine(np.eye(3), 100)


if __name__ == "__main__":
    warm()
