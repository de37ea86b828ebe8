"""How surprised a model is by texts, each given the prompt that it answers.

    surprise     −(1/n) Σ log P(token | prompt, tokens before) over the n tokens of a text, in nats
    perplexity   exp(surprise)

A text is tokenised as what stands right after the prompt; after a prompt that ends in no white
space (a model without a chat template) a space comes first, as the model would write it. A text is
weighed as these very tokens: other ways of spelling it, which count where options are weighed, do
not count here, so that n is known. The end of the turn is not a part of it, and what does not fit
into the model's context is left out. Prompts that begin alike are computed once.
Guarantee: the numbers are those of a plain forward of prompt and text, up to rounding; a text
without a token is NaN.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.models.chat import Prompt
from causalvalues.models.conditions import conditions_of
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.options import Continuations
from causalvalues.models.pack import Asked, asked
from causalvalues.survey.request import Request

__all__ = ["surprises"]

Floats = NDArray[np.float64]
WINDOW = 256  # texts that are sorted and packed together


def surprises(model: LanguageModel, requests: Sequence[Request], texts: Sequence[str]) -> Floats:
    """Return (text,) the surprise at each text as the answer to its request, in nats a token."""
    if len(requests) != len(texts):
        raise OptionError("Every text answers a request", found=f"{len(texts)}, {len(requests)}")
    found = np.full(len(texts), np.nan)
    for start in range(0, len(texts), WINDOW):
        window = slice(start, start + WINDOW)
        prompts = model.chat.prompts(requests[window])
        read = [
            each
            for place, (prompt, text) in enumerate(zip(prompts, texts[window], strict=True))
            if (each := _read(model, start + place, prompt, text)) is not None
        ]
        length_by_place = {each.place: _length(each) for each in read}
        for _, place, (log_probability,) in model.engine.answers(
            read, conditions_of({"": None}, model.parts.layers)
        ):
            found[place] = -log_probability / length_by_place[place]
    return found


def _read(model: LanguageModel, place: int, prompt: Prompt, text: str) -> Asked | None:
    """Return a prompt with its text as the only way to go on; None where there is no text."""
    if not text.strip():
        return None
    before = model.chat.ending(prompt.text)
    after = text if prompt.text[-1:].isspace() or text[:1].isspace() else f" {text}"
    tokens = model.chat.continued(before, after)[: model.parts.context - len(prompt.ids)]
    return asked(place, prompt, Continuations((tokens,), (0,), (-1,), 1)) if tokens else None


def _length(read: Asked) -> int:
    """Return how many tokens the text has."""
    return len(read.continuations.sequences[0]) if read.continuations else 0
