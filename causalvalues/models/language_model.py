"""`LanguageModel` is a Hugging Face model in this process that answers a survey.

    model = LanguageModel.load("google/gemma-2b-it")
    for place, log_probabilities in model.log_probabilities(requests): ...
    for name, place, log_probabilities in model.sweep(requests, {"plain": None, "up": edit}): ...

Guarantee: `identity` names all that answers depend on besides rounding; answers come as soon as a
batch is done, each request's once; the model's weights and modules are never changed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from causalvalues.errors import OptionError, PromptTooLong
from causalvalues.models.architectures import Parts
from causalvalues.models.chat import Chat, Prompt
from causalvalues.models.conditions import (
    Given,
    Point,
    conditions_of,
    phrases_of,
    refuse_point,
)
from causalvalues.models.edit import Edit
from causalvalues.models.elicit import Engine, Tally
from causalvalues.models.generation import Writer
from causalvalues.models.loading import Dtype, load
from causalvalues.models.marks import Marks
from causalvalues.models.options import Continuations, continuations
from causalvalues.models.pack import Asked, asked
from causalvalues.models.placing import Spread
from causalvalues.models.quantising import Quantize
from causalvalues.survey.request import Request

__all__ = ["LanguageModel"]

WINDOW = 1024  # requests that are read, sorted and packed together

Ending = tuple[str, tuple[str, ...]]  # the end of a prompt, and the options after it


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A loaded model: its parts, how it is talked to, and the engine that runs it."""

    identity: Mapping[str, str]
    model: PreTrainedModel
    parts: Parts
    chat: Chat
    engine: Engine
    computes_together: ClassVar[bool] = True  # sums of another batch may end in other last digits

    @classmethod
    def load(
        cls,
        name_or_path: str | Path,
        *,
        revision: str | None = None,
        dtype: Dtype = "auto",
        device: str = "auto",
        device_map: Spread | Mapping[str, int | str] | None = None,
        token_budget: int | None = None,
        quantize: Quantize | None = None,
    ) -> "LanguageModel":
        """Return the model in a folder or on the hub, checked and ready.

        dtype="auto" is the checkpoint's own on an accelerator and float32 on a CPU; device="auto"
        takes the first GPU there is; `token_budget` is how many tokens are computed at once;
        `device_map` and `quantize` are for models that are too large (docs/large_models.md).
        """
        loaded = load(name_or_path, revision, dtype, device, device_map, token_budget, quantize)
        return cls(loaded.identity, loaded.model, loaded.parts, loaded.chat, loaded.engine)

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """Return the tokenizer of the checkpoint."""
        return self.chat.tokenizer

    @property
    def tally(self) -> Tally:
        """Return how many tokens were asked for, and how many computed, so far."""
        return self.engine.tally

    def log_probabilities(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Yield (place in requests, log-probability of each option), in whatever order is fast."""
        for _, place, found in self.sweep(requests, {"": None}):
            yield place, found

    def sweep(
        self, requests: Sequence[Request], edits: Mapping[str, Given]
    ) -> Iterator[tuple[str, int, tuple[float, ...]]]:
        """Yield (condition, place, log-probabilities) of every request under every condition.

        A condition is an edit, or several that act in the order of their layers; None is no edit.
        What comes before the first edit is computed once for all conditions.
        """
        if not edits:
            raise OptionError("A sweep needs at least one condition", found="none")
        conditions = conditions_of(edits, self.parts.layers)
        phrases = phrases_of(conditions)
        for request in requests:
            if not request.options:
                raise OptionError(
                    "A request that is weighed needs options",
                    found="a request without options",
                    remedy="use `texts` for free answers",
                )
        self.refuse_absent(requests, phrases)
        known: dict[Ending, Continuations] = {}
        for window in self._windows(requests, phrases):
            prompts = [self._asked(place, p, requests[place].options, known) for place, p in window]
            for alone in (False, True):
                some = [condition for condition in conditions if condition.alone == alone]
                if some:
                    yield from self.engine.answers(prompts, some, phrases, alone=alone)

    def residuals(
        self, requests: Sequence[Request], layer: int, *, edits: Sequence[Edit] = ()
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (place, what leaves a layer at each token of a prompt (token, width)).

        Under edits, it is what they leave behind.
        """
        yield from self._activations(requests, Point(layer), edits)

    def neurons(
        self, requests: Sequence[Request], layer: int, *, edits: Sequence[Edit] = ()
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (place, what enters `mlp.down_proj` at each token of a prompt (token, neuron)).

        Under edits, it is what they leave behind.
        """
        yield from self._activations(requests, Point(layer, "neurons"), edits)

    def gates(
        self, requests: Sequence[Request], layer: int, *, edits: Sequence[Edit] = ()
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (place, what leaves `mlp.act_fn` at each token of a prompt (token, neuron)).

        Under edits, it is what they leave behind.
        """
        yield from self._activations(requests, Point(layer, "gates"), edits)

    def marks(self, requests: Sequence[Request], phrase: str = "") -> list[Marks]:
        """Return the tokens of every prompt, where its role ends, and which say a phrase."""
        by_place = {
            place: Marks(prompt.ids, prompt.role_end, prompt.in_phrase[0])
            for window in self._windows(requests, (phrase,))
            for place, prompt in window
        }
        return [by_place[place] for place in range(len(requests))]

    def texts(
        self, requests: Sequence[Request], *, max_new_tokens: int = 256
    ) -> Iterator[tuple[int, str]]:
        """Yield (place in requests, the answer written greedily)."""
        if max_new_tokens < 1:
            raise OptionError("`max_new_tokens` must be 1 or more", found=str(max_new_tokens))
        writer = Writer(self.model, self.tokenizer, self.engine.budget)
        for window in self._windows(requests):
            yield from writer.texts(window, max_new_tokens=max_new_tokens)

    def refuse_absent(self, requests: Sequence[Request], phrases: Iterable[str]) -> None:
        """Raise if a phrase is in none of the prompts: its edit would do nothing."""
        for phrase in phrases:
            if phrase and requests and not any(phrase in self.chat.text(r) for r in requests):
                raise OptionError(
                    "A phrase that an edit asks for must be in a prompt of its sweep",
                    found=f"{phrase!r} in none of {len(requests)}",
                    remedy="write the phrase as the prompts do, or ask with prompts that have it",
                )

    def _activations(
        self, requests: Sequence[Request], point: Point, edits: Sequence[Edit]
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (place, what passes a point at each token of a prompt)."""
        refuse_point(point, self.parts.layers, "What is read")
        (condition,) = conditions = conditions_of({"": tuple(edits)}, self.parts.layers)
        late = [step.point for step in condition.steps if step.point.order > point.order]
        if late:
            raise OptionError(
                "What is read is changed only by edits that come before it",
                found=f"an edit of layer {late[0].layer} ({late[0].site}) for {point.site} of "
                f"layer {point.layer}",
                remedy="leave out the edits that come later",
            )
        phrases = phrases_of(conditions)
        self.refuse_absent(requests, phrases)
        for window in self._windows(requests, phrases):
            prompts = [asked(place, prompt, None) for place, prompt in window]
            yield from self.engine.activations(prompts, point, condition.steps, phrases)

    def _windows(
        self, requests: Sequence[Request], phrases: Sequence[str] = ()
    ) -> Iterator[list[tuple[int, Prompt]]]:
        """Yield (place, prompt), some at a time; requests that begin alike stand together."""
        said = [tuple(message.text for message in request.messages) for request in requests]
        order = sorted(range(len(requests)), key=said.__getitem__)
        for start in range(0, len(order), WINDOW):
            places = order[start : start + WINDOW]
            prompts = self.chat.prompts([requests[place] for place in places], phrases)
            for prompt in prompts:
                self._check_length(prompt)
            yield list(zip(places, prompts, strict=True))

    def _asked(
        self,
        place: int,
        prompt: Prompt,
        options: tuple[str, ...],
        known: dict[Ending, Continuations],
    ) -> Asked:
        """Return a prompt with how its options continue it; what ends alike continues alike."""
        ending = (self.chat.ending(prompt.text), options)
        if ending not in known:
            known[ending] = continuations(options, lambda way: self.chat.continued(ending[0], way))
        return asked(place, prompt, known[ending])

    def _check_length(self, prompt: Prompt) -> None:
        """Raise if a prompt is longer than the model was made for."""
        if len(prompt.ids) > self.parts.context:
            raise PromptTooLong(
                f"A prompt may have {self.parts.context} tokens for this model",
                found=f"{len(prompt.ids)} in a prompt of {len(prompt.text)} characters",
                remedy="shorten the role or the item",
            )
