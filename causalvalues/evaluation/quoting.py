"""`quoted` writes what somebody said as data, so that nothing in it is read as an instruction.

It is JSON on one line; the signs that chat templates are made of, line breaks of any kind and
characters that cannot be seen are escapes. Guarantee: `json.loads` gives back what was quoted, and
no text, whatever it says, ends its quotation marks, its line or the turn it stands in.
"""

import json
import re
from collections.abc import Mapping

__all__ = ["quoted"]

ESCAPED = re.compile(
    r"[<>\[\]"  # <|im_end|>, </s>, <start_of_turn>, [INST]
    "\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff"  # breaks, and what is unseen
    "\ud800-\udfff]"  # halves of characters, which no file and no server takes
)


def quoted(said: str | Mapping[str, str]) -> str:
    """Return a text, or texts by name, as JSON."""
    plain = json.dumps(said, ensure_ascii=False)  # nothing of texts is outside strings but {,:}
    return ESCAPED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", plain)
