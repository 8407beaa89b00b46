"""Status of a loss of a task."""

from __future__ import annotations

from doya.statuses import Status


class TaskStatus(Status):
    """Status of a loss with its gradient."""

    DONE = 0, "The loss and its gradient were computed."
    COARSE = (
        1,
        "An integral along time did not reach its relative accuracy of 1e-12.",
        "Give targets at times instead, or a shorter t_end.",
    )
    NOT_REACHED = (
        2,
        "A state was not reached by any panels of the formula.",
        "Use a shorter t_end; for a Ramp, a shorter rise or a w closer to 0.",
    )
    NO_DERIVATIVE = (
        3,
        "At epsilon = 1 the author's state has no derivative with respect to a letter that changes"
        " epsilon.",
        "Leave this letter out of wrt.",
    )
