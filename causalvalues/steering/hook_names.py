"""Where a sparse autoencoder reads: hook names of other libraries as decoder layers of this one.

    blocks.N.hook_resid_post     what leaves decoder layer N
    blocks.N.hook_resid_pre      what leaves decoder layer N − 1, the same tensor
    model.layers.N(.output)      what leaves decoder layer N, as Hugging Face names it

Guarantee: any other place (attention, MLP, embeddings) is a `WrongHook`, never a layer.
"""

import re

from causalvalues.errors import WrongHook

__all__ = ["layer_of_hook"]

POST = re.compile(r"blocks\.(\d+)\.hook_resid_post")
PRE = re.compile(r"blocks\.(\d+)\.hook_resid_pre")
MODULE = re.compile(r"(?:model\.)?(?:language_model\.)?(?:model\.)?layers\.(\d+)(?:\.output)?")


def layer_of_hook(hook: str | None) -> int:
    """Return the decoder layer whose output a hook reads, from 0."""
    for pattern, before in ((POST, 0), (MODULE, 0), (PRE, 1)):
        found = pattern.fullmatch(hook or "")
        if found and int(found[1]) >= before:
            return int(found[1]) - before
    raise WrongHook(
        "A sparse autoencoder must read the residual that leaves a decoder layer, "
        "such as blocks.12.hook_resid_post",
        found=repr(hook) if hook else "no hook in its config",
        remedy="take one of the residual stream: not of attention, an MLP or the embeddings",
    )
