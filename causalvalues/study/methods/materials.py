"""`materials_of` reads of a model what its sources leave open: which features speak for a value.

    features   active in roles high in a value and not in roles low in it; roles of their own, asked
               a few of the items that are tuned on
    gates      detectors of questions about a value, where a study steers behind gates

What is read here is read once for all methods and doses. Guarantee: roles that features are ranked
on are nobody's else; a seed gives the same materials.
"""

from collections.abc import Callable, Mapping, Sequence

from causalvalues.leaderboard.materials import Materials
from causalvalues.methods.gate_fitting import fitted_gate
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.candidates import by_contrast
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.feature_activity import feature_activity
from causalvalues.steering.feature_table import FeatureTable
from causalvalues.steering.gate import Gate
from causalvalues.study.methods.plan import GateUse, MethodName, MethodsPlan
from causalvalues.study.methods.sources import Sources, sources_of
from causalvalues.study.stages import Bar, silent
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.roles import anchored_roles

__all__ = ["gates_of", "materials_from", "materials_of"]

N_QUESTIONS = 4  # that features are ranked on
TOP = 2  # features for each value and side
FIRST_SEED = 40_000  # of roles whom features are ranked on
Progress = Callable[[int, int], None]


def materials_of(
    model: LanguageModel,
    name: str,
    items: Inventory,
    plan: MethodsPlan | None = None,
    *,
    seed: int = 0,
    bar: Bar = silent,
) -> Materials:
    """Return what methods are fitted on, for a model by its name.

    materials_of(model, "organism/gemma", inventory("schwartz10")).contrasts.of("power")
    """
    plan = plan or MethodsPlan()
    sources = sources_of(model, name, items, plan, seed=seed)
    return materials_from(model, sources, plan.methods, n_ranked=plan.roles.ranked, bar=bar)


def materials_from(
    model: LanguageModel,
    sources: Sources,
    methods: Sequence[MethodName],
    *,
    n_ranked: int = 120,
    bar: Bar = silent,
) -> Materials:
    """Return what some methods are fitted on; features are ranked only if they are among them."""
    sae, features = sources.sae, None
    if sae is not None and "sae" in methods:
        with bar(f"Reading features of {sae.name}") as progress:
            features = _features(model, sae, sources, n_ranked, progress)
    return Materials(
        sources.system,
        sources.contrasts,
        sources.insight,
        questions_by_value={
            value: tuple(each.text for each in texts if each.kind == "about")
            for value, texts in sources.gate_texts_by_value.items()
        },
        neutral=sources.neutral,
        dictionaries={} if sae is None else {sae.name: sae},
        features=features,
    )


def gates_of(
    model: LanguageModel,
    sources: Sources,
    values: Sequence[str],
    use: GateUse,
    *,
    bar: Bar = silent,
) -> Mapping[str, Gate]:
    """Return the gate of each value as a study uses it; none where it uses none."""
    if use == "off":
        return {}
    found: dict[str, Gate] = {}
    with bar("Training gates") as progress:
        for done, value in enumerate(values):
            texts = sources.gate_texts_by_value[value]
            gate = fitted_gate(model, texts, name=f"about {value}", seed=sources.seed).gate
            found[value] = gate.forced(use)
            progress(done + 1, len(values))
    return found


def _features(
    model: LanguageModel, sae: Dictionary, sources: Sources, n_ranked: int, progress: Progress
) -> FeatureTable:
    """Return the features that speak most for each value."""
    roles = anchored_roles(sources.system, n_ranked, seed=FIRST_SEED + sources.seed)
    questions = tuple(Protocol(orders=("given",)).questions(sources.items))
    few = questions[:: max(len(questions) // N_QUESTIONS, 1)]
    activity = feature_activity(model, sae, roles, few, progress=progress)
    return by_contrast(activity, roles, top=TOP)
