"""Tokens are told from what a decoder reads: padding, caches, growing texts, phrases, roles."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
import tiny_models
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from causalvalues.errors import OptionError
from causalvalues.models.edit import Tokens
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.intervention import Scope
from causalvalues.steering.phrases import tokens_of_phrase
from causalvalues.steering.reading import Reader
from causalvalues.steering.scope import reached

TOKENIZERS = {
    "gemma": tiny_models.gemma_tokenizer,
    "llama2": tiny_models.llama2_tokenizer,
    "llama3": tiny_models.llama3_tokenizer,
}


@pytest.fixture(scope="module", params=TOKENIZERS)
def tokenizer(request: pytest.FixtureRequest) -> PreTrainedTokenizerFast:
    return TOKENIZERS[request.param]()


def drawn(mask: Tensor) -> str:
    return " ".join("".join("x" if each else "-" for each in row) for row in mask.tolist())


def cache(n_tokens: int) -> SimpleNamespace:
    return SimpleNamespace(get_seq_length=lambda: n_tokens)


def read(reader: Reader, ids: Tensor, mask: str | None = None, **given: object) -> Tokens:
    """The tokens of a pass; x is a token, - is padding."""
    rows = None if mask is None else [[mark == "x" for mark in row] for row in mask.split()]
    told = None if rows is None else torch.tensor(rows).long()
    return reader.read({"input_ids": ids, "attention_mask": told, **given}).tokens


IDS = torch.arange(10).reshape(2, 5)


@pytest.mark.parametrize(
    ("mask", "last", "positions"),
    [
        (None, "----x ----x", [[0, 1, 2, 3, 4]] * 2),
        ("xxxxx --xxx", "----x ----x", [[0, 1, 2, 3, 4], [0, 0, 0, 1, 2]]),
        ("xxxxx xxx--", "----x --x--", [[0, 1, 2, 3, 4], [0, 1, 2, 2, 2]]),
        ("-xxx- -----", "---x- -----", [[0, 0, 1, 2, 2], [0, 0, 0, 0, 0]]),
    ],
)
def test_the_last_token_is_the_last_that_is_not_padding(
    mask: str | None, last: str, positions: list[list[int]]
) -> None:
    tokens = read(Reader(), IDS, mask)
    assert drawn(tokens.is_last) == last
    assert drawn(tokens.is_answer) == "----- -----"
    assert tokens.positions.tolist() == positions


def test_what_is_read_onto_a_cache_is_an_answer() -> None:
    reader = Reader(role_ends=[2, 0])
    tokens = read(reader, IDS, "xxxxx --xxx", past_key_values=cache(0))
    assert drawn(tokens.after_role) == "--xxx xxxxx"
    tokens = read(reader, IDS[:, :2], "xxxxxxx --xxxxx", past_key_values=cache(5))
    assert drawn(tokens.is_answer) == drawn(tokens.after_role) == "xx xx"
    assert drawn(tokens.is_last) == "-- --"
    assert tokens.positions.tolist() == [[5, 6], [3, 4]]
    tokens = read(Reader(), IDS[:, :2], past_key_values=cache(5))
    assert tokens.positions.tolist() == [[5, 6], [5, 6]]


def test_a_text_that_grows_by_a_token_is_being_written() -> None:
    reader = Reader(role_ends=[1, 3])
    text = torch.arange(16).reshape(2, 8)
    read(reader, text[:, :3])
    for width in (4, 5):
        tokens = read(reader, text[:, :width])
        assert drawn(tokens.is_answer) == " ".join(["---" + "x" * (width - 3)] * 2)
        assert drawn(tokens.is_last) == " ".join(["--x" + "-" * (width - 3)] * 2)
        assert drawn(tokens.after_role) == " ".join(
            ["-xx" + "x" * (width - 3), "---" + "x" * (width - 3)]
        )


@pytest.mark.parametrize(
    "after",
    [
        lambda text: text[:, :5],  # two more
        lambda text: text[:, :3],  # the same
        lambda text: text[:, 1:5],  # another
        lambda text: text[:1, :4],  # fewer rows
    ],
)
def test_another_text_is_a_prompt_of_its_own(after: Callable[[Tensor], Tensor]) -> None:
    text = torch.arange(16).reshape(2, 8)
    reader = Reader()
    read(reader, text[:, :3])
    assert not read(reader, after(text)).is_answer.any()
    reader = Reader()  # with a cache a text does not grow: what is new is read alone
    read(reader, text[:, :3], past_key_values=cache(0))
    assert not read(reader, text[:, :4], past_key_values=cache(0)).is_answer.any()
    assert not read(reader, text[:, :5]).is_answer.any()


def test_roles_may_be_told_by_the_ids_of_the_prompt() -> None:
    reader = Reader(role_ends={(0, 1, 2): 2, (5, 6): 1})
    ids = torch.tensor([[0, 1, 2], [9, 5, 6], [0, 1, 2]])
    assert drawn(read(reader, ids, "xxx -xx xxx").after_role) == "--x --x --x"


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("You like quiet mornings. So quiet mornings it is.", " quiet mornings"),
        ("You like quiet mornings.", "quiet mornings."),
        ("You like quiet mornings.", "iet morn"),
        ("You like quiet mornings.", "You"),
        ("Zwölf Kühe — süß, 日本語 und 日本.", "日本"),
        ("Zwölf Kühe — süß, 日本語 und 日本.", "ü"),
        ("aaaa", "aa"),
        ("You like quiet mornings.", " loud nights"),
    ],
)
def test_the_tokens_of_a_phrase_are_those_that_overlap_it(
    tokenizer: PreTrainedTokenizerFast, text: str, phrase: str
) -> None:
    coded = tokenizer(text, return_offsets_mapping=True)
    starts = [place for place in range(len(text)) if text.startswith(phrase, place)]
    expected = [
        any(start < until and since < start + len(phrase) for start in starts)
        for since, until in coded["offset_mapping"]
    ]
    found = tokens_of_phrase(coded["input_ids"], phrase, tokenizer)
    assert found.tolist() == expected


def test_a_phrase_is_found_behind_padding_and_never_in_answers(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    texts = ["I like quiet mornings.", "A judge."]
    rows = [tokenizer(text)["input_ids"] for text in texts]
    width = max(map(len, rows)) + 2
    n_phrase = int(tokens_of_phrase(rows[0], " quiet mornings", tokenizer).sum())
    expected = tokens_of_phrase(rows[0], " quiet mornings", tokenizer)
    for side in ("left", "right"):
        ids, mask = torch.zeros((2, 2, width), dtype=torch.int64)
        for row, text in enumerate(rows):
            there = slice(width - len(text), width) if side == "left" else slice(len(text))
            ids[row, there], mask[row, there] = torch.tensor(text), 1
        reader = Reader((" quiet mornings",), tokenizer)
        given = {"input_ids": ids, "attention_mask": mask}
        said = reader.read(given).tokens.in_phrase[" quiet mornings"]
        assert said.sum() == n_phrase > 0
        assert np.array_equal(said[0][mask[0] > 0].numpy(), expected)
        assert not said[1].any()
        again = torch.cat([ids, ids[:, -1:]], dim=1), torch.cat([mask, mask[:, :1] * 0 + 1], dim=1)
        grown = reader.read({"input_ids": again[0], "attention_mask": again[1]}).tokens
        assert torch.equal(grown.in_phrase[" quiet mornings"][:, :-1], said)
        assert not grown.in_phrase[" quiet mornings"][:, -1].any()
        onto = {**given, "past_key_values": cache(width), "attention_mask": mask.repeat(1, 2)}
        assert not reader.read(onto).tokens.in_phrase[" quiet mornings"].any()


def test_tokens_are_those_of_the_survey_engine(loaded: Callable[[str], LanguageModel]) -> None:
    """The same prompts, as `LanguageModel.marks` reads them."""
    requests = tiny_models.requests()
    for name in ("gemma", "llama3"):
        model = loaded(name)
        for phrase in (" quiet mornings", "agree", "You", " walk"):
            for mark in model.marks(requests, phrase):
                reader = Reader((phrase,), model.tokenizer, [mark.role_end])
                tokens = read(reader, torch.from_numpy(mark.ids)[None])
                said = reached(Scope("phrase", phrase), tokens)[0].numpy()
                assert np.array_equal(said, mark.in_phrase)
                after = np.arange(len(mark.ids)) >= mark.role_end
                assert np.array_equal(reached(Scope("after role"), tokens)[0].numpy(), after)


@pytest.mark.fault
def test_what_cannot_be_told_is_an_error() -> None:
    with pytest.raises(OptionError, match="neither"):
        Reader().read({})
    with pytest.raises(OptionError, match="dict"):
        Reader().read({"input_ids": IDS, "attention_mask": {"full_attention": None}})
    with pytest.raises(OptionError, match="every token"):
        read(Reader(), IDS, "xxx xxx")
    with pytest.raises(OptionError, match="tokenizer"):
        read(Reader((" values",)), IDS)
    with pytest.raises(OptionError, match="3 for 2 rows"):
        read(Reader(role_ends=[1, 2, 3]), IDS)
    with pytest.raises(OptionError, match="prompt of 5 tokens"):
        read(Reader(role_ends={(0, 1, 2, 3, 4): 2}), IDS)
    with pytest.raises(OptionError, match="embeddings"):
        Reader(role_ends={}).read({"inputs_embeds": torch.zeros(1, 2, 3)})
