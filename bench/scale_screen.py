"""What do workers gain where interventions are measured? One and two, and one process by itself.

    python bench/scale_screen.py     some minutes on two cores; fills a table of docs/scale.md

The embedded organism is asked under features of its autoencoder and under lines, each time into a
new store; all ways take turns, each with one thread per process. Workers have loaded what they
need before the first turn; the time that this takes stands beside. The load of the machine is
recorded before the first turn and after the last: of a busy one, two processes get more than one.
"""

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

import torch
from record import record, seconds
from turns import Clock, in_turns, ratio, spread

from causalvalues.evaluation.surveying import survey_under
from causalvalues.provenance import write_atomically
from causalvalues.scale.executors import InProcess
from causalvalues.scale.processes import Processes
from causalvalues.steering.intervention import Intervention, SaeFeature, Strength
from causalvalues.steering.role_prompts import settling_prompts
from causalvalues.steering.sae import open_sae
from causalvalues.study.plan import ModelPlan
from causalvalues.study.respondents import PlannedModel
from causalvalues.study.steering.crowd import Crowd
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
BEGIN, END = "<!-- scale_screen: begin -->", "<!-- scale_screen: end -->"
N_TURNS = 3
ITEMS = inventory("schwartz10")
QUESTIONS = tuple(Protocol(orders=("given",)).questions(ITEMS))[::4]
MODEL, SAE = PlannedModel(ModelPlan(name="organism/gemma")), open_sae("organism-gemma")
FEATURES: Mapping[str, Intervention] = {
    f"feature {n}": SaeFeature("organism-gemma", n, SAE.layer, Strength(0.5, "residual norm"))
    for n in range(120)
}
LINES: Mapping[str, Intervention] = settling_prompts(ITEMS.system)
CASES = {
    "a screen: 120 features, 4 roles": (FEATURES, 4),
    "effects: 5 features and 5 lines, 24 roles": (
        dict([*list(FEATURES.items())[:5], *list(LINES.items())[:5]]),
        24,
    ),
}


def asked(model: Respondent, interventions: Mapping[str, Intervention], n_roles: int) -> str:
    """Return the digest of all answers."""
    roles = anchored_roles(ITEMS.system, n_roles, seed=1)
    with (
        tempfile.TemporaryDirectory() as folder,
        AnswerStore.open(Path(folder) / "answers.sqlite") as store,
    ):
        saes = {"organism-gemma": SAE}
        survey_under(model, interventions, QUESTIONS, roles, store, dictionaries=saes)
        rows = sorted((row.key, row.log_probabilities) for row in store.rows())
    return sha256(repr(rows).encode()).hexdigest()


def case(
    interventions: Mapping[str, Intervention],
    n_roles: int,
    models: Mapping[str, Respondent],
    say: Clock,
) -> dict[str, object]:
    """Return how long each way takes, and the ratios within each turn."""
    ways: dict[str, Callable[[], str]] = {
        name: partial(asked, model, interventions, n_roles) for name, model in models.items()
    }
    if len({way() for way in ways.values()}) != 1:
        raise SystemExit("not the same bits")
    timed = {name: partial(seconds, way) for name, way in ways.items()}
    found = in_turns(timed, n_turns=N_TURNS, say=say)
    cut = partial(asked, Crowd.of(InProcess(2), MODEL), interventions, n_roles)
    cut()
    spent = {"whole": processor_seconds(ways["one process"]), "cut": processor_seconds(cut)}
    return {
        "n_answers": (1 + len(interventions)) * n_roles * len(QUESTIONS),
        "seconds": {name: spread(times) for name, times in found.items()},
        "2 workers against 1": ratio(found["1 worker"], found["2 workers"]),
        "2 workers against one process": ratio(found["one process"], found["2 workers"]),
        "processor seconds of one process": spent,
    }


def processor_seconds(work: Callable[[], str]) -> float:
    """Return how long a processor works on something, whoever else waits for it."""
    start = time.process_time()
    work()
    return time.process_time() - start


def page(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Return the table of the page."""
    lines = [
        "| measured | 2 workers against 1 | 2 workers against one process |",
        "| --- | --- | --- |",
    ]
    for name, numbers in found.items():
        cells = [
            "{median:.2f} × ({lowest:.2f}–{highest:.2f})".format(**numbers[key])
            for key in ("2 workers against 1", "2 workers against one process")
        ]
        lines.append(f"| {name} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def main() -> None:
    """Measure; write bench/results/scale_screen.json and the table."""
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # of workers
    torch.set_num_threads(1)
    one, two = Processes(1), Processes(2)
    begun = seconds(partial(Crowd.of, one, MODEL))
    models: dict[str, Respondent] = {
        "one process": MODEL.open(),
        "1 worker": Crowd.of(one, MODEL),
        "2 workers": Crowd.of(two, MODEL),
    }
    before = os.getloadavg()[0]
    found = {name: case(*how, models, Clock(name)) for name, how in CASES.items()}
    load = {"before": before, "after": os.getloadavg()[0]}
    one.close()
    two.close()
    record("scale_screen", {**found, "load": load, "seconds until a worker has begun": begun})
    start, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    write_atomically(PAGE, f"{start}{BEGIN}\n{page(found)}\n{END}{after}")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
