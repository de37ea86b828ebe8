"""The whole protocol on an organism: few roles, two values, three methods; one is absent."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalvalues.errors import OptionError
from causalvalues.evaluation.known_judge import KnownJudge
from causalvalues.leaderboard.compete import Progress, Rules, Tables, compete
from causalvalues.leaderboard.marks import Reference
from causalvalues.leaderboard.materials import Materials
from causalvalues.leaderboard.sheets import Sheets, sheets_of
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.completions import Completion, completions
from causalvalues.organism.contrasts import organism_contrasts
from causalvalues.organism.embedded import folder_of
from causalvalues.organism.insight import organism_insight
from causalvalues.organism.telling_judge import telling, tellings
from causalvalues.organism.world import planted_world
from causalvalues.planning.propagation import Propagation
from causalvalues.steering.gate import Gate, WordDetector
from causalvalues.survey.answer_row import Answer
from causalvalues.survey.inventory import Inventory, inventory
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles

ITEMS, WORLD = inventory("schwartz10"), planted_world()
NAMES = ITEMS.system.names
VALUES = ("power", "tradition")
N = len(NAMES)
PROPAGATION = Propagation(WORLD.names, np.repeat(WORLD.weights[None], 6, axis=0), np.full(N, 0.4))
REFERENCE = Reference(
    ITEMS.system, planted=WORLD.total_effects() + np.eye(N), found=WORLD.total_effects() + np.eye(N)
)
RULES = Rules(methods=("prompt", "sae", "caa", "conva"), values=VALUES, n_rungs=3)
SMALL = Rules(methods=("caa",), values=("power",), n_rungs=2, wider=False)
LINES, EDITS = {"equal gain", "strongest"}, {"equal gain", "strongest", "equal norm", "control"}
PLANS = {"plan, measured", "plan, guided"}
KEYS = ["method", "value", "comparison"]
Told = list[tuple[str, int, int]]


class Counted(AnswerStore):
    """A store that counts what is put into it."""

    n_put = 0

    def put(self, answers: Iterable[Answer]) -> int:
        """Return how many answers were new."""
        new = super().put(answers)
        self.n_put += new
        return new


class KilledError(Exception):
    """The process is gone."""


def few_items() -> Inventory:
    """Two items for each value and two against it."""
    chosen = [
        item
        for name in NAMES
        for key in (1, -1)
        for item in [each for each in ITEMS.of(name) if each.key == key][:2]
    ]
    return replace(ITEMS, items=tuple(chosen))


def sheets(*, is_open: bool = True) -> Sheets:
    """Two people to tune on, three to judge on."""
    dev, test = (anchored_roles(ITEMS.system, n, seed=n) for n in (2, 3))
    asked = [telling()] if is_open else []
    return sheets_of(few_items(), dev, test, open_questions=asked, n_form_roles=2)


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    """An organism; nobody changes it."""
    return LanguageModel.load(folder_of("organism/gemma"), dtype="float32", device="cpu")


@pytest.fixture(scope="module")
def materials(model: LanguageModel) -> Materials:
    """What methods are fitted on, without an autoencoder."""
    known = organism_contrasts(model.chat, n_of_each_form=6)
    contrasts = replace(known, pairs=tuple(each for each in known.pairs if each.value in VALUES))
    return Materials(ITEMS.system, contrasts, organism_insight("values", n_people=4))


@dataclass(frozen=True)
class Done:
    """What a call gave, how many answers it asked, and what it told."""

    tables: Tables
    n_asked: int
    told: Told


@pytest.fixture(scope="module")
def choices(model: LanguageModel) -> tuple[Completion, ...]:
    """What no value decides."""
    known = completions(few_items(), lambda text: len(model.tokenizer(text)["input_ids"]))
    return known[:3]


def whole(
    model: LanguageModel, materials: Materials, choices: tuple[Completion, ...], path: Path
) -> Done:
    """The whole protocol."""
    told: Told = []
    with Counted.open(path) as store:
        tables = compete(
            model, materials, sheets(), REFERENCE, store, rules=RULES, propagation=PROPAGATION,
            judge=KnownJudge(NAMES, tellings(ITEMS)), choices=choices, how_asked="continuations",
            progress=lambda *at: told.append(at),
        )  # fmt: skip
        return Done(tables, store.n_put, told)


@pytest.fixture(scope="module")
def store_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where answers are kept."""
    return tmp_path_factory.mktemp("compete") / "answers.sqlite"


