"""What cannot be quantised is named before a weight is read."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
import torch
import torchao_apart
from transformers import LlamaConfig

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.placing import Spread
from causalvalues.models.quantising import Quantize, check_quantize
from causalvalues.study.plan import ModelPlan
from causalvalues.study.respondents import check_model

HERE = Path(__file__).parent
CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def refused(
    says: str,
    *,
    quantize: str = "int8",
    dtype: torch.dtype = torch.float32,
    device: torch.device = CPU,
    config: LlamaConfig | None = None,
) -> None:
    """Assert that a quantisation is refused in such words."""
    with pytest.raises(OptionError, match=says):
        check_quantize(quantize, config or LlamaConfig(), dtype, [device])  # type: ignore[arg-type]


@pytest.mark.fault
def test_what_a_device_or_a_type_cannot_do_is_named() -> None:
    refused("one of int8, nf4", quantize="int3")
    refused("float16, which ends at 65,504", dtype=torch.float16)
    refused("needs a CUDA device. Found: cpu. What to do: use quantize int8", quantize="nf4")
    refused("runs on cpu and cuda. Found: meta", device=torch.device("meta"))


@pytest.mark.fault
def test_a_checkpoint_that_is_quantised_already_is_named(
    checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    refused(
        r"quantised already \(awq\)",
        config=LlamaConfig(quantization_config={"quant_method": "awq"}),
    )
    folder = Path(shutil.copytree(checkpoint("llama3"), tmp_path / "llama3"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["quantization_config"] = {"quant_method": "awq", "bits": 4, "group_size": 32}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(OptionError, match="quantised already"):
        LanguageModel.load(folder, device="cpu", quantize="int8")
    with pytest.raises(OptionError, match="needs the package that did it"):
        LanguageModel.load(folder, device="cpu")


ABSENT = """
import sys
for name in ("accelerate", "bitsandbytes", "torchao"):
    sys.modules[name] = None  # as where it is not installed
import torch
from transformers import LlamaConfig
from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.placing import Spread
from causalvalues.models.quantising import Quantize, check_quantize

def refused(work):
    try:
        work()
    except OptionError as fault:
        print(fault)

cuda = [torch.device("cuda")]
refused(lambda: LanguageModel.load(sys.argv[1], device="cpu", quantize="int8"))
refused(lambda: check_quantize("nf4", LlamaConfig(), torch.bfloat16, cuda))
refused(lambda: LanguageModel.load(sys.argv[1], device_map="auto"))
refused(lambda: LanguageModel.load(sys.argv[1], device_map={"": "cpu"}))
"""


@pytest.mark.fault
def test_a_package_that_is_absent_is_named(checkpoint: Callable[[str], Path]) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", ABSENT, str(checkpoint("llama3"))],
        capture_output=True,
        text=True,
        check=True,
    )
    torchao, bitsandbytes, *accelerate = answer.stdout.splitlines()
    assert "needs the package torchao" in torchao
    assert "needs the package bitsandbytes" in bitsandbytes
    assert all("pip install 'causalvalues[quantised]'" in each for each in (torchao, bitsandbytes))
    assert len(accelerate) == 2
    assert all("`device_map` needs the package accelerate" in each for each in accelerate)


def test_a_study_knows_the_same_names_as_a_model() -> None:
    in_study = [get_args(each) for each in get_args(ModelPlan.model_fields["quantize"].annotation)]
    assert get_args(Quantize) in in_study
    spread = [get_args(each) for each in get_args(ModelPlan.model_fields["device_map"].annotation)]
    assert get_args(Spread) in spread


@pytest.mark.fault
def test_a_served_model_cannot_be_quantised_from_here() -> None:
    with pytest.raises(OptionError, match=r"runs as its server runs it\. Found: quantize"):
        check_model(ModelPlan(name="http://localhost:1/v1#m", quantize="int8"))


def test_int8_models_pass_their_tests_with_torchao_in_a_folder_of_its_own() -> None:
    """The two files of tests that skip where torchao is not installed."""
    if torchao_apart.is_here():
        pytest.skip("torchao is installed here: the tests run as they are")
    place = torchao_apart.folder()
    if place is None:
        pytest.skip("torchao could not be installed in a folder of its own")
    files = [HERE / "test_quantised_models.py", HERE.parent / "steering" / "test_int8_steered.py"]
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", *files],
        env={**os.environ, "PYTHONPATH": str(place)},
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-1000:]
    assert "skipped" not in answer.stdout
