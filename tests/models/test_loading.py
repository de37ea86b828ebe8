"""A model is found by path or by name on the hub; every way of failing ends in a sentence."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import tiny_models
import torch
from huggingface_hub import snapshot_download
from transformers import (
    AutoModelForCausalLM,
    GPTNeoConfig,
    MambaConfig,
    T5Config,
    T5ForConditionalGeneration,
)

from causalvalues.errors import CausalValuesError, FileError, OptionError, UnknownArchitecture
from causalvalues.models.architectures import ARCHITECTURES
from causalvalues.models.checkpoint import find
from causalvalues.models.digests import digest_of_files
from causalvalues.models.language_model import LanguageModel
from causalvalues.survey.request import Message, Request

Copy = Callable[[str], Path]


@pytest.fixture
def copy(checkpoint: Callable[[str], Path], tmp_path: Path) -> Copy:
    """A copy of a checkpoint that a test may damage."""
    return lambda kind: Path(shutil.copytree(checkpoint(kind), tmp_path / kind))


def lay_out(home: Path, name: str, folder: Path) -> str:
    """Put a checkpoint into a cache as the hub lays it out, and return its commit."""
    root = home / "hub" / f"models--{name.replace('/', '--')}"
    commit = hashlib.sha1(name.encode()).hexdigest()
    snapshot = root / "snapshots" / commit
    for path in (root / "blobs", root / "refs", snapshot):
        path.mkdir(parents=True)
    (root / "refs" / "main").write_text(commit, encoding="utf-8")
    for path in folder.iterdir():
        content = path.read_bytes()
        is_large = path.suffix == ".safetensors"
        blob = (hashlib.sha256 if is_large else hashlib.sha1)(content).hexdigest()
        (root / "blobs" / blob).write_bytes(content)
        (snapshot / path.name).symlink_to(Path("../../blobs") / blob)
    return commit


ASK = """
import json, sys
from causalvalues.errors import CausalValuesError
from causalvalues.models.language_model import LanguageModel
from causalvalues.survey.request import Message, Request

ask = (Message("system", "You are a judge."), Message("user", "Should I?"))
for name in sys.argv[1:]:
    try:
        model = LanguageModel.load(name, device="cpu")
        answers = list(model.log_probabilities([Request(ask, ("yes", "no"))]))
        print(json.dumps({"identity": dict(model.identity), "answers": answers}))
    except CausalValuesError as fault:
        print(json.dumps({"error": type(fault).__name__, "says": str(fault)}))
