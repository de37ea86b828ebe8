"""Sparse autoencoders of the published sizes load and steer on a GPU."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import SaeFeature, Strength
from causalvalues.steering.sae import open_sae


def small_model(width: int) -> LlamaForCausalLM:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=8, hidden_size=width, intermediate_size=64, num_hidden_layers=3,
            num_attention_heads=2, num_key_value_heads=1, head_dim=16,
        )
    )  # fmt: skip


@torch.no_grad()
def entering(model: LlamaForCausalLM, layer: int, ids: Tensor) -> Tensor:
    """Return the residual that enters a layer: what left the one before, edits made."""
    seen: list[Tensor] = []
    handle = model.model.layers[layer].register_forward_pre_hook(
        lambda module, given: seen.append(given[0].clone())
    )
    model(ids)
    handle.remove()
    return seen[0]


@pytest.mark.gpu
@pytest.mark.parametrize(
    ("architecture", "n_features", "width"),
    [("standard", 16_384, 2_048), ("gated", 65_536, 4_096)],
)
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_published_sizes_load_and_steer_on_a_gpu(
    tmp_path: Path, architecture: str, n_features: int, width: int
) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    told = {
        "architecture": architecture,
        "d_in": width,
        "d_sae": n_features,
        "dtype": "float32",
        "metadata": {"sae_lens_version": "6.0.0", "hook_name": "blocks.1.hook_resid_post"},
    }
    (folder / "cfg.json").write_text(json.dumps(told))
    biases = ("b_gate", "b_mag", "r_mag") if architecture == "gated" else ("b_enc",)
    drawn = torch.Generator("cuda").manual_seed(0)
    decoder = torch.randn(n_features, width, device="cuda", generator=drawn) / width**0.5
    save_file(
        {"W_dec": decoder.cpu(), "W_enc": decoder.T.contiguous().cpu(), "b_dec": torch.zeros(width),
         **{name: torch.full((n_features,), -0.1) for name in biases}},
        folder / "sae_weights.safetensors",
    )  # fmt: skip
    model = small_model(width).to("cuda", torch.bfloat16)
    sae = open_sae(folder, device="cuda", dtype="bfloat16", check_model=model)
    before = torch.cuda.memory_allocated()
    direction = sae.direction(n_features - 1)
    assert torch.cuda.memory_allocated() - before < 2**20
    assert torch.equal(direction, decoder[-1])
    feature = SaeFeature(str(folder), n_features - 1, 1, strength=Strength(8.0, "raw"))
    ids = torch.tensor([[1, 2, 3, 4]], device="cuda")
    plain = entering(model, 2, ids)
    with steer(model, feature, {str(folder): sae}):
        steered = entering(model, 2, ids)
    moved = (steered - plain).float()
    assert torch.allclose(moved, (8 * direction).expand_as(moved), atol=0.1)
    assert sae.activations(plain).shape == (1, 4, n_features)
    rough, exact = (
        sae.activations(steered)[..., -1].float(),
        sae.activation(steered, n_features - 1),
    )
    assert torch.allclose(rough, exact, rtol=0.05, atol=0.05)
