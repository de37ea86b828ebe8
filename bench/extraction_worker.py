"""Run by the peers' own Python: loads a checkpoint, then finds vectors whichever way it is asked.

    python extraction_worker.py CHECKPOINT PAIRS.json        one JSON in, one JSON out, line by line

Knows nothing of this package: what is timed is the peer's own call, from texts to vectors.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from repeng import ControlVector, DatasetEntry
from repeng.extract import batched_get_hiddens
from steering_vectors import train_steering_vector
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

Vectors = dict[int, np.ndarray]
Way = Callable[[], Vectors]


def ways_of(checkpoint: str, pairs: list[tuple[str, str]]) -> dict[str, Way]:
    """Return every way to find the vectors of all layers."""
    model = AutoModelForCausalLM.from_pretrained(checkpoint, torch_dtype=torch.float32).eval()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(checkpoint)
    entries = [DatasetEntry(positive=one, negative=other) for one, other in pairs]
    layers = list(range(model.config.num_hidden_layers))

    def steering_vectors(batch_size: int) -> Vectors:
        found = train_steering_vector(model, tokenizer, pairs, batch_size=batch_size)
        return {layer: vector.numpy() for layer, vector in found.layer_activations.items()}

    def pca() -> Vectors:
        return ControlVector.train(model, tokenizer, entries).directions

    def mean() -> Vectors:
        texts = [text for pair in pairs for text in pair]
        rows = batched_get_hiddens(model, tokenizer, texts, layers, 32)
        return {layer: (own[::2] - own[1::2]).mean(axis=0) for layer, own in rows.items()}

    return {
        "steering-vectors, one text at a time": lambda: steering_vectors(1),
        "steering-vectors, batches of 32": lambda: steering_vectors(32),
        "repeng, PCA": pca,
        "repeng, its reading and a mean": mean,
    }


def main() -> None:
    """Answer until nobody asks."""
    checkpoint, told = sys.argv[1:3]
    given = json.loads(Path(told).read_text(encoding="utf-8"))
    ways = ways_of(checkpoint, [(one, other) for one, other in given])
    known: dict[str, Vectors] = {}
    packages = ("steering-vectors", "repeng", "torch", "transformers", "numpy")
    print(json.dumps({name: metadata.version(name) for name in packages}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        way, path = asked["way"], asked.get("save")
        start, at_work = time.perf_counter(), time.process_time()
        if path is None:
            known[way] = ways[way]()
        else:
            np.savez(path, **{str(layer): row for layer, row in known[way].items()})
        found = {
            "seconds": time.perf_counter() - start,
            "processor": time.process_time() - at_work,
        }
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
