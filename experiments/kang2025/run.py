"""The released study of Kang et al. (2025): reproduced to the last digit, then audited.

    python experiments/kang2025/run.py --data DIR --out DIR

writes, per model: graph_*.json, edges_null_*.csv, table1_*.csv, table2_*.csv, table2_p_*.csv,
prediction_*.csv, prediction_cases_*.csv, prediction_calibration_*.csv, then findings.json and at
last run.manifest.json. findings.json and prediction_*.csv hold every number of the README;
`figures.py` draws from these files alone.
"""

import argparse
import json
import sys
import warnings
from dataclasses import replace as replace_fields
from pathlib import Path

import audit
import chance
import numpy as np
import pandas as pd
from prediction import Predicted, predict_all
from pydantic import JsonValue
from study import MODELS, Study, leads_to, load, published_closure, reduced_edges
from tables import table_1, table_2

from causalvalues import ValueGraph
from causalvalues.discovery.nulls import NullResult
from causalvalues.errors import CausalValuesError, CausalValuesWarning
from causalvalues.planning.prediction_cases import Cases
from causalvalues.provenance import Manifest, digest_of_file, write_atomically
from causalvalues.report.figure_manifest import Source

ROOT = Path(__file__).parents[2]
SEED = 2025
SEARCHING = ("causalvalues", "causal-learn", "numpy", "scipy", "pandas", "numba")
NAMES = ("graph_{}.json", "graph_{}_defaults.json", "edges_null_{}.csv", "table1_{}.csv",
         "table2_{}.csv", "table2_p_{}.csv", "prediction_{}.csv", "prediction_cases_{}.csv",
         "prediction_calibration_{}.csv")  # fmt: skip


def main() -> int:
    """Run the study; every outcome has its exit code."""
    options = _options()
    warnings.simplefilter("ignore", CausalValuesWarning)  # the audit says it in numbers
    try:
        findings = {model: study_one(load(options.data, model), options) for model in MODELS}
    except CausalValuesError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    manifest = Manifest.of(
        "kang2025",
        parameters={"draws": options.draws},
        seeds={"all": SEED},
        digests={path.name: digest_of_file(path) for path in sorted(options.data.glob("*.csv"))},
    )
    told = manifest.model_dump(mode="json", exclude={"revision"})  # the same data, the same bytes
    document = {"schema": 1, **findings, "manifest": told}
    text = json.dumps(_plain(document), indent=1, allow_nan=False, ensure_ascii=False)
    last = write_atomically(options.out / "findings.json", text + "\n")
    names = [name.format(model) for model in MODELS for name in NAMES]
    source = Source(
        Path(__file__), ROOT, tuple(released(options.data)), {"draws": options.draws},
        {"all": SEED}, SEARCHING,
    )  # fmt: skip
    source.write(options.out / "run.manifest.json", [last, *(options.out / n for n in names)])
    print(f"Wrote {last}")
    return 0


def released(data: Path) -> list[Path]:
    """Return the released files, all of them."""
    return [*sorted(data.glob("*.csv")), data / "published_gemma_graph.json"]


