"""The survey engine against the other ways to ask a model: the same model, prompts and machine.

    python bench/harness.py          once, for lm-evaluation-harness as a peer; else it is left out
    python bench/engine_speed.py     about 8 minutes on two quiet cores
    python bench/engine_speed.py --device cuda --dtype bfloat16 --shape gemma-2b

Prompts are anchored roles × the questions of the default protocol. The table in bench/README.md is
written by the default run.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import torch
from engine_cases import Sizes, measured
from engine_table import table, write_table
from random_models import Shape, save
from record import record
from transformers.utils.logging import disable_progress_bar

from causalvalues.errors import FileError
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.loading import Dtype
from causalvalues.organism.embedded import folder_of
from causalvalues.provenance import versions_of
from causalvalues.survey.design import request_of
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Request
from causalvalues.survey.roles import anchored_roles

ORGANISM = "organism/gemma"
N_ROLES = {"tiny": 2, "llama-12x768": 3, "gemma-2b": 6, ORGANISM: 8}
SIZES = {
    "tiny": Sizes(n_peer=4, n_written=4, n_sweep=8, n_turns=2),
    "llama-12x768": Sizes(n_peer=16, n_written=8, n_sweep=16),
    "gemma-2b": Sizes(n_peer=64, n_written=32, n_sweep=160, n_turns=5),
    ORGANISM: Sizes(n_peer=64, n_written=16, n_sweep=80),
}


def survey(n_roles: int) -> list[Request]:
    """Return every question of the default protocol to some roles."""
    items, protocol = inventory("schwartz10"), Protocol()
    return [
        request_of(role, question, protocol.role_place)
        for role in anchored_roles(items.system, n_roles)
        for question in protocol.questions(items)
    ]


def of_shape(shape: Shape, dtype: Dtype, device: str) -> dict[str, object]:
    """Return the numbers of a model of random weights."""
    requests = survey(N_ROLES[shape])
    texts = sorted({message.text for request in requests for message in request.messages})
    with tempfile.TemporaryDirectory() as folder:
        number = getattr(torch, dtype)
        save(shape, Path(folder), texts=texts, dtype=number, device=device)
        model = LanguageModel.load(folder, dtype=dtype, device=device)
        return measured(shape, model, requests, SIZES[shape], ends=False)


def of_organism(folder: Path, dtype: Dtype, device: str) -> dict[str, object]:
    """Return the numbers of the embedded organism."""
    model = LanguageModel.load(folder, dtype=dtype, device=device)
    return measured(ORGANISM, model, survey(N_ROLES[ORGANISM]), SIZES[ORGANISM], ends=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure everything; write bench/results/engine_speed.json and the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=get_args(Shape), default="llama-12x768")
    parser.add_argument("--dtype", choices=get_args(Dtype)[1:], default="float32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--organism", type=Path, help="another folder than the one that is shipped")
    chosen = parser.parse_args(arguments)
    disable_progress_bar()
    is_default = (chosen.shape, chosen.dtype, chosen.device) == ("llama-12x768", "float32", "cpu")
    numbers: dict[str, object] = {
        "device": torch.cuda.get_device_name() if chosen.device.startswith("cuda") else "cpu",
        "dtype": chosen.dtype,
        "torch_threads": torch.get_num_threads(),
    }
    try:
        folder = chosen.organism or folder_of(ORGANISM)
        numbers[ORGANISM] = of_organism(folder, chosen.dtype, chosen.device)
    except FileError as fault:
        print(f"{ORGANISM} is left out: {fault}", flush=True)
    numbers[chosen.shape] = of_shape(chosen.shape, chosen.dtype, chosen.device)
    numbers["versions"] = versions_of(("torch", "transformers", "tokenizers", "lm_eval"))
    if is_default:
        record("engine_speed", numbers)
        write_table(numbers)
    elif chosen.shape == "tiny":
        print(table(numbers), flush=True)
    else:
        record(f"engine_speed_{chosen.shape}_{chosen.dtype}_{chosen.device}", numbers)


if __name__ == "__main__":
    main()
