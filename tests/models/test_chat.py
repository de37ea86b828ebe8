"""A conversation becomes the tokens that the model was trained on: each known trap, once."""

from datetime import date

import pytest
import tiny_models

from causalvalues.errors import OptionError
from causalvalues.models.chat import Chat
from causalvalues.survey.request import Message, Request

ROLE = "You are a judge."
ASK = "Should I help a stranger?"
CHATS = {
    "gemma": tiny_models.gemma_tokenizer,
    "llama2": tiny_models.llama2_tokenizer,
    "llama3": tiny_models.llama3_tokenizer,
    "base": tiny_models.base_tokenizer,
}


def asked(role: str = ROLE, ask: str = ASK) -> Request:
    return Request((Message("system", role), Message("user", ask)), ("yes", "no"))


@pytest.fixture(scope="module", params=CHATS)
def chat(request: pytest.FixtureRequest) -> Chat:
    return Chat(CHATS[request.param]())


def written(kind: str, **tokenizer: str | None) -> str:
    """What a prompt says."""
    made = CHATS[kind]()
    for name, value in tokenizer.items():
        setattr(made, name, value)
    return Chat(made).prompts([asked()])[0].text


def test_a_template_with_roles_gets_a_role() -> None:
    assert written("llama3") == (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nYou are a judge.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nShould I help a stranger?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    assert written("llama2") == (
        "<s>[INST] <<SYS>>\nYou are a judge.\n<</SYS>>\n\nShould I help a stranger? [/INST]"
    )


MERGED = (
    "<bos><start_of_turn>user\nYou are a judge.\n\nShould I help a stranger?<end_of_turn>\n"
    "<start_of_turn>model\n"
)


def test_a_role_that_the_template_refuses_opens_the_first_turn() -> None:
    assert written("gemma") == MERGED


def test_a_role_that_the_template_drops_opens_the_first_turn() -> None:
    drops = tiny_models.GEMMA.replace(
        "{{ raise_exception('System role not supported') }}{% endif %}{% for m in messages %}",
        "{% endif %}{% for m in messages if m['role'] != 'system' %}",
    )
    assert "raise" not in drops
    assert written("gemma", chat_template=drops) == MERGED


def test_without_a_template_the_form_is_the_documented_one() -> None:
    assert written("base") == "You are a judge.\n\nUser: Should I help a stranger?\n\nAssistant:"


def test_bos_stands_once(chat: Chat) -> None:
    tokenizer = chat.tokenizer
    (prompt,) = chat.prompts([asked()])
    n_expected = 0 if tokenizer.chat_template is None else 1  # the base one never uses it
    assert prompt.ids.tolist().count(tokenizer.bos_token_id) == n_expected
    assert prompt.ids.tolist()[:1].count(tokenizer.bos_token_id) == n_expected


@pytest.mark.parametrize("n_written", [0, 1, 2])
def test_bos_stands_once_however_often_the_template_writes_it(n_written: int) -> None:
    tokenizer = tiny_models.llama3_tokenizer()
    tokenizer.chat_template = tiny_models.LLAMA3.replace(
        "(bos_token if loop.first else '')", f"(bos_token * {n_written} if loop.first else '')"
    )
    (prompt,) = Chat(tokenizer).prompts([asked()])
    (usual,) = Chat(tiny_models.llama3_tokenizer()).prompts([asked()])
    assert prompt.ids.tolist() == usual.ids.tolist()
    assert prompt.role_end == usual.role_end


def test_the_role_ends_where_its_text_ends(chat: Chat) -> None:
    for role in (ROLE, "user", "\n You are. \n"):  # "user" also stands in the template
        (prompt,) = chat.prompts([asked(role)])
        before = chat.tokenizer.decode(prompt.ids[: prompt.role_end])
        assert before.rstrip("\n").endswith(role.strip())
        after = chat.tokenizer.decode(prompt.ids[prompt.role_end :])
        assert ASK in after
    (prompt,) = chat.prompts([Request((Message("user", ASK),))])
    assert prompt.role_end == 0


def test_a_label_continues_a_prompt_as_its_text_does(chat: Chat) -> None:
    (prompt,) = chat.prompts([asked()])
    ending = chat.ending(prompt.text)
    assert prompt.text.endswith(ending)
    for label in ("yes", " yes", "A", " agree completely"):
        tokens = chat.continued(ending, label)
        assert tokens == chat.continued(prompt.text, label)
        whole = chat.tokenizer(prompt.text + label, add_special_tokens=False)["input_ids"]
        assert whole[-len(tokens) :] == list(tokens)
        assert chat.tokenizer.decode(tokens).strip() == label.strip()


def test_a_label_that_would_fuse_with_the_prompt_stands_alone() -> None:
    chat = Chat(tiny_models.base_tokenizer())
    before = chat.tokenizer("user: a")["input_ids"]
    assert chat.tokenizer("user: agree")["input_ids"][: len(before)] != before
    assert chat.continued("user: a", "gree") == tuple(chat.tokenizer("gree")["input_ids"])


def test_an_answer_that_was_begun_is_left_open() -> None:
    begun = Request((Message("user", ASK), Message("assistant", "My answer is")), ("yes", "no"))
    for kind, make in CHATS.items():
        if kind != "llama2":  # its template closes every turn
            (prompt,) = Chat(make()).prompts([begun])
            assert prompt.text.endswith("My answer is")


def test_the_date_does_not_change_the_prompt() -> None:
    tokenizer = tiny_models.llama3_tokenizer()
    dated = "{{ date_string if date_string is defined else strftime_now('%d %b %Y') }}"
    tokenizer.chat_template = dated + tiny_models.LLAMA3
    (prompt,) = Chat(tokenizer).prompts([asked()])
    assert "26 Jul 2024" in prompt.text
    assert str(date.today().year) not in prompt.text


def test_another_template_is_another_digest() -> None:
    digests = {Chat(make()).digest for make in CHATS.values()}
    assert len(digests) == len(CHATS)
    assert Chat(tiny_models.gemma_tokenizer()).digest in digests


@pytest.mark.fault
def test_text_never_becomes_a_control_token() -> None:
    chat = Chat(tiny_models.gemma_tokenizer())
    with pytest.raises(OptionError, match="control tokens"):
        chat.prompts([asked("You are <end_of_turn> done")])


@pytest.mark.fault
@pytest.mark.parametrize("messages", [(), (Message("system", ROLE),)])
def test_a_request_without_a_question_is_an_error(messages: tuple[Message, ...]) -> None:
    with pytest.raises(OptionError, match="the user says"):
        Chat(tiny_models.llama3_tokenizer()).prompts([Request(messages)])


@pytest.mark.fault
def test_turns_that_the_template_refuses_are_an_error() -> None:
    chat = Chat(tiny_models.gemma_tokenizer())
    turns = (Message("user", ASK), Message("system", ROLE), Message("user", ASK))
    tokenizer = tiny_models.gemma_tokenizer()
    tokenizer.chat_template = tiny_models.GEMMA.replace(
        "{% for m in messages %}",
        "{% for m in messages %}"
        "{% if m['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}",
    )
    with pytest.raises(OptionError, match="take turns"):
        Chat(tokenizer).prompts([Request(turns)])
    assert not chat.takes_role
