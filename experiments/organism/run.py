"""How well the planted graph comes back from the embedded models, as the number of roles grows.

    python experiments/organism/run.py --out DIR

Each model is surveyed once (answers are kept in runs/organism: a second run asks nothing);
then roles are drawn from it, without replacement, and every draw is searched on its own, from the
roles alone or with a twentieth as many roles in whom each value was settled in turn. Beside the
models stand the world's own respondents, who make no mistake: what they lose, the search loses.
Writes recovery.csv; `figures.py` draws it.
"""

import argparse
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalvalues import ScoreTable, compare, discover
from causalvalues.discovery.options import Algorithm
from causalvalues.errors import CausalValuesWarning
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.organism.respondents import option_probabilities, true_values
from causalvalues.organism.world import planted_world
from causalvalues.provenance import write_atomically
from causalvalues.report.figure_manifest import Source
from causalvalues.survey.asking import ask
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role, anchored_roles, settle
from causalvalues.survey.scoring import score

ROOT = Path(__file__).parents[2]
SURVEYING = ("causalvalues", "numpy", "scipy", "pandas", "numba", "torch", "transformers")
MODELS = ("organism/gemma", "organism/llama")
SEARCHES: tuple[Algorithm, ...] = ("pc", "ges")
ROLES = (50, 100, 200, 500, 1000)
N_ROLES, N_SETTLED, SHARE_SETTLED = 2000, 100, 20  # settled: one for twenty
MEASURES = ("adjacency_f1", "arrow_precision", "arrow_recall", "shd")
SEED = 101  # no role of these was used to choose anything
LEVEL = 0.8  # of a value that is settled: the highest fifth
WORLD, ITEMS = planted_world(), inventory("schwartz10")


def main() -> int:
    """Run the study."""
    parser = argparse.ArgumentParser(description="Recovery of the planted graph from models.")
    parser.add_argument("--out", type=Path, required=True, help="folder for everything it writes")
    parser.add_argument(
        "--answers", type=Path, default=Path("runs/organism"), help="folder where answers are kept"
    )
    parser.add_argument("--draws", type=int, default=20, help="draws of roles per point")
    parser.add_argument("--roles", type=int, default=N_ROLES, help="roles that a model is asked as")
    options = parser.parse_args()
    warnings.simplefilter("ignore", CausalValuesWarning)
    rows: list[dict[str, object]] = []
    tables = {name: surveyed(name, options.answers, options.roles) for name in MODELS}
    tables["no mistakes"] = truth_of(options.roles)
    for name, table in tables.items():
        print(f"searching: {name}", flush=True)
        rows += [{"model": name, **row} for row in recovered(table, options.draws)]
    frame = pd.DataFrame(rows)
    table = summary(frame).to_csv(index=False, lineterminator="\n")
    path = write_atomically(options.out / "recovery.csv", table)
    weights = [file for name in MODELS for file in folder_of(name).rglob("*.safetensors")]
    source = Source(
        Path(__file__), ROOT, tuple(weights), {"draws": options.draws, "roles": options.roles},
        {"roles": SEED}, SURVEYING,
    )  # fmt: skip
    source.write(options.out / "run.manifest.json", [path])
    print(f"Wrote {path}")
    return 0


def conditions_of() -> dict[str, dict[str, float]]:
    """Return no intervention, and each value settled in turn."""
    return {"": {}, **{f"do({name})": {name: LEVEL} for name in WORLD.names}}


def roles_under(settled: Mapping[str, float], n_roles: int) -> tuple[Role, ...]:
    """Return the roles that are asked under a condition."""
    roles = anchored_roles(ITEMS.system, n_roles, seed=SEED)
    if not settled:
        return roles
    return tuple(settle(role, ITEMS.system, settled) for role in roles[:N_SETTLED])


