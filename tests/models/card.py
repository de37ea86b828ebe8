"""Where tests of the mark `gpu` run: on a CUDA device.

CAUSALVALUES_GPU_TESTS_ON=cpu runs the same code on a processor, for those who write it.
"""

import os

import pytest
import torch

from causalvalues.models.language_model import LanguageModel

DEVICE = os.environ.get("CAUSALVALUES_GPU_TESTS_ON", "cuda")
ABSENT = DEVICE.startswith("cuda") and not torch.cuda.is_available()
on_card = pytest.mark.skipif(ABSENT, reason="no CUDA device")

# How far a log-probability may be from that of float32 on a processor. float32: sums are taken in
# another order (without TF32, torch's default); bfloat16 keeps 8 bits of each number.
TOLERANCE = {"float32": 2e-3, "bfloat16": 0.5}


def lies_on_card(model: LanguageModel) -> bool:
    """Whether every weight of a model is where it was to be."""
    wanted = torch.device(DEVICE).type
    return all(weight.device.type == wanted for weight in model.model.parameters())
