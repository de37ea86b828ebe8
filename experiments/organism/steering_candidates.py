"""The candidates of the steering study, chosen on the roles that the graph is learnt from.

features   for each value, the two features of the organism's autoencoder that tell roles high in
           it from roles low in it best, and the two that tell them the other way round
lines      each value settled at each of five grades
"""

from steering_survey import ITEMS, Sheet

from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.candidates import by_contrast, candidate_features, named
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.feature_activity import feature_activity
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.role_prompts import settling_prompts

N_PER_SIDE, N_QUESTIONS = 2, 4


def candidates_for(model: LanguageModel, sae: Dictionary, sheet: Sheet) -> dict[str, Intervention]:
    """Return features and lines by name."""
    few = sheet.questions[:: max(len(sheet.questions) // N_QUESTIONS, 1)][:N_QUESTIONS]
    seen = feature_activity(model, sae, sheet.roles, few)
    table = by_contrast(seen, sheet.roles, top=N_PER_SIDE)
    return {**named(candidate_features(table)), **settling_prompts(ITEMS.system)}
