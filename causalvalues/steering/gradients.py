"""How a value's score changes with the residual that leaves a layer: `flows_of`.

    score of v   Σ over options of P(option) · credit for v, with the P of all options rescaled to 1

Prompts and their options are read as the survey reads them, by plain forward passes of the model as
it is. Guarantee: the model is not changed: its weights get no gradients, and the one hook is gone
afterwards, whatever happens between.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from causalvalues.errors import HookNeverFired, WrongHook
from causalvalues.models.chat import Prompt
from causalvalues.models.forward import first_device
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.options import Continuations, continuations
from causalvalues.survey.credits import credit, values_of
from causalvalues.survey.design import request_of
from causalvalues.survey.protocol import Question
from causalvalues.survey.roles import Role

__all__ = ["Flow", "flows_of"]


@dataclass(frozen=True, eq=False)
class Flow:
    """One question to one role: the residual at a layer, and how scores change with it."""

    residual: Tensor  # (token, width), float32
    gradients: Mapping[str, Tensor]  # by value: (token, width), float32
    scores: Mapping[str, float]


def flows_of(
    model: LanguageModel,
    asked: Sequence[tuple[Role, Question]],
    layer: int,
    *,
    values: Sequence[str],
    at_once: int = 8,
) -> Iterator[Flow]:
    """Yield the flow of every question to a role, in order, for those of the values it is about."""
    if layer >= len(model.parts.layers):
        raise WrongHook(
            f"Layers of this model are from 0 to {len(model.parts.layers) - 1}", found=str(layer)
        )
    for start in range(0, len(asked), at_once):
        some = asked[start : start + at_once]
        requests = [request_of(role, question, "system") for role, question in some]
        batch = _Batch()
        for prompt, (_, question) in zip(model.chat.prompts(requests), some, strict=True):
            batch.take(prompt, question, _continuations(model, prompt, question))
        yield from batch.flows(model, layer, values)


@dataclass(eq=False)
class _Batch:
    """Some prompts, each in as many rows as its options have beginnings."""

    questions: list[Question] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)  # of the prompts
    firsts: list[int] = field(default_factory=list)  # the first row of each prompt
    rows: list[Tensor] = field(default_factory=list)  # each (token,)
    ways: list[Continuations] = field(default_factory=list)
    pairs: list[list[tuple[int, int, int, int]]] = field(default_factory=list)
    # by prompt: row, place in the row, token that is weighed there, sequence it belongs to

    def take(self, prompt: Prompt, question: Question, ways: Continuations) -> None:
        """Take a prompt in."""
        ids = torch.from_numpy(prompt.ids)
        self.questions.append(question)
        self.lengths.append(len(ids))
        self.firsts.append(len(self.rows))
        self.ways.append(ways)
        row_by_branch: dict[tuple[int, ...], int] = {}
        pairs = []
        for number, sequence in enumerate(ways.sequences):
            branch = sequence[:-1]
            if branch not in row_by_branch:
                row_by_branch[branch] = len(self.rows)
                self.rows.append(torch.cat([ids, torch.tensor(branch, dtype=torch.int64)]))
            row = row_by_branch[branch]
            pairs += [(row, len(ids) - 1 + n, t, number) for n, t in enumerate(sequence)]
        self.pairs.append(pairs)

    def flows(self, model: LanguageModel, layer: int, values: Sequence[str]) -> Iterator[Flow]:
        """Yield what one forward pass, and one back for each value of a question, give."""
        with torch.inference_mode(False), torch.enable_grad():
            residual, states = _read(model, layer, self.rows)  # each (row, token, width)
            scores = [self._scores(model, states, place, values) for place in range(len(self.ways))]
            gradients = _gradients(scores, residual)
        ends = [*self.firsts[1:], len(self.rows)]
        for place, (first, end, length) in enumerate(
            zip(self.firsts, ends, self.lengths, strict=True)
        ):
            yield Flow(
                residual=residual[first, :length].detach().float(),
                gradients={
                    value: gradients[n][first:end, :length].float().sum(0)
                    for n, value in enumerate(scores[place])
                },
                scores={value: float(score.detach()) for value, score in scores[place].items()},
            )

    def _scores(
        self, model: LanguageModel, states: Tensor, place: int, values: Sequence[str]
    ) -> dict[str, Tensor]:
        """Return the scores of one prompt, of the values that its question is about."""
        rows, places, tokens, sequences = torch.tensor(self.pairs[place]).unbind(1)
        nodes, inverse = torch.unique(torch.stack([rows, places]), dim=1, return_inverse=True)
        nodes = nodes.to(states.device)
        said = _log_probabilities(model, states[nodes[0], nodes[1]])[inverse, tokens]
        share = _shares(self.ways[place], said, sequences)
        question = self.questions[place]
        about = [value for value in values_of(question) if value in values]
        credited = torch.from_numpy(credit(question, about)).to(share)
        return dict(zip(about, share @ credited, strict=True))


def _read(model: LanguageModel, layer: int, rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Return what leaves a layer, as the origin of what follows, and the final states.

    Rows are filled up at their ends, which no token before can see.
    """
    ids = pad_sequence(list(rows), batch_first=True).to(first_device(model.parts.decoder))
    with _origin(model.parts.layers[layer]) as found:
        output = model.parts.decoder(input_ids=ids, use_cache=False)
    if len(found) != 1:
        raise HookNeverFired(
            "A layer that is read must run once", found=f"{len(found)} times at layer {layer}"
        )
    return found[0], output[0]


