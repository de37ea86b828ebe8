"""What a study will take: tokens as the engine counts them, sums by hand, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner, Result

from causalvalues.cli import app
from causalvalues.errors import FileError, OptionError
from causalvalues.models import language_model
from causalvalues.models.checkpoint import read_json
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.scale.ahead import work_of
from causalvalues.scale.assumed import as_told, assumptions
from causalvalues.scale.estimate import cost_of, estimate
from causalvalues.scale.hardware import HARDWARE, Hardware, hardware_of_card
from causalvalues.scale.measured import read_measured, with_measured
from causalvalues.scale.own_tokens import own_tokens
from causalvalues.scale.processor import share_of_width
from causalvalues.scale.shapes import KNOWN, Shape
from causalvalues.scale.workload import WINDOW, Workload, words, workload
from causalvalues.survey.design import request_of
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import anchored_roles

ITEMS = inventory("schwartz10")
QUESTIONS = tuple(Protocol().questions(ITEMS))
ROLES = anchored_roles(ITEMS.system, 24)
GEMMA = KNOWN["google/gemma-2b-it"]
PLAIN = Hardware("plain", 1e12, 1e12, 1e10, price_per_hour=2.0, share=0.5)


def test_published_counts_of_weights_come_out() -> None:
    published = {
        "google/gemma-2b-it": 2_506_172_416,
        "google/gemma-2-2b-it": 2_614_341_888,
        "google/gemma-2-9b-it": 9_241_705_984,
        "meta-llama/Meta-Llama-3-8B-Instruct": 8_030_261_248,
        "meta-llama/Llama-3.1-70B-Instruct": 70_553_706_496,
        "mistralai/Mistral-7B-Instruct-v0.3": 7_248_023_552,
        "Qwen/Qwen2.5-7B-Instruct": 7_615_616_512,
    }
    for name, count in published.items():
        assert KNOWN[name].weights == pytest.approx(count, rel=2e-4), name  # norms, biases


def test_tokens_are_those_that_the_engine_computes() -> None:
    folder = folder_of("organism/gemma")
    model = LanguageModel.load(folder, dtype="float32", device="cpu")
    requests = [request_of(role, each, "system") for role in ROLES[:3] for each in QUESTIONS]
    list(model.log_probabilities(requests))
    cost = cost_of(Shape.of_config(read_json(folder / "config.json")))
    found = workload(requests, own_tokens(folder), cost=cost, budget=model.engine.budget)
    assert found.n_prompts == len(requests)
    assert found.tokens_asked == model.tally.asked
    assert found.tokens_computed == pytest.approx(model.tally.computed, rel=0.05)
    assert language_model.WINDOW == WINDOW


def test_a_few_roles_say_what_all_will_take() -> None:
    cost = cost_of(GEMMA)
    every = workload(
        [request_of(role, each, "system") for role in ROLES for each in QUESTIONS],
        words,
        cost=cost,
        budget=16384,
    )
    some = work_of(QUESTIONS, [ROLES], words, role_place="system", cost=cost, budget=16384)
    assert some.n_prompts == every.n_prompts
    assert some.tokens_asked == pytest.approx(every.tokens_asked, rel=0.02)
    assert some.tokens_computed == pytest.approx(every.tokens_computed, rel=0.1)
    twice = work_of(QUESTIONS, [ROLES] * 2, words, role_place="system", cost=cost, budget=16384)
    assert twice == some.times(2)


def test_words_that_are_the_same_are_the_same_tokens() -> None:
    one, two = words([Request((Message("user", text),)) for text in ("a b c d", "a b x")])
    assert np.array_equal(one[:8], two[:8])
    assert one[8] != two[8]
    many = words([Request((Message("user", " ".join(f"w{i}" for i in range(10_000))),))])[0]
    assert len(many) == pytest.approx(13_000, rel=0.03)


def test_operations_seconds_and_dollars_by_hand() -> None:
    work = Workload(n_prompts=10, tokens_asked=2000, tokens_computed=1000, pairs=5000)
    found = estimate(work, GEMMA, PLAIN)
    operations = 2 * 1_981_808_640 * 1000 + (4 * 256 + 100) * 8 * 18 * 5000 + 2 * 2048 * 256000 * 10
    assert found.operations == pytest.approx(operations)
    host = 10 * 1.5e-4 + 2000 * 6.5e-7
    loading = GEMMA.weights * 2 / 1e9
    assert found.host_seconds == pytest.approx(host)
    assert found.seconds == pytest.approx(operations / 0.5e12 + host + loading)
    assert found.dollars == pytest.approx(found.seconds / 3600 * 2.0)


def test_more_devices_take_less_time_and_load_each() -> None:
    work = Workload(1e6, 3e8, 3e7, 1e10)
    one, eight = (estimate(work, GEMMA, PLAIN, n_devices=n) for n in (1, 8))
    loading = GEMMA.weights * 2 / 1e9
    assert eight.seconds - loading == pytest.approx((one.seconds - loading) / 8)
    assert eight.dollars > one.dollars


def test_answers_that_are_written_take_longer() -> None:
    work = Workload(1e4, 3e6, 3e5, 1e8)
    weighed, written = (estimate(work, GEMMA, PLAIN, n_written=n) for n in (0, 100))
    assert written.seconds > 2 * weighed.seconds
    assert written.operations == pytest.approx(weighed.operations + 2 * GEMMA.weights * 1e6)


def test_a_model_that_does_not_fit_is_said_not_to() -> None:
    work = Workload(1e4, 3e6, 3e5, 1e8)
    large = KNOWN["meta-llama/Llama-3.1-70B-Instruct"]
    assert not estimate(work, large, HARDWARE["h100"]).fits
    assert estimate(work, replace(large, n_layers=8), HARDWARE["h100"]).fits


def test_the_share_of_a_processor_follows_the_width() -> None:
    assert share_of_width(96) == pytest.approx(0.37)
    assert share_of_width(768) == share_of_width(4096) == pytest.approx(0.69)
    assert 0.37 < share_of_width(256) < 0.69


def test_a_config_without_a_shape_is_refused() -> None:
    with pytest.raises(FileError, match="num_hidden_layers"):
        Shape.of_config({"vocab_size": 10})


def told(study: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["estimate", str(study), *more])


def test_the_command_tells_it_without_running_or_fetching_anything(tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    plan = {"name": "big", "model": {"name": "google/gemma-2b-it"}, "roles": {"n_roles": 50}}
    study.write_text(yaml.safe_dump(plan), encoding="utf-8")
    found = told(study, "--hardware", "h100", "--devices", "2", "--price", "5", "--json")
    assert found.exit_code == 0, found.stderr
    (machine,) = json.loads(found.stdout)["machines"]
    assert machine["prompts"] == 50 * 160
    assumed = machine["assumed"]
    assert (assumed["share"], assumed["dollars_per_hour"]) == (0.4, 5.0)
    assert assumed["sources"]["price"] == "--price"
    assert "guess" in assumed["sources"]["share"]
    assert machine["dollars"] == pytest.approx(machine["seconds"] / 3600 * 2 * 5)
    assert [path.name for path in tmp_path.iterdir()] == ["study.yaml"]
    refused = told(study, "--hardware", "abacus").exception
    assert isinstance(refused, OptionError)
    assert "h100" in str(refused)


def measurement(folder: Path, **changed: object) -> Path:
    """A file as bench/gpu.py writes it."""
    numbers = {"card": "NVIDIA H200", "shape": "gemma-2b", "dtype": "bfloat16", "share": 0.25}
    path = folder / "gpu.json"
    path.write_text(json.dumps({"name": "gpu", "numbers": {**numbers, **changed}}))
    return path


def test_what_was_measured_replaces_the_guess_for_that_card_alone(tmp_path: Path) -> None:
    seen = read_measured(measurement(tmp_path))
    assert seen.hardware == "h200"
    work = Workload(1e6, 3e8, 3e7, 1e10)
    guessed, measured = HARDWARE["h200"], with_measured(HARDWARE["h200"], seen)
    loading = GEMMA.weights * 2 / 1e9
    slow, fast = (estimate(work, GEMMA, each) for each in (measured, guessed))
    in_model = [each.seconds - each.host_seconds - loading for each in (slow, fast)]
    assert in_model[0] == pytest.approx(in_model[1] * 0.4 / 0.25)
    assert "measured on NVIDIA H200: gemma-2b, bfloat16" in measured.sources.share
    assert with_measured(HARDWARE["h100"], seen) == HARDWARE["h100"]


def test_cards_are_known_by_what_drivers_call_them() -> None:
    called = {
        "NVIDIA H200": "h200",
        "NVIDIA H100 80GB HBM3": "h100",
        "NVIDIA A100-SXM4-80GB": "a100-80gb",
        "NVIDIA A100-PCIE-40GB": "a100-40gb",
        "NVIDIA L4": "l4",
        "NVIDIA A10G": "a10g",
        "NVIDIA GeForce RTX 4090": "rtx-4090",
    }
    for card, name in called.items():
        assert hardware_of_card(card) == HARDWARE[name], card
    for card in ("cpu", "NVIDIA L40S", "NVIDIA GeForce RTX 4080", "NVIDIA A100", ""):
        assert hardware_of_card(card) is None, card


def test_every_assumption_says_where_it_comes_from() -> None:
    machines = list(HARDWARE.values())
    told = as_told(machines[0], share=0.5, price=3.0, reading=2.0)
    assert (told.share, told.price_per_hour, told.bytes_read_per_second) == (0.5, 3.0, 2e9)
    assert [each.source for each in assumptions([told])][1:] == ["--share", "--price", "--reading"]
    for each in assumptions([told, *machines[1:]]):
        assert each.source
        assert each.option.startswith("--")
    shares = [each for each in assumptions([told, *machines[1:]]) if each.what == "share"]
    assert [each.hardware[0] for each in shares] == ["l4", "a10g"]
    assert [each.numbers for each in shares] == [("0.50",), ("0.40",)]


def test_quantised_weights_take_less_memory_and_one_matrix_more() -> None:
    work = Workload(1e4, 3e6, 3e5, 1e8)
    whole, int8, nf4 = (
        estimate(work, GEMMA, PLAIN, quantize=each).memory_bytes for each in (None, "int8", "nf4")
    )
    unpacked = 2 * 2048 * 16384
    assert whole - int8 == pytest.approx(1_981_808_640 - unpacked)
    assert whole - nf4 == pytest.approx(1_981_808_640 * (2 - 0.5625) - unpacked)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"card": "cpu"}, "'cpu', which is no card with a known peak"),
        ({"share": 1.5}, "numbers.share: Input should be less than or equal to 1"),
        ({"share": float("nan")}, "numbers.share"),
        ({"shape": None}, "numbers.shape"),
    ],
)
def test_a_file_that_is_no_measurement_is_named(
    changed: dict[str, object], says: str, tmp_path: Path
) -> None:
    with pytest.raises(FileError, match=says):
        read_measured(measurement(tmp_path, **changed))
    with pytest.raises(FileError, match="No such file"):
        read_measured(tmp_path / "nowhere.json")
    with pytest.raises(FileError, match="must be a measurement"):
        read_measured(tmp_path)


def test_the_command_takes_a_measurement(tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    plan = {"name": "big", "model": {"name": "google/gemma-2b-it"}, "roles": {"n_roles": 20}}
    study.write_text(yaml.safe_dump(plan), encoding="utf-8")
    seen = ("--measured", str(measurement(tmp_path)))
    found = told(study, *seen, "--json")
    assert found.exit_code == 0, found.stderr
    shares = {m["hardware"]: m["assumed"]["share"] for m in json.loads(found.stdout)["machines"]}
    assert shares.pop("h200") == 0.25
    assert set(shares.values()) == {0.4}
    assert "a guess: no survey" in told(study, "--hardware", "h100").stdout
    clash = told(study, *seen, "--share", "0.3").exception
    assert "say the same thing" in str(clash)
    other = told(study, *seen, "--hardware", "h100").exception
    assert isinstance(other, OptionError)
    assert "a measurement of NVIDIA H200" in str(other)
