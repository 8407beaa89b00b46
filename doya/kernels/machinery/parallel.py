"""Work for all processors: items of a list, each handed to whichever thread is free.

Items write to places of their own, so the bits do not depend on the number of
threads; kernels release the interpreter's lock while they run.
"""

from __future__ import annotations

import functools
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Item = TypeVar("Item")
Answer = TypeVar("Answer")


# More threads than all calls at a time can want; each is started when one is wanted and none waits.
MANY = 1024
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

    def help_out() -> None:
        try:
            for item in _taken(todo):
                answers.append(work(item))
        except BaseException:
            deque(_taken(todo), maxlen=0)
            raise

    helpers: list[Future[None]] = []
    try:
        for _ in range(threads - 1):
            helpers.append(_pool().submit(help_out))
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
        # One that has not begun is not waited for: there is nothing left to do.
        begun = [helper for helper in helpers if not helper.cancel()]
        errors = [helper.exception() for helper in begun]
    for error in filter(None, errors):
        raise error  # it belongs in the caller's thread
    yield from answers


@functools.cache
def _pool() -> ThreadPoolExecutor:
    """Return threads that wait for work: to wake one takes a tenth of the time to start one."""
    from concurrent.futures import ThreadPoolExecutor  # a call on one thread does without

    return ThreadPoolExecutor(MANY, thread_name_prefix="doya")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # its threads are the parent's


def _taken(todo: SimpleQueue[Item]) -> Iterator[Item]:
    """Yield the remaining items, to any thread that asks."""
    while True:
        try:
            yield todo.get_nowait()
        except Empty:
            return
