"""`Chat` turns a conversation into the tokens that a model was trained to answer.

    template     the tokenizer's own; dates in it are fixed, so that answers do not age
    role         a turn of its own where the template takes one; where it refuses or drops it, the
                 first lines of the first user turn
    no template  role, then "User: …" and "Assistant:", with blank lines between (base models)

Guarantee: a text that the tokenizer would begin with BOS begins with it exactly once, whoever
writes it; text never becomes a control token; tokens that touch the role's text count as role.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from causalvalues.errors import OptionError
from causalvalues.models.marks import Bools, covering
from causalvalues.models.tree import Keys
from causalvalues.survey.request import Message, Request

__all__ = ["Chat", "Prompt"]

TODAY = "26 Jul 2024"  # what Llama 3.1 and 3.2 say where nobody tells them the date
TAIL = 64  # characters
SYSTEM, USER = "A role that nobody has.", "A question that nobody asks."
FALLBACK = "role / User: … / Assistant:, blank lines between"


@dataclass(frozen=True, eq=False)
class Prompt:
    """A conversation as tokens, up to where the answer begins."""

    ids: Keys  # (token,)
    role_end: int  # the first token after the role's text; 0 without a role
    text: str  # what the tokens say
    in_phrase: tuple[Bools, ...] = ()  # for each phrase that was asked for: (token,)


@dataclass(frozen=True, eq=False)
class Chat:
    """One tokenizer and how it is talked to."""

    tokenizer: PreTrainedTokenizerBase

    def __post_init__(self) -> None:
        if not self.tokenizer.is_fast:
            raise OptionError(
                "A tokenizer must say which characters each token covers",
                found=type(self.tokenizer).__name__,
                remedy="use a checkpoint with a tokenizer.json",
            )

    @cached_property
    def takes_role(self) -> bool:
        """Return whether the template shows a system message as a turn of its own."""
        if self.tokenizer.chat_template is None:
            return True
        try:
            text = self._rendered([Message("system", SYSTEM), Message("user", USER)])
        except TemplateError:
            return False
        return SYSTEM in text and USER in text

    @property
    def digest(self) -> str:
        """Return what the way of asking is known by: the template and the rules above."""
        rules = [self.tokenizer.chat_template or FALLBACK, self.takes_role, self._adds_bos, TODAY]
        return hashlib.sha256(json.dumps(rules).encode()).hexdigest()

    def prompts(self, requests: Sequence[Request], phrases: Sequence[str] = ()) -> list[Prompt]:
        """Return the prompt of every request, and where phrases are in it."""
        if not requests:
            return []
        texts = [self.text(request) for request in requests]
        read = self.tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True)
        return [
            self._prompt(request, text, ids, offsets, phrases)
            for request, text, ids, offsets in zip(
                requests, texts, read["input_ids"], read["offset_mapping"], strict=True
            )
        ]

    def ending(self, text: str) -> str:
        """Return the end of a text, as far as it can change how what follows is tokenised.

        Nothing reaches across a control token; else a few words are more than a token spans.
        """
        tail = text[-TAIL:]
        marks = list(self._controls.finditer(tail)) if self._controls else []
        return tail[marks[-1].start() :] if marks else tail[tail.find(" ") + 1 :]

    def continued(self, text: str, label: str) -> tuple[int, ...]:
        """Return the tokens of a label written right after a text.

        Where the tokenizer would fuse the end of the text with the label, the label's own tokens:
        the text has been read by then and cannot change.
        """
        before = self._ids(text)
        after = self._ids(text + label)
        if len(after) > len(before) and after[: len(before)] == before:
            return tuple(after[len(before) :])
        return tuple(self._ids(label))

    def text(self, request: Request) -> str:
        """Return a conversation as text, up to where the answer begins."""
        messages = list(request.messages)
        if not any(message.speaker == "user" for message in messages):
            raise OptionError(
                "A request needs something that the user says",
                found=", ".join(m.speaker for m in messages) or "nothing",
            )
        for message in messages:
            self._refuse_controls(message.text)
        if messages[0].speaker == "system" and not self.takes_role:
            place = next(i for i, m in enumerate(messages) if m.speaker == "user")
            merged = f"{messages[0].text}\n\n{messages[place].text}"
            messages[place] = Message("user", merged)
            messages = messages[1:]
        try:
            return self._rendered(messages)
        except TemplateError as fault:
            raise OptionError(
                "The turns of a conversation must be ones that the model's template takes",
                found=f"{', '.join(m.speaker for m in messages)} ({fault})",
                remedy="let user and assistant take turns, after at most one system message",
            ) from fault

    def _rendered(self, messages: Sequence[Message]) -> str:
        """Return messages in the template; an assistant's last words are left open."""
        if self.tokenizer.chat_template is None:
            return _plain(messages)
        is_open = messages[-1].speaker == "assistant"
        text = self.tokenizer.apply_chat_template(
            [{"role": message.speaker, "content": message.text} for message in messages],
            tokenize=False,
            add_generation_prompt=not is_open,
            continue_final_message=is_open,
            date_string=TODAY,
        )
        return str(text)

    def _prompt(
        self,
        request: Request,
        text: str,
        ids: Sequence[int],
        offsets: Sequence[tuple[int, int]],
        phrases: Sequence[str],
    ) -> Prompt:
        """Return the prompt with one BOS, and where the role ends in it."""
        role_end = 0
        if request.messages[0].speaker == "system" and request.messages[0].text.strip():
            end = self._role_end(request, text)
            role_end = sum(1 for start, _ in offsets if start < end)
        wanted, written = self._one_bos(ids)
        in_phrase = tuple(
            np.concatenate([np.full(len(wanted), where[:written].any()), where[written:]])
            for where in (covering(offsets, text, phrase) for phrase in phrases)
        )
        kept = np.array([*wanted, *ids[written:]], dtype=np.int64)
        moved = len(wanted) - written
        return Prompt(kept, role_end + moved if role_end else 0, text, in_phrase)

    def _role_end(self, request: Request, text: str) -> int:
        """Return the character after the role's text."""
        role = request.messages[0].text.strip()
        start = text.find(role, self._role_start)
        if start < 0:
            raise OptionError(
                "The chat template must show the text of a role as it is", found=repr(role[:60])
            )
        return start + len(role)

    @cached_property
    def _role_start(self) -> int:
        """Return where the text of every role begins."""
        text = self.text(Request((Message("system", SYSTEM), Message("user", USER))))
        return text.index(SYSTEM)

    def _one_bos(self, ids: Sequence[int]) -> tuple[list[int], int]:
        """Return BOS once, if the tokenizer uses it, and how many of the ids it stands for."""
        bos = self.tokenizer.bos_token_id
        if bos is None:
            return [], 0
        n_written = next((i for i, token in enumerate(ids) if token != bos), len(ids))
        return [bos] if n_written or self._adds_bos else [], n_written

    @cached_property
    def _adds_bos(self) -> bool:
        """Return whether the tokenizer begins plain text with BOS."""
        bos = self.tokenizer.bos_token_id
        return bos is not None and list(self.tokenizer("a")["input_ids"])[:1] == [bos]

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    @cached_property
    def _controls(self) -> re.Pattern[str] | None:
        """Return a pattern of every control token."""
        added = self.tokenizer.added_tokens_decoder.values()
        marks = sorted({token.content for token in added if token.special})
        return re.compile("|".join(map(re.escape, marks))) if marks else None

    def _refuse_controls(self, text: str) -> None:
        """Raise if a text holds what the tokenizer would read as a control token."""
        found = self._controls.search(text) if self._controls else None
        if found:
            raise OptionError(
                "The text of a message must not hold control tokens of the model",
                found=repr(found.group()),
                remedy="remove it from the role or the item",
            )


def _plain(messages: Sequence[Message]) -> str:
    """Return messages in the documented form for models without a template."""
    names = {"user": "User: ", "assistant": "Assistant: ", "system": ""}
    turns = [names[message.speaker] + message.text.strip() for message in messages]
    if messages[-1].speaker != "assistant":
        turns.append("Assistant:")
    return "\n\n".join(turns)
