"""Background knowledge is obeyed by every search, and what contradicts itself is refused."""

from pathlib import Path

import numpy as np
import pytest

from causalvalues import Knowledge, ScoreTable, discover
from causalvalues.discovery.discover import discover_with
from causalvalues.discovery.knowledge import Rules, ensure_obeyed
from causalvalues.discovery.options import Search
from causalvalues.errors import (
    DependentRows,
    FileError,
    KnowledgeError,
    KnowledgeIgnored,
    OptionError,
)
from causalvalues.organism.world import World, planted_world, random_world

NAMES = ("a", "b", "c", "d")
SEARCHES = [
    *[Search(uc_rule=rule, uc_priority=p) for rule in (0, 1) for p in (0, 1, 2, 3, 4)],
    *[Search(uc_rule=2, uc_priority=p) for p in (2, 3, 4)],
    *[Search(engine="causal-learn", uc_rule=rule) for rule in (0, 1, 2)],
    *[Search(algorithm=name) for name in ("ges", "xges", "boss", "grasp", "fci")],
]
CHAIN = World.from_edges(("X", "Y", "Z"), [("X", "Y", 0.7), ("Y", "Z", 0.7)])


def label(search: Search) -> str:
    return f"{search.algorithm}-{search.engine}-{search.uc_rule}-{search.uc_priority}"


def random_knowledge(names: tuple[str, ...], seed: int) -> Knowledge | None:
    """Consistent knowledge, or None where the draw contradicts itself."""
    rng = np.random.default_rng(seed)
    order = [names[i] for i in rng.permutation(len(names))]
    required = []
    for _ in range(int(rng.integers(0, 3))):
        early, late = sorted(rng.choice(len(names), 2, replace=False))
        required.append(f"{order[early]} -> {order[late]}")
    forbidden = []
    for _ in range(int(rng.integers(1, 5))):
        one, two = (str(n) for n in rng.choice(names, 2, replace=False))
        forbidden.append(f"{one} {rng.choice(['->', '--'])} {two}")
    half = len(names) // 2
    tiers = (tuple(order[:half]), tuple(order[half:])) if rng.random() < 0.5 else ()
    knowledge = Knowledge(tiers=tiers, required=tuple(required), forbidden=tuple(forbidden))
    try:
        knowledge.rules(names)
    except KnowledgeError:
        return None
    return knowledge


@pytest.mark.parametrize("search", SEARCHES, ids=label)
def test_every_search_obeys_random_knowledge(search: Search) -> None:
    n_tried = 0
    for seed in range(14):
        world = random_world(4 + seed % 4, degree=2.5, seed=seed)
        knowledge = random_knowledge(world.names, seed)
        if knowledge is None:
            continue
        scores = world.latents(300, seed=seed).reshape(-1, len(world.names))
        found = discover_with(
            search, ScoreTable(names=world.names, scores=scores), knowledge=knowledge
        )
        assert knowledge.rules(world.names).violations(found.marks, world.names) == ()
        assert any(check.name == "background knowledge obeyed" for check in found.checks)
        n_tried += 1
    assert n_tried >= 6


@pytest.mark.parametrize("engine", ["fast", "causal-learn"])
@pytest.mark.parametrize("rule", [0, 1, 2])
def test_a_forbidden_edge_makes_no_collider_of_a_chain(engine: str, rule: int) -> None:
    """The chain of causal-learn issue 224."""
    table = ScoreTable(names=CHAIN.names, scores=CHAIN.latents(1000, seed=1).reshape(-1, 3))
    search = Search(engine=engine, uc_rule=rule)  # type: ignore[arg-type]
    found = discover_with(search, table, knowledge=Knowledge(forbidden=("X -- Z",)))
    assert {str(edge) for edge in found.edges()} == {"X —— Y", "Y —— Z"}


