"""Where the neurons of a model are: how many each layer's MLP has, and what they are projected by.

A gate is a neuron's, so there are as many. Guarantee: a model without such an MLP is refused by
the name of what it lacks.
"""

from collections.abc import Mapping
from typing import cast

from torch import nn

from causalvalues.models.architectures import inside_mlp
from causalvalues.models.conditions import Point, refuse_point
from causalvalues.models.edit import Site
from causalvalues.models.language_model import LanguageModel

__all__ = ["down_projection", "neuron_counts"]

SITES: tuple[Site, ...] = ("gates", "neurons")


def neuron_counts(model: LanguageModel) -> Mapping[int, int]:
    """Return by layer how many numbers enter `mlp.down_proj`."""
    layers = range(len(model.parts.layers))
    return {layer: int(down_projection(model, layer).in_features) for layer in layers}


def down_projection(model: LanguageModel, layer: int) -> nn.Linear:
    """Return the `mlp.down_proj` of a layer."""
    for site in SITES:
        refuse_point(Point(layer, site), model.parts.layers, "A method of neurons")
    return cast(nn.Linear, inside_mlp(model.parts.layers[layer], "neurons"))
