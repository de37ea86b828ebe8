"""Does the graph help to steer? Twenty tasks, four ways to choose, on models with a planted truth.

    python experiments/organism/steer.py [--runs DIR] [--models …] [--seeds 5]

For each model and seed: roles of their own, a graph learnt from them, candidates (features of the
organism's autoencoder, lines that settle a value), a survey of every candidate, plans by every
method from a few of its answers, and a fresh survey of every plan on items and roles that no plan
saw, with the options in another order. A model and seed that is done is not done again: what came
of it lies in --runs; `summary.py` makes tables of it, `figures.py` draws them.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from steering_candidates import candidates_for
from steering_study import studied
from steering_survey import halves_of

from causalvalues.errors import CausalValuesWarning
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.report.figure_manifest import Source
from causalvalues.steering.sae import open_sae

ROOT = Path(__file__).parents[2]
SAES = ROOT / "causalvalues" / "organism" / "shipped" / "saes"
SURVEYING = ("causalvalues", "numpy", "scipy", "pandas", "pyarrow", "torch", "transformers")
RUNS = Path(__file__).parent / "results" / "steering_runs"
MODELS = ("organism/gemma", "organism/llama")


def main() -> int:
    """Run what is not done yet."""
    parser = argparse.ArgumentParser(description="Steering the organisms, with and without graph.")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of what is done")
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore", CausalValuesWarning)
    for seed in range(options.seeds):
        for model in options.models:
            run(model, seed, options.runs)
    source_of(options.seeds).write(options.runs / "steer.manifest.json", files_of(options.runs))
    return 0


def files_of(runs: Path) -> list[Path]:
    """Return the tables of every run."""
    return sorted(runs.glob("*-*/*.parquet"))


def source_of(n_seeds: int) -> Source:
    """Return what the runs are made from."""
    folders = [folder_of(name) for name in MODELS]
    weights = [file for each in (*folders, SAES) for file in each.rglob("*.safetensors")]
    return Source(Path(__file__), ROOT, tuple(weights), {"seeds": n_seeds}, {"first": 0}, SURVEYING)


def run(model_name: str, seed: int, folder: Path) -> None:
    """Write the tables of one model and seed, unless they are there."""
    short = model_name.removeprefix("organism/")
    done = folder / f"{short}-{seed}"
    if (done / "plans.parquet").exists():
        print(f"{done} is done", flush=True)
        return
    started = time.monotonic()
    model = LanguageModel.load(folder_of(model_name), dtype="float32", device="cpu")
    sae = open_sae(f"organism-{short}", check_model=model.model)
    halves = halves_of(seed)
    found = candidates_for(model, sae, halves.graph)
    tables = studied(model, halves, found, {sae.name: sae}, seed=seed)
    done.mkdir(parents=True, exist_ok=True)
    for name, rows in reversed(tables.items()):  # plans come last
        frame = pd.DataFrame(rows).assign(model=model_name, seed=seed)
        numbers = frame.select_dtypes("float64").round(5).astype("float32")
        frame[numbers.columns] = numbers
        frame.to_parquet(done / f"{name}.parquet", compression="zstd", compression_level=15)
    print(f"{done}: {np.round(time.monotonic() - started)} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
