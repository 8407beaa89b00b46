"""A bar on a terminal for what takes its time."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from doya_cli import interruption

# Seconds until a bar appears, and from one change of it to the next.
PATIENCE, PAUSE = 0.5, 0.1
WIDTH = 30


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[float], object]]:
    """What to tell the part that is done, for a bar where standard error is a terminal.

    The bar comes after a while, even if nothing is told, and is wiped in the end, whatever that is.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda part: interruption.check()
        return
    due, done, shown = time.monotonic() + PATIENCE, 0.0, False

    def draw() -> None:
        nonlocal shown
        shown, full = True, int(WIDTH * done)
        click.echo(f"\r[{'#' * full}{'-' * (WIDTH - full)}] {done:4.0%}", nl=False, err=True)

    def tell(part: float) -> None:
        nonlocal due, done
        interruption.check()
        done = part
        if time.monotonic() >= due:
            due = time.monotonic() + PAUSE
            draw()

    first = threading.Timer(PATIENCE, draw)
    first.start()
    try:
        yield tell
    finally:
        first.cancel()
        first.join()
        if shown:
            click.echo(f"\r{' ' * (WIDTH + 8)}\r", nl=False, err=True)
