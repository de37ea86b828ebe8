"""Gemma Scope 2 without the hub: sae-lens asks it for shapes that the file in the cache tells.

Guarantee: the same config and the same weights as sae-lens' own loader of these releases gives;
only those of the residual stream are let in.
"""

import re
from pathlib import Path
from typing import Any

from torch import Tensor

from causalvalues.errors import WrongHook
from causalvalues.steering.stored import Stored

__all__ = ["config_of", "weights_of"]


def config_of(repo: str, folder: str, file: Path) -> dict[str, Any]:
    """Return the configuration of one autoencoder, as sae-lens 6 writes it."""
    found = re.search(r"resid_post[^/]*/layer_(\d+)_", folder)
    if found is None:
        raise WrongHook(
            "A sparse autoencoder must read the residual that leaves a decoder layer",
            found=f"{folder} of {repo}",
            remedy="take one of a -res release",
        )
    width, n_features = Stored(file).shape("w_enc")
    return {
        "architecture": "jumprelu",
        "d_in": width,
        "d_sae": n_features,
        "dtype": "float32",
        "device": "cpu",
        "apply_b_dec_to_input": False,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {
            "sae_lens_version": "6.0.0",
            "model_name": repo.replace("gemma-scope-2", "gemma-3"),
            "hook_name": f"blocks.{found[1]}.hook_resid_post",
            "hf_hook_name": f"model.layers.{found[1]}.output",
        },
    }


def weights_of(file: Path) -> dict[str, Tensor]:
    """Return all weights under the names that sae-lens gives them."""
    stored = Stored(file)
    names = {"W_enc": "w_enc", "W_dec": "w_dec", "b_enc": "b_enc", "b_dec": "b_dec",
             "threshold": "threshold"}  # fmt: skip
    return {own: stored.whole(name) for own, name in names.items()}
