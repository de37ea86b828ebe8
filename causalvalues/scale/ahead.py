"""The work of a whole study, counted on a few of its roles.

Roles of a design are as long as each other, so that what a few of them cost, asked together, is
what each of all costs. Guarantee: the same study gives the same count; nothing is run or fetched.
"""

from collections.abc import Sequence

from causalvalues.models.packing import Cost
from causalvalues.scale.workload import Tokens, Workload, workload
from causalvalues.survey.design import request_of
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.roles import Role

__all__ = ["work_of"]

N_SAMPLED = 4  # roles of each condition
MOST_CONDITIONS = 3


def work_of(
    questions: Sequence[Question],
    roles_by_condition: Sequence[Sequence[Role]],
    tokens: Tokens,
    *,
    role_place: RolePlace,
    cost: Cost,
    budget: int,
) -> Workload:
    """Return the work of every question to every role under every condition."""
    n_roles = sum(map(len, roles_by_condition))
    counted, n_counted = Workload(), 0
    for roles in roles_by_condition[:MOST_CONDITIONS]:
        some = _spread(roles)
        requests = [
            request_of(role, question, role_place) for role in some for question in questions
        ]
        counted += workload(requests, tokens, cost=cost, budget=budget)
        n_counted += len(some)
    return counted.times(n_roles / n_counted)


def _spread(roles: Sequence[Role]) -> list[Role]:
    """Return a few roles, from the first to the last."""
    n_some = min(N_SAMPLED, len(roles))
    return [roles[place * len(roles) // n_some] for place in range(n_some)]
