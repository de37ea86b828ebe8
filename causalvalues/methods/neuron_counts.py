"""How many neurons the MLP of each layer has; a gate is a neuron's, so there are as many."""

from collections.abc import Mapping
from typing import cast

from torch import nn

from causalvalues.models.architectures import inside_mlp
from causalvalues.models.conditions import Point, refuse_point
from causalvalues.models.language_model import LanguageModel

__all__ = ["neuron_counts"]


def neuron_counts(model: LanguageModel) -> Mapping[int, int]:
    """Return by layer how many numbers enter `mlp.down_proj`."""
    layers = model.parts.layers
    for site in ("gates", "neurons"):
        for layer in range(len(layers)):
            refuse_point(Point(layer, site), layers, "A method of neurons")
    projections = [cast(nn.Linear, inside_mlp(layer, "neurons")) for layer in layers]
    return {layer: int(projection.in_features) for layer, projection in enumerate(projections)}
