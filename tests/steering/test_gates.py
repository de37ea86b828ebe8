"""A gate is data: it stays with its part, whatever is made of it, and says what it cannot be."""

from collections.abc import Callable

import numpy as np
import pytest
from kinds import (
    ABLATE,
    ADD,
    BOUNDED,
    COMBINED,
    EVERY,
    GATES,
    KNOWN,
    NEURONS,
    PROBES,
    PROMPT,
    VECTOR,
)

from causalvalues.errors import OptionError
from causalvalues.steering.controls import random_neurons, random_vector
from causalvalues.steering.document import digest_of
from causalvalues.steering.edits import edits_of
from causalvalues.steering.gate import ClassifierDetector, Gate, ProbeDetector, WordDetector
from causalvalues.steering.intervention import Combined, gated, gates_of, parts_of, scaled

WEIGHTS = np.array([0.5, -1.0], dtype=np.float32)
GATE = Gate("about power", WordDetector(WEIGHTS, 0.25), 0.7)
OTHER = Gate("about rest", ClassifierDetector("owner/judge", "rest"))


@pytest.mark.parametrize("kind", EVERY)
def test_every_edit_of_a_part_has_the_gate_of_its_part(kind: str) -> None:
    given = gated(EVERY[kind], GATE)
    edits = edits_of(given, KNOWN)
    assert edits
    assert all(edit.gate is GATE for edit in edits)
    assert all(edit.gate is None for edit in edits_of(EVERY[kind], KNOWN))
    assert gates_of(given) == (GATE,) * len(list(parts_of(given)))
    assert gates_of(EVERY[kind]) == ()


@pytest.mark.parametrize("kind", EVERY)
def test_a_gate_stays_when_a_dose_changes_and_goes_when_it_is_taken_away(kind: str) -> None:
    given = gated(EVERY[kind], GATE)
    assert set(gates_of(scaled(given, 0.5))) == {GATE}
    assert digest_of(given) != digest_of(EVERY[kind])
    assert digest_of(gated(given, None)) == digest_of(EVERY[kind])
    assert digest_of(gated(given, GATE.forced("open"))) != digest_of(given)


def test_a_combination_has_a_gate_for_each_part_and_none_for_lines() -> None:
    given = Combined((PROMPT, gated(ADD, GATE), Combined((NEURONS, gated(VECTOR, OTHER)))))
    assert gates_of(given) == (GATE, OTHER)
    assert gates_of(gated(given, GATE)) == (GATE,) * 3
    assert next(parts_of(gated(given, GATE))) == PROMPT
    assert [edit.gate for edit in edits_of(given, KNOWN)] == [GATE, None, OTHER, OTHER]


def test_a_gate_is_forced_and_otherwise_the_same() -> None:
    for state in ("deciding", "open", "closed"):
        forced = GATE.forced(state)  # type: ignore[arg-type]
        assert (forced.state, forced.name, forced.threshold) == (state, GATE.name, 0.7)
        assert forced.detector is GATE.detector


def test_controls_stand_behind_the_gate_of_what_they_control() -> None:
    for given in (ADD, VECTOR, Combined((ADD, VECTOR))):
        assert set(gates_of(random_vector(gated(given, GATE), KNOWN, seed=0))) == {GATE}
    for given in (NEURONS, GATES, BOUNDED, Combined((NEURONS, BOUNDED))):
        assert set(gates_of(random_neurons(gated(given, GATE), 64, seed=0))) == {GATE}


@pytest.mark.fault
def test_what_has_no_control_says_what_has() -> None:
    for given in (PROBES, BOUNDED, COMBINED):
        with pytest.raises(OptionError, match="random_neurons"):
            random_vector(given, KNOWN, seed=0)
    with pytest.raises(OptionError, match="observed maximum"):
        random_vector(ABLATE, KNOWN, seed=0)


def test_what_a_detector_weighs_cannot_be_written_to() -> None:
    for detector in (ProbeDetector(0, WEIGHTS, 0.0), WordDetector(WEIGHTS, 0.0)):
        assert not detector.weights.flags.writeable
        assert detector.weights is not WEIGHTS


Make = Callable[[], object]


@pytest.mark.fault
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Gate("g", GATE.detector, 1.5), "1.5"),
        (lambda: Gate("g", GATE.detector, float("nan")), "nan"),
        (lambda: Gate("g", GATE.detector, state="ajar"), "deciding, open, closed"),  # type: ignore[arg-type]
        (lambda: GATE.forced("shut"), "deciding, open, closed"),  # type: ignore[arg-type]
        (lambda: ProbeDetector(-1, WEIGHTS, 0.0), "layer"),
        (lambda: ProbeDetector(1, WEIGHTS, float("inf")), "bias"),
        (lambda: ProbeDetector(1, WEIGHTS[None], 0.0), "row of finite numbers"),
        (lambda: WordDetector(WEIGHTS * np.nan, 0.0), "row of finite numbers"),
        (lambda: WordDetector(WEIGHTS[:0], 0.0), "row of finite numbers"),
        (lambda: WordDetector(WEIGHTS, float("nan")), "bias"),
    ],
)
def test_what_is_no_gate_is_an_error(make: Make, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        make()
