"""Is `causalvalues estimate` right? Its tokens and its seconds beside those of real runs.

    python bench/scale_estimate.py     about 4 minutes on two quiet cores

Before each run the machine's rate of matrix products is measured anew, so that whatever else runs
there slows both alike; the share of that rate is the one that is assumed for every processor.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import torch
from engine_speed import ORGANISM, survey
from random_models import save
from record import record
from turns import spread

from causalvalues.models.checkpoint import read_json
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.scale.estimate import cost_of, estimate
from causalvalues.scale.own_tokens import own_tokens
from causalvalues.scale.processor import processor, seconds_of
from causalvalues.scale.shapes import Shape
from causalvalues.scale.workload import Workload, words, workload
from causalvalues.survey.request import Request

N_TURNS = 3
N_ROLES = {"llama-12x768": 2, ORGANISM: 16}


def measured(folder: Path, requests: Sequence[Request]) -> dict[str, object]:
    """Return what was estimated and what was found, turn by turn."""
    model = LanguageModel.load(folder, dtype="float32", device="cpu")
    shape = Shape.of_config(read_json(folder / "config.json"))

    cost, budget = cost_of(shape), model.engine.budget
    counted = {
        "its own tokens": workload(requests, own_tokens(folder), cost=cost, budget=budget),
        "words × 1.3": workload(requests, words, cost=cost, budget=budget),
    }
    before = model.tally.computed
    turns = [_turn(model, requests, shape, counted) for _ in range(N_TURNS)]
    computed = (model.tally.computed - before) / N_TURNS
    return {
        "n_prompts": len(requests),
        "tokens_computed": computed,
        "tokens_estimated": {name: each.tokens_computed for name, each in counted.items()},
        "seconds": spread([seconds for seconds, _ in turns]),
        "estimated_over_measured_tokens": {
            name: each.tokens_computed / computed for name, each in counted.items()
        },
        "estimated_over_measured_seconds": {
            name: spread([guess[name] / seconds for seconds, guess in turns]) for name in counted
        },
    }


def _turn(
    model: LanguageModel,
    requests: Sequence[Request],
    shape: Shape,
    counted: dict[str, Workload],
) -> tuple[float, dict[str, float]]:
    """Return how long one run took, and what was estimated with rates measured around it."""
    rates = [processor(shape).operations_per_second]
    seconds = seconds_of(lambda: list(model.log_probabilities(requests)))
    rates.append(processor(shape).operations_per_second)
    here = replace(processor(shape), operations_per_second=median(rates))
    loading = estimate(Workload(), shape, here).seconds
    return seconds, {
        name: estimate(work, shape, here).seconds - loading for name, work in counted.items()
    }


def main() -> None:
    """Measure both models; write bench/results/scale_estimate.json."""
    numbers: dict[str, object] = {"torch_threads": torch.get_num_threads()}
    requests = survey(N_ROLES["llama-12x768"])
    texts = sorted({message.text for request in requests for message in request.messages})
    with tempfile.TemporaryDirectory() as folder:
        save("llama-12x768", Path(folder), texts=texts, dtype=torch.float32, device="cpu")
        numbers["llama-12x768"] = measured(Path(folder), requests)
    numbers[ORGANISM] = measured(folder_of(ORGANISM), survey(N_ROLES[ORGANISM]))
    record("scale_estimate", numbers)


if __name__ == "__main__":
    main()
