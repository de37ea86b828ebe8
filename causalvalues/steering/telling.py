"""What a role is told besides its own text: the role prompts of an intervention, in order.

    end       after the role's own lines, before the closing line where the role has one
    start     before them
    instead   in their place

Guarantee: a role keeps its id, its traits and its levels, as conditions tell steered roles apart;
what has no role prompt, or none with a share, leaves every text as it is.
"""

from dataclasses import replace

from causalvalues.steering.intervention import Intervention, RolePrompt, parts_of
from causalvalues.survey.roles import CLOSING, Role

__all__ = ["told", "told_system"]


def told(role: Role, intervention: Intervention) -> Role:
    """Return the role with all that it is told besides."""
    return replace(role, text=told_system(role.text, intervention))


def told_system(text: str, intervention: Intervention) -> str:
    """Return the text of a role, or of a system message, with all that is told besides."""
    for part in parts_of(intervention):
        if isinstance(part, RolePrompt) and part.share == 1:
            text = _told(text, part)
    return text


def _told(text: str, prompt: RolePrompt) -> str:
    """Return a text with one role prompt."""
    lines = prompt.text.strip()
    if prompt.place == "instead" or not text.strip():
        return lines
    if prompt.place == "start":
        return f"{lines}\n{text}"
    if text != CLOSING and not text.endswith(f"\n{CLOSING}"):
        return f"{text}\n{lines}"
    return f"{text.removesuffix(CLOSING)}{lines}\n{CLOSING}"
