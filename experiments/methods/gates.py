"""What a gate hides: the same edit with its gate closed, deciding, and forced open.

A gate is trained on items set aside for tuning, and asked about items it never saw. Closed is the
model unsteered; forced open is what steering costs whoever asks about something else.
"""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
from subjects import NAMES, Subject

from causalvalues.leaderboard.contest import Contest, Contestant
from causalvalues.leaderboard.entrants import entrants
from causalvalues.leaderboard.marks import row_of
from causalvalues.methods.gate_fitting import fitted_gate
from causalvalues.methods.gate_texts import GateText
from causalvalues.steering.gate import Gate, GateState
from causalvalues.steering.intervention import gated
from causalvalues.survey.responses import AnswerStore

DOSES = {"conva": 0.95, "caa": 0.5}
N_WAYS = 4  # texts of one item: two forms in two wordings
STATES: tuple[GateState, ...] = ("closed", "deciding", "open")


def gates(subject: Subject, store: AnswerStore) -> pd.DataFrame:
    """Return a row per method, value and state of its gate."""
    contest = Contest(
        subject.model, subject.sheets, subject.reference, store, 0.3, None, subject.choices,
        "continuations", subject.materials.dictionaries,
    )  # fmt: skip
    rows: dict[str, dict[str, object]] = {}
    asked: list[Contestant] = []
    known = entrants(subject.model, subject.materials, methods=("caa", "conva"), seed=subject.seed)
    gate_by_value = {value: _gate(subject, value) for value in NAMES}
    for fitted in known.fitted:
        gate, auc = gate_by_value[fitted.value]
        for state in STATES:
            name = f"{fitted.name}, gate {state}"
            edit = gated(fitted.at(DOSES[fitted.method]), gate.forced(state))
            asked.append(Contestant(name, replace(fitted, method=f"{fitted.method}"), edit))
            rows[name] = {
                "method": fitted.method, "value": fitted.value, "gate": state, "auc": auc,
            }  # fmt: skip
    for each, _, marks in contest.surveyed(asked):
        rows[each.name] |= row_of(marks)
    for name, marks in _more(contest, asked):
        rows[name] |= row_of(marks)
    return pd.DataFrame(list(rows.values()))


def _more(contest: Contest, asked: list[Contestant]) -> Iterator[tuple[str, dict]]:  # type: ignore[type-arg]
    """Yield capability and what is written."""
    yield from contest.knowing(asked)
    yield from contest.in_words(asked)


def _gate(subject: Subject, value: str) -> tuple[Gate, float]:
    """Return the gate of one value, and how well it tells questions that it never saw."""
    texts = [
        GateText(text, "about" if name == value else "other", f"{name}/{place // N_WAYS}")
        for name, some in subject.materials.questions_by_value.items()
        for place, text in enumerate(some)
    ]
    fitted = fitted_gate(subject.model, texts, name=f"about {value}", seed=subject.seed)
    return fitted.gate, fitted.auc.value