"""


def test_names_of_the_hub_are_read_from_its_cache(checkpoint: Copy, tmp_path: Path) -> None:
    kinds = {"google/gemma-2b-it": "gemma", "meta-llama/Meta-Llama-3-8B-Instruct": "llama3"}
    commits = {name: lay_out(tmp_path, name, checkpoint(kind)) for name, kind in kinds.items()}
    lay_out(tmp_path, "google/gemma-2-2b-it", checkpoint("gemma2"))
    (cached,) = (tmp_path / "hub" / "models--google--gemma-2-2b-it").glob("snapshots/*")
    (cached / "model.safetensors").unlink()
    names = [*kinds, "google/gemma-2-2b-it", "nobody/nothing"]
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", ASK, *names],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    said = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.stderr == ""
    for (name, kind), found in zip(kinds.items(), said, strict=False):
        there = LanguageModel.load(checkpoint(kind), device="cpu")
        ask = (Message("system", "You are a judge."), Message("user", "Should I?"))
        (expected,) = there.log_probabilities([Request(ask, ("yes", "no"))])
        assert found["answers"][0][1] == pytest.approx(expected[1], abs=1e-5)
        assert found["identity"]["model"] == name
        assert found["identity"]["revision"] == commits[name]
        assert found["identity"]["template"] == there.identity["template"]
    assert said[2]["error"] == said[3]["error"] == "FileError"
    assert "no model.safetensors" in said[2]["says"]
    assert "HF_HUB_OFFLINE" in said[3]["says"]


def test_identity_is_all_that_answers_depend_on(copy: Copy, tmp_path: Path) -> None:
    folder = copy("llama3")
    first = LanguageModel.load(folder).identity
    assert set(first) == {"model", "revision", "weights", "tokenizer", "template", "dtype"}
    moved = LanguageModel.load(shutil.copytree(folder, tmp_path / "moved" / "llama3")).identity
    assert dict(moved) == dict(first)
    half = LanguageModel.load(folder, dtype="bfloat16").identity
    assert {key for key in first if half[key] != first[key]} == {"dtype"}
    tiny_models.save("llama3", folder, seed=1)
    other = LanguageModel.load(folder).identity
    assert {key for key in first if other[key] != first[key]} == {"weights"}


def test_a_large_file_is_known_by_blocks_of_it(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.truncate(2**28 + 2**20)
    before = digest_of_files([path])
    with path.open("r+b") as file:
        file.seek(2**27)
        file.write(b"\x01" * 2**20)
    assert digest_of_files([path]) != before
    with path.open("r+b") as file:
        file.truncate(2**28 + 2**20 + 1)
    assert digest_of_files([path]) != before


def test_softcapping_of_attention_is_computed_step_by_step(copy: Copy) -> None:
    """As the fused kernels leave it out."""
    folder = copy("gemma2")
    model = LanguageModel.load(folder)
    assert model.model.config._attn_implementation == "eager"
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    requests = tiny_models.requests()
    answers = dict(model.log_probabilities(requests))
    for cap in ("attn_logit_softcapping", "final_logit_softcapping"):
        changed = json.dumps({**config, cap: 1000.0})
        (folder / "config.json").write_text(changed, encoding="utf-8")
        uncapped = LanguageModel.load(folder)
        assert dict(uncapped.log_probabilities(requests)) != answers
        assert uncapped.identity["weights"] != model.identity["weights"]


def without(folder: Path, name: str) -> None:
    (folder / name).unlink()


def cut(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:-100])


def emptied(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"")


def scrambled(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"\x10\0\0\0\0\0\0\0 not a header at all")


def pickled(folder: Path, name: str) -> None:
    (folder / name).rename(folder / "pytorch_model.bin")


def sharded(folder: Path, name: str) -> None:
    (folder / name).rename(folder / "model-00001-of-00002.safetensors")
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    index = json.dumps({"weight_map": shards})
    (folder / "model.safetensors.index.json").write_text(index, encoding="utf-8")


def adapter(folder: Path, name: str) -> None:
    (folder / name).rename(folder / "adapter_config.json")


def widened(folder: Path, name: str) -> None:
    config = json.loads((folder / name).read_text(encoding="utf-8"))
    changed = json.dumps({**config, "num_hidden_layers": 4})
    (folder / name).write_text(changed, encoding="utf-8")


@pytest.mark.fault
@pytest.mark.parametrize(
    ("damage", "name", "says"),
    [
        (without, "config.json", "no config.json"),
        (without, "model.safetensors", "no model.safetensors"),
        (without, "tokenizer.json", "its tokenizer"),
        (cut, "model.safetensors", "bytes"),
        (cut, "config.json", "config.json cannot be read"),
        (cut, "tokenizer.json", "its tokenizer"),
        (emptied, "model.safetensors", "ends inside its header"),
        (scrambled, "model.safetensors", "not safetensors"),
        (pickled, "model.safetensors", "must be safetensors.*pytorch_model.bin"),
        (sharded, "model.safetensors", "no model-00002-of-00002"),
        (adapter, "config.json", "an adapter alone"),
        (widened, "config.json", "every weight"),
    ],
)
def test_a_damaged_checkpoint_is_named(
    copy: Copy, damage: Callable[[Path, str], None], name: str, says: str
) -> None:
    folder = copy("llama3")
    damage(folder, name)
    with pytest.raises(FileError, match=says) as caught:
        LanguageModel.load(folder)
    assert "What to do" in str(caught.value)


@pytest.mark.fault
def test_pickled_weights_are_never_opened(copy: Copy) -> None:
    folder = copy("llama3")
    pickled(folder, "model.safetensors")
    (folder / "pytorch_model.bin").write_bytes(b"cos\nabort\n(tR.")
    with pytest.raises(FileError, match="can run code"):
        LanguageModel.load(folder)


@pytest.mark.fault
@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "a/b/c", "~/no such model"])
def test_a_path_that_leads_nowhere_is_named(name: str) -> None:
    with pytest.raises(FileError, match="not there"):
        find(name)


@pytest.mark.fault
def test_a_name_that_cannot_be_is_named() -> None:
    with pytest.raises(FileError, match="such as google/gemma-2b-it"):
        find("not a name!")


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    """The address of a hub that refuses every model for the reason in its name."""

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reason = self.path.split("/")[4]
            self.send_response(403 if reason == "GatedRepo" else 404)
            self.send_header("X-Error-Code", reason)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.fault
@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("GatedRepo", "accept the licence at https://huggingface.co/owner/GatedRepo"),
        ("RepoNotFound", "The hub must know the model owner/RepoNotFound"),
        ("RevisionNotFound", "must have the revision asked for. Found: 'v9'"),
    ],
)
def test_what_the_hub_refuses_is_said_with_what_to_do(
    hub: str, tmp_path: Path, reason: str, says: str
) -> None:
    fetch = partial(snapshot_download, endpoint=hub, cache_dir=tmp_path, token=False)
    with pytest.raises(FileError, match=says):
        find(f"owner/{reason}", revision="v9", fetch=fetch)


@pytest.mark.fault
def test_a_hub_out_of_reach_is_named(tmp_path: Path) -> None:
    nobody = partial(snapshot_download, endpoint="http://127.0.0.1:9", cache_dir=tmp_path)
    with pytest.raises(FileError, match="the hub within reach"):
        find("owner/name", fetch=nobody)

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    with pytest.raises(FileError, match="No space left"):
        find("owner/name", fetch=full)


@pytest.mark.fault
def test_a_folder_has_no_revision(checkpoint: Copy) -> None:
    with pytest.raises(FileError, match="revision"):
        LanguageModel.load(checkpoint("llama3"), revision="main")


@pytest.mark.fault
def test_options_out_of_range_are_errors(checkpoint: Copy) -> None:
    folder = checkpoint("llama3")
    with pytest.raises(OptionError, match="dtype"):
        LanguageModel.load(folder, dtype="int8")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="accelerator of this machine"):
        LanguageModel.load(folder, device="nonsense")
    with pytest.raises(OptionError, match="token_budget"):
        LanguageModel.load(folder, token_budget=0)
    with pytest.raises(OptionError, match="device_map"):
        LanguageModel.load(folder, device="cpu", device_map="auto")


SMALL = {"vocab_size": 500, "hidden_size": 32, "num_layers": 2}


@pytest.mark.fault
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: AutoModelForCausalLM.from_config(MambaConfig(**SMALL)), "mamba"),
        (lambda: T5ForConditionalGeneration(T5Config(vocab_size=500, d_model=32)), "t5"),
    ],
    ids=["mamba", "t5"],
)
def test_an_unknown_architecture_lists_the_known_ones(
    copy: Copy, make: Callable[[], torch.nn.Module], says: str
) -> None:
    folder = copy("llama3")
    make().save_pretrained(folder)  # type: ignore[operator]
    with pytest.raises(UnknownArchitecture, match=says) as caught:
        LanguageModel.load(folder)
    assert all(name in str(caught.value) for name in ARCHITECTURES)


@pytest.mark.fault
@pytest.mark.parametrize("said", ["a_model_of_tomorrow", None])
def test_a_model_type_that_nobody_knows_is_an_error(copy: Copy, said: str | None) -> None:
    folder = copy("llama3")
    config = {} if said is None else {"model_type": said}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(UnknownArchitecture, match=said or "no model_type"):
        LanguageModel.load(folder)


@pytest.mark.fault
def test_a_model_with_masks_of_its_own_making_is_refused(copy: Copy) -> None:
    """GPT-Neo looks back over a window that it counts in places, not in depth."""
    folder = copy("llama3")
    config = GPTNeoConfig(
        vocab_size=500,
        hidden_size=32,
        num_layers=2,
        num_heads=4,
        window_size=3,
        attention_types=[[["global", "local"], 1]],
        initializer_range=0.5,
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    with pytest.raises(CausalValuesError, match="gpt_neo"):
        LanguageModel.load(folder)
