"""Respondents for tests of studies: one that answers as the planted world says, and their like."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from causalvalues.organism.respondents import option_probabilities, true_values
from causalvalues.organism.world import planted_world
from causalvalues.study.interview import Interview
from causalvalues.study.plan import Study
from causalvalues.survey.credits import main_value
from causalvalues.survey.protocol import Question
from causalvalues.survey.request import Request
from causalvalues.survey.scripted import ScriptedRespondent

WORLD = planted_world()


def planted(study: Study) -> ScriptedRespondent:
    """A respondent whose answers follow the planted world, whoever it is asked to be."""
    interview = Interview.of(study)
    question_by_text = {question.text: question for question in interview.questions}
    values_by_role: dict[str, np.ndarray] = {}
    for group in interview.groups:
        values = true_values(WORLD, group.roles, settled=group.settled or None)
        values_by_role |= {role.text: v for role, v in zip(group.roles, values, strict=True)}
    known: dict[tuple[int, float], np.ndarray] = {}

    def weigh(request: Request) -> Sequence[float]:
        role, asked = (message.text for message in request.messages)
        question = question_by_text[asked]
        value = main_value(question)
        leaning = values_by_role[role][WORLD.names.index(value)]
        return _weighed(question, value, leaning, known)

    return ScriptedRespondent(weigh, identity={"model": "planted"})


def _weighed(
    question: Question, value: str, leaning: float, known: dict[tuple[int, float], np.ndarray]
) -> Sequence[float]:
    """Probabilities of the options: those that credit the value most are likeliest for it."""
    n_options = len(question.options)
    if (n_options, leaning) not in known:
        shares = option_probabilities(WORLD, np.array(leaning), n_options)
        known[n_options, leaning] = shares
    credit = [option.credit[value] for option in question.options]
    place = np.argsort(np.argsort(-np.array(credit), kind="stable"), kind="stable")
    return known[n_options, leaning][place] * 0.98


def constant(place: int = 0) -> ScriptedRespondent:
    """A respondent that always takes what stands at one place."""

    def weigh(request: Request) -> Sequence[float]:
        return [0.97 if i == place else 0.005 for i in range(len(request.options))]

    return ScriptedRespondent(weigh, identity={"model": "constant"})


if __name__ == "__main__":  # planted.py study.yaml folder log: a process that may be killed
    import os

    from causalvalues.study.run import run

    plan, folder, log = Study.from_yaml(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    respondent = planted(plan)
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    answers = respondent.weigh

    def noted(request: Request) -> Sequence[float]:
        texts = "\x1f".join(message.text for message in request.messages)
        os.write(handle, texts.encode() + b"\0")
        return answers(request)

    respondent.weigh = noted
    run(plan, folder, respondent=respondent)
