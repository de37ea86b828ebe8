"""How far a steered model has moved where no value is at stake: divergence on neutral texts.

    divergence   mean over tokens of KL(steered ‖ unsteered) of the next token, in nats

The first half of a text is read as a prompt and the second as an answer, so that every scope acts
where it would; only the second half counts. Guarantee: an intervention that does nothing to such a
text (told to roles, or at the tokens of a phrase that it does not say) diverges by 0 exactly.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from causalvalues.errors import OptionError
from causalvalues.models.forward import first_device
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import Combined, Intervention, RolePrompt, parts_of
from causalvalues.survey.asking import Progress

__all__ = ["NEUTRAL_TEXTS", "neutral_divergence"]

FEWEST_TOKENS = 4

NEUTRAL_TEXTS = (
    "Water boils at a lower temperature on a high mountain, because the air presses less on it.",
    "The bus leaves at a quarter past eight and stops at the bridge, the market and the station.",
    "A triangle with two equal sides has two equal angles, and the three add up to half a turn.",
    "The old house has a green door, four windows to the street and a pear tree behind it.",
    "Copper carries electricity well, which is why most of the wires in a wall are made of it.",
    "In autumn the leaves turn yellow and red, and by the end of November most have fallen.",
    "To open the box, press the lid on the left side and turn it a little until it clicks.",
    "The river rises in the hills, runs south through two lakes and reaches the sea after a week.",
)


def neutral_divergence(
    model: LanguageModel,
    interventions: Mapping[str, Intervention],
    texts: Sequence[str] = NEUTRAL_TEXTS,
    *,
    dictionaries: Mapping[str, Dictionary] | None = None,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Return the divergence of each intervention by its name; see `with_health`."""
    totals = dict.fromkeys(interventions, 0.0)
    n_tokens = 0
    for done, text in enumerate(texts):
        ids = _ids(model, text)
        plain = _next_tokens(model, ids)
        n_tokens += len(plain)
        for name, intervention in interventions.items():
            felt = _felt(intervention)
            if felt is not None:
                with steer(model, felt, dictionaries or {}, role_ends=[0]):
                    steered = _next_tokens(model, ids)
                totals[name] += _divergence(steered, plain)
        if progress is not None:
            progress(done + 1, len(texts))
    if not n_tokens:
        raise OptionError("Divergence needs a neutral text", found="none")
    return {name: total / n_tokens for name, total in totals.items()}


def _ids(model: LanguageModel, text: str) -> Tensor:
    """Return the tokens (1, token) of a text."""
    ids: list[int] = list(model.tokenizer(text)["input_ids"])
    if len(ids) < FEWEST_TOKENS:
        raise OptionError(
            f"A neutral text has {FEWEST_TOKENS} tokens or more",
            found=f"{len(ids)} in a text of {len(text)} characters",
        )
    return torch.tensor([ids[: model.parts.context]], device=first_device(model.model))


@torch.inference_mode()
def _next_tokens(model: LanguageModel, ids: Tensor) -> Tensor:
    """Return (token, vocabulary) log-probabilities after each token of the second half."""
    middle = ids.shape[1] // 2
    prompt = model.model(ids[:, :middle], attention_mask=torch.ones_like(ids[:, :middle]))
    answer = model.model(
        ids[:, middle:], attention_mask=torch.ones_like(ids), past_key_values=prompt.past_key_values
    )
    found: Tensor = answer.logits[0].float().log_softmax(dim=-1)
    return found


def _divergence(steered: Tensor, plain: Tensor) -> float:
    """Return the sum over tokens of KL(steered ‖ unsteered); what is impossible adds nothing.

    Each token is summed by itself, so that the number of threads changes no bit.
    """
    gap = torch.where(steered > -torch.inf, steered - plain, 0.0)
    by_token: list[float] = (steered.exp() * gap).sum(dim=-1).double().tolist()
    return max(sum(by_token), 0.0)


def _felt(intervention: Intervention) -> Intervention | None:
    """Return the parts of an intervention that act on a neutral text, None where none does."""
    parts = tuple(
        part
        for part in parts_of(intervention)
        if not isinstance(part, RolePrompt) and part.scope.where != "phrase"
    )
    return Combined(parts) if parts else None
