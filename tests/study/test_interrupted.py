"""Ctrl-C ends a run in one error, also where compiled code has turned it into another."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from planted import planted

from causalvalues.errors import Interrupted, was_interrupted
from causalvalues.study.plan import Study
from causalvalues.study.run import run
from causalvalues.survey.request import Request
from causalvalues.survey.scripted import ScriptedRespondent

STUDY = Study.model_validate(
    {"name": "stopped", "model": {"name": "planted"}, "roles": {"n_roles": 20}}
)


def of_compiled_code() -> SystemError:
    fault = SystemError("CPUDispatcher returned a result with an exception set")
    fault.__cause__ = KeyboardInterrupt()
    return fault


def failing(fault: BaseException) -> ScriptedRespondent:
    def weigh(_: Request) -> Sequence[float]:
        raise fault

    return ScriptedRespondent(weigh, identity=dict(planted(STUDY).identity))


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), of_compiled_code()], ids=repr)
def test_a_run_that_is_stopped_says_what_to_do(fault: BaseException, tmp_path: Path) -> None:
    with pytest.raises(Interrupted, match="run the same command again"):
        run(STUDY, tmp_path / "run", respondent=failing(fault))


def test_a_fault_of_compiled_code_that_nobody_caused_stays_one(tmp_path: Path) -> None:
    assert not was_interrupted(SystemError())
    with pytest.raises(SystemError):
        run(STUDY, tmp_path / "run", respondent=failing(SystemError()))