def surveyed(name: str, folder: Path, n_roles: int) -> ScoreTable:
    """Return a model's scores, asking what is not in the store yet."""
    model = LanguageModel.load(folder_of(name), dtype="float32", device="cpu")
    questions = tuple(Protocol(orders=("given",)).questions(ITEMS))
    keys: list[bytes] = []
    with AnswerStore.open(folder / f"{name.rpartition('/')[2]}.sqlite") as store:
        for condition, settled in conditions_of().items():
            print(f"asking {name} {condition}", flush=True)
            asked = ask(
                model,
                questions,
                roles_under(settled, n_roles),
                store,
                condition=condition,
                condition_digest=condition and f"{settled}",
                progress=counting,
            )
            keys += asked.keys
        responses = Responses.of(store.rows(keys), questions)
    return score(responses, questions, names=WORLD.names)


def truth_of(n_roles: int) -> ScoreTable:
    """Return what the world's own respondents would score as the same roles."""
    credit = np.linspace(1, -1, 6)
    scores, clusters, contexts = [], [], []
    for condition, settled in conditions_of().items():
        roles = roles_under(settled, n_roles)
        values = true_values(WORLD, roles, settled=dict(settled))
        scores.append(option_probabilities(WORLD, values, 6) @ credit)
        clusters += [role.id for role in roles]
        contexts += [condition] * len(roles)
    return ScoreTable(
        names=WORLD.names,
        scores=np.concatenate(scores),
        clusters=np.array(clusters),
        contexts=np.array(contexts),
    )


def counting(done: int, total: int) -> None:
    """Print progress every tenth."""
    if done == total or done * 10 // total > (done - 512) * 10 // total:
        print(f"  {done} of {total}", flush=True)


def recovered(table: ScoreTable, n_draws: int) -> Iterator[dict[str, object]]:
    """Yield one row per number of roles, draw, search and use of interventions."""
    plain = np.flatnonzero(table.contexts == "")
    under = [np.flatnonzero(table.contexts == c) for c in np.unique(table.contexts) if c]
    for n_roles in [n for n in ROLES if n <= len(plain)]:
        for place in range(n_draws):
            rng = np.random.default_rng([n_roles, place])
            chosen = rng.choice(plain, size=n_roles, replace=False)
            n_settled = max(n_roles // SHARE_SETTLED, 4)
            settled = [
                rng.choice(rows, size=min(n_settled, len(rows)), replace=False) for rows in under
            ]
            for algorithm in SEARCHES:
                for with_contexts in (False, True):
                    rows = np.concatenate([chosen, *settled]) if with_contexts else chosen
                    yield {
                        "n_roles": n_roles,
                        "draw": place,
                        "search": algorithm,
                        "interventions": with_contexts,
                        **judged(table, rows, algorithm, with_contexts),
                    }


def judged(
    table: ScoreTable, rows: NDArray[np.int64], algorithm: Algorithm, with_contexts: bool
) -> dict[str, float | None]:
    """Return how far the graph of some rows is from the planted one, or from its class."""
    contexts = "joint" if with_contexts else "observational"
    found = discover(table.rows(rows), algorithm, contexts=contexts).only("value")
    outcome = compare(
        found, WORLD.graph(), as_class=not with_contexts, adjustment=False, n_relabellings=0
    )
    return {name: outcome.measure(name).value for name in MEASURES}


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return mean and 95 % of draws of every point."""
    keys = ["model", "search", "interventions", "n_roles"]
    parts = []
    for key, group in frame.groupby(keys, sort=False):
        row: dict[str, object] = dict(zip(keys, key, strict=True))
        row["n_draws"] = len(group)
        for name in MEASURES:
            values = group[name].astype(float).dropna()
            row[name] = values.mean()
            row[f"{name}_low"], row[f"{name}_high"] = values.quantile([0.025, 0.975])
            row[f"{name}_unscored"] = len(group) - len(values)
        parts.append(row)
    return pd.DataFrame(parts)


if __name__ == "__main__":
    sys.exit(main())
