"""A gate learns to open for questions about one value, and says how well on others."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import tiny_models
import torch
from few_pairs import Loaded
from transformers import BertConfig, BertForSequenceClassification

from causalvalues.contrasts.pairs import contrast_set
from causalvalues.errors import OptionError
from causalvalues.methods.gate_fitting import FittedGate, fitted_gate, threshold_of
from causalvalues.methods.gate_texts import GateText, Kind, Parts, gate_texts
from causalvalues.methods.held_out import auc
from causalvalues.models.conditions import Point
from causalvalues.models.last_tokens import last_tokens
from causalvalues.steering.gate import ClassifierDetector, ProbeDetector, WordDetector
from causalvalues.steering.gating import detected

ASKED: dict[Kind, tuple[str, ...]] = {
    "about": ("judge a stranger", "judge this person", "judge a baker"),
    "other": ("help a stranger", "help this person", "help a baker"),
    "neutral": ("plan each day", "plan long walks", "plan quiet mornings"),
}
WHO = ("I", "you", "this person", "a baker", "a judge", "a stranger")


def questions() -> tuple[GateText, ...]:
    """Questions that a word tells apart, two of one group."""
    return tuple(
        GateText(f"Should {who} {what}{end}?", kind, f"{kind}: {who} {what}")
        for kind, whats in ASKED.items()
        for who, what, end in product(WHO, whats, (" alone", " a little"))
    )


TEXTS = questions()


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small text classifier in a folder, taught for a moment to know the word judge."""
    folder = tmp_path_factory.mktemp("classifier")
    tokenizer = tiny_models.gemma_tokenizer()
    tokenizer.model_max_length = 64
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    torch.manual_seed(0)
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=16, max_position_embeddings=64, hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0, id2label={0: "else", 1: "power"},
            label2id={"else": 0, "power": 1}, pad_token_id=0,
        )
    )  # fmt: skip
    given = tokenizer([each.text for each in TEXTS], padding=True, return_tensors="pt")
    labels = torch.tensor([int(each.kind == "about") for each in TEXTS])
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        optimiser.zero_grad()
        model(**given, labels=labels).loss.backward()
        optimiser.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_group_is_in_one_part_and_every_kind_in_all() -> None:
    parts = Parts.of(TEXTS)
    groups = [set(parts.groups(part)) for part in ("train", "choose", "report")]  # type: ignore[arg-type]
    assert sum(map(len, groups)) == len(set.union(*groups)) == len(TEXTS) / 2
    for kind in ASKED:
        numbers = [
            sum(each.kind == kind for each in part)
            for part in (parts.train, parts.choose, parts.report)
        ]
        assert numbers == [20, 8, 8]


def test_a_seed_gives_the_same_parts_and_another_seed_others() -> None:
    assert Parts.of(TEXTS, seed=1) == Parts.of(TEXTS, seed=1) != Parts.of(TEXTS, seed=2)


def test_a_gate_needs_both_kinds_in_every_part() -> None:
    about = [each for each in TEXTS if each.kind == "about"]
    with pytest.raises(OptionError, match="and others"):
        Parts.of(about)
    with pytest.raises(OptionError, match="five groups"):
        Parts.of([*about[:4], *TEXTS[-40:]])


def test_questions_of_contrast_pairs_are_about_their_value_whichever_side_they_take() -> None:
    contrasts = contrast_set()
    value, other = contrasts.values[:2]
    found = gate_texts(contrasts, ["What is seven times eight?"], value=value)
    own = [pair for pair in contrasts.of(value) if pair.form.endswith("ask")]
    assert [each.text for each in found if each.kind == "about"] == [
        text for pair in own for text in (pair.speaks_for, pair.speaks_against)
    ]
    assert {each.group.split("/")[0] for each in found if each.kind == "other"} >= {other}
    assert found[-1] == GateText(
        "What is seven times eight?", "neutral", "What is seven times eight?"
    )


def test_the_threshold_lies_where_both_kinds_are_told_best() -> None:
    chances = np.array([0.1, 0.2, 0.6, 0.7, 0.9])
    is_about = np.array([False, False, True, False, True])
    assert threshold_of(chances, is_about) == pytest.approx(0.4)  # 2 of 2 opened, 1 of 3 wrong
    assert threshold_of(chances, is_about, false_openings=0.0) == pytest.approx(0.8)
    assert threshold_of(chances, is_about, false_openings=0.34) == pytest.approx(0.4)
    assert threshold_of(chances, is_about, false_openings=1.0) == 0.0
    with pytest.raises(OptionError, match="is a share"):
        threshold_of(chances, is_about, false_openings=1.5)


