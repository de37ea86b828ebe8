"""Checkpoints that all tests of this room share, written once."""

from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_models

from causalvalues.models.language_model import LanguageModel


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a kind of checkpoint, written when it is first asked for."""
    root = tmp_path_factory.mktemp("checkpoints")

    def folder(kind: str) -> Path:
        path = root / kind
        return path if path.exists() else tiny_models.save(kind, path)

    return folder


@pytest.fixture(scope="session")
def loaded(checkpoint: Callable[[str], Path]) -> Callable[[str], LanguageModel]:
    """A loaded model of a kind, on the CPU; nobody changes it."""
    models: dict[str, LanguageModel] = {}

    def model(kind: str) -> LanguageModel:
        if kind not in models:
            models[kind] = LanguageModel.load(checkpoint(kind), device="cpu")
        return models[kind]

    return model


@pytest.fixture(scope="session", params=tiny_models.RECIPES)
def every_model(
    request: pytest.FixtureRequest, loaded: Callable[[str], LanguageModel]
) -> LanguageModel:
    """A loaded model of each kind in turn."""
    return loaded(request.param)
