"""Gates decide from the bare question, once and unsteered, and answers are as they decided."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from kinds import ADD, BOUNDED, EVERY, GATES, KNOWN, NEURONS, PHRASE, PROBES, PROMPT, VECTOR, scoped
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from causalvalues.errors import FileError, OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.document import digest_of
from causalvalues.steering.edits import edits_of
from causalvalues.steering.gate import (
    ClassifierDetector,
    Gate,
    ProbeDetector,
    WordDetector,
)
from causalvalues.steering.gating import Gated, bare_question, detected, hashed_words, openings
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import Combined, Intervention, Scope, gated
from causalvalues.steering.steered_model import SteeredModel
from causalvalues.survey.design import request_of
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import Role

Loaded = Callable[[str], LanguageModel]
Answers = list[tuple[float, ...]]

N_BUCKETS = 512


def about(word: str) -> Gate:
    """A gate that opens for questions that say a word."""
    marks = hashed_words([word], N_BUCKETS)[0].astype(np.float32)
    return Gate(f"about {word}", WordDetector(100 * marks, -1.0))


HELP, REST = about("help"), about("rest")
NOWHERE = Gate("nowhere", ClassifierDetector("/nowhere/at/all", "value"))
QUESTIONS = (
    ("Should I help a stranger?", ("yes", "no")),
    ("Should I rest at home?", ("yes", "no")),
    ("Should I help a stranger rest?", ("agree completely", "agree mostly", "disagree")),
    ("Should I walk?", ("yes", "no")),
)
ROLES = ("", "You are a baker who likes quiet mornings.", "You are a judge who may help or rest.")
REQUESTS = [
    Request(((Message("system", role),) if role else ()) + (Message("user", said),), options)
    for said, options in QUESTIONS
    for role in ROLES
]
HELPS = [place for place, request in enumerate(REQUESTS) if "help" in request.messages[-1].text]
RESTS = [place for place, request in enumerate(REQUESTS) if "rest" in request.messages[-1].text]


def answers(model: SteeredModel, requests: list[Request]) -> Answers:
    found = dict(model.log_probabilities(requests))
    assert len(found) == len(requests)
    return [found[place] for place in range(len(requests))]


def plain(model: LanguageModel, requests: list[Request]) -> Answers:
    found = dict(model.log_probabilities(requests))
    return [found[place] for place in range(len(requests))]


def alike(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    return np.allclose(one, two, rtol=1e-4, atol=1e-4)


@contextmanager
def runs_of(model: LanguageModel) -> Iterator[list[int]]:
    """A list that fills with how many rows the decoder runs."""
    rows: list[int] = []
    hook = model.parts.decoder.register_forward_pre_hook(
        lambda _, args, given: rows.append(len(given["input_ids"])), with_kwargs=True
    )
    try:
        yield rows
    finally:
        hook.remove()


# Detectors.


def test_words_are_hashed_alike_whatever_their_order_and_case() -> None:
    one, two, other, none = hashed_words(["Rest, at home!", "rest AT home", "at home", ""], 64)
    assert np.array_equal(one, two)
    assert not np.allclose(one, other)
    assert not none.any()
    for row in (one, other):
        assert np.linalg.norm(row) == pytest.approx(1)
    n_said = np.round((one / one[one > 0].min()) ** 2)
    assert n_said.sum() >= 3 + 2  # words, and pairs of neighbours
    turned = hashed_words(["home at rest"], N_BUCKETS)[0]
    assert not np.allclose(turned, hashed_words(["rest at home"], N_BUCKETS)[0])


def test_hashes_are_the_same_on_every_machine() -> None:
    (row,) = hashed_words(["should i rest"], 32)
    assert np.flatnonzero(row).tolist() == [4, 16, 17, 25]  # two share a bucket


def test_words_tell_by_a_linear_classifier(loaded: Loaded) -> None:
    weights = np.random.default_rng(0).standard_normal(16).astype(np.float32)
    asked = [said for said, _ in QUESTIONS]
    found = detected(WordDetector(weights, 0.3), loaded("gemma"), asked)
    expected = 1 / (1 + np.exp(-(hashed_words(asked, 16) @ weights.astype(np.float64) + 0.3)))
    np.testing.assert_allclose(found, expected)
    with runs_of(loaded("gemma")) as rows:
        detected(WordDetector(weights, 0.3), loaded("gemma"), asked)
    assert not rows
    assert detected(WordDetector(1e6 * np.abs(weights), 1e6), loaded("gemma"), asked).max() == 1


@pytest.mark.parametrize("name", ["gemma", "llama3"])
def test_a_probe_reads_the_bare_question_at_its_last_token(name: str, loaded: Loaded) -> None:
    model = loaded(name)
    weights = 0.1 * np.random.default_rng(0).standard_normal(32).astype(np.float32)
    asked = [said for said, _ in QUESTIONS]
    found = detected(ProbeDetector(1, weights, 0.3), model, asked)
    for place, question in enumerate(asked):
        ids = torch.tensor([model.tokenizer(question).input_ids])
        seen: list[torch.Tensor] = []
        hook = model.parts.layers[1].register_forward_hook(lambda *run, to=seen: to.append(run[2]))
        with torch.inference_mode():
            model.model(ids)
        hook.remove()  # what the model itself can be asked to record stays in it
        logit = float(seen[0][0, -1].double().numpy() @ weights + 0.3)
        assert found[place] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-4)
    assert len(np.unique(found.round(4))) == len(asked)


def classifier(folder: Path) -> Path:
    """A text classifier of random weights, in a folder."""
    words = ["[PAD]", "[UNK]", *sorted({w for said, _ in QUESTIONS for w in said.lower().split()})]
    reader = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    reader.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=reader, pad_token="[PAD]", unk_token="[UNK]", model_max_length=16
    )
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
        id2label={0: "other", 1: "power"},
        label2id={"other": 0, "power": 1},
        initializer_range=1.0,
    )
    torch.manual_seed(1)
    BertForSequenceClassification(config).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_classifier_tells_the_probability_of_its_label(loaded: Loaded, tmp_path: Path) -> None:
    folder = classifier(tmp_path / "judge")
    asked = [said for said, _ in QUESTIONS]
    judge = BertForSequenceClassification.from_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    for label, place in (("power", 1), ("other", 0)):
        found = detected(ClassifierDetector(str(folder), label), loaded("gemma"), asked)
        for question, chance in zip(asked, found, strict=True):
            with torch.inference_mode():
                logits = judge(**tokenizer(question, return_tensors="pt")).logits[0]
            assert chance == pytest.approx(float(logits.softmax(-1)[place]), abs=1e-5)
    long = detected(ClassifierDetector(str(folder), "power"), loaded("gemma"), ["rest " * 90])
    assert 0 < long[0] < 1  # its beginning is read


def test_a_classifier_opens_a_gate_in_a_sweep(loaded: Loaded, tmp_path: Path) -> None:
    model, folder = loaded("gemma"), classifier(tmp_path / "judge")
    chances = detected(
        ClassifierDetector(str(folder), "power"), model, [said for said, _ in QUESTIONS]
    )
    middle = float(np.sort(chances)[1:3].mean())
    gate = Gate("about power", ClassifierDetector(str(folder), "power"), middle)
    found = answers(SteeredModel(model, gated(NEURONS, gate)), REQUESTS)
    before, after = plain(model, REQUESTS), answers(SteeredModel(model, NEURONS), REQUESTS)
    for place in range(len(REQUESTS)):
        is_open = chances[place // len(ROLES)] >= middle
        assert alike(found[place], after[place] if is_open else before[place])


@pytest.mark.fault
def test_a_classifier_that_is_absent_pickled_or_of_other_labels_is_an_error(
    loaded: Loaded, tmp_path: Path
) -> None:
    model, folder = loaded("gemma"), classifier(tmp_path / "judge")
    with pytest.raises(OptionError, match=r"other, power.*'value'"):
        detected(ClassifierDetector(str(folder), "value"), model, ["Rest?"])
    with pytest.raises(FileError, match="not there"):
        detected(ClassifierDetector(str(tmp_path / "absent"), "power"), model, ["Rest?"])
    with pytest.raises(FileError, match="revision"):
        detected(ClassifierDetector(str(folder), "power", "abc"), model, ["Rest?"])
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "pytorch_model.bin").write_bytes(weights)
    (folder / "model.safetensors").unlink()
    with pytest.raises(FileError, match="safetensors"):
        detected(ClassifierDetector(str(folder), "power"), model, ["Rest?"])


@pytest.mark.fault
def test_a_probe_of_another_model_is_an_error(loaded: Loaded) -> None:
    narrow = ProbeDetector(1, np.ones(16, dtype=np.float32), 0.0)
    deep = ProbeDetector(3, np.ones(32, dtype=np.float32), 0.0)
    for detector, says in ((narrow, "16 wide"), (deep, "from 0 to 2")):
        with pytest.raises(OptionError, match=says):
            detected(detector, loaded("gemma"), ["Rest?"])


def test_nothing_is_asked_of_a_detector_without_a_question_or_a_choice(loaded: Loaded) -> None:
    model = loaded("gemma")
    assert detected(NOWHERE.detector, model, []).shape == (0,)
    assert openings(NOWHERE.forced("open"), model, ["a", "b"]).tolist() == [True, True]
    assert openings(NOWHERE.forced("closed"), model, ["a", "b"]).tolist() == [False, False]
    with pytest.raises(FileError):
        openings(NOWHERE, model, ["a"])


def test_a_gate_opens_from_its_threshold_on(loaded: Loaded) -> None:
    detector = WordDetector(np.zeros(4, dtype=np.float32), 0.0)  # always one half
    for threshold, is_open in ((0.0, True), (0.5, True), (0.5 + 1e-9, False), (1.0, False)):
        assert openings(Gate("half", detector, threshold), loaded("gemma"), ["a"]) == [is_open]


# What a question is.


def test_the_bare_question_is_what_the_request_says_or_its_last_message() -> None:
    asked = Request((Message("system", "Help."), Message("user", "Rest?\nAnswer yes or no.")))
    assert bare_question(asked) == "Rest?\nAnswer yes or no."
    assert bare_question(replace(asked, bare="Rest?")) == "Rest?"
    assert replace(asked, bare="Rest?") == asked  # what is said is the same


def test_a_protocol_says_which_part_of_its_text_is_the_question() -> None:
    role, items = Role("judge", "You are a judge."), inventory("schwartz10").items
    said = {text for item in items for texts in item.wordings.values() for text in texts}
    for scale in ("likert6", "yes-no"):
        for question in Protocol(scale).questions(inventory("schwartz10")):  # type: ignore[arg-type]
            for place in ("system", "user"):
                request = request_of(role, question, place)  # type: ignore[arg-type]
                assert bare_question(request) == request.bare
                assert request.bare in said
                assert request.bare in request.messages[-1].text.removeprefix(role.text)
    pair = next(Protocol("pairwise").questions(inventory("schwartz10")))
    assert bare_question(request_of(role, pair, "system")) == pair.text  # both items are asked


def test_only_the_bare_question_decides(loaded: Loaded) -> None:
    model = loaded("llama3")
    told = "Rest well, and help.\nAnswer with yes or no."
    asked = [
        Request((Message("system", "Help!"), Message("user", told)), ("yes", "no"), bare)
        for bare in ("Should I help?", "Should I walk?", "")
    ]
    gates = Gated(model)
    assert gates.opens(HELP, asked) == [True, False, True]
    assert gates.opens(REST, asked) == [False, False, True]
    found = answers(SteeredModel(model, gated(NEURONS, HELP)), asked)
    before, after = plain(model, asked), answers(SteeredModel(model, NEURONS), asked)
    for place, is_open in enumerate((True, False, True)):
        assert alike(found[place], after[place] if is_open else before[place])
    assert not alike(before[0], after[0])


def test_a_role_prompt_is_told_behind_a_gate_or_not_and_never_decides(loaded: Loaded) -> None:
    model = loaded("llama3")
    lines = replace(PROMPT, text="Help and rest.")
    found = answers(SteeredModel(model, Combined((lines, gated(NEURONS, REST)))), REQUESTS)
    told = answers(SteeredModel(model, lines), REQUESTS)
    both = answers(SteeredModel(model, Combined((lines, NEURONS))), REQUESTS)
    for place in range(len(REQUESTS)):
        assert alike(found[place], both[place] if place in RESTS else told[place])


# Sweeps.


@pytest.mark.parametrize("name", ["gemma", "llama3"])
@pytest.mark.parametrize("kind", EVERY)
def test_a_closed_gate_is_no_intervention_and_an_open_one_no_gate(
    kind: str, name: str, loaded: Loaded
) -> None:
    model, given = loaded(name), EVERY[kind]
    closed = SteeredModel(model, gated(given, NOWHERE.forced("closed")), KNOWN)
    assert answers(closed, REQUESTS) == plain(model, REQUESTS)
    opened = SteeredModel(model, gated(given, NOWHERE.forced("open")), KNOWN)
    assert answers(opened, REQUESTS) == answers(SteeredModel(model, given, KNOWN), REQUESTS)


@pytest.mark.parametrize("name", ["gemma", "llama3"])
@pytest.mark.parametrize("kind", ["combined", "combined probes", "probes by query"])
def test_a_gate_that_decides_is_as_if_each_request_were_asked_alone(
    kind: str, name: str, loaded: Loaded
) -> None:
    model, given = loaded(name), EVERY[kind]
    found = answers(SteeredModel(model, gated(given, HELP), KNOWN), REQUESTS)
    before = plain(model, REQUESTS)
    for place, request in enumerate(REQUESTS):
        if place in HELPS:
            (expected,) = answers(SteeredModel(model, given, KNOWN), [request])
            assert alike(found[place], expected)
        else:
            assert alike(found[place], before[place])
    assert not all(alike(found[place], before[place]) for place in HELPS)
    shut = [place for place in range(len(REQUESTS)) if place not in HELPS]
    alone = plain(model, [REQUESTS[place] for place in shut])
    assert [found[place] for place in shut] == alone  # bit for bit


def test_every_part_of_a_combination_obeys_its_own_gate(loaded: Loaded) -> None:
    model = loaded("gemma")
    probes = scoped(PROBES, Scope("answering"))
    given = Combined(
        (gated(probes, HELP), GATES, Combined((gated(BOUNDED, REST), gated(ADD, HELP))))
    )
    found = answers(SteeredModel(model, given, KNOWN), REQUESTS)
    by_pattern: dict[tuple[bool, bool], Intervention] = {
        (True, True): Combined((probes, GATES, BOUNDED, ADD)),
        (True, False): Combined((probes, GATES, ADD)),
        (False, True): Combined((GATES, BOUNDED)),
        (False, False): GATES,
    }
    for place, request in enumerate(REQUESTS):
        left = by_pattern[place in HELPS, place in RESTS]
        (expected,) = answers(SteeredModel(model, left, KNOWN), [request])
        assert alike(found[place], expected)


def test_conditions_with_and_without_gates_are_swept_together(loaded: Loaded) -> None:
    model = loaded("llama3")
    given: dict[str, Intervention] = {
        "free": NEURONS,
        "help": gated(NEURONS, HELP),
        "rest": gated(VECTOR, REST),
        "closed": gated(VECTOR, HELP.forced("closed")),
    }
    edits = {"plain": None, **{name: edits_of(each, KNOWN) for name, each in given.items()}}
    found: dict[str, dict[int, tuple[float, ...]]] = {name: {} for name in edits}
    for name, place, answer in Gated(model).sweep(REQUESTS, edits):
        assert place not in found[name]
        found[name][place] = answer
    assert found["closed"] == found["plain"]
    for name, each in given.items():
        expected = answers(SteeredModel(model, each, KNOWN), REQUESTS)
        assert all(alike(found[name][place], expected[place]) for place in range(len(REQUESTS)))
    assert all(alike(found["plain"][p], plain(model, REQUESTS)[p]) for p in (0, 5, 11))


def test_without_gates_a_sweep_is_the_models_own(loaded: Loaded) -> None:
    model = loaded("gemma")
    edits = {"plain": None, "add": edits_of(NEURONS, {})}
    assert list(Gated(model).sweep(REQUESTS, edits)) == list(model.sweep(REQUESTS, edits))
    assert Gated(model).identity == model.identity


def test_a_question_is_judged_once_whoever_is_asked(loaded: Loaded) -> None:
    model = loaded("gemma")
    weights = np.random.default_rng(1).standard_normal(32).astype(np.float32)
    gate = Gate("read", ProbeDetector(0, weights, 0.0))
    known = Gated(model)
    with runs_of(model) as rows:
        first = known.opens(gate, REQUESTS)
        assert sum(rows) == len(QUESTIONS)
        assert known.opens(gate, REQUESTS[::-1]) == first[::-1]
        assert sum(rows) == len(QUESTIONS)
        known.opens(gate, [Request((Message("user", "A new one?"),))])
    assert rows[-1] == 1
    assert sum(rows) == len(QUESTIONS) + 1


def test_a_gate_reads_the_model_as_it_is_unsteered(loaded: Loaded) -> None:
    """Steering at the layer that a gate's probe reads does not change what the gate decides."""
    model = loaded("gemma")
    weights = 0.1 * np.random.default_rng(3).standard_normal(32).astype(np.float32)
    chances = detected(ProbeDetector(0, weights, 0.0), model, [said for said, _ in QUESTIONS])
    gate = Gate("read", ProbeDetector(0, weights, 0.0), float(np.sort(chances)[1:3].mean()))
    strong = replace(VECTOR, vector_by_layer={0: 100 * weights})
    found = answers(SteeredModel(model, gated(strong, gate)), REQUESTS)
    before = plain(model, REQUESTS)
    for place in range(len(REQUESTS)):
        is_open = chances[place // len(ROLES)] >= gate.threshold
        assert alike(found[place], before[place]) != is_open
    texts = dict(SteeredModel(model, gated(strong, gate)).texts(REQUESTS, max_new_tokens=3))
    unsteered = dict(model.texts(REQUESTS, max_new_tokens=3))
    for place in range(len(REQUESTS)):
        if chances[place // len(ROLES)] < gate.threshold:
            assert texts[place] == unsteered[place]


def test_a_gate_is_part_of_who_answers(loaded: Loaded) -> None:
    model = loaded("gemma")
    free, shut = SteeredModel(model, NEURONS), SteeredModel(model, gated(NEURONS, HELP))
    assert free.identity != shut.identity
    assert shut.identity["intervention"] == digest_of(gated(NEURONS, HELP))


def test_nothing_asked_is_nothing_judged(loaded: Loaded) -> None:
    model = SteeredModel(loaded("gemma"), gated(NEURONS, NOWHERE))
    assert list(model.log_probabilities([])) == []
    assert list(model.texts([], max_new_tokens=2)) == []


# Phrases.


def test_a_phrase_may_be_missing_where_a_gate_opens(loaded: Loaded) -> None:
    """The phrase stands in a prompt for which the gate is shut, and the other way round."""
    model = loaded("gemma")
    say = scoped(NEURONS, Scope("phrase", PHRASE))
    asked = [REQUESTS[0], REQUESTS[4], REQUESTS[1], REQUESTS[9]]  # help · rest, phrase · both · no
    before = plain(model, asked)
    for given in (gated(say, HELP), Combined((gated(ADD, HELP), say)), gated(say, HELP)):
        steered = SteeredModel(model, given, KNOWN)
        found = answers(steered, asked)
        for place, request in enumerate(asked):
            helped, said = place in (0, 2), place in (1, 2)
            parts: list[Intervention] = []
            if isinstance(given, Combined):
                parts = [ADD] * helped + [say] * said
            elif helped and said:
                parts = [say]
            if parts:
                (expected,) = answers(SteeredModel(model, Combined(tuple(parts)), KNOWN), [request])
            else:
                expected = before[place]
            assert alike(found[place], expected), place
        assert len(dict(steered.texts(asked, max_new_tokens=2))) == len(asked)
    shut = asked[:2]  # where the gate opens nobody says the phrase
    assert (
        answers(SteeredModel(model, gated(say, HELP), KNOWN), shut)[0] == plain(model, shut[:1])[0]
    )


@pytest.mark.fault
def test_a_phrase_in_none_of_all_prompts_is_still_an_error(loaded: Loaded) -> None:
    model = loaded("gemma")
    for gate in (HELP, HELP.forced("open"), HELP.forced("closed")):
        given = SteeredModel(model, gated(scoped(NEURONS, Scope("phrase", "loud nights")), gate))
        with pytest.raises(OptionError, match="'loud nights' in none of 12"):
            list(given.log_probabilities(REQUESTS))
        with pytest.raises(OptionError, match="'loud nights' in none of 12"):
            list(given.texts(REQUESTS, max_new_tokens=2))


# Texts, and hooks.


@pytest.mark.parametrize("name", ["gemma", "llama3"])
@pytest.mark.parametrize("kind", ["combined", "combined probes"])
def test_texts_are_written_as_gates_decided(kind: str, name: str, loaded: Loaded) -> None:
    model, given = loaded(name), EVERY[kind]
    unsteered = dict(model.texts(REQUESTS, max_new_tokens=4))
    steered = dict(SteeredModel(model, given, KNOWN).texts(REQUESTS, max_new_tokens=4))
    found = dict(SteeredModel(model, gated(given, HELP), KNOWN).texts(REQUESTS, max_new_tokens=4))
    assert found == {p: (steered if p in HELPS else unsteered)[p] for p in range(len(REQUESTS))}
    assert found != unsteered
    closed = gated(given, HELP.forced("closed"))
    assert dict(SteeredModel(model, closed, KNOWN).texts(REQUESTS, max_new_tokens=4)) == unsteered
    opened = gated(given, HELP.forced("open"))
    assert dict(SteeredModel(model, opened, KNOWN).texts(REQUESTS, max_new_tokens=4)) == steered
    assert dict(model.texts(REQUESTS, max_new_tokens=4)) == unsteered


def test_where_the_role_ends_matters_only_where_a_gate_is_open(loaded: Loaded) -> None:
    """Prompts read alike and their roles end apart, but the edit after the role is shut."""
    model = loaded("gemma")
    asked = [
        Request((Message("system", "Rest."), Message("user", "Well?")), bare="Should I walk?"),
        Request((Message("user", "Rest.\n\nWell?"),), bare="Should I walk?"),
    ]
    after = gated(scoped(NEURONS, Scope("after role")), HELP)
    found = dict(SteeredModel(model, Combined((after, ADD)), KNOWN).texts(asked, max_new_tokens=3))
    assert found == dict(SteeredModel(model, ADD, KNOWN).texts(asked, max_new_tokens=3))


@pytest.mark.fault
def test_hooks_refuse_gates_that_would_decide_by_name(loaded: Loaded) -> None:
    model = loaded("gemma")
    ids = torch.tensor([[2, 7, 9, 11]])
    for gate in (HELP, HELP.forced("closed")):
        for given in (gated(NEURONS, gate), Combined((ADD, gated(PROBES, gate)))):
            says = f"'about help', {gate.state}"
            with pytest.raises(OptionError, match=says), steer(model, given, KNOWN):
                pass
    with torch.inference_mode():
        with steer(model, NEURONS):
            expected = model.model(ids).logits
        with steer(model, gated(NEURONS, HELP.forced("open"))):
            assert torch.equal(model.model(ids).logits, expected)
