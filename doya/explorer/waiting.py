"""Quick answers never wait for machine code: while it is being prepared, they are interpreted.

The bits are the same.  Without this a call of much work waits for the processes that compile, and
the page with it, for seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from doya.kernels.machinery.running import always, interpret

_preparing = threading.Event()


@contextmanager
def preparing() -> Iterator[None]:
    """Have quick answers interpreted until the end of the block."""
    _preparing.set()
    try:
        yield
    finally:
        _preparing.clear()


@contextmanager
def without_waiting() -> Iterator[None]:
    """Interpret the kernels of the block, if machine code is being prepared."""
    if not _preparing.is_set():
        yield
        return
    with always(interpret):
        yield
