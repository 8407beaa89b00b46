"""The end of a descent that its listener asks for."""

from __future__ import annotations

from doya.errors import ArgumentError
from doya.training.steps import Progress


class Stopped(Exception):  # noqa: N818  # no error: StopIteration cannot leave a generator
    """Raised in place of StopIteration on the way out of a descent."""


def stoppable(progress: Progress | None) -> Progress | None:
    """Return a listener that raises Stopped where the given one raises StopIteration."""
    if progress is None:
        return None
    if not callable(progress):
        raise ArgumentError("progress", f"must be a function of the part done, got {progress!r}")

    def tell(part: float) -> None:
        try:
            progress(part)
        except StopIteration:
            raise Stopped from None

    return tell
