"""An `Answer` is one row of the store: who was asked what, as whom, under what, and what came back.

    key        SHA-256 over the canonical JSON of all that the answer depends on, and of the names
               it goes by: an item that is reworded, a role that is renumbered, another revision of
               the model are other keys, so that no answer is ever read under a wrong name
    checksum   BLAKE2b over every cell of the row

Guarantee: a row that was changed by as little as a bit, in any cell, is not an answer any more.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha256

from causalvalues.provenance import canonical_json
from causalvalues.survey.request import Request

__all__ = ["Answer", "answer_of", "cells_of", "digest_of", "key_of"]

CHECK_BYTES = 8
NO_TEXT, TEXT = b"\x00", b"\x01"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: log-probabilities where options were weighed, text where it was written."""

    key: bytes
    model: str
    condition: str
    role: str
    question: str
    log_probabilities: tuple[float, ...] = ()
    text: str | None = None
    flags: str = ""


def digest_of(request: Request) -> str:
    """Return a SHA-256 of what is said and of what may be answered."""
    content = canonical_json(
        {
            "messages": [[message.speaker, message.text] for message in request.messages],
            "options": list(request.options),
        }
    )
    return sha256(content.encode()).hexdigest()


def key_of(
    identity: Mapping[str, str],
    request_digest: str,
    *,
    role: str,
    question: str,
    condition: str = "",
    condition_digest: str = "",
    max_new_tokens: int | None = None,
) -> bytes:
    """Return the key of an answer: 32 bytes that change with anything the answer depends on."""
    content = canonical_json(
        {
            "identity": dict(identity),
            "request": request_digest,
            "condition": [condition, condition_digest],
            "names": [role, question],
            "max_new_tokens": max_new_tokens,
        }
    )
    return sha256(content.encode()).digest()


def cells_of(answer: Answer) -> tuple[bytes | str | None, ...]:
    """Return the cells of a row, the checksum last."""
    numbers = answer.log_probabilities
    cells: tuple[bytes | str | None, ...] = (
        answer.key,
        answer.model,
        answer.condition,
        answer.role,
        answer.question,
        struct.pack(f"<{len(numbers)}d", *numbers),
        answer.text,
        answer.flags,
    )
    return (*cells, _checksum([c.encode() if isinstance(c, str) else c for c in cells]))


def answer_of(cells: Sequence[object]) -> Answer | None:
    """Return the answer in a row read as bytes, or None where the row is damaged."""
    *content, checksum = cells
    text = content.pop(6)
    named = [cell for cell in content if isinstance(cell, bytes)]
    if len(named) != 7 or not (text is None or isinstance(text, bytes)):
        return None
    if _checksum([*named[:6], text, named[6]]) != checksum:
        return None
    key, model, condition, role, question, numbers, flags = named
    return Answer(
        key,
        model.decode(),
        condition.decode(),
        role.decode(),
        question.decode(),
        struct.unpack(f"<{len(numbers) // 8}d", numbers),
        None if text is None else text.decode(),
        flags.decode(),
    )


def _checksum(cells: Sequence[bytes | None]) -> bytes:
    """Return the checksum of a row's cells; an absent text is not an empty one."""
    parts = [NO_TEXT if cell is None else TEXT + cell for cell in cells]
    return blake2b(b"\x1f".join(parts), digest_size=CHECK_BYTES).digest()
