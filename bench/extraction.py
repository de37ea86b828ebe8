"""Mean-difference vectors of all layers from contrast pairs: ours against steering-vectors, repeng.

The same checkpoint of random weights, the same pairs, the same torch; peers under versions of their
own (see `extraction_peers`). Ways take turns; each is given loaded weights and texts, and is timed
until it has the vectors: by the clock, and by what its process worked, which other work on the
machine disturbs less. Nothing is reported before vectors are compared: steering-vectors finds the
same thing by its default; repeng has no mean difference, so what it reads is averaged for it, and
the direction that it does find is only set beside ours. Its last layer is read after the final
norm and is left out of the comparison.

python bench/extraction.py [--shape llama-12x768] [--pairs 400] [--turns 3]
"""

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from extraction_peers import INSTALL, WAYS, Peers, Vectors, found, peers
from random_models import Shape, save
from record import record
from transformers.utils.logging import disable_progress_bar
from turns import Clock, in_turns, ratio, spread

from causalvalues.contrasts.pairs import ContrastPair, contrast_set
from causalvalues.methods.caa import mean_differences
from causalvalues.methods.probing import texts_of
from causalvalues.models.language_model import LanguageModel
from causalvalues.provenance import versions_of

SAME = 0.99999  # cosine, in float32, batched otherwise
ALIKE = WAYS[0], WAYS[1], WAYS[3]  # those that find a mean difference


def compared(ours: Vectors, theirs: Mapping[int, np.ndarray], *, but: int) -> dict[str, float]:
    """Return how alike two sets of vectors are, over layers that both have."""
    layers = sorted(set(ours) & set(theirs) - {but})
    pairs = [(ours[layer].astype(float), theirs[layer].astype(float)) for layer in layers]
    return {
        "n_layers": len(layers),
        "lowest_cosine": min(
            float(one @ two / np.linalg.norm(one) / np.linalg.norm(two)) for one, two in pairs
        ),
        "largest_difference": max(float(np.abs(one - two).max()) for one, two in pairs),
        "largest_entry": max(float(np.abs(one).max()) for one, _ in pairs),
    }


def measured(
    model: LanguageModel, pairs: Sequence[ContrastPair], others: Peers, n_turns: int
) -> dict[str, object]:
    """Return how long each way takes, and how alike the vectors are."""
    say, last = Clock("extraction"), len(model.parts.layers) - 1
    at_work: dict[str, list[float]] = {way: [] for way in ("ours", *WAYS)}

    def own() -> float:
        start, work = time.perf_counter(), time.process_time()
        mean_differences(model, pairs)
        at_work["ours"].append(time.process_time() - work)
        return time.perf_counter() - start

    def theirs(way: str) -> float:
        by_clock, processor = others.times(way)
        at_work[way].append(processor)
        return by_clock

    turns = in_turns(
        {"ours": own, **{way: partial(theirs, way) for way in WAYS}}, n_turns=n_turns, say=say
    )
    say("vectors are compared")
    ours, alike = mean_differences(model, pairs), {}
    for way in WAYS:
        but = last if way.startswith("repeng") else -1
        alike[way] = compared(ours, others.vectors(way), but=but)
        if way in ALIKE and not alike[way]["lowest_cosine"] > SAME:
            raise SystemExit(f"{way} finds other vectors: {alike[way]}")
    return {
        "alike": alike,
        "seconds": {way: spread(each) for way, each in turns.items()},
        "seconds_at_work": {way: spread(each) for way, each in at_work.items()},
        "times_ours": {way: ratio(turns[way], turns["ours"]) for way in WAYS},
        "times_ours_at_work": {way: ratio(at_work[way], at_work["ours"]) for way in WAYS},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure; write bench/results/extraction.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=get_args(Shape), default="llama-12x768")
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--turns", type=int, default=3)
    chosen = parser.parse_args(arguments)
    if not found():
        print(f"extraction is left out, its peers are not installed; to have them: {INSTALL}")
        return
    disable_progress_bar()
    pairs = contrast_set().pairs[: chosen.pairs]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        texts = texts_of(pairs)
        save(chosen.shape, Path(folder), texts=texts)
        model = LanguageModel.load(folder, dtype="float32", device="cpu")
        tokens = [len(model.tokenizer(text).input_ids) for text in texts]
        told = [(pair.speaks_for, pair.speaks_against) for pair in pairs]
        with peers(Path(folder), told, Path(other)) as others:
            numbers = measured(model, pairs, others, chosen.turns)
            versions = others.versions
    suffix = "" if chosen.shape == "llama-12x768" else f"_{chosen.shape}"
    record(
        f"extraction{suffix}",
        {
            "shape": chosen.shape, "n_pairs": len(pairs), "n_layers": len(model.parts.layers),
            "tokens_per_text": spread(list(map(float, tokens))),
            "torch_threads": torch.get_num_threads(), **numbers,
            "versions": versions_of(("torch", "transformers", "numpy")),
            "versions_of_peers": versions,
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
