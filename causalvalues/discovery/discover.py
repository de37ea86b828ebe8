"""`discover`: from a table of scores to a value graph, in one call.

    1. guard      no faulty table reaches an algorithm (survey.guards)
    2. gather     correlations of the values, and of the contexts if asked (evidence)
    3. rule       background knowledge and the rule that no value causes a context (knowledge)
    4. search     one algorithm, one engine (search)
    5. check      knowledge obeyed, cycles reported, provenance attached

Guarantee: the same table and options give the same marks.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from causalvalues.discovery.evidence import Evidence, gather
from causalvalues.discovery.graph import Check, ValueGraph
from causalvalues.discovery.knowledge import Knowledge, Rules, ensure_obeyed
from causalvalues.discovery.options import (
    Algorithm,
    ContextUse,
    CorrelationKind,
    Engine,
    Preset,
    Search,
)
from causalvalues.discovery.search import search_marks
from causalvalues.provenance import Manifest
from causalvalues.survey.scores import ScoreTable

__all__ = ["discover", "discover_with", "rules_for"]


def discover(
    table: ScoreTable,
    algorithm: Algorithm = "pc",
    engine: Engine = "fast",
    alpha: float = 0.01,
    uc_rule: int = 2,
    *,
    uc_priority: int = 2,
    max_condition_size: int | None = None,
    penalty: float = 0.5,
    max_parents: int | None = None,
    correlation: CorrelationKind = "pearson",
    knowledge: Knowledge | str | Path | None = None,
    contexts: ContextUse = "pool",
    preset: Preset | None = None,
    seed: int = 0,
) -> ValueGraph:
    """Return the value graph that an algorithm finds in a table.

    algorithm: "pc", "ges", "xges", "boss", "grasp" or "fci"; engine: "fast" (ours) or
    "causal-learn" (the reference). `preset="kang2025"` is the published study's PC: alpha .05 and
    causal-learn's defaults, whatever the other options say. uc_priority: how clashing colliders
    are settled, 2 as in causal-learn's `pc`, −1 the default of the rule itself. contexts: "pool"
    treats all rows alike, "observational" keeps rows without an intervention, "joint" adds each
    intervention as an exogenous node. knowledge: a `Knowledge` or the path of its YAML file.

        graph = discover(ScoreTable.from_csv("scores.csv", cluster="role"))
    """
    search = (
        Search.preset(preset)
        if preset is not None
        else Search(
            algorithm=algorithm,
            engine=engine,
            alpha=alpha,
            uc_rule=uc_rule,
            uc_priority=uc_priority,
            max_condition_size=max_condition_size,
            penalty=penalty,
            max_parents=max_parents,
            correlation=correlation,
            seed=seed,
        )
    )
    return discover_with(search, table, knowledge=knowledge, contexts=contexts)


def discover_with(
    search: Search,
    table: ScoreTable,
    *,
    knowledge: Knowledge | str | Path | None = None,
    contexts: ContextUse = "pool",
) -> ValueGraph:
    """Return the value graph that a `Search` finds in a table."""
    evidence = gather(table, correlation=search.correlation, contexts=contexts)
    rules = rules_for(evidence, knowledge)
    marks = search_marks(evidence, search, rules)
    checks = [Check("finite, varying and independent columns", True, f"{table.n_values} values")]
    if rules is not None:
        ensure_obeyed(marks, evidence.names, rules)
        checks.append(Check("background knowledge obeyed", True))
    if table.contexts is not None and contexts == "pool":
        detail = "rows under different interventions were treated alike"
        checks.append(Check("contexts modelled", False, detail))
    return ValueGraph(
        names=evidence.names,
        marks=marks,
        kinds=evidence.kinds,
        checks=tuple(checks),
        manifest=_manifest(search, table, evidence, contexts),
    ).with_cycle_check()


def rules_for(evidence: Evidence, knowledge: Knowledge | str | Path | None) -> Rules | None:
    """Return the rules for the nodes of the evidence, or None where there are none."""
    if isinstance(knowledge, (str, Path)):
        knowledge = Knowledge.from_yaml(knowledge)
    if knowledge is None and "context" not in evidence.kinds:
        return None
    return (knowledge or Knowledge()).rules(evidence.names, evidence.kinds)


def _manifest(
    search: Search, table: ScoreTable, evidence: Evidence, contexts: ContextUse
) -> Manifest:
    """Return where the graph came from."""
    parameters: Mapping[str, JsonValue] = {
        **search.to_dict(),
        "contexts": contexts,
        "n_rows": evidence.n_rows,
        "n_clusters": table.n_clusters,
    }
    return Manifest.of(
        "discover",
        parameters=parameters,
        seeds={"search": search.seed},
        digests={"table": table.digest},
    )
