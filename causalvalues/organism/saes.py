"""`train_sae` gives an organism a sparse autoencoder, trained by sae-lens on its residual stream.

    x → x · √width / mean norm        so that one sparsity serves every organism
    loss = |x − x̂|² + l1 · Σ a |d|    sae-lens' standard architecture
    directions have length one        activations are in units of the residual

Guarantee: the folder is in sae-lens' own layout, with a card and a report of how well it did; the
same seed gives the same weights on the same machine with the same number of threads.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.silence import import_sae_lens, silent
from causalvalues.organism.build import make_folder
from causalvalues.organism.embedded import REGISTERS, folder_of, is_organism
from causalvalues.organism.registers import Registers
from causalvalues.organism.sae_report import N_ROLES, report_of
from causalvalues.organism.sae_residuals import residuals_of, training_roles
from causalvalues.provenance import digest_of_file, versions_of, write_atomically
from causalvalues.survey.inventory import inventory

__all__ = ["Recipe", "manifest_of_saes", "sae_name", "train_sae"]

CONFIG, WEIGHTS, CARD, REPORT = "cfg.json", "sae_weights.safetensors", "card.yaml", "report.json"
MADE_WITH = ("sae-lens", "torch", "transformers", "safetensors", "numpy")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Recipe:
    """How large, how sparse and how long."""

    n_features: int = 128
    l1: float = 0.15
    n_roles: int = 2500
    n_questions: int = 5
    n_steps: int = 3000
    batch: int = 1024
    rate: float = 1e-3
    layer: int = 2  # where an organism without registers is read


def train_sae(
    model: str,
    folder: Path,
    *,
    recipe: Recipe | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Path:
    """Return the folder of a sparse autoencoder of organism/… or of an organism in a folder."""
    recipe = recipe or Recipe()
    if min(recipe.n_steps, recipe.n_features, recipe.n_roles) < 1:
        raise OptionError("Steps, features and roles must be 1 or more", found=str(recipe))
    make_folder(folder)  # now, not after minutes
    where = folder_of(model) if is_organism(model) else Path(model)
    known = model if is_organism(model) else where.resolve().name
    answerer = LanguageModel.load(where, device="cpu")
    registers = Registers.load(where / REGISTERS) if (where / REGISTERS).exists() else None
    layer = recipe.layer if registers is None else registers.parts_layer
    items = inventory("schwartz10")
    roles = training_roles(items.system, recipe.n_roles, seed=seed)
    rows = residuals_of(
        answerer, items, roles, layer,
        n_questions=recipe.n_questions, seed=seed, progress=progress,
    )  # fmt: skip
    sae = _trained(torch.from_numpy(rows.residuals), recipe, seed, progress)
    _save(sae, folder, known, layer)
    n_scored = min(N_ROLES, recipe.n_roles)
    report = report_of(folder, answerer, items, registers, layer, n_roles=n_scored, seed=seed)
    told = {"model": known, "layer": layer, "seed": seed, "recipe": asdict(recipe),
            "versions": versions_of(MADE_WITH), **report}  # fmt: skip
    write_atomically(folder / REPORT, json.dumps(told, indent=1, allow_nan=False) + "\n")
    _write_card(folder, known, layer, recipe.n_features, answerer)
    for file in folder.iterdir():
        file.chmod(0o644)
    return folder


def sae_name(model: str) -> str:
    """Return what the card of an organism's autoencoder is called: organism-gemma, my-llama."""
    own = model if is_organism(model) else Path(model).resolve().name
    return re.sub(r"[^a-z0-9._-]+", "-", own.lower()).strip("-._") or "organism"


def manifest_of_saes(folder: Path) -> Path:
    """Return the manifest of the autoencoders in a folder: the digest of every file."""
    told = {
        each.name: {file.name: digest_of_file(file) for file in sorted(each.iterdir())}
        for each in sorted(folder.iterdir())
        if (each / CARD).exists()
    }
    return write_atomically(folder / "manifest.json", json.dumps(told, indent=1) + "\n")


def _trained(rows: Tensor, recipe: Recipe, seed: int, progress: Progress | None) -> Any:
    """Return an autoencoder trained by sae-lens, its scaling folded in, directions of length one.

    The trainer's own loop is not used: it draws a bar and asks no one.
    """
    import_sae_lens()
    from sae_lens import SAETrainer, StandardTrainingSAE, StandardTrainingSAEConfig
    from sae_lens.config import SAETrainerConfig

    n_tenth = max(recipe.n_steps // 10, 1)
    config = StandardTrainingSAEConfig(
        d_in=rows.shape[1], d_sae=recipe.n_features, l1_coefficient=recipe.l1,
        l1_warm_up_steps=n_tenth, normalize_activations="expected_average_only_in",
    )  # fmt: skip
    schedule = SAETrainerConfig(
        total_training_samples=recipe.n_steps * recipe.batch,
        train_batch_size_samples=recipe.batch, lr=recipe.rate, lr_end=recipe.rate / 10,
        lr_warm_up_steps=n_tenth, lr_decay_steps=recipe.n_steps // 4,
    )  # fmt: skip
    with silent(), torch.random.fork_rng():
        torch.manual_seed(seed)
        sae = StandardTrainingSAE(config)
        batches = _batches(rows, recipe.batch, seed)
        trainer = SAETrainer(schedule, sae, batches)
        scaling = math.sqrt(rows.shape[1]) / float(rows.norm(dim=1).mean())
        trainer.activation_scaler.scaling_factor = scaling
        for step in range(recipe.n_steps):
            trainer.step(next(batches))
            trainer.n_training_steps += 1
            if progress is not None:
                progress(step + 1, recipe.n_steps)
        sae.fold_activation_norm_scaling_factor(scaling)
        sae.fold_W_dec_norm()
    return sae


def _batches(rows: Tensor, size: int, seed: int) -> Iterator[Tensor]:
    """Yield rows in batches, in a new order each time all were seen."""
    generator = torch.Generator().manual_seed(seed)
    size = min(size, len(rows))
    while True:
        order = torch.randperm(len(rows), generator=generator)
        for start in range(0, len(rows) - size + 1, size):
            yield rows[order[start : start + size]]


def _save(sae: Any, folder: Path, model: str, layer: int) -> None:
    """Write weights in half precision, and a config that names the model and the hook."""
    sae.cfg.metadata.model_name = model
    sae.cfg.metadata.hook_name = f"blocks.{layer}.hook_resid_post"
    with silent():
        sae.to(dtype=torch.float16).save_inference_model(folder)
    text = json.dumps(json.loads((folder / CONFIG).read_text("utf-8")), indent=1, sort_keys=True)
    write_atomically(folder / CONFIG, text + "\n")


def _write_card(
    folder: Path, model: str, layer: int, n_features: int, answerer: LanguageModel
) -> None:
    """Write the card that `open_sae` finds it by."""
    card = {
        "name": sae_name(str(folder)),
        "hook": f"blocks.{layer}.hook_resid_post",
        "layer": layer,
        "width": int(answerer.model.config.hidden_size),
        "n_features": n_features,
        "architecture": "standard",
        "normalisation": "none",
        "model": [model],
        "sha256": digest_of_file(folder / WEIGHTS),
        "config_sha256": digest_of_file(folder / CONFIG),
        "licence": "MIT",
        "note": "Trained with sae-lens on surveys of the embedded organism; see report.json.",
    }
    text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True)
    write_atomically(folder / CARD, text)
