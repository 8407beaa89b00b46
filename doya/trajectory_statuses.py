"""The statuses of trajectories: those in steps, by formula, and of the map."""

from __future__ import annotations

from doya.kernels.flow import steppers
from doya.statuses import Status

FINITE_INPUT = "Give an input u that is finite until t_end."
NOT_FINITE = "The input or the state is not finite."


class StepsStatus(Status):
    """Status of a trajectory that was computed in steps."""

    DONE = steppers.DONE, "The end was reached."
    GAVE_UP = (
        steppers.GAVE_UP,
        "The step limit was reached before the end.",
        "Raise max_steps of simulate, shorten t_end, or use method='formula', for which a function"
        " u(t) is given as a Table.",
    )
    NOT_FINITE = (
        steppers.NOT_FINITE,
        NOT_FINITE,
        "Give an input u that is finite until t_end, or take shorter steps.",
    )


class FormulaStatus(Status):
    """Status of a trajectory that was computed by formula."""

    DONE = StepsStatus.DONE, StepsStatus.DONE.message
    GAVE_UP = (
        StepsStatus.GAVE_UP,
        "The state was not reached by any panels of the formula.",
        "Use simulate with method='dop853' and a finite t_end; for a Ramp, a shorter rise or a w"
        " closer to 0.",
    )
    NOT_FINITE = StepsStatus.NOT_FINITE, NOT_FINITE, FINITE_INPUT


class MapStatus(Status):
    """Status of a trajectory of the map, which has no limit on steps."""

    DONE = StepsStatus.DONE, StepsStatus.DONE.message
    NOT_FINITE = StepsStatus.NOT_FINITE, NOT_FINITE, FINITE_INPUT


def statuses_of(method: str) -> type[Status]:
    """Return the family of statuses of a method."""
    return {"formula": FormulaStatus, "map": MapStatus}.get(method, StepsStatus)
