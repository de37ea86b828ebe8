"""One survey of the embedded Gemma by its study file, every stage: the graph that is found.

    python experiments/organism/found.py --out DIR

The run is kept (in runs/organism-study: a second one asks nothing). Writes found_graph.json; the
planted graph beside it in `figures.py` is the world's own.
"""

import argparse
import sys
import warnings
from dataclasses import replace
from pathlib import Path

from causalvalues.errors import CausalValuesWarning
from causalvalues.organism.embedded import folder_of
from causalvalues.report.figure_manifest import Source
from causalvalues.study.plan import Study
from causalvalues.study.run import run

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).parent / "study.yaml"
SURVEYING = ("causalvalues", "numpy", "scipy", "pandas", "numba", "torch", "transformers")


def main() -> int:
    """Run the study."""
    parser = argparse.ArgumentParser(description="The graph that a survey of the organism gives.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the graph")
    parser.add_argument(
        "--kept", type=Path, default=Path("runs/organism-study"), help="folder of the run"
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore", CausalValuesWarning)
    study = Study.from_yaml(FILE)
    graph = run(study, options.kept).graph
    known = graph.manifest  # the same answers give the same bytes, at any commit
    timeless = replace(graph, manifest=known and known.model_copy(update={"revision": None}))
    path = timeless.to_json(options.out / "found_graph.json")
    weights = folder_of(study.model.name).rglob("*.safetensors")
    source = Source(
        Path(__file__), ROOT, (FILE, *weights), {}, {"roles": study.roles.seed}, SURVEYING
    )
    source.write(options.out / "found.manifest.json", [path])
    print(f"Wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
