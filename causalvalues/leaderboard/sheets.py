"""What methods are tuned on and what they are judged on: `Sheet`s of roles and questions.

    dev      calibration items and roles: doses are chosen here, with as many answers per method
    test     held-out items and roles, options in the other order
    forms    dilemmas, or held-out items as "Should I …?": yes or no, letters, words, both orders
    told     held-out roles asked to write; what comes is judged, and its fluency measured
    against  held-out roles and items for the target alone, told the opposite of what is steered to

Guarantee: no item and no role of `dev` is in another sheet; a seed gives the same sheets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from causalvalues.errors import OptionError
from causalvalues.evaluation.splits import split
from causalvalues.survey.credits import main_value
from causalvalues.survey.design import request_of
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.request import Request
from causalvalues.survey.roles import Role

__all__ = ["Sheet", "Sheets", "sheets_of"]

LIKERT = Protocol(orders=("given",))
TURNED = Protocol(orders=("reversed",))
ASKED = Protocol("yes-no", forms=("ask",), labels=("letters", "words"))


@dataclass(frozen=True)
class Sheet:
    """Roles, and what each is asked."""

    roles: tuple[Role, ...]
    questions: tuple[Question, ...]

    @property
    def n_answers(self) -> int:
        """Return how many answers one intervention takes."""
        return len(self.roles) * len(self.questions)

    @property
    def requests(self) -> list[Request]:
        """Return what is said to a model: every question to each role, role by role."""
        return [
            request_of(role, question, "system")
            for role in self.roles
            for question in self.questions
        ]


@dataclass(frozen=True)
class Sheets:
    """All sheets of one comparison."""

    dev: Sheet
    test: Sheet
    forms: Sheet
    told: Sheet

    def against(self, value: str, *, n_roles: int = 12) -> Sheet:
        """Return the test questions about one value, for some of the test roles."""
        asked = tuple(each for each in self.test.questions if main_value(each) == value)
        return Sheet(self.test.roles[:n_roles], asked)


def sheets_of(
    items: Inventory,
    dev_roles: Sequence[Role],
    test_roles: Sequence[Role],
    *,
    open_questions: Sequence[Question] = (),
    dilemmas: Sequence[Question] = (),
    n_form_roles: int = 6,
    seed: int = 0,
) -> Sheets:
    """Return sheets from an inventory and two sets of roles that share none.

    Dilemmas, where there are some, are asked as other forms, in place of held-out items.
    """
    shared = {role.text for role in dev_roles} & {role.text for role in test_roles}
    if shared or not dev_roles or not test_roles:
        raise OptionError(
            "Roles to tune on and roles to judge on are different people, some of each",
            found=f"{len(dev_roles)} and {len(test_roles)}, {len(shared)} of them in both",
        )
    halves = split(items, dev_roles, seed=seed)
    few = tuple(test_roles[:n_form_roles])
    return Sheets(
        dev=Sheet(tuple(dev_roles), halves.calibration.questions(LIKERT)),
        test=Sheet(tuple(test_roles), halves.held_out.questions(TURNED)),
        forms=Sheet(few, tuple(dilemmas) or halves.held_out.questions(ASKED)),
        told=Sheet(tuple(test_roles), tuple(open_questions)),
    )
