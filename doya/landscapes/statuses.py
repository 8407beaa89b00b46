"""Statuses of the cells of a landscape, and of the largest gradient on its walls."""

from __future__ import annotations

from doya.statuses import Status

SHORTEN = "Shorten t_end, or give a function u(t) as a Table."


class CellStatus(Status):
    """Whether a cell was computed."""

    DONE = 0, "The end was reached."
    NOT_REACHED = 1, "No panels or steps reached the end.", SHORTEN


class WallStatus(Status):
    """Status of the largest gradient on a wall."""

    FOUND = 0, "The largest gradient was found."
    NOT_RESOLVED = (
        1,
        "The wall is too thin for floating-point numbers to show its largest gradient (less than"
        " 100 ulp).",
        "Shorten t_end to widen the wall.",
    )
    JUMP = 2, "At T = infinity the loss jumps.", "Give a finite t_end to get a gradient."
    NOT_REACHED = (
        3,
        "No state beside the wall was reached: the largest gradient is not known.",
        SHORTEN,
    )
