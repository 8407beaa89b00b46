"""Cells per second of a long run, and the time left."""

from __future__ import annotations

import time

# Seconds from which a rate is known well enough, and between two lines where there is no terminal.
KNOWN, BETWEEN = 2.0, 60.0


class Pace:
    """Pace of a run over a number of cells, part of which may be done when it begins."""

    def __init__(self, cells: float) -> None:
        self._cells = cells
        self._begun = self._last = time.monotonic()
        self._first: float | None = None

    def words(self, part: float) -> str:
        """Return cells per second and the time left; "" as long as they are not known."""
        if self._first is None:
            self._first = part
        seconds, gained = time.monotonic() - self._begun, part - self._first
        if not self._cells or seconds < KNOWN or gained <= 0.0:
            return ""
        rate = gained / seconds
        return f"{self._cells * rate:.3g} cells/s, {duration((1.0 - part) / rate)} left"

    def is_due(self, part: float) -> bool:
        """Return whether a line should be written again."""
        if not self.words(part) or time.monotonic() < self._last + BETWEEN:
            return False
        self._last = time.monotonic()
        return True


def duration(seconds: float) -> str:
    """Return a time in its largest unit."""
    for unit, length in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2.0 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 1.0):.0f} s"
