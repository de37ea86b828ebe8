"""A tiny model with random weights, requests to it, and interventions of every kind."""

import sys
from pathlib import Path

from causalvalues.models.language_model import LanguageModel

for room in ("models", "steering"):
    sys.path.append(str(Path(__file__).parents[2] / room))

import tiny_models  # noqa: E402
from kinds import EVERY, KNOWN, VECTOR, logits_of, padded, prompts_of  # noqa: E402

__all__ = ["EVERY", "KNOWN", "REQUESTS", "VECTOR", "batch_of", "hooks_of", "loaded", "logits_of"]

REQUESTS = tiny_models.requests()
TEXTS = (
    "You are a baker who likes quiet mornings and long walks.",
    "You are a judge.",
    "Should I help a stranger? I like quiet mornings, and walks.",
)
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_forward_hooks_with_kwargs")


def loaded(kind: str, folder: Path) -> LanguageModel:
    """A checkpoint of a kind, written and loaded."""
    return LanguageModel.load(tiny_models.save(kind, folder / kind), device="cpu")


def batch_of(model: LanguageModel):  # type: ignore[no-untyped-def]
    """Ids and mask of three texts of other lengths."""
    return padded(prompts_of(model, TEXTS), "left")


def hooks_of(model: LanguageModel) -> int:
    """How many hooks there are in a model."""
    return sum(len(getattr(each, kind)) for each in model.model.modules() for kind in HOOKS)