def test_a_gate_that_may_never_open_wrongly_lies_above_all_it_saw() -> None:
    chances, is_about = np.array([0.2, 0.9, 0.5]), np.array([True, False, True])
    assert threshold_of(chances, is_about, false_openings=0.0) > 0.9


def checked(found: FittedGate, *, least_auc: float) -> None:
    """Whether a gate opens for what it is about, and for little else."""
    assert found.auc.value >= least_auc
    assert found.opened is not None
    assert found.opened_for_others is not None
    assert found.opened_for_neutral is not None
    assert found.opened.value > found.opened_for_others.value
    assert found.opened.low <= found.opened.value <= found.opened.high


def test_words_tell_what_words_can_tell(loaded: Loaded) -> None:
    found = fitted_gate(loaded("llama3"), TEXTS, name="power", detector="words", n_buckets=512)
    assert isinstance(found.gate.detector, WordDetector)
    assert len(found.gate.detector.weights) == 512
    checked(found, least_auc=0.99)
    assert found.layer is None
    assert (found.gate.name, found.gate.state) == ("power", "deciding")


@pytest.mark.parametrize("kind", ["llama3", "gemma"])
def test_a_probe_reads_the_layer_that_tells_best(kind: str, loaded: Loaded) -> None:
    model = loaded(kind)
    found = fitted_gate(model, TEXTS, name="power")
    detector, parts = found.gate.detector, Parts.of(TEXTS)
    assert isinstance(detector, ProbeDetector)
    assert found.layer == detector.layer
    checked(found, least_auc=0.7)
    alone = {
        layer: fitted_gate(model, TEXTS, name="power", layers=[layer]).gate.detector
        for layer in range(3)
    }
    told = {
        layer: auc(
            detected(each, model, parts.texts("choose")),
            parts.is_about("choose"),
            parts.groups("choose"),
        ).value
        for layer, each in alone.items()
    }
    assert told[detector.layer] == max(told.values())


def test_a_probe_reads_what_gates_will_read(loaded: Loaded) -> None:
    model = loaded("llama3")
    detector = fitted_gate(model, TEXTS, name="power", layers=[1]).gate.detector
    assert isinstance(detector, ProbeDetector)
    texts = Parts.of(TEXTS).texts("report")
    logits = np.zeros(len(texts))
    for some in last_tokens(model, texts, [Point(1)]):
        logits[some.places] = some.rows[Point(1)] @ detector.weights + detector.bias
    np.testing.assert_allclose(detected(detector, model, texts), 1 / (1 + np.exp(-logits)), 1e-4)


def test_what_is_reported_is_what_the_gate_does_to_questions_set_aside(loaded: Loaded) -> None:
    model = loaded("llama3")
    found = fitted_gate(model, TEXTS, name="power", seed=3)
    report = Parts.of(TEXTS, seed=3).report
    chances = detected(found.gate.detector, model, [each.text for each in report])
    opens = chances >= found.gate.threshold
    for kind, told in (
        ("about", found.opened),
        ("other", found.opened_for_others),
        ("neutral", found.opened_for_neutral),
    ):
        own = [place for place, each in enumerate(report) if each.kind == kind]
        assert told is not None
        assert told.value == pytest.approx(opens[own].mean())
        assert told.n == len({report[place].group for place in own})


def test_fewer_false_openings_mean_a_higher_threshold(loaded: Loaded) -> None:
    model = loaded("llama3")
    strict, loose = (
        fitted_gate(model, TEXTS, name="power", false_openings=share) for share in (0.0, 0.5)
    )
    assert strict.gate.threshold > loose.gate.threshold


def test_any_text_classifier_may_decide(loaded: Loaded, classifier: Path) -> None:
    detector = ClassifierDetector(str(classifier), "power")
    found = fitted_gate(loaded("llama3"), TEXTS, name="power", detector=detector)
    assert found.gate.detector == detector
    checked(found, least_auc=0.95)
    with pytest.raises(OptionError, match="knows the labels"):
        fitted_gate(
            loaded("llama3"), TEXTS, name="power", detector=ClassifierDetector(str(classifier), "x")
        )


def test_an_unknown_detector_is_refused(loaded: Loaded) -> None:
    with pytest.raises(OptionError, match="probe or words"):
        fitted_gate(loaded("llama3"), TEXTS, name="power", detector="ears")  # type: ignore[arg-type]


def test_without_neutral_texts_nothing_is_said_of_them(loaded: Loaded) -> None:
    some = [each for each in TEXTS if each.kind != "neutral"]
    found = fitted_gate(loaded("llama3"), some, name="power", detector="words")
    assert found.opened_for_neutral is None
    assert found.opened_for_others is not None