@pytest.fixture(scope="module")
def first(
    model: LanguageModel,
    materials: Materials,
    choices: tuple[Completion, ...],
    store_path: Path,
) -> Done:
    """The first call."""
    return whole(model, materials, choices, store_path)


def test_every_method_enters_every_comparison_once(first: Done) -> None:
    entries = first.tables["entries"]
    assert not entries.duplicated(KEYS).any()
    by_method = entries.groupby(["method", "value"]).comparison.agg(set)
    assert set(by_method.index) == {(m, v) for m in ("prompt", "caa", "conva") for v in VALUES}
    for (method, _), comparisons in by_method.items():
        assert comparisons == (LINES if method == "prompt" else EDITS) | PLANS


def test_what_cannot_be_fitted_is_told_and_the_others_go_on(first: Done) -> None:
    unfitted = first.tables["unfitted"]
    assert set(zip(unfitted.method, unfitted.value, unfitted.direction, strict=True)) == {
        ("sae", value, side) for value in VALUES for side in ("raise", "lower")
    }
    assert unfitted.reason.str.contains("needs an autoencoder").all()


def test_every_dose_is_a_row_for_each_value_and_every_rung_costs_as_much(first: Done) -> None:
    tuning, dev = first.tables["tuning"], sheets().dev
    doses = tuning.groupby(["method", "value", "direction"]).dose.nunique()
    assert len(doses) == 3 * len(VALUES) * 2
    assert set(doses["prompt"]) == {2}
    assert set(doses["caa"]) == set(doses["conva"]) == {RULES.n_rungs}
    assert len(tuning) == doses.sum() * N
    assert tuning[tuning.method == "prompt"].norm.isna().all()
    assert (tuning[tuning.method != "prompt"].norm > 0).all()
    own = first.tables["entries"].dropna(subset="n_tuning_answers")
    per_rung = {"prompt": 2, "caa": RULES.n_rungs, "conva": RULES.n_rungs}
    assert (own.n_tuning_answers == own.method.map(per_rung) * dev.n_answers).all()


def test_what_each_entry_did_to_each_value_is_a_row(first: Done) -> None:
    entries, profiles = first.tables["entries"], first.tables["profiles"]
    judged = entries[entries.gain.notna()]
    assert len(profiles) == len(judged) * N
    own = profiles[profiles.on == profiles.value].merge(judged, on=KEYS)
    assert own.change.to_numpy() == pytest.approx(own.gain.to_numpy())


def test_entries_gain_what_is_asked_and_controls_do_not(first: Done) -> None:
    entries = first.tables["entries"].set_index(KEYS)
    for method in ("caa", "conva"):
        for value in VALUES:
            own, control = (entries.loc[(method, value, c)] for c in ("equal gain", "control"))
            assert 0.15 < own.gain < 0.5
            assert abs(control.gain) < own.gain / 2
            assert own.truth_r > 0.9
            assert control.norm == own.norm


def test_methods_of_equal_norm_are_equally_large(first: Done) -> None:
    entries = first.tables["entries"]
    equal = entries[entries.comparison == "equal norm"]
    assert (equal.groupby("value").norm.agg(np.ptp) < 1e-9).all()


def test_entries_at_equal_gain_are_asked_wider_and_no_others(first: Done) -> None:
    entries = first.tables["entries"]
    wider = [
        "forms_gain", "letter_following", "perplexity_ratio", "distinct_2", "told_gain",
        "robustness", "capability", "tokens_ratio", "time_ratio",
    ]  # fmt: skip
    is_equal = entries.comparison == "equal gain"
    assert entries.loc[is_equal, wider].notna().all(axis=None)
    assert entries.loc[~is_equal, wider].isna().all(axis=None)


