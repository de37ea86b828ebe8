"""Sparse autoencoders of the published sizes load and steer on a GPU."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from card import DEVICE, on_card
from safetensors.torch import save_file
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import SaeFeature, Strength
from causalvalues.steering.published import Release
from causalvalues.steering.sae import Sae, open_sae
from causalvalues.steering.sae_source import Source
from causalvalues.steering.stored import Stored


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """A folder for gigabytes, which do not stay."""
    yield tmp_path
    shutil.rmtree(tmp_path)


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


def drawn(n_features: int, width: int) -> Tensor:
    """A decoder of random directions, each about as long as 1."""
    made = torch.Generator().manual_seed(0)
    return torch.randn(n_features, width, generator=made) / width**0.5


def sae_lens_folder(folder: Path, architecture: str, decoder: Tensor) -> Path:
    """A folder in sae-lens' own layout."""
    n_features, width = decoder.shape
    told = {
        "architecture": architecture,
        "d_in": width,
        "d_sae": n_features,
        "dtype": "float32",
        "metadata": {"sae_lens_version": "6.0.0", "hook_name": "blocks.1.hook_resid_post"},
    }
    folder.mkdir()
    (folder / "cfg.json").write_text(json.dumps(told))
    biases = {
        "standard": ("b_enc",),
        "jumprelu": ("b_enc", "threshold"),
        "gated": ("b_gate", "b_mag", "r_mag"),
    }[architecture]
    weights = {"W_dec": decoder, "W_enc": decoder.T.contiguous(), "b_dec": torch.zeros(width)}
    for name in biases:
        weights[name] = torch.full((n_features,), 0.1 if name == "threshold" else -0.1)
    save_file(weights, folder / "sae_weights.safetensors")
    return folder


SIZES = pytest.mark.parametrize(
    ("architecture", "n_features", "width"),
    [
        ("jumprelu", 16_384, 2_304),  # as for Gemma 2 2B
        ("standard", 16_384, 2_048),
        ("jumprelu", 65_536, 2_304),
        ("gated", 65_536, 4_096),  # as for Llama 3 8B
    ],
)


@pytest.mark.gpu
@on_card
@SIZES
def test_published_sizes_load_and_steer_on_a_gpu(
    room: Path, architecture: str, n_features: int, width: int
) -> None:
    decoder = drawn(n_features, width)
    folder = sae_lens_folder(room / "published", architecture, decoder)
    model = small_model(width).to(DEVICE, torch.bfloat16)
    sae = open_sae(folder, device=DEVICE, dtype="bfloat16", check_model=model)
    before = torch.cuda.memory_allocated() if DEVICE.startswith("cuda") else 0
    direction = sae.direction(n_features - 1)
    if DEVICE.startswith("cuda"):
        assert torch.cuda.memory_allocated() - before < 2**20
    assert torch.equal(direction.cpu(), decoder[-1])
    feature = SaeFeature(str(folder), n_features - 1, 1, strength=Strength(8.0, "raw"))
    ids = torch.tensor([[1, 2, 3, 4]], device=DEVICE)
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


@pytest.mark.gpu
@on_card
@pytest.mark.parametrize("n_features", [16_384, 65_536])
def test_gemma_scopes_own_layout_is_read_onto_a_gpu_a_feature_at_a_time(
    room: Path, n_features: int
) -> None:
    width, last = 2_304, n_features - 1
    decoder = drawn(n_features, width)
    arrays = {
        "W_dec": decoder.numpy(),
        "W_enc": np.ascontiguousarray(decoder.numpy().T),
        "b_enc": np.full(n_features, -0.1, dtype=np.float32),
        "b_dec": np.zeros(width, dtype=np.float32),
        "threshold": np.full(n_features, 0.1, dtype=np.float32),
    }
    np.savez(room / "params.npz", **arrays)
    release = Release.of("gemma-scope-2b-pt-res-canonical/layer_12/width_16k/canonical")
    assert release is not None
    config = {
        "architecture": "jumprelu",
        "d_in": width,
        "d_sae": n_features,
        "apply_b_dec_to_input": False,
        "normalize_activations": "none",
        "metadata": {},
    }
    stored = Stored(room / "params.npz")
    source = Source("random", config, stored, release, 12, None, factor=1.0, factor_known=True)
    sae = Sae(source, torch.device(DEVICE), "bfloat16")
    assert sae.direction(last).device.type == torch.device(DEVICE).type
    assert torch.equal(sae.direction(last).cpu(), decoder[last])
    residual = torch.stack([3 * decoder[last], -decoder[last]]).to(DEVICE)
    expected = 3 * float(decoder[last].square().sum()) - 0.1
    found = sae.activation(residual, last)
    assert found[0].item() == pytest.approx(expected, rel=0.02)
    assert found[1].item() == 0.0
