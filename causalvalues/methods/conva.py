"""ConVA: what probes of a value read is brought to a probability P₀, by the least change that does.

    probe     P(h) = σ(w·h + b), fitted at each layer to contrast pairs       (see `probing`)
    layers    accuracy above .9 on new pairs, the last ones left out          (see `layer_choice`)
    edit      at each of them, in order, what earlier ones did active:
              h ← h + max(0, logit P₀ − b − w·h_q) w / ‖w‖²,  h_q at the prompt's last token
    gate      only where a detector says that the question is about the value
    lower     the same with P₀ for the other side: 1 − P(h)

After Jin et al. 2025 (arXiv 2507.11316). Here and there:

| | published | here |
|---|---|---|
| split | texts, 70/30 | scenarios, 70/30: a probe is judged by pairs it saw neither side of |
| features | as they are (`standardised=False`) | standardised in the fit, w in units of h |
| tokens edited | all (`Scope("all")`) | those an answer is read from (`Scope("answering")`) |
| change solved | once a query | once a query, or at every token (`solve="token"`) |
| several values | one after the other | at once: the shortest change that brings all where asked |
| texts of pairs | no chat template | the same; pairs may hold whole prompts |

Guarantee: a query whose probes read P₀ or more already keeps every bit; a seed gives the same fit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from causalvalues.contrasts.pairs import ContrastPair
from causalvalues.errors import OptionError
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.methods.layer_choice import Layers, chosen_layers, layers_to_read
from causalvalues.methods.probing import FittedProbe, pairs_of, probes_of
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.checking import among
from causalvalues.steering.gate import Gate
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.probe_edit import Probe, ProbeEdit, Solve
from causalvalues.steering.where import Scope

__all__ = ["DOSES", "conva", "conva_of", "several"]

DOSES = (0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99, 0.999)  # P₀


def conva(
    model: LanguageModel,
    pairs: Sequence[ContrastPair],
    *,
    value: str,
    direction: Direction = "raise",
    layers: Layers = "published",
    threshold: float = 0.9,
    solve: Solve = "query",
    scope: Scope | None = None,
    gate: Gate | None = None,
    doses: Sequence[float] = DOSES,
    standardised: bool = True,
    C: float = 1.0,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Fitted:
    """Return the method fitted to the pairs of one value; a dose is P₀."""
    n_layers = len(model.parts.layers)
    probes = probes_of(
        model,
        pairs_of(pairs, value),
        layers=layers_to_read(layers, n_layers),
        standardised=standardised,
        C=C,
        seed=seed,
        progress=progress,
    )
    return conva_of(
        probes,
        value=value,
        n_layers=n_layers,
        direction=direction,
        layers=layers,
        threshold=threshold,
        solve=solve,
        scope=scope,
        gate=gate,
        doses=doses,
    )


def conva_of(
    probes: Mapping[int, FittedProbe],
    *,
    value: str,
    n_layers: int,
    direction: Direction = "raise",
    layers: Layers = "published",
    threshold: float = 0.9,
    solve: Solve = "query",
    scope: Scope | None = None,
    gate: Gate | None = None,
    doses: Sequence[float] = DOSES,
) -> Fitted:
    """Return the method made of probes that are known already; see `conva`."""
    among("direction", direction, Direction)
    chosen = chosen_layers(probes, n_layers=n_layers, rule=layers, threshold=threshold)
    probe = Probe(
        value,
        {layer: probes[layer].weights.astype(np.float32) for layer in chosen},
        {layer: probes[layer].bias for layer in chosen},
        probability=max(doses),
    )
    edit = ProbeEdit(
        f"conva {direction}s {value}",
        (probe if direction == "raise" else probe.negated(),),
        solve=solve,
        scope=scope or Scope("answering"),
        gate=gate,
    )
    accuracies = [probes[layer].accuracy for layer in chosen]
    return Fitted(
        "conva",
        value,
        lambda dose: _at(edit, dose),
        tuple(doses),
        "P₀",
        direction,
        {
            "layers": " ".join(map(str, chosen)),
            "accuracy": float(np.mean([each.value for each in accuracies])),
            "lowest accuracy": min(each.value for each in accuracies),
            "pairs judged by": accuracies[0].n,
        },
        scale="logit",
    )


def several(fitted: Sequence[Fitted], dose: float | Sequence[float]) -> ProbeEdit:
    """Return one edit that brings several values where asked, at once, by the shortest change.

    fitted   of different values, alike in `solve`, scope and gate; some may lower theirs
    dose     one P₀ for all, or one for each
    """
    doses = [dose] * len(fitted) if isinstance(dose, int | float) else list(dose)
    if len(doses) != len(fitted):
        raise OptionError("Each value has a dose", found=f"{len(doses)} for {len(fitted)} of them")
    edits = [_probe_edit(each.at(one)) for each, one in zip(fitted, doses, strict=True)]
    probes = tuple(probe for edit in edits for probe in edit.probes)
    values = [probe.value for probe in probes]
    if not values or len(set(values)) < len(values):
        raise OptionError("Several values are steered, each once", found=", ".join(values))
    alike = {(edit.site, edit.solve, edit.scope, edit.share, edit.gate) for edit in edits}
    if len(alike) > 1:
        raise OptionError(
            "Values that are steered at once share `solve`, scope and gate",
            found=f"{len(alike)} ways",
            remedy="use Combined, which acts on one value after the other",
        )
    return replace(edits[0], name=" and ".join(each.name for each in fitted), probes=probes)


def _at(edit: ProbeEdit, probability: float) -> ProbeEdit:
    """Return an edit that brings its probes to another probability."""
    return replace(edit, probes=tuple(probe.at(probability) for probe in edit.probes))


def _probe_edit(intervention: Intervention) -> ProbeEdit:
    """Return an intervention that is an edit of the residual by probes."""
    if not isinstance(intervention, ProbeEdit) or intervention.site != "residual":
        raise OptionError(
            "Values are brought where asked at once by probes of the residual",
            found=type(intervention).__name__,
        )
    return intervention
