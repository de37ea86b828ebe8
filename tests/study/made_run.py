"""A run folder made by hand in a second: every file that a report reads, with small numbers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from causalvalues import ScoreTable, ValueGraph
from causalvalues.discovery.compare import compare
from causalvalues.discovery.graph import Check, Effect, Support
from causalvalues.provenance import Manifest, digest_of_file
from causalvalues.values import schwartz10

NAMES = schwartz10().names
CONDITION = "do(security=+0.8)"
NULL = "more edges than chance gives"
EDGES = [("achievement", "power"), ("achievement", "hedonism"), ("security", "conformity")]
STUDY = """\
name: made
model: {name: made-up/model}
roles: {n_roles: 40}
protocol: {orders: [given]}
settled: {values: [security], n_roles: 20}
discovery: {contexts: observational, n_resamples: 10, n_permutations: 10}
truth: planted
"""
RUIN = "nothing left (option_mass_kept 0.1, at least 0.5)"
METHODS = "methods: {methods: [prompt, caa], sae: none-at-all}\n"


def graph_of(*, supported: bool = True, null: bool | None = True) -> ValueGraph:
    """A graph of three edges, with or without support and a null that it passed or not."""
    graph = ValueGraph.from_edges(NAMES, EDGES)
    shares = np.where(graph.marks != 0, 0.93, 0.0)
    support = Support(
        shares, np.where(graph.directed, 0.9, 0), 0 * shares, 0 * shares, 10, "cluster"
    )
    effects = tuple(_effect(cause, effect) for cause, effect in EDGES)
    checks = [Check("acyclic", True, "")]
    if null is not None:
        checks.append(Check(NULL, null, "3 edges found; shuffled 0.5 [0, 2], p = 0.00332."))
    return replace(
        graph,
        support=support if supported else None,
        effects=effects,
        checks=tuple(checks),
    )


def _effect(cause: str, effect: str) -> Effect:
    sign = -1 if effect == "hedonism" else 1
    ends = sorted((sign * 0.2, sign * 0.6))
    return Effect(cause, effect, sign * 0.4, sign * 0.4, ends[0], ends[1], "IDA")


def surveyed_run(folder: Path, *, graph: ValueGraph | None = None, study: str = STUDY) -> Path:
    """A folder that has come as far as its graph."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(study, encoding="utf-8")
    _write_answers(folder)
    found = graph_of() if graph is None else graph
    found.to_json(folder / "graph.json")
    effects = pd.DataFrame([vars(each) for each in found.effects])
    effects.to_csv(folder / "effects.csv", index=False)
    measured = [
        {"context": CONDITION, "effect": name, "change": 0.3, "interval_low": 0.25,
         "interval_high": 0.35, "n_clusters": 20}
        for name in ("security", "conformity", "power")
    ]  # fmt: skip
    pd.DataFrame(measured).to_csv(folder / "measured.csv", index=False)
    planted = ValueGraph.from_edges(NAMES, [*EDGES[:2], ("tradition", "power")])
    planted.to_json(folder / "planted.json")
    compare(found, planted, adjustment=False, n_relabellings=20).to_json(folder / "comparison.json")
    return end(folder)


def _write_answers(folder: Path) -> None:
    """Scores, style and reliability."""
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(60, len(NAMES))).round(3)
    clusters = np.array([f"role-{at}" for at in (*range(40), *range(20))])
    contexts = np.array([""] * 40 + [CONDITION] * 20)
    table = ScoreTable(NAMES, scores, clusters=clusters, contexts=contexts)
    table.to_parquet(folder / "scores.parquet")
    style = {"model": "made", "n_answers": [3200, 1600], "n_roles": [40, 20], "entropy": 0.4,
             "option_mass": [0.99, 0.7], "unread": 0.01, "position_bias": np.nan,
             "acquiescence": 0.05, "constant_roles": 0.0}  # fmt: skip
    frame = pd.DataFrame({"condition": ["", CONDITION], **style})
    frame.to_csv(folder / "response_style.csv", index=False)
    unread = {"model": "made", "condition": "", "reason": "no option", "n": [32], "share": [0.01]}
    pd.DataFrame(unread).to_csv(folder / "unread.csv", index=False)
    reliability = pd.DataFrame({"value": NAMES, "alpha": 0.8, "omega": np.nan})
    reliability.to_csv(folder / "reliability.csv", index=False)


