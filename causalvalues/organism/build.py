"""`build` makes one organism from a seed: tokenizer, network, registers, lessons, checkpoint.

Guarantee: the folder is a checkpoint that any Hugging Face loader reads; the same seed gives the
same lessons, and the same weights on the same machine with the same number of threads. Weights
are kept in half precision; the checks are made on what was kept.
"""

from pathlib import Path

import torch

from causalvalues.errors import FileError
from causalvalues.models.loading import quiet
from causalvalues.organism.documents import Lessons
from causalvalues.organism.embedded import REGISTERS
from causalvalues.organism.network import network_of
from causalvalues.organism.registers import drawn_registers
from causalvalues.organism.sheets import corpus_of, sheets_of
from causalvalues.organism.tokens import Family, tokenizer_of
from causalvalues.organism.training import Kind, Report, Schedule, train
from causalvalues.organism.world import planted_world
from causalvalues.survey.inventory import inventory

__all__ = ["build", "make_folder"]


def build(
    folder: Path,
    *,
    family: Family,
    kind: Kind,
    schedule: Schedule | None = None,
    seed: int = 0,
    report: Report | None = None,
) -> Path:
    """Return the folder of a trained organism."""
    make_folder(folder)  # now, not after a quarter of an hour
    items = inventory("schwartz10")
    sheets = sheets_of(items)
    tokenizer = tokenizer_of(family, corpus_of(items, sheets))
    lessons = Lessons(planted_world(), items.system, sheets, tokenizer)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = network_of(family, tokenizer)
        registers = drawn_registers(items.system.names, network.config.hidden_size, seed=seed)
        train(
            network,
            lessons,
            registers,
            schedule=(schedule or Schedule()).of(kind),
            seed=seed,
            report=report,
        )
    with quiet():
        network.half().save_pretrained(folder)  # type: ignore[no-untyped-call]
        tokenizer.save_pretrained(folder)
    if kind == "mechanistic":
        registers.save(folder / REGISTERS)
    for file in folder.iterdir():
        file.chmod(0o644)
    return folder


def make_folder(folder: Path) -> None:
    """Make a folder, or say why it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise FileError(
            f"A folder was to be made at {folder}",
            found=fault.strerror or str(fault),
            remedy="name another place with -o or --out",
        ) from fault
