"""Locks that a fork of the process waits for."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from typing import ClassVar

# Seconds that a fork waits for a thread that compiles: a copy of a numba at work could never go on.
FORK_WAITS = 60.0


class ForkGuard:
    """A lock that a fork waits for, and that the forked process has as new.

    Other threads do not exist in the child.  What they held, as numba's own locks and those of
    imports, would be held there for good.
    """

    guards: ClassVar[list[ForkGuard]] = []

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waited = False
        self.guards.insert(0, self)  # the runner's, made later, is taken before that of numba

    @property
    def lock(self) -> threading.Lock:
        """The lock itself; from the first time that it is wanted, forks wait for it."""
        _watch_forks()
        return self._lock

    def wait(self) -> None:
        """Take the lock before a fork, unless that takes too long."""
        self._waited = self._waited or self._lock.acquire(timeout=FORK_WAITS)

    def go_on(self) -> None:
        """Give it back in the parent."""
        if self._waited:
            self._waited = False
            self._lock.release()

    def renew(self) -> None:
        """Have a new one in the child."""
        self._waited, self._lock = False, threading.Lock()


@functools.cache
def _watch_forks() -> None:
    if not hasattr(os, "register_at_fork"):
        return
    # Hooks that are registered later are called earlier: logging's, which numba wants to import,
    # must not hold its lock while this one waits.
    import logging  # noqa: F401

    def for_each(act: Callable[[ForkGuard], None]) -> Callable[[], None]:
        def act_on_all() -> None:
            for guard in ForkGuard.guards:
                act(guard)

        return act_on_all

    os.register_at_fork(
        before=for_each(ForkGuard.wait),
        after_in_parent=for_each(ForkGuard.go_on),
        after_in_child=for_each(ForkGuard.renew),
    )
