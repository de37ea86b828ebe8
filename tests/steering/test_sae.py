"""A sparse autoencoder is read as sae-lens reads it, one feature at a time, or told why not."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from causalvalues.errors import (
    CausalValuesError,
    FileError,
    OptionError,
    SaeError,
    WrongHook,
    WrongModel,
    WrongWidth,
)
from causalvalues.models.silence import silent
from causalvalues.steering.hook_names import layer_of_hook
from causalvalues.steering.published import Release
from causalvalues.steering.sae import Sae, open_sae
from causalvalues.steering.sae_fit import known_name, same_model
from causalvalues.steering.sae_source import Source
from causalvalues.steering.stored import Stored

WIDTH, N_FEATURES = 12, 40
HOOK = "blocks.3.hook_resid_post"

Made = Callable[..., Path]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Make a folder in sae-lens' layout, saved by sae-lens itself."""

    def make(architecture: str = "standard", *, name: str = "sae", **changes: Any) -> Path:
        with silent():
            from sae_lens import SAE
        metadata = {"model_name": "tiny", "hook_name": HOOK, **changes.pop("metadata", {})}
        config = {
            "architecture": architecture,
            "d_in": WIDTH,
            "d_sae": N_FEATURES,
            "metadata": metadata,
            **({"k": 5} if architecture == "topk" else {}),
            **changes,
        }
        with silent():
            sae = SAE.from_dict(config)
        generator = torch.Generator().manual_seed(3)
        for key, weight in sae.named_parameters():
            weight.data = torch.randn(weight.shape, generator=generator) * 0.5
            if key == "threshold":
                weight.data.abs_()
        folder = tmp_path / name
        sae.save_model(folder)
        return folder

    return make


def residual() -> Tensor:
    return torch.randn(2, 7, WIDTH, generator=torch.Generator().manual_seed(5)) * 3


def theirs(folder: Path) -> Any:
    with silent():
        from sae_lens import SAE

        return SAE.load_from_disk(folder)


def config_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "cfg.json").read_text()))


ARCHITECTURES = ("standard", "jumprelu", "topk", "gated")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("subtracts", [True, False])
def test_activations_and_directions_are_those_of_sae_lens(
    made: Made, architecture: str, subtracts: bool
) -> None:
    folder = made(architecture, apply_b_dec_to_input=subtracts)
    sae, oracle, x = open_sae(folder), theirs(folder), residual()
    expected = oracle.encode(x)
    assert torch.equal(sae.activations(x), expected)
    assert torch.allclose(sae.reconstruction(x), oracle.decode(expected), atol=1e-6)
    for feature in range(N_FEATURES):
        assert torch.allclose(sae.activation(x, feature), expected[..., feature], atol=1e-5)
        assert torch.equal(sae.direction(feature), oracle.W_dec[feature])
    assert (expected > 0).any()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("normalised", ["constant_norm_rescale", "layer_norm"])
def test_normalised_activations_come_back_in_units_of_the_residual(
    made: Made, architecture: str, normalised: str
) -> None:
    folder = made(architecture, normalize_activations=normalised)
    sae, oracle, x = open_sae(folder), theirs(folder), residual()
    with torch.no_grad():
        nothing = oracle.encode(x) * 0
        empty = oracle.decode(nothing)
        whole = oracle.decode(oracle.encode(x))
    directions = torch.stack([sae.direction(feature) for feature in range(N_FEATURES)])
    assert torch.allclose(empty + sae.activations(x) @ directions, whole, atol=1e-4)
    for feature in range(0, N_FEATURES, 7):
        assert torch.allclose(
            sae.activation(x, feature), sae.activations(x)[..., feature], atol=1e-5
        )


