"""`steer` runs an intervention inside a Hugging Face model, for as long as a block lasts.

    with steer(model, intervention, {"gemma-2b-it-res-jb": sae}) as steered:
        model.generate(…)        or any forward pass, padded on either side, cached or not
    steered.n_tokens             how many tokens each edit reached

Nested blocks add up, the outer one first. Guarantee: only hooks are installed, and on leaving, also
by an exception, none is left; padding is never edited; an edit that missed a token it is meant for
is a fault. One block runs a model at a time: two threads must not share one.
"""

import inspect
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from causalvalues.errors import OptionError, WrongHook
from causalvalues.models import architectures
from causalvalues.models.architectures import Parts
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.edits import Move, edits_of
from causalvalues.steering.intervention import Intervention, RolePrompt, gates_of, parts_of
from causalvalues.steering.reading import Reader, RoleEnds
from causalvalues.steering.steered import Steered

__all__ = ["steer"]

NONE: Mapping[str, Dictionary] = MappingProxyType({})
Given = Mapping[str, object]


@contextmanager
def steer(
    model: PreTrainedModel | LanguageModel,
    intervention: Intervention,
    dictionaries: Mapping[str, Dictionary] = NONE,
    *,
    tokenizer: PreTrainedTokenizerBase | None = None,
    role_ends: RoleEnds | None = None,
    prompts_told: bool = False,
    phrases_told: bool = False,
) -> Iterator[Steered]:
    """Give what counts the edits, while the model runs with them.

    tokenizer     needed for the scope of a phrase; a LanguageModel has its own
    role_ends     needed for the scope after the role: the first token after the role's text, for
                  every row, padding not counted, or by the ids of the prompt
    prompts_told  whoever writes the prompts has told the role prompts: only edits are left
    phrases_told  whoever writes the prompts knows that some hold no phrase: that is no error
    """
    if isinstance(model, LanguageModel):
        inner, parts, tokenizer = model.model, model.parts, tokenizer or model.tokenizer
    else:
        inner, parts = model, architectures.parts_of(model)
    _refuse_prompts(intervention, prompts_told=prompts_told)
    _refuse_gates(intervention)
    edits = edits_of(intervention, dictionaries)
    _check_layers(edits, len(parts.layers))
    reader = _reader(edits, tokenizer, role_ends)
    steered = Steered(edits)
    with ExitStack() as stack:
        for hook in _hooks(inner, parts, reader, steered):
            stack.callback(hook.remove)
        yield steered
    steered.check()
    if not phrases_told:
        steered.check_phrases()


def _refuse_prompts(intervention: Intervention, *, prompts_told: bool) -> None:
    """Raise where a role prompt would be lost."""
    parts = list(parts_of(intervention))
    prompts = [part for part in parts if isinstance(part, RolePrompt)]
    if len(prompts) == len(parts) or (prompts and not prompts_told):
        raise OptionError(
            "A role prompt is told, not hooked",
            found=f"{len(prompts)} in what is to be hooked",
            remedy="write prompts with `told` or `told_system`, then steer with "
            "`prompts_told=True` if there is more to the intervention; or use `SteeredModel`",
        )


def _refuse_gates(intervention: Intervention) -> None:
    """Raise where a gate would have to decide: hooks do not know what the question is."""
    deciding = [gate for gate in gates_of(intervention) if gate.state != "open"]
    if deciding:
        raise OptionError(
            "A gate is asked before a model runs, not by a hook",
            found=f"the gate {deciding[0].name!r}, {deciding[0].state}",
            remedy="use `SteeredModel`, or force the gate open: `gated(intervention, None)`",
        )


def _check_layers(edits: tuple[Move, ...], n_layers: int) -> None:
    """Raise unless the model has every layer that is edited."""
    for edit in edits:
        if edit.layer >= n_layers:
            error = WrongHook if edit.of_sae else OptionError
            raise error(
                f"Layers of this model are from 0 to {n_layers - 1}",
                found=f"{edit.layer} for {edit.name}",
            )