def test_it_tells_how_far_it_is(first: Done) -> None:
    kinds = list(dict.fromkeys(what for what, _, _ in first.told))
    assert kinds == [
        "fitting", "tuning", "judging", "other forms", "open answers", "opposite prompts",
        "capability", "cost",
    ]  # fmt: skip
    for kind in kinds:
        steps = [(done, of) for what, done, of in first.told if what == kind]
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1]


def test_the_second_call_asks_nothing_and_gives_the_same(
    first: Done,
    model: LanguageModel,
    materials: Materials,
    choices: tuple[Completion, ...],
    store_path: Path,
) -> None:
    again = whole(model, materials, choices, store_path)
    assert first.n_asked > 0
    assert again.n_asked == 0
    assert set(again.tables) == {"tuning", "entries", "profiles", "unfitted"}
    for name, table in first.tables.items():
        same_clock = [column for column in table if not column.startswith("time_ratio")]
        pd.testing.assert_frame_equal(again.tables[name][same_clock], table[same_clock])


def test_who_is_killed_after_tuning_goes_on_from_there(
    model: LanguageModel, materials: Materials, tmp_path: Path
) -> None:
    def die(what: str, done: int, of: int) -> None:
        if (what, done) == ("tuning", of):
            raise KilledError

    def run(name: str, **options: Progress) -> Done:
        with Counted.open(tmp_path / name) as store:
            try:
                found = compete(
                    model, materials, sheets(), REFERENCE, store, rules=SMALL,
                    propagation=PROPAGATION, **options,
                )  # fmt: skip
            except KilledError:
                found = {}
            return Done(found, store.n_put, [])

    straight, killed, resumed = run("one"), run("two", progress=die), run("two")
    assert not killed.tables
    assert 0 < killed.n_asked < straight.n_asked
    assert killed.n_asked + resumed.n_asked == straight.n_asked
    for name, table in straight.tables.items():
        pd.testing.assert_frame_equal(resumed.tables[name], table)


@pytest.fixture(scope="module")
def small(model: LanguageModel, materials: Materials, store_path: Path) -> Callable[..., Tables]:
    """One method for one value, without a graph, with gates if there are."""

    def run(gate: Gate | None = None, **options: bool) -> Tables:
        with AnswerStore.open(store_path) as store:
            return compete(
                model, materials, sheets(is_open=False), REFERENCE, store,
                rules=replace(SMALL, **options),
                gate_by_value={"power": gate} if gate is not None else None,
            )  # fmt: skip

    return run


def test_without_a_graph_nothing_is_guided_and_nothing_lowered(
    small: Callable[..., Tables],
) -> None:
    tables = small()
    assert set(tables["tuning"].direction) == {"raise"}
    assert set(tables["entries"].comparison) == EDITS
    assert list(tables["unfitted"].columns) == ["method", "value", "direction", "reason"]
    assert tables["unfitted"].empty


def test_what_there_is_no_question_for_is_not_asked(small: Callable[..., Tables]) -> None:
    entries = small(wider=True)["entries"]
    assert {"forms_gain", "robustness", "tokens_ratio"} < set(entries.columns)
    assert not {"perplexity_ratio", "told_gain", "capability"} & set(entries.columns)


def test_a_gate_that_is_open_changes_nothing_and_one_that_is_closed_everything(
    small: Callable[..., Tables],
) -> None:
    gate = Gate("any", WordDetector(np.ones(8, np.float32), 0.0))
    plain, opened, closed = (
        small(each) for each in (None, gate.forced("open"), gate.forced("closed"))
    )
    for name in ("tuning", "entries", "profiles"):
        pd.testing.assert_frame_equal(opened[name], plain[name], rtol=1e-4, atol=1e-5)
    assert (closed["tuning"].change == 0).all()
    missed = closed["entries"].set_index("comparison").missed
    assert "out of reach" in missed["equal gain"]
    assert missed["equal norm"] == "no edit reaches the gain"


@pytest.mark.fault
def test_a_method_that_nobody_knows_is_refused(
    model: LanguageModel, materials: Materials, tmp_path: Path
) -> None:
    with (
        AnswerStore.open(tmp_path / "a") as store,
        pytest.raises(OptionError, match="Methods are prompt, sae"),
    ):
        compete(model, materials, sheets(), REFERENCE, store, rules=Rules(methods=("guess",)))