def test_a_scaling_factor_is_folded_as_sae_lens_folds_it(made: Made) -> None:
    folder = made("jumprelu", normalize_activations="expected_average_only_in")
    card(folder, normalisation="expected_average_only_in", norm_scaling_factor=2.5)
    sae, oracle, x = open_sae(folder), theirs(folder), residual()
    oracle.fold_activation_norm_scaling_factor(2.5)
    expected = oracle.encode(x)
    assert torch.allclose(sae.activations(x), expected, atol=1e-5)
    for feature in range(0, N_FEATURES, 7):
        assert torch.allclose(sae.activation(x, feature), expected[..., feature], atol=1e-5)
        assert torch.allclose(sae.direction(feature), oracle.W_dec[feature], atol=1e-6)


def test_top_k_in_units_of_decoder_norms_has_directions_of_length_one(made: Made) -> None:
    folder = made("topk", rescale_acts_by_decoder_norm=True)
    sae, oracle, x = open_sae(folder), theirs(folder), residual()
    directions = torch.stack([sae.direction(feature) for feature in range(N_FEATURES)])
    with torch.no_grad():
        whole = oracle.decode(oracle.encode(x))
    assert torch.allclose(sae.activations(x) @ directions + oracle.b_dec, whole, atol=1e-5)


def test_a_direction_is_known_without_its_scale_but_an_activation_is_not(made: Made) -> None:
    sae = open_sae(made("standard", normalize_activations="expected_average_only_in"))
    assert sae.direction(0).shape == (WIDTH,)
    for ask in (lambda: sae.activation(residual(), 0), lambda: sae.activations(residual())):
        with pytest.raises(SaeError, match="norm_scaling_factor"):
            ask()


def test_a_config_from_before_sae_lens_6_is_read(made: Made) -> None:
    folder = made()
    old = {"d_in": WIDTH, "d_sae": N_FEATURES, "dtype": "torch.float32", "device": "cuda:3",
           "hook_point": HOOK, "hook_point_layer": 3, "model_name": "gemma-2b-it",
           "normalize_activations": False}  # fmt: skip
    (folder / "cfg.json").write_text(json.dumps(old))
    sae = open_sae(folder)
    assert (sae.layer, sae.width, sae.n_features) == (3, WIDTH, N_FEATURES)
    assert sae.activations(residual()).shape == (2, 7, N_FEATURES)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_it_works_in_the_models_own_kind_of_number(made: Made, dtype: str) -> None:
    folder = made()
    exact, rough = open_sae(folder), open_sae(folder, dtype=dtype)  # type: ignore[arg-type]
    half = residual().to(getattr(torch, dtype))
    assert rough.direction(3).dtype == torch.float32
    assert torch.equal(rough.direction(3), exact.direction(3))
    assert torch.allclose(rough.activation(half, 3), exact.activation(half.float(), 3))
    assert rough.activations(half).dtype == half.dtype
    assert torch.allclose(
        rough.activations(half).float(), exact.activations(half.float()), atol=0.3
    )


# One feature costs one feature.


