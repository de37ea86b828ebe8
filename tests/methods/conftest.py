"""Checkpoints of this room's tests: those of `tests/models`, loaded once."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "models"))

import tiny_models

from causalvalues.models.language_model import LanguageModel


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], LanguageModel]:
    """A loaded model of a kind, on the CPU; nobody changes it."""
    root = tmp_path_factory.mktemp("fitted")
    models: dict[str, LanguageModel] = {}

    def model(kind: str) -> LanguageModel:
        if kind not in models:
            folder = tiny_models.save(kind, root / kind)
            models[kind] = LanguageModel.load(folder, device="cpu")
        return models[kind]

    return model
