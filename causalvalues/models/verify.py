"""Whether a model, packed, answers as it does alone: asked once, when it is loaded.

Two short texts that part midway are computed as one tree, and each on its own by the model's own
forward; the log-probabilities of the likeliest tokens must agree. Guarantee: a model that ignores
masks or positions, scales its logits in a way that is not known, or hides its residual, is refused
by name; so is one that was to be quantised and is not, or not all of it.
"""

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from causalvalues.errors import UnknownArchitecture
from causalvalues.models.architectures import Parts, unknown
from causalvalues.models.chat import Prompt
from causalvalues.models.conditions import Point
from causalvalues.models.forward import Decoder, first_device
from causalvalues.models.memory import is_out_of_memory
from causalvalues.models.pack import Pack, asked, batch_of, pack_of
from causalvalues.models.quantising import Quantize, refuse_whole
from causalvalues.models.replay import Resume
from causalvalues.models.tree import Keys

__all__ = ["verify"]

TOLERANCE, TOLERANCE_OF_HALF = 1e-3, 0.5  # of a log-probability
STEM, BRANCH, N_TOP = 6, 4, 4


@torch.inference_mode()
def verify(model: PreTrainedModel, parts: Parts, quantize: Quantize | None = None) -> None:
    """Raise unless packed and plain forwards agree, whole and resumed from a residual."""
    if quantize is not None:
        refuse_whole(parts.layers, quantize)
    texts = _texts(model.config.get_text_config().vocab_size)
    try:
        alone = torch.stack([_alone(model, text) for text in texts])
        tokens = alone.topk(N_TOP).indices  # (text, token)
        found = _packed(texts, tokens, Decoder(parts))
    except UnknownArchitecture:
        raise
    except Exception as fault:  # whatever a foreign architecture raises: it cannot be asked
        if is_out_of_memory(fault):
            raise
        raise unknown(parts.model_type, f"{type(fault).__name__}: {fault}") from fault
    expected = alone.gather(1, tokens)
    is_exact = model.dtype.itemsize >= 4 and quantize != "nf4"  # whose kernels may use halves
    allowed = TOLERANCE if is_exact else TOLERANCE_OF_HALF
    for name, each in found.items():
        far = (each.to(expected.device) - expected).abs().max().item()
        if not far <= allowed:
            raise unknown(parts.model_type, f"{name} prompts answer otherwise (by {far:.2g})")


def _texts(vocabulary: int) -> tuple[Keys, Keys]:
    """Return two texts that begin alike, with tokens from all over the vocabulary."""
    ids = np.linspace(0.1, 0.9, STEM + 2 * BRANCH) * vocabulary
    stem, one, two = np.split(ids.astype(np.int64), [STEM, STEM + BRANCH])
    return np.concatenate([stem, one]), np.concatenate([stem, two])


def _alone(model: PreTrainedModel, text: Keys) -> Tensor:
    """Return (token,) log-probabilities after a text, by the model's own forward."""
    ids = torch.from_numpy(text)[None].to(first_device(model))
    logits: Tensor = model(input_ids=ids, use_cache=False).logits
    return logits[0, -1].float().log_softmax(-1)


def _packed(texts: tuple[Keys, Keys], tokens: Tensor, decoder: Decoder) -> dict[str, Tensor]:
    """Return (text, token) log-probabilities from one tree, whole and from the middle on."""
    pack = pack_of([asked(i, Prompt(text, 0, ""), None) for i, text in enumerate(texts)])
    batch = batch_of([pack], first_device(decoder.parts.decoder))
    middle = Point(len(decoder.parts.layers) // 2)
    whole = decoder.forward(batch, keep=(middle,))
    residual = whole.kept[middle]
    if not isinstance(residual, Tensor) or residual.shape[:2] != batch.ends.shape:
        raise unknown(decoder.parts.model_type, "layers that give more than the residual")
    resumed = decoder.forward(batch, resume=Resume(middle.layer, residual))
    return {
        "packed": _after(decoder, whole.states, pack, tokens),
        "resumed": _after(decoder, resumed.states, pack, tokens),
    }


def _after(decoder: Decoder, states: Tensor | None, pack: Pack, tokens: Tensor) -> Tensor:
    """Return (text, token) log-probabilities after the last token of each text."""
    if states is None:
        raise unknown(decoder.parts.model_type, "no states after the last layer")
    ends = torch.tensor([int(path[-1]) for path in pack.paths], device=states.device)
    rows = torch.arange(len(ends), device=states.device).repeat_interleave(tokens.shape[1])
    weighed = decoder.weigh(states[0, ends], rows, tokens.to(states.device).flatten())
    return weighed.reshape(tokens.shape)