def test_one_direction_reads_neither_the_decoder_nor_the_encoder(tmp_path: Path) -> None:
    width, n_features = 256, 65_536
    folder = tmp_path / "wide"
    folder.mkdir()
    (folder / "cfg.json").write_text(
        json.dumps({"architecture": "jumprelu", "d_in": width, "d_sae": n_features,
                    "metadata": {"sae_lens_version": "6.0.0", "hook_name": HOOK}})
    )  # fmt: skip
    half = torch.float16
    save_file(
        {"W_enc": torch.full((width, n_features), 0.5, dtype=half),
         "W_dec": torch.full((n_features, width), 0.25, dtype=half),
         "b_enc": torch.zeros(n_features, dtype=half), "b_dec": torch.zeros(width, dtype=half),
         "threshold": torch.zeros(n_features, dtype=half)},
        folder / "sae_weights.safetensors",
    )  # fmt: skip
    code = (
        "import resource, sys, torch\n"
        "from causalvalues.steering.sae import open_sae\n"
        "x = torch.ones(1, 256)\n"
        "sae = open_sae(sys.argv[1])\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "d, a = sae.direction(60_000), 0.0\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(float(d.sum()), (after - before) // 1024, '_whole' in vars(sae))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    total, grown, loaded = answer.stdout.split()
    assert float(total) == 64.0
    assert int(grown) < 8  # MiB, where the decoder has 32
    assert loaded == "False"
    assert answer.stderr == ""


@pytest.mark.parametrize("pack", [np.savez, np.savez_compressed])
def test_rows_and_columns_of_npz_files_are_read(tmp_path: Path, pack: Any) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((6, 4)).astype(np.float32)
    pack(tmp_path / "params.npz", w_dec=matrix, turned=np.asfortranarray(matrix), b=matrix[0])
    stored = Stored(tmp_path / "params.npz")
    for name in ("w_dec", "turned"):
        assert np.array_equal(stored.row(name, 5), matrix[5])
        assert np.array_equal(stored.column(name, 3), matrix[:, 3])
        assert stored.shape(name) == (6, 4)
    assert np.array_equal(stored.whole("b"), matrix[0])
    assert float(stored.row("b", 2)) == matrix[0, 2]


# What it reads, and what it fits.


@pytest.mark.parametrize(
    ("hook", "layer"),
    [
        ("blocks.0.hook_resid_post", 0),
        ("blocks.25.hook_resid_post", 25),
        ("blocks.12.hook_resid_pre", 11),
        ("model.layers.9", 9),
        ("model.layers.9.output", 9),
        ("model.language_model.layers.17.output", 17),
        ("language_model.model.layers.17", 17),
    ],
)
def test_a_hook_is_the_output_of_a_decoder_layer(hook: str, layer: int) -> None:
    assert layer_of_hook(hook) == layer


@pytest.mark.fault
@pytest.mark.parametrize(
    "hook",
    ["blocks.0.hook_resid_pre", "blocks.3.attn.hook_z", "blocks.3.hook_mlp_out", "hook_embed",
     "blocks.3.hook_resid_mid", "model.layers.3.self_attn.o_proj.input", "blocks.3", "", None,
     "xblocks.3.hook_resid_post"],
)  # fmt: skip
def test_any_other_hook_is_named(made: Made, hook: str | None) -> None:
    with pytest.raises(WrongHook, match="residual that leaves"):
        open_sae(made(metadata={"hook_name": hook}))


@pytest.mark.fault
def test_a_transcoder_is_named(made: Made) -> None:
    folder = made(metadata={"hook_name_out": "blocks.3.hook_mlp_out"})
    with pytest.raises(WrongHook, match="transcoder"):
        open_sae(folder)


def tiny_model(*, width: int = WIDTH, n_layers: int = 5, name: str = "") -> LlamaForCausalLM:
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=8, hidden_size=width, intermediate_size=8, num_hidden_layers=n_layers,
            num_attention_heads=2, num_key_value_heads=1,
        )
    )  # fmt: skip
    model.config._name_or_path = name
    return model


@pytest.mark.fault
@pytest.mark.parametrize(
    ("model", "error", "says"),
    [
        ({"width": 16}, WrongWidth, "width 12.*width 16"),
        ({"n_layers": 3}, WrongHook, "layer 3.*0 to 2"),
        ({"name": "google/gemma-2-2b"}, WrongModel, "gemma-2b-it.*google/gemma-2-2b"),
        ({"name": "meta-llama/Meta-Llama-3-8B-Instruct"}, WrongModel, "Meta-Llama-3-8B"),
    ],
)
def test_what_does_not_fit_the_model_is_named(
    made: Made, model: dict[str, Any], error: type[CausalValuesError], says: str
) -> None:
    folder = made(metadata={"model_name": "gemma-2b-it"})
    with pytest.raises(error, match=says):
        open_sae(folder, check_model=tiny_model(**model))


@pytest.mark.parametrize(
    "name", ["google/gemma-2b-it", "google/gemma-2b", "", "/somewhere/my-gemma"]
)
def test_a_model_that_may_fit_is_let_in(made: Made, name: str) -> None:
    open_sae(made(metadata={"model_name": "gemma-2b-it"}), check_model=tiny_model(name=name))


