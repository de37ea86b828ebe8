"""An organism and a seed: whom methods are fitted to, tuned on and judged by, each with its truth.

graph roles       300, unsteered: the graph that guides is learnt from them, and SAE features
                  are ranked on them
dev roles         8, calibration items           test roles   16, held-out items, options turned
told              the test roles, asked to say one thing that is true of them
"""

from dataclasses import dataclass

import numpy as np

from causalvalues import ScoreTable, discover
from causalvalues.discovery.options import Search
from causalvalues.evaluation.answered import Answered
from causalvalues.evaluation.known_judge import KnownJudge
from causalvalues.evaluation.multiple_choice import AsksChoice
from causalvalues.evaluation.surveying import survey_under
from causalvalues.leaderboard.marks import Reference
from causalvalues.leaderboard.materials import Materials
from causalvalues.leaderboard.sheets import Sheets, sheets_of
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.completions import completions
from causalvalues.organism.contrasts import organism_contrasts
from causalvalues.organism.embedded import folder_of
from causalvalues.organism.insight import organism_insight
from causalvalues.organism.telling_judge import telling, tellings
from causalvalues.organism.world import planted_world
from causalvalues.planning.propagation import Propagation, propagation
from causalvalues.steering.candidates import by_contrast
from causalvalues.steering.feature_activity import feature_activity
from causalvalues.steering.sae import open_sae
from causalvalues.survey.inventory import inventory
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles

ITEMS, WORLD = inventory("schwartz10"), planted_world()
NAMES = ITEMS.system.names
FIRST_SEED = 70_000  # of roles; those below were seen while methods were written
N_GRAPH, N_DEV, N_TEST = 300, 8, 16
N_QUESTIONS = 4  # that features are ranked on


@dataclass(frozen=True, eq=False)
class Subject:
    """One organism with all that a comparison needs."""

    name: str
    seed: int
    model: LanguageModel
    materials: Materials
    sheets: Sheets
    reference: Reference
    propagation: Propagation
    judge: KnownJudge
    choices: tuple[AsksChoice, ...]


def subject_of(name: str, seed: int, store: AnswerStore) -> Subject:
    """Return the organism of a name, with roles and data of one seed."""
    model = LanguageModel.load(folder_of(name), dtype="float32", device="cpu")
    roles = [
        anchored_roles(ITEMS.system, n, seed=FIRST_SEED + 10 * seed + place)
        for place, n in enumerate((N_GRAPH, N_DEV, N_TEST))
    ]
    sheets = sheets_of(ITEMS, roles[1], roles[2], open_questions=[telling()], seed=seed)
    answered = Answered.of(
        survey_under(model, {}, sheets.dev.questions, roles[0], store),
        sheets.dev.questions, roles[0], names=NAMES,
    )  # fmt: skip
    table = ScoreTable(NAMES, answered.scores(), np.array([role.id for role in roles[0]]))
    graph = discover(table, algorithm="ges")
    draws = propagation(table, graph, search=Search(algorithm="ges"), seed=seed)
    sae = open_sae(f"organism-{name.removeprefix('organism/')}", check_model=model.model)
    few = sheets.dev.questions[:: len(sheets.dev.questions) // N_QUESTIONS]
    own = {item.id for item in ITEMS.items} & {q.factors["item"] for q in sheets.dev.questions}
    return Subject(
        name,
        seed,
        model,
        Materials(
            ITEMS.system,
            organism_contrasts(model.chat, seed=seed),
            organism_insight("values", seed=seed),
            questions_by_value={
                value: tuple(
                    text
                    for item in ITEMS.of(value)
                    if item.id in own
                    for wordings in item.wordings.values()
                    for text in wordings
                )
                for value in NAMES
            },
            dictionaries={sae.name: sae},
            features=by_contrast(feature_activity(model, sae, roles[0], few), roles[0], top=2),
        ),
        sheets,
        Reference(
            ITEMS.system,
            planted=WORLD.total_effects() + np.eye(len(NAMES)),
            found=_total(draws.mean),
            names=NAMES,
        ),
        draws,
        KnownJudge(NAMES, tellings(ITEMS)),
        completions(ITEMS, lambda text: len(model.tokenizer(text)["input_ids"])),
    )


def _total(weights: np.ndarray) -> np.ndarray:
    """Return the effects of setting each value, 1 on itself."""
    return np.linalg.inv(np.eye(len(weights)) - weights)
