"""Status of a cell of a sweep."""

from __future__ import annotations

from doya.statuses import Status

NOT_COMPUTED = 127


class SweepStatus(Status):
    """Whether all quantities of a cell were computed, or why one is missing."""

    DONE = 0, "All quantities were computed."
    NOT_REACHED = (
        1,
        "A state was not reached.",
        "Shorten t_end, or raise max_steps.",
    )
    NOT_FINITE = (
        2,
        "A gradient of the descent is not finite.",
        "Set clip, use rule='sign', or shorten t_end.",
    )
    GONE = (
        3,
        "A parameter left its range in the descent.",
        "Lower learning_rate, or set clip.",
    )
    OUTSIDE = (
        4,
        "The parameters together are outside the range of a quantity.",
        "Compute the cell by itself: its error says why.",
    )
    NOT_COMPUTED = NOT_COMPUTED, "The cell is not computed yet.", "Call sweep again."