def test_names_of_models_are_compared_loosely() -> None:
    assert same_model("meta-llama/Meta-Llama-3-8B-Instruct", "llama-3-8b")
    assert not same_model("gemma-2-2b", "gemma-2b")
    assert not same_model("Llama-3-8B", "Llama-3.1-8B")
    assert not same_model("organism/gemma", "organism/gemma-behavioural")
    path = "/x/hub/models--google--gemma-2b-it/snapshots/ab"
    assert known_name(path) == "google/gemma-2b-it"
    assert known_name("/site/causalvalues/organism/shipped/llama") == "organism/llama"
    assert known_name("/home/me/checkpoint-500") is None


# What cannot be read.


@pytest.mark.fault
def test_pickled_weights_are_never_opened(made: Made) -> None:
    folder = made()
    (folder / "sae_weights.safetensors").rename(folder / "ae.pt")
    with pytest.raises(FileError, match=r"safetensors or npz.*ae\.pt"):
        open_sae(folder)
    for name in ("goodfire-llama-3.1-8b-instruct/layer_19",
                 "llama-3.1-8b-instruct-andyrdt/resid_post_layer_3_trainer_1"):  # fmt: skip
        with pytest.raises(FileError, match="safetensors or npz"):
            open_sae(name)


@pytest.mark.fault
@pytest.mark.parametrize("missing", ["cfg.json", "sae_weights.safetensors"])
def test_a_folder_without_a_part_is_named(made: Made, missing: str) -> None:
    folder = made()
    (folder / missing).unlink()
    with pytest.raises(FileError, match=missing):
        open_sae(folder)


@pytest.mark.fault
def test_damaged_weights_are_told_when_they_are_read(made: Made) -> None:
    folder = made()
    path = folder / "sae_weights.safetensors"
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(FileError, match="Weights were expected"):
        open_sae(folder).direction(0)
    with pytest.raises(FileError, match="sae-lens can load"):
        open_sae(folder).activations(residual())


@pytest.mark.fault
def test_weights_of_another_size_than_the_config_are_named(made: Made) -> None:
    folder = made()
    (folder / "cfg.json").write_text(json.dumps({**config_of(folder), "d_sae": 80}))
    with pytest.raises(WrongWidth, match=r"80 features.*40, 12"):
        open_sae(folder).direction(0)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"architecture": "temporal"}, "architecture.*temporal"),
        ({"normalize_activations": "covariance_whitening"}, "normalize.*covariance"),
    ],
)
def test_what_cannot_be_put_in_units_of_the_residual_is_named(
    made: Made, change: dict[str, Any], says: str
) -> None:
    folder = made()
    (folder / "cfg.json").write_text(json.dumps({**config_of(folder), **change}))
    with pytest.raises(SaeError, match=says):
        open_sae(folder)


@pytest.mark.fault
def test_a_scaling_that_was_not_folded_is_named(made: Made) -> None:
    folder = made()
    path = folder / "sae_weights.safetensors"
    save_file({**load_file(path), "scaling_factor": torch.full((N_FEATURES,), 1.5)}, path)
    with pytest.raises(SaeError, match="scaling_factor"):
        open_sae(folder).direction(0)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("no-such-sae", "the name 'no-such-sae'"),
        ("/no/such/folder", "a path '/no/such/folder'"),
        ("gemma-2b-it-res-jb/blocks.99.hook_resid_post", r"blocks\.12\.hook_resid_post"),
        ("llama_scope_lxr_8x", "has the ids.*none"),
    ],
)
def test_a_name_that_stands_for_nothing_is_told(name: str, says: str) -> None:
    with pytest.raises(SaeError, match=says):
        open_sae(name)


@pytest.mark.fault
def test_options_are_checked(made: Made) -> None:
    folder = made()
    with pytest.raises(OptionError, match="dtype"):
        open_sae(folder, dtype="int8")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="device"):
        open_sae(folder, device="nowhere")
    sae = open_sae(folder)
    for feature in (-1, N_FEATURES):
        with pytest.raises(OptionError, match="from 0 to 39"):
            sae.direction(feature)
    with pytest.raises(WrongWidth, match="width 12"):
        sae.activation(torch.zeros(3, 11), 0)