def test_knowledge_directs_what_follows_from_it() -> None:
    table = ScoreTable(names=CHAIN.names, scores=CHAIN.latents(1000, seed=1).reshape(-1, 3))
    for algorithm in ("pc", "ges", "xges", "boss", "grasp"):
        found = discover(table, algorithm, knowledge=Knowledge(required=("X -> Y",)))
        assert {str(edge) for edge in found.edges()} == {"X —→ Y", "Y —→ Z"}, algorithm


def test_an_intervention_is_a_cause_and_never_an_effect() -> None:
    world = planted_world()
    table = world.sample(800, interventions=[{"security": 1.5}], seed=3)
    for algorithm in ("pc", "ges"):
        with pytest.warns(DependentRows):
            found = discover(table, algorithm, contexts="joint")
        (context,) = [
            n for n, kind in zip(found.names, found.kinds, strict=True) if kind != "value"
        ]
        assert not found.directed[:, found.index(context)].any()
        assert found.directed[found.index(context), found.index("security")]


def test_a_file_of_knowledge_comes_back(tmp_path: Path) -> None:
    known = Knowledge(
        tiers=(("a", "b"), ("c",)), required=("a -> c",), forbidden=("b -> c", "c -- d")
    )
    assert Knowledge.from_yaml(known.to_yaml(tmp_path / "known.yaml")) == known
    assert Knowledge.from_yaml(Knowledge().to_yaml(tmp_path / "none.yaml")) == Knowledge()


def test_lines_speak_of_the_pairs_they_name() -> None:
    rules = Knowledge(
        tiers=(("a",), ("b", "c")), required=("a -> b",), forbidden=("c -- d", "* -> a")
    ).rules(NAMES)
    forbidden = {(NAMES[i], NAMES[j]) for i, j in np.argwhere(rules.forbidden)}
    assert forbidden == {("b", "a"), ("c", "a"), ("d", "a"), ("c", "d"), ("d", "c")}
    assert {(NAMES[i], NAMES[j]) for i, j in np.argwhere(rules.required)} == {("a", "b")}


@pytest.mark.fault
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"required": ("a -> b",), "forbidden": ("a -> b",)}, "required and forbidden"),
        ({"required": ("a -> b", "b -> c", "c -> a")}, "cycle"),
        ({"tiers": (("a",), ("b",)), "required": ("b -> a",)}, "required and forbidden"),
        ({"tiers": (("a",), ("b", "a"))}, "one tier"),
        ({"required": ("a -- b",)}, "direction"),
        ({"required": ("* -> b",)}, "two names"),
        ({"forbidden": ("a => b",)}, "reads"),
        ({"forbidden": ("a -> e",)}, "no 'e'"),
        ({"tiers": (("e",),)}, "no 'e'"),
    ],
)
def test_a_contradiction_is_an_error(fields: dict[str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(KnowledgeError, match=said):
        Knowledge(**fields).rules(NAMES)  # type: ignore[arg-type]


@pytest.mark.fault
@pytest.mark.parametrize("text", ["{", "tiers: a", "required: [[a, b]]", "tier: []", "[1]"])
def test_a_file_of_another_shape_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((FileError, KnowledgeError)):
        Knowledge.from_yaml(path)


@pytest.mark.fault
def test_a_search_without_knowledge_refuses_it() -> None:
    table = planted_world().sample(200, seed=1)
    with pytest.raises(OptionError, match="engine='fast'"):
        discover(
            table, "ges", "causal-learn", knowledge=Knowledge(forbidden=("power -> security",))
        )


@pytest.mark.fault
def test_a_result_that_breaks_the_rules_is_a_fault() -> None:
    marks = np.array([[0, -1], [1, 0]], dtype=np.int8)
    forbidden = np.array([[False, True], [False, False]])
    rules = Rules(forbidden, np.zeros((2, 2), dtype=np.bool_))
    with pytest.raises(KnowledgeIgnored, match="a -> b is forbidden"):
        ensure_obeyed(marks, ("a", "b"), rules)
    assert rules.violations(np.zeros((2, 2), dtype=np.int8), ("a", "b")) == ()