@contextmanager
def _origin(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Give a list that fills with what leaves a layer; what follows depends on it alone."""
    found: list[Tensor] = []

    def cut(_: nn.Module, entered: object, left: Tensor | tuple[Tensor, ...]) -> object:
        """Return what leaves the layer, cut off from what made it."""
        residual = left[0] if isinstance(left, tuple) else left
        found.append(residual.detach().requires_grad_())
        return (found[-1], *left[1:]) if isinstance(left, tuple) else found[-1]

    hook = layer.register_forward_hook(cut)
    try:
        yield found
    finally:
        hook.remove()


def _gradients(scores: Sequence[Mapping[str, Tensor]], residual: Tensor) -> list[Tensor]:
    """Return (row, token, width) gradients: of every prompt's first value, of its second, …"""
    most = max(len(each) for each in scores)
    found = []
    for n in range(most):
        total = torch.stack([list(each.values())[n] for each in scores if n < len(each)]).sum()
        (gradient,) = torch.autograd.grad(total, residual, retain_graph=n + 1 < most)
        found.append(gradient)
    return found


def _log_probabilities(model: LanguageModel, states: Tensor) -> Tensor:
    """Return (state, token) in float32, on the CPU."""
    logits = model.parts.head(states)
    cap = model.parts.softcap
    if cap is not None:
        logits = torch.tanh(logits / cap) * cap
    return torch.log_softmax(logits.float(), dim=-1).cpu()


def _shares(ways: Continuations, said: Tensor, sequences: Tensor) -> Tensor:
    """Return (option,) how likely each option is among them, from what tokens are: (pair,)."""
    logs = torch.zeros(len(ways.sequences), dtype=torch.float64)
    logs = logs.index_add(0, sequences, said.double())
    chance = (logs - logs.detach().max()).exp()
    longer = torch.tensor([n for n, beginning in enumerate(ways.beginnings) if beginning >= 0])
    if len(longer):
        begun = torch.tensor([ways.beginnings[int(n)] for n in longer])
        chance = chance.index_add(0, begun, -chance[longer]).clamp(min=0)
    mass = torch.zeros(ways.n_options, dtype=torch.float64)
    mass = mass.index_add(0, torch.tensor(ways.owners), chance)
    return mass / mass.sum()


def _continuations(model: LanguageModel, prompt: Prompt, question: Question) -> Continuations:
    """Return how a question's options continue its prompt."""
    ending = model.chat.ending(prompt.text)
    labels = tuple(option.label for option in question.options)
    return continuations(labels, lambda way: model.chat.continued(ending, way))