def steered_run(folder: Path) -> Path:
    """A folder that has gone on to the verdict on a plan."""
    surveyed_run(folder)
    (folder / "candidates.json").write_text("{}", encoding="utf-8")
    rows = [
        {"intervention": name, "value": value, "change": change, "low": -0.1, "high": 0.5,
         "n_roles": 8, "healthy": not faults, "faults": faults, "option_mass_kept": 0.9}
        for name, faults, change in (("line", "", 0.2), ("edit:7 ×+1 max", "", -0.3),
                                     ("ruin", RUIN, None))
        for value in NAMES
    ]  # fmt: skip
    pd.DataFrame(rows).astype({"change": float}).to_parquet(folder / "effects.parquet")
    plan = _plan()
    (folder / "plan.json").write_text(json.dumps({**plan, "rests_on": {}}), encoding="utf-8")
    told = {"plan": plan, "gain": {"achievement": 0.34}, "faults": [], "unguided": "line",
            "health": {"option_mass": 0.99}}  # fmt: skip
    (folder / "verdict.json").write_text(json.dumps(told), encoding="utf-8")
    frame = pd.DataFrame({"value": NAMES, "predicted": 0.1, "predicted_low": 0.0,
                          "predicted_high": 0.2, "measured": 0.12, "measured_low": 0.1,
                          "measured_high": 0.15, "verdict": "as predicted"})  # fmt: skip
    frame["unguided"] = 0.3
    frame["role"] = ["target" if name == "achievement" else "other" for name in NAMES]
    frame.to_csv(folder / "verdict.csv", index=False)
    return end(folder)


def _plan() -> dict[str, object]:
    """A plan of one line."""
    return {
        "targets": {"achievement": 0.3},
        "hold": [],
        "used": [{"name": "line", "dose": 0.5, "direct": {"achievement": 0.3}, "settles": []}],
        "predicted": {name: {"change": 0.1, "low": 0.0, "high": 0.2} for name in NAMES},
        "collateral": 0.16,
        "left_out": {"ruin": "nothing left"},
        "beat": {"edit:7 ×+1 max": 0.4},
        "why": ["line at dose +0.50 changes achievement by +0.30 itself."],
    }


def compared_run(folder: Path) -> Path:
    """A folder in which two methods were compared."""
    surveyed_run(folder, study=STUDY + METHODS)
    rows = [
        {"model": "made", "comparison": comparison, "method": method, "mark": mark,
         "mean": 0.2, "low": 0.1, "high": 0.3, "n": 4, "n_missed": 0}
        for comparison in ("equal gain", "plan, guided")
        for method in ("prompt", "neva")
        for mark in ("gain", "at_gain", "leakage_ratio", "graph_r")
    ]  # fmt: skip
    (folder / "methods").mkdir()
    pd.DataFrame(rows).to_csv(folder / "methods" / "leaderboard.csv", index=False)
    missed = {"comparison": "equal gain", "method": ["caa"], "missed": ["out of reach at 0.3"]}
    pd.DataFrame(missed).to_parquet(folder / "methods" / "entries.parquet")
    return end(folder)


def end(folder: Path) -> Path:
    """The folder after its manifest was written."""
    files = [path for path in sorted(folder.rglob("*.*")) if path.is_file()]
    digests = {path.relative_to(folder).as_posix(): digest_of_file(path) for path in files}
    digests.pop("manifest.json", None)
    told = Manifest(
        command="run",
        parameters={"answers": {"n": 4800}, "respondent": {"model": "made"}},
        seeds={"roles": 0},
        versions={"python": "3.11"},
        digests=digests,
    )
    (folder / "manifest.json").write_text(told.model_dump_json(), encoding="utf-8")
    return folder
