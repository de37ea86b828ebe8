"""What interventions do to the organisms: foretold from few values, and counted as published.

    python experiments/organism/foretell.py --out experiments/organism/results

1. Every feature and line of the steering study is measured; the changes of one or three values are
   shown and all others foretold: through the graph, without one, by plain correlations, along the
   theory's circle, and under relabelled graphs (the null).
2. How often do values that follow from a target change when it does, and how often others? The
   published statistic with its relabelled-graph null, for lines, which have a target, and
   features.

Roles are other ones than in the steering study; a model's own word is unscored, as its language has
no sentence for it.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from steering_candidates import candidates_for
from steering_survey import NAMES, WORLD, credits_under, halves_of, profile_of, table_of

from causalvalues import ScoreTable, ValueGraph, discover
from causalvalues.discovery.options import Search
from causalvalues.errors import CausalValuesWarning
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.evaluation.side_effects import side_effects
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.planning.baselines import covariances, human_propagation, plain_correlations
from causalvalues.planning.predict import Prediction, predict
from causalvalues.planning.prediction_cases import Outcome, seen_sets
from causalvalues.planning.prediction_null import prediction_null
from causalvalues.planning.prediction_scores import score_predictions, unscored
from causalvalues.planning.propagation import Propagation, no_propagation, propagation
from causalvalues.provenance import write_atomically
from causalvalues.report.figure_manifest import Source
from causalvalues.steering.intervention import Intervention, RolePrompt
from causalvalues.steering.sae import open_sae

ROOT = Path(__file__).parents[2]
SURVEYING = ("causalvalues", "numpy", "scipy", "pandas", "numba", "torch", "transformers")
MODELS = ("organism/gemma", "organism/llama")
SEED = 90  # of roles that the steering study does not have
SIZES, N_SETS, N_RELABELLINGS = (1, 3), 12, 49
THRESHOLD = 0.2  # of the score
LEAST_MOVED = 0.1  # of the score: a feature that moves nothing so far has no effects to foretell
CIRCLE = ROOT / "graphs" / "reference" / "schwartz_circle.json"
NO_WORDS = "the organism's language has no sentence about how values go together"


def main() -> int:
    """Measure both models and write both tables."""
    parser = argparse.ArgumentParser(description="Effects on the organisms, foretold and counted.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables")
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    options = parser.parse_args()
    warnings.simplefilter("ignore", CausalValuesWarning)
    scores, counted = [], []
    for name in options.models:
        print(f"{name}: asking", flush=True)
        table, graph, interventions, profiles = measured(name)
        print(f"{name}: foretelling", flush=True)
        scores.append(foretold(table, graph, interventions, profiles).assign(model=name))
        counted.append(counts(graph, interventions, profiles).assign(model=name))
    paths = []
    for stem, frames in (("foretold", scores), ("side_effects", counted)):
        text = pd.concat(frames, ignore_index=True).round(4).to_csv(index=False)
        paths.append(write_atomically(options.out / f"{stem}.csv", text))
        print(f"Wrote {paths[-1]}")
    source_of(options.models).write(options.out / "foretell.manifest.json", paths)
    return 0


def source_of(models: Sequence[str]) -> Source:
    """Return what the tables are made from."""
    weights = [file for name in models for file in folder_of(name).rglob("*.safetensors")]
    return Source(Path(__file__), ROOT, (CIRCLE, *weights), {}, {"all": SEED}, SURVEYING)


def measured(
    name: str,
) -> tuple[ScoreTable, ValueGraph, dict[str, Intervention], dict[str, EffectProfile]]:
    """Return the unsteered scores, their graph, and every candidate with its profile."""
    model = LanguageModel.load(folder_of(name), dtype="float32", device="cpu")
    sae = open_sae(f"organism-{name.removeprefix('organism/')}", check_model=model.model)
    halves = halves_of(SEED)
    unsteered = credits_under(model, halves.graph, {}, {})[""]
    table = table_of(halves.graph, unsteered)
    found = candidates_for(model, sae, halves.graph)
    credit = credits_under(model, halves.calibration, found, {sae.name: sae})
    profiles = {each: profile_of(each, halves.calibration, credit) for each in found}
    return table, discover(table, algorithm="ges"), found, profiles


def foretold(
    table: ScoreTable,
    graph: ValueGraph,
    interventions: Mapping[str, Intervention],
    profiles: Mapping[str, EffectProfile],
) -> pd.DataFrame:
    """Return the scores of every method, for features and lines, by how many values were shown."""
    own = propagation(table, graph, n_draws=80, search=Search(algorithm="ges"), seed=SEED)
    graphs = {
        "graph": own,
        "planted graph": Propagation(
            NAMES, np.repeat(WORLD.weights[None], 80, axis=0), own.spread, own.centre
        ),
        "circle of theory": human_propagation(table, circle(), n_draws=80, seed=SEED),
        "no graph": no_propagation(NAMES, own.spread, n_draws=80),
    }
    between = covariances(table, n_draws=80, seed=SEED)
    frames = []
    for family in ("features", "lines"):
        chosen = [
            profile
            for name, profile in profiles.items()
            if isinstance(interventions[name], RolePrompt) == (family == "lines")
            and np.abs(profile.change).max() > LEAST_MOVED
        ]
        for size in SIZES:
            seen = seen_sets(NAMES, size, most=N_SETS, seed=SEED)
            tests: dict[str, list[Outcome]] = {}
            for profile in chosen:
                for shown in (profile.only(each) for each in seen):
                    for method, told in _told(shown, interventions, graphs, between):
                        tests.setdefault(method, []).append(Outcome(told, profile))
            for method, outcomes in tests.items():
                scored = replace(
                    score_predictions(outcomes, threshold=THRESHOLD, seed=SEED), method=method
                )
                if method == "graph":
                    null = prediction_null(
                        chosen, seen, own, threshold=THRESHOLD, n_relabellings=N_RELABELLINGS,
                        n_draws=4, seed=SEED,
                    )  # fmt: skip
                    scored = scored.with_p(null.p_values)
                frames.append(scored.to_frame().assign(family=family))
            frames.append(
                unscored("own word", NO_WORDS, n_seen=(size,)).to_frame().assign(family=family)
            )
    return pd.concat(frames, ignore_index=True)


def circle() -> ValueGraph:
    """Return the theory as a graph: near and opposed values are joined, directions left open."""
    document = json.loads(CIRCLE.read_text("utf-8"))
    marks = np.zeros((len(NAMES), len(NAMES)), dtype=np.int8)
    for one, two in (*document["positive"], *document["negative"]):
        i, j = NAMES.index(one), NAMES.index(two)
        marks[i, j] = marks[j, i] = -1
    return ValueGraph.from_matrix(marks, NAMES)


def _told(
    shown: EffectProfile,
    interventions: Mapping[str, Intervention],
    graphs: Mapping[str, Propagation],
    between: object,
) -> Iterator[tuple[str, Prediction]]:
    """Yield every method's prediction; nobody is told which value a line settles."""
    for name, graph in graphs.items():
        yield name, predict(shown, graph, seed=SEED)
    yield "plain correlations", plain_correlations(shown, between, seed=SEED)  # type: ignore[arg-type]