def card(folder: Path, **changes: Any) -> None:
    told = {"name": folder.name, "hook": HOOK, "layer": 3, "width": WIDTH,
            "n_features": N_FEATURES, "model": ["tiny"], **changes}  # fmt: skip
    (folder / "card.yaml").write_text(json.dumps(told))


@pytest.mark.fault
def test_a_card_and_its_weights_must_agree(made: Made) -> None:
    folder = made()
    card(folder, width=13)
    with pytest.raises(WrongWidth, match="of a residual of 13"):
        open_sae(folder)
    card(folder, architecture="topk")
    with pytest.raises(SaeError, match=r"architecture topk.*standard"):
        open_sae(folder)
    card(folder, sha256="0" * 64)
    with pytest.raises(FileError, match="digest of its weights"):
        open_sae(folder)
    card(folder, config_sha256="0" * 64)
    with pytest.raises(FileError, match="digest of its config"):
        open_sae(folder)


# Releases, offline from the hub's cache.

OPEN = """
import json, sys, torch
from causalvalues.steering.sae import Sae, open_sae
from causalvalues.errors import CausalValuesError
x = torch.linspace(-3, 3, 5 * 12).reshape(5, 12)
for name in sys.argv[1:]:
    try:
        sae = open_sae(name)
        print(json.dumps({
            "name": sae.name, "layer": sae.layer, "direction": sae.direction(7).tolist(),
            "one": sae.activation(x, 7).tolist(), "all": sae.activations(x)[:, 7].tolist(),
            "digest": sae.digest, "decoder": sae._whole.W_dec[7].tolist(),
        }))
    except CausalValuesError as fault:
        print(json.dumps({"error": type(fault).__name__, "says": str(fault)}))
"""
OURS = ("gemma-2b-it-res-jb/blocks.12.hook_resid_post", "someone/their-saes:layer-3")
THEIRS = ("llama_scope_lxr_8x/l15r_8x", "gemma-scope-2-4b-it-res/layer_17_width_16k_l0_medium")
ABSENT = (
    "llama-3-8b-it-res-jh",
    "gemma-scope-2-12b-it-res/layer_24_width_16k_l0_medium",
    "someone/else:layer-3",
)


def cached(hub: Path, name: str, files: dict[str, Path]) -> None:
    """Lay files out as the hub's cache does."""
    release = Release.of(name)
    assert release is not None
    repo = hub / f"models--{release.repo.replace('/', '--')}"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text("a" * 40)
    for inside, content in files.items():
        path = repo / "snapshots" / ("a" * 40) / release.folder / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read_bytes())


def llama_scope(folder: Path) -> dict[str, Path]:
    """Return files as Llama Scope is laid out: matrices turned, one threshold, another scale."""
    drawn = torch.Generator().manual_seed(8)
    (folder / "hyperparams.json").write_text(
        json.dumps({"d_model": WIDTH, "d_sae": N_FEATURES, "jump_relu_threshold": 0.4,
                    "hook_point_in": "blocks.15.hook_resid_post",
                    "dataset_average_activation_norm": {"in": 3.0}})
    )  # fmt: skip
    shapes = {"encoder.weight": (N_FEATURES, WIDTH), "decoder.weight": (WIDTH, N_FEATURES),
              "encoder.bias": (N_FEATURES,), "decoder.bias": (WIDTH,)}  # fmt: skip
    weights = {name: torch.randn(shape, generator=drawn) for name, shape in shapes.items()}
    save_file(weights, folder / "final.safetensors")
    return {
        "hyperparams.json": folder / "hyperparams.json",
        "checkpoints/final.safetensors": folder / "final.safetensors",
    }