def study_one(study: Study, options: argparse.Namespace) -> dict[str, JsonValue]:
    """Return the findings of one model after writing its files."""
    model, out, n_draws = study.model, options.out, options.draws
    print(f"{model}: {study.train.n_rows} rows, {study.train.n_clusters} roles", flush=True)
    tables = {"table1": table_1(study), "table2": table_2(study)}
    for name, table in tables.items():
        write_atomically(out / f"{name}_{model}.csv", table.to_csv())
    print(f"{model}: support of {study.graph.n_edges} edges over {n_draws} resamples", flush=True)
    support_numbers, resampled = audit.support(study, n_draws, SEED)
    print(f"{model}: edges of {n_draws} tables with shuffled role blocks", flush=True)
    null = audit.edge_null(study, n_draws, SEED)
    print(f"{model}: table 2 under {n_draws} relabelled graphs", flush=True)
    p_by_cell, against_chance = chance.chance_of_table_2(study, n_draws, SEED)
    write_atomically(out / f"table2_p_{model}.csv", p_by_cell.to_csv())
    everyone = chance.all_roles(study, n_draws, SEED)
    print(f"{model}: single rows, column orders, halves, our defaults", flush=True)
    defaults, default_graph = audit.our_defaults(study, n_draws, SEED)
    graph = replace_fields(
        study.graph,
        support=resampled.support,
        checks=(*study.graph.checks, null.check()),
    )
    timeless(graph).to_json(out / f"graph_{model}.json")
    timeless(default_graph).to_json(out / f"graph_{model}_defaults.json")
    write_atomically(out / f"edges_null_{model}.csv", counted(null).to_csv(index=False))
    print(f"{model}: effects of features predicted from few values", flush=True)
    predicted = predict_all(study, n_draws, SEED)
    for name, table in predicted_tables(predicted).items():
        write_atomically(out / f"{name}_{model}.csv", table.to_csv(index=False))
    return {
        "reproduction": _reproduction(study, options.data, tables),
        "support_by_role": support_numbers,
        "edges_against_chance": null.to_dict(),
        "one_row_per_role": audit.single_rows(study, max(n_draws // 5, 20), SEED),
        "column_order": audit.column_orders(study, 36, SEED),
        "table_2_against_chance": against_chance.to_dict(orient="records"),
        "table_2_over_all_roles": everyone.to_dict(orient="records"),
        "broken_features": audit.broken_features(study),
        "held_out": audit.held_out(study, max(n_draws // 20, 10), SEED),
        "our_defaults": defaults,
        "prediction": predicted.findings,
    }


def timeless(graph: ValueGraph) -> ValueGraph:
    """Return the graph without the commit it was found at: the same data give the same bytes."""
    known = graph.manifest
    return replace_fields(graph, manifest=known and known.model_copy(update={"revision": None}))


def counted(null: NullResult) -> pd.DataFrame:
    """Return how many permutations gave each number of edges, beside what was found."""
    numbers = pd.DataFrame({"edges": null.edges}).value_counts().rename("permutations")
    frame = numbers.reset_index().sort_values("edges")
    return frame.assign(observed_edges=null.observed_edges)


def predicted_tables(predicted: Predicted) -> dict[str, pd.DataFrame]:
    """Return the scores, the mean of each feature's cases by method, and the calibration."""
    cases = [of_feature(each).assign(method=method) for method, each in predicted.cases.items()]
    return {
        "prediction": predicted.scores,
        "prediction_cases": pd.concat(cases, ignore_index=True),
        "prediction_calibration": predicted.calibration,
    }


def of_feature(cases: Cases) -> pd.DataFrame:
    """Return predicted and measured changes, one row per feature and value.

    A feature's values are told apart by their measured change, which no seen set alters.
    """
    frame = pd.DataFrame({"measured": cases.change, "predicted": cases.middle})
    frame["feature"] = [cases.interventions[place] for place in cases.intervention]
    return frame.groupby(["feature", "measured"], as_index=False).predicted.mean()


def _reproduction(
    study: Study, data: Path, tables: dict[str, pd.DataFrame]
) -> dict[str, JsonValue]:
    """Return what equals the paper, and by how much it does not."""
    numbers: dict[str, JsonValue] = {
        "n_rows": study.train.n_rows,
        "n_roles": study.train.n_clusters,
        "n_edges": study.graph.n_edges,
        "n_edges_reduced": len(reduced_edges(study.graph)),
        "n_reachable_pairs": int(leads_to(study.graph).sum()),
        "table_2_means": {k: float(v) for k, v in tables["table2"].mean(axis=1).items()},
    }
    if study.model != "gemma":
        return numbers
    published = {
        name: pd.read_csv(data / f"published_gemma_{name}.csv", index_col=0) for name in tables
    }
    same_gaps = published["table2"].isna().equals(tables["table2"].isna())
    difference = (published["table2"] - tables["table2"]).abs().to_numpy()
    closure = published_closure(data, study.train.names)
    return numbers | {
        "closure_equals_published": bool(np.array_equal(closure, leads_to(study.graph))),
        "table_1_equals_published": bool(published["table1"].equals(tables["table1"])),
        "table_2_largest_difference": float(np.nanmax(difference)) if same_gaps else None,
    }


def _plain(value: object) -> JsonValue:
    """Return a value as JSON has it; a number that could not be scored is null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def _options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description="Reproduce and audit the released study of Kang et al. (2025).",
        epilog="example: python experiments/kang2025/run.py --data released --out results",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the released CSV files")
    parser.add_argument("--out", type=Path, required=True, help="folder for everything it writes")
    parser.add_argument(
        "--draws", type=int, default=2000, help="resamples, permutations and relabellings"
    )
    options = parser.parse_args()
    if options.draws < 10:
        parser.error("--draws must be 10 or more")
    return options


if __name__ == "__main__":
    sys.exit(main())