def _reader(
    edits: tuple[Move, ...], tokenizer: PreTrainedTokenizerBase | None, role_ends: RoleEnds | None
) -> Reader:
    """Return who tells tokens, with all that the scopes of the edits need."""
    if any(edit.scope.where == "after role" for edit in edits):
        if role_ends is None:
            raise OptionError(
                "The scope after the role needs `role_ends`",
                found="none",
                remedy="give the first token after the role for every row, or use `SteeredModel`",
            )
    else:
        role_ends = None
    phrases = sorted({edit.phrase for edit in edits if edit.phrase})
    if phrases and tokenizer is None:
        raise OptionError(
            "A phrase is looked for in text, which needs the tokenizer",
            found=f"none, for {phrases[0]!r}",
            remedy="give `tokenizer`, or a LanguageModel",
        )
    return Reader(phrases, tokenizer, role_ends)


def _hooks(
    model: nn.Module, parts: Parts, reader: Reader, steered: Steered
) -> Iterator[RemovableHandle]:
    """Yield hooks as they are installed: around the decoder, then one for each edit."""
    listener = _Listener(model, parts.decoder, reader, steered)
    if model is not parts.decoder:
        yield model.register_forward_pre_hook(listener.enter_model, with_kwargs=True)
        yield model.register_forward_hook(listener.leave_model, always_call=True)
    yield parts.decoder.register_forward_pre_hook(listener.enter_decoder, with_kwargs=True)
    for place, edit in enumerate(steered.edits):
        hook = _EditHook(steered, place)
        if edit.site == "residual":
            yield parts.layers[edit.layer].register_forward_hook(hook.leave_layer)
        elif edit.site == "neurons":
            yield _inside(parts, edit).register_forward_pre_hook(hook.enter_projection)
        else:
            yield _inside(parts, edit).register_forward_hook(hook.leave_layer)
    yield parts.decoder.register_forward_hook(listener.leave_decoder)


def _inside(parts: Parts, edit: Move) -> nn.Module:
    """Return the part of a layer's MLP at which an edit acts."""
    found = architectures.inside_mlp(parts.layers[edit.layer], edit.site)
    if found is None:
        name = architectures.INSIDE_MLP[edit.site]
        raise architectures.unknown(parts.model_type, f"no {name}, whose neurons are edited")
    return found


@dataclass(eq=False)
class _Listener:
    """The hooks that learn what a run reads, and when it is over."""

    model: nn.Module
    decoder: nn.Module
    reader: Reader
    steered: Steered
    outer: Given | None = None  # what the whole model was given, while it runs

    def enter_model(self, model: nn.Module, args: tuple[object, ...], given: Given) -> None:
        """Keep what the whole model is given: ids and padding, before it makes masks of them."""
        self.outer = _named(model, args, given)

    def leave_model(self, *_: object) -> None:
        """Forget it, whatever came of the run."""
        self.outer = None

    def enter_decoder(self, decoder: nn.Module, args: tuple[object, ...], given: Given) -> None:
        """Begin a run."""
        found = _named(decoder, args, given)
        if self.outer is not None:
            found |= {"attention_mask": self.outer.get("attention_mask")}
            if self.outer.get("input_ids") is not None:
                found |= {"input_ids": self.outer["input_ids"]}
        self.steered.begin(self.reader.read(found))

    def leave_decoder(self, *_: object) -> None:
        """End a run that came to its end."""
        self.steered.end()


@dataclass(frozen=True, eq=False)
class _EditHook:
    """The hook of one edit."""

    steered: Steered
    place: int

    def leave_layer(self, layer: nn.Module, entered: object, left: object) -> object:
        """Return what leaves a layer, or its gates, changed."""
        if isinstance(left, tuple):
            return (self.steered.change(self.place, left[0]), *left[1:])
        return self.steered.change(self.place, cast(Tensor, left))

    def enter_projection(self, projection: nn.Module, entered: tuple[Tensor, ...]) -> object:
        """Return what enters a projection, with the neurons changed."""
        return (self.steered.change(self.place, entered[0]), *entered[1:])


def _named(module: nn.Module, args: tuple[object, ...], given: Given) -> dict[str, object]:
    """Return what a module is given, by name."""
    if not args:
        return dict(given)
    return dict(zip(inspect.signature(module.forward).parameters, args, strict=False)) | dict(given)
