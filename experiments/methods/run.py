"""All methods, ten values, both organisms: tuned alike, judged by a planted truth.

    python experiments/methods/run.py --runs experiments/methods/results/runs [--models …]
                                      [--seeds 5] [--scratch DIR]

Answers are kept below --scratch, so that a run that was stopped goes on; tables of a model and
seed that are done lie in --runs and are not made again; --variants compares variants of each
method, and gates, instead. `summary.py` makes tables, `figures.py` draws them.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
from ablations import ablated
from gates import gates
from subjects import Subject, subject_of

from causalvalues.errors import CausalValuesWarning
from causalvalues.leaderboard.compete import Rules, Tables, compete
from causalvalues.organism.embedded import folder_of
from causalvalues.report.figure_manifest import Source
from causalvalues.survey.responses import AnswerStore

ROOT = Path(__file__).parents[2]
SAES = ROOT / "causalvalues" / "organism" / "shipped" / "saes"
STEERING = ("causalvalues", "numpy", "scipy", "pandas", "pyarrow", "torch", "transformers",
            "scikit-learn")  # fmt: skip
RUNS = Path(__file__).parent / "results" / "runs"
MODELS = ("organism/gemma", "organism/llama")


def main() -> int:
    """Run what is not done yet."""
    parser = argparse.ArgumentParser(description="Steering methods side by side, on organisms.")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of what is done")
    parser.add_argument("--scratch", type=Path, required=True, help="folder for answers")
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--variants", action="store_true", help="variants and gates instead")
    options = parser.parse_args()
    warnings.simplefilter("ignore", CausalValuesWarning)
    for seed in options.seeds:
        for model in options.models:
            run(model, seed, options.runs, options.scratch, variants=options.variants)
    source_of().write(options.runs / "run.manifest.json", files_of(options.runs))
    return 0


def files_of(runs: Path) -> list[Path]:
    """Return the tables of every run."""
    return sorted(runs.glob("*-*/*.parquet"))


def source_of() -> Source:
    """Return what the runs are made from."""
    folders = [folder_of(name) for name in MODELS]
    weights = [file for each in (*folders, SAES) for file in each.rglob("*.safetensors")]
    return Source(Path(__file__), ROOT, tuple(weights), {}, {"first": 0}, STEERING)


def run(model: str, seed: int, runs: Path, scratch: Path, *, variants: bool) -> None:
    """Write the tables of one model and seed, unless they are there."""
    short = model.removeprefix("organism/")
    done, last = runs / f"{short}-{seed}", "gates" if variants else "entries"
    if (done / f"{last}.parquet").exists():
        print(f"{done} is done", flush=True)
        return
    started = time.monotonic()
    folder = scratch / f"{short}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    with AnswerStore.open(folder / "answers.sqlite") as store:
        subject = subject_of(model, seed, store)
        if variants:
            tables = ablated(subject, store, told(subject)) | {"gates": gates(subject, store)}
        else:
            tables = competed(subject, store)
    done.mkdir(parents=True, exist_ok=True)
    for name, frame in sorted(tables.items(), key=lambda each: each[0] == last):  # the last one
        written(frame.assign(model=model, seed=seed), done / f"{name}.parquet")
    print(f"{done}: {time.monotonic() - started:.0f} s", flush=True)


def competed(subject: Subject, store: AnswerStore) -> Tables:
    """Return the tables of the whole protocol."""
    return compete(
        subject.model, subject.materials, subject.sheets, subject.reference, store,
        rules=Rules(seed=subject.seed), propagation=subject.propagation, judge=subject.judge,
        choices=subject.choices, how_asked="continuations", progress=told(subject),
    )  # fmt: skip


def told(subject: Subject):  # type: ignore[no-untyped-def]
    """Return what prints how far a run is, a line for each tenth."""
    last: dict[str, int] = {}

    def tell(what: str, done: int, of: int) -> None:
        tenth = 10 * done // max(of, 1)
        if last.get(what) != tenth:
            last[what] = tenth
            now = time.strftime("%H:%M:%S")
            print(f"{now} {subject.name} {subject.seed}: {what} {done}/{of}", flush=True)

    return tell


def written(frame: pd.DataFrame, path: Path) -> None:
    """Write a table, numbers with the digits that mean something."""
    frame = frame.copy()
    numbers = frame.select_dtypes("float64").round(5).astype("float32")
    frame[numbers.columns] = numbers
    frame.to_parquet(path, compression="zstd", compression_level=15)


if __name__ == "__main__":
    sys.exit(main())
