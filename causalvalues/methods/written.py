"""What a model writes in answer, as tokens after those of the prompt, to be read once more.

A text is written greedily, and its tokens are those of the text as it stands after the prompt;
what ends the turn is not among them. Guarantee: a text that is empty is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from causalvalues.models.language_model import LanguageModel
from causalvalues.survey.request import Request

__all__ = ["Written", "written"]


@dataclass(frozen=True, eq=False)
class Written:
    """The tokens of a prompt and of what was written after it."""

    ids: tuple[int, ...]
    n_prompt: int

    @property
    def n_written(self) -> int:
        """Return how many tokens were written."""
        return len(self.ids) - self.n_prompt


def written(
    model: LanguageModel, requests: Sequence[Request], *, max_new_tokens: int = 64
) -> tuple[Written, ...]:
    """Return what a model writes to requests, in their order."""
    texts = dict(model.texts(requests, max_new_tokens=max_new_tokens))
    found = []
    for place, prompt in enumerate(model.chat.prompts(requests)):
        if texts[place]:
            after = model.chat.continued(model.chat.ending(prompt.text), texts[place])
            found.append(Written((*prompt.ids.tolist(), *after), len(prompt.ids)))
    return tuple(found)
