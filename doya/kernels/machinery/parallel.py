"""Work for all processors: items of a list, each handed to whichever thread is free.

Items write to places of their own, so the bits do not depend on the number of
threads; kernels release the interpreter's lock while they run.
"""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


# Largest number of threads of each call in this context: several tasks may share one process.
_most: ContextVar[float] = ContextVar("_most", default=math.inf)


def thread_count() -> int:
    """Return DOYA_NUM_THREADS where it is a positive number, else the processors of the process.

    It is less inside `threads_at_most`.
    """
    wanted = os.environ.get("DOYA_NUM_THREADS", "")
    allowed = int(wanted) if wanted.isdecimal() and int(wanted) > 0 else processor_count()
    return int(min(allowed, _most.get()))


@contextmanager
def threads_at_most(number: int) -> Iterator[None]:
    """Limit the threads of each call in the block, in this thread or task alone."""
    token = _most.set(min(number, _most.get()))
    try:
        yield
    finally:
        _most.reset(token)


def processor_count() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def each_of(
    work: Callable[[Item], Answer],
    items: Sequence[Item],
    threads: int,
    stopped: threading.Event | None = None,
) -> Iterator[Answer]:
    """Yield work(item) for each, in any order; what has not begun when the caller stops never does.

    The caller's thread does its share, and has the others' answers when it has its own.  `stopped`
    is set when it stops early, so that work which has begun can be given up.
    """
    threads = min(threads, len(items))
    if threads <= 1:
        yield from map(work, items)
        return
    todo: SimpleQueue[Item] = SimpleQueue()
    for item in items:
        todo.put(item)
    answers: deque[Answer] = deque()
    errors: list[BaseException] = []

    def help_out() -> None:
        try:
            for item in _taken(todo):
                answers.append(work(item))
        except BaseException as error:  # for the caller, in whose thread it belongs
            errors.append(error)
            deque(_taken(todo), maxlen=0)

    helpers: list[threading.Thread] = []
    try:
        for _ in range(threads - 1):
            helper = threading.Thread(target=help_out)
            helper.start()
            helpers.append(helper)
        for item in _taken(todo):
            yield work(item)
            while answers:
                yield answers.popleft()
    except BaseException:
        if stopped:
            stopped.set()
        raise
    finally:
        deque(_taken(todo), maxlen=0)
        for helper in helpers:
            helper.join()
    if errors:
        raise errors[0]
    yield from answers


def _taken(todo: SimpleQueue[Item]) -> Iterator[Item]:
    """Yield the remaining items, to any thread that asks."""
    while True:
        try:
            yield todo.get_nowait()
        except Empty:
            return