def gemma_scope_2(folder: Path) -> dict[str, Path]:
    """Return files as Gemma Scope 2 is laid out."""
    drawn = torch.Generator().manual_seed(9)
    shapes = {"w_enc": (WIDTH, N_FEATURES), "w_dec": (N_FEATURES, WIDTH), "b_enc": (N_FEATURES,),
              "b_dec": (WIDTH,), "threshold": (N_FEATURES,)}  # fmt: skip
    weights = {name: torch.rand(shape, generator=drawn) - 0.3 for name, shape in shapes.items()}
    save_file(weights, folder / "params.safetensors")
    return {"params.safetensors": folder / "params.safetensors"}


def test_releases_are_opened_offline_from_the_cache_and_others_told(
    tmp_path: Path, made: Made
) -> None:
    folder, hub = made(), tmp_path / "hub"
    save_file({"sparsity": torch.zeros(N_FEATURES)}, folder / "sparsity.safetensors")
    for name in OURS:
        cached(hub, name, {path.name: path for path in folder.iterdir()})
    for name, files in zip(THEIRS, (llama_scope(tmp_path), gemma_scope_2(tmp_path)), strict=True):
        cached(hub, name, files)
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", OPEN, *OURS, *THEIRS, *ABSENT],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HF_HUB_CACHE": str(hub), "HF_HUB_OFFLINE": "1"},
    )
    assert answer.stderr == ""
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    assert len(found) == len(OURS) + len(THEIRS) + len(ABSENT)
    x, local = torch.linspace(-3, 3, 5 * 12).reshape(5, 12), open_sae(folder)
    for name, each in zip(OURS + THEIRS, found, strict=False):
        assert each.get("says") is None
        assert each["name"] == name
        assert each["direction"] == pytest.approx(each["decoder"], rel=1e-6)
        assert each["one"] == pytest.approx(each["all"], abs=1e-5)
        assert max(each["one"]) > 0
    for each in found[: len(OURS)]:
        assert each["all"] == pytest.approx(local.activations(x)[:, 7].tolist())
        assert each["digest"] == local.digest
    for each in found[len(OURS) + len(THEIRS) :]:
        assert each["error"] == "FileError"
        assert "HF_HUB_OFFLINE" in each["says"]


def test_gemma_scopes_npz_is_read_a_feature_at_a_time(tmp_path: Path, made: Made) -> None:
    oracle, x = theirs(made("jumprelu", apply_b_dec_to_input=False)), residual()
    arrays = {key: weight.detach().numpy() for key, weight in oracle.named_parameters()}
    np.savez(tmp_path / "params.npz", **arrays)
    release = Release.of("gemma-scope-2b-pt-res-canonical/layer_12/width_16k/canonical")
    assert release is not None
    assert release.loader == "gemma_2"
    config = {
        "architecture": "jumprelu",
        "d_in": WIDTH,
        "d_sae": N_FEATURES,
        "apply_b_dec_to_input": False,
        "normalize_activations": "none",
        "metadata": {},
    }
    stored = Stored(tmp_path / "params.npz")
    source = Source("tiny", config, stored, release, 12, None, factor=1.0, factor_known=True)
    sae = Sae(source, torch.device("cpu"), "float32")
    expected = oracle.encode(x)
    for feature in range(N_FEATURES):
        assert torch.equal(sae.direction(feature), oracle.W_dec[feature])
        assert torch.allclose(sae.activation(x, feature), expected[..., feature], atol=1e-5)


@pytest.mark.fault
@pytest.mark.parametrize("pack", [np.savez, np.savez_compressed])
def test_objects_in_npz_files_are_refused_and_not_taken_for_pointers(
    tmp_path: Path, pack: Any
) -> None:
    pack(tmp_path / "params.npz", W_dec=np.array([{"any": "thing"}, None], dtype=object))
    for read in (lambda stored: stored.whole("W_dec"), lambda stored: stored.row("W_dec", 0)):
        with pytest.raises(FileError, match="Weights were expected"):
            read(Stored(tmp_path / "params.npz"))