def counts(
    graph: ValueGraph,
    interventions: Mapping[str, Intervention],
    profiles: Mapping[str, EffectProfile],
) -> pd.DataFrame:
    """Return how often expected and unexpected values changed, by the found and planted graph."""
    lines = {name: each for name, each in interventions.items() if isinstance(each, RolePrompt)}
    targets = {name: next(iter(line.settles)) for name, line in lines.items()}
    clear = {name: _clear_only(profile) for name, profile in profiles.items()}
    rows = []
    for about, graph_used in (("found graph", graph), ("planted graph", WORLD.graph())):
        for family, chosen, meant in (
            ("lines", [clear[name] for name in lines], targets),
            ("features", [p for name, p in clear.items() if name not in lines], None),
        ):
            found = side_effects(chosen, graph_used, targets=meant, seed=SEED)
            rows.append(
                {
                    "graph": about,
                    "family": family,
                    "expected": float(np.nanmean(found.expected)),
                    "unexpected": float(np.nanmean(found.unexpected)),
                    "difference": found.difference,
                    "p": found.p_difference,
                }
            )
    return pd.DataFrame(rows)


def _clear_only(profile: EffectProfile) -> EffectProfile:
    """Return the profile with changes too small to matter set to none.

    An organism answers without chance: its smallest change is clear, and says nothing.
    """
    small = np.abs(profile.change) < 0.05
    return replace(profile, differences=np.where(small, 0.0, profile.differences))


if __name__ == "__main__":
    sys.exit(main())
