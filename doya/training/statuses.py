"""Status of a descent."""

from __future__ import annotations

from doya.kernels.training import descent
from doya.statuses import Status


class TrainingStatus(Status):
    """Whether all steps were taken, or why the descent stopped."""

    DONE = descent.DONE, "All steps were taken."
    NOT_FINITE = (
        descent.NOT_FINITE,
        "The gradient is not finite.",
        "Set clip, use rule='sign', or shorten t_end.",
    )
    GONE = (
        descent.GONE,
        "A parameter left the range from -1e100 to 1e100.",
        "Lower learning_rate, or set clip.",
    )
    NOT_REACHED = (
        descent.NOT_REACHED,
        "The end of a trajectory was not reached.",
        "Shorten t_end, or give a function u(t) as a Table.",
    )
    OUTSIDE = (
        descent.NOT_REACHED + 1,  # not of the kernel, which knows no letters
        "A letter left the range of its values.",
        "Lower learning_rate, or set clip.",
    )
    INTERRUPTED = (
        descent.NOT_REACHED + 2,
        "It was interrupted.",
        "Begin a new descent at these parameters to go on.",
    )


class Outcome(Status):
    """Where a descent ended, for one start of an initialisation map."""

    SOLVED = 0, "The loss at the end is at most the limit of a solution."
    FALLING = (
        1,
        "The loss at the end is above the limit of a solution, and was still falling.",
        "Take more steps.",
    )
    STUCK = (
        2,
        "The loss at the end is above the limit of a solution, and did not fall any more.",
        "Start on the other side of the wall, set clip, or lower learning_rate.",
    )
    STOPPED = (
        3,
        "The descent stopped before all steps were taken.",
        "Follow the remedy of its status.",
    )
