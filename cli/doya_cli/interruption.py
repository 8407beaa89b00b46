"""Ctrl-C, which ends a run also where a library that calls back into Python would swallow it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_heard = threading.Event()


def check() -> None:
    """End the run if Ctrl-C was heard and lost."""
    if _heard.is_set():
        raise KeyboardInterrupt


@contextmanager
def heard() -> Iterator[None]:
    """Whatever is raised within, it is KeyboardInterrupt if Ctrl-C was pressed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def hear(signum: int, frame: FrameType | None) -> None:
        _heard.set()
        raise KeyboardInterrupt

    def pass_over(lost: Any) -> None:
        if lost.exc_type is not KeyboardInterrupt:
            previous_hook(lost)

    _heard.clear()
    previous_hook, sys.unraisablehook = sys.unraisablehook, pass_over
    previous = signal.getsignal(signal.SIGINT)
    if previous is signal.default_int_handler:  # not where a shell has it ignored
        signal.signal(signal.SIGINT, hear)
    try:
        yield
        check()
    except Exception:
        check()
        raise
    finally:
        signal.signal(signal.SIGINT, previous)
        sys.unraisablehook = previous_hook
        _heard.clear()
