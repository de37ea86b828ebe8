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
from causalvalues.scale.estimate import cost_of, estimate
from causalvalues.scale.hardware import HARDWARE, Hardware
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
    assert machine["assumed"] == {"share": 0.4, "dollars_per_hour": 5.0}
    assert machine["dollars"] == pytest.approx(machine["seconds"] / 3600 * 2 * 5)
    assert [path.name for path in tmp_path.iterdir()] == ["study.yaml"]
    refused = told(study, "--hardware", "abacus").exception
    assert isinstance(refused, OptionError)
    assert "h100" in str(refused)
