"""Ctrl-C, which ends a run also where Python alone would miss it.

A library that calls back into Python may swallow the exception, and machine code handles no
signal before it ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# Seconds that a run may take to end by itself.
PATIENCE = 1.0

_heard = threading.Event()


def check() -> None:
    """End the run if Ctrl-C was heard and lost."""
    if _heard.is_set():
        raise KeyboardInterrupt


@contextmanager
def heard() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end of the block, if Ctrl-C was pressed in it."""
    if not _in_main_thread():
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
    is_own_process = previous is signal.SIG_DFL and sys.platform != "win32"
    if previous in (signal.SIG_DFL, signal.default_int_handler):  # or a shell has it ignored
        signal.signal(signal.SIGINT, hear)
    try:
        with _ended_for_certain() if is_own_process else contextlib.nullcontext():
            yield
        check()
    except Exception:
        check()
        raise
    finally:
        signal.signal(signal.SIGINT, previous)
        sys.unraisablehook = previous_hook
        _heard.clear()


def end_by_exit_code() -> None:
    """Have the process end with the exit code that it is given, after Ctrl-C was caught.

    Where KeyboardInterrupt has left source text that was being executed, as `dataclasses` does when
    a module is imported, Python notes it, and in the end kills the process by the signal. To
    execute other text removes the note.
    """
    exec("")


@contextmanager
def unheard() -> Iterator[None]:
    """Ignore Ctrl-C in the block, which is short."""
    if not _in_main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


@contextmanager
def postponed() -> Iterator[Callable[[], bool]]:
    """Have the first Ctrl-C in the block end nothing; a second one ends the run as elsewhere.

    Yield a function that returns whether Ctrl-C was pressed in the block.
    """
    if not _in_main_thread():
        yield lambda: False
        return
    pressed = threading.Event()
    previous, wakeup = signal.getsignal(signal.SIGINT), signal.set_wakeup_fd(-1)

    def restore() -> None:
        signal.signal(signal.SIGINT, previous)
        signal.set_wakeup_fd(wakeup)

    def hear(signum: int, frame: FrameType | None) -> None:
        pressed.set()
        restore()

    if previous is not signal.SIG_IGN:  # as where a shell has it ignored
        signal.signal(signal.SIGINT, hear)
    try:
        yield pressed.is_set
    finally:
        restore()


@contextmanager
def _ended_for_certain() -> Iterator[None]:
    """End the process if Ctrl-C does not end the run; kernels let other threads work."""
    done = threading.Event()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def watch() -> None:
        os.read(reader, 1)  # of the signal, or the end
        if not done.wait(PATIENCE):
            os.write(2, b"\nError: interrupted.\n")  # as click does
            os._exit(1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    previous = signal.set_wakeup_fd(writer)
    try:
        yield
    finally:
        done.set()
        signal.set_wakeup_fd(previous)
        os.write(writer, b"\0")
        watcher.join()
        os.close(reader)
        os.close(writer)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
