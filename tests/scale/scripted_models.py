"""Models for tests of many workers: they answer by the words, and die or refuse as told."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from causalvalues.errors import OptionError
from causalvalues.scale.surveying import Party
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Request, Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles
from causalvalues.survey.scripted import ScriptedRespondent

ITEMS = inventory("schwartz10")
QUESTIONS = tuple(Protocol(orders=("given",)).questions(ITEMS))[:5]
ROLES = anchored_roles(ITEMS.system, 70)
PARTIES = (Party(ROLES), Party(ROLES[:20], "do(power=+0.8)", "settled"))
N_ANSWERS = (70 + 20) * 5


def weighed(request: Request) -> Sequence[float]:
    """Probabilities that follow from nothing but the words."""
    seed = sha256("\n".join(message.text for message in request.messages).encode()).digest()
    sizes = [seed[place] + 1 for place in range(len(request.options))]
    return [size / sum(sizes) for size in sizes]


@dataclass(frozen=True)
class Steady:
    """Answers, and notes every request in a file."""

    log: Path

    def open(self) -> Respondent:
        def noted(request: Request) -> Sequence[float]:
            with self.log.open("a", encoding="utf-8") as stream:
                stream.write(f"{os.getpid()}\n")
            return weighed(request)

        return ScriptedRespondent(noted, identity={"model": "steady"})


@dataclass(frozen=True)
class Slow(Steady):
    """Takes its time, so that both of two workers have begun before one could end."""

    def open(self) -> Respondent:
        steady = super().open()
        assert isinstance(steady, ScriptedRespondent)
        answers = steady.weigh

        def slow(request: Request) -> Sequence[float]:
            time.sleep(0.01)
            return answers(request)

        steady.weigh = slow
        return steady


@dataclass(frozen=True)
class Mortal(Steady):
    """Is killed after so many answers of a process, so many times in all."""

    n_answers: int = 60
    n_deaths: int = 2

    def open(self) -> Respondent:
        steady = super().open()
        assert isinstance(steady, ScriptedRespondent)
        answers, given = steady.weigh, [0]

        def mortal(request: Request) -> Sequence[float]:
            given[0] += 1
            if given[0] > self.n_answers and self._dies():
                os.kill(os.getpid(), signal.SIGKILL)
            return answers(request)

        steady.weigh = mortal
        return steady

    def _dies(self) -> bool:
        """Whether a death is left; each is taken once, by whoever makes its file."""
        for place in range(self.n_deaths):
            try:
                self.log.with_name(f"death-{place}").touch(exist_ok=False)
            except FileExistsError:
                continue
            return True
        return False


@dataclass(frozen=True)
class Refusing(Steady):
    """Cannot answer, and says so."""

    lasting: bool = True

    def open(self) -> Respondent:
        def refusing(request: Request) -> Sequence[float]:
            if self.lasting:
                raise OptionError("A role must be short", found="a long one")
            raise RuntimeError("the cable is loose")

        return ScriptedRespondent(refusing, identity={"model": "refusing"})


@dataclass(frozen=True)
class Changing:
    """Another model in every process."""

    def open(self) -> Respondent:
        return ScriptedRespondent(identity={"model": "changing", "dtype": f"{os.getpid()}"})


def damage(path: Path) -> None:
    """Change one bit of an answer, where no header stands."""
    whole = bytearray(path.read_bytes())
    whole[whole.rindex(b"steady") + 3] ^= 1
    path.write_bytes(whole)


def n_noted(log: Path) -> int:
    """How many requests were answered."""
    return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0


def contents(path: Path) -> dict[bytes, tuple[float, ...]]:
    """Every answer of a store."""
    with AnswerStore.open(path, to_read=True) as store:
        return {answer.key: answer.log_probabilities for answer in store.rows()}


if __name__ == "__main__":  # scripted_models.py folder: a driver that may be killed
    import sys

    from scripted_models import PARTIES as SHARED  # so that workers find what they are sent
    from scripted_models import Slow as Sent

    from causalvalues.scale.processes import Processes
    from causalvalues.scale.surveying import survey_over

    place = Path(sys.argv[1])
    with AnswerStore.open(place / "answers.sqlite") as own:
        survey_over(Processes(2), Sent(place / "log"), QUESTIONS, SHARED, own)
