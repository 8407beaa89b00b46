"""Work for all processors: items of a list, each handed to whichever thread is free.

Items write to places of their own, so the bits do not depend on the number of
threads; kernels release the interpreter's lock while they run.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# Seconds for which a helper waits for the next task: to wake it took 110 us, to start one 180.
IDLE = 1.0
# Times that a helper which is not free waits so for its task: an interruption of the caller may
# have come before it.
PATIENCE = 60
# Largest number of threads of each call in this context: several tasks may share one process.
_most: ContextVar[Callable[[], float]] = ContextVar("_most", default=lambda: math.inf)


def allowed_count() -> int:
    """Return DOYA_NUM_THREADS where it is a positive number, else the processors of the process."""
    wanted = os.environ.get("DOYA_NUM_THREADS", "")
    return int(wanted) if wanted.isdecimal() and int(wanted) > 0 else processor_count()


def thread_count() -> int:
    """Return how many threads a call may have: `allowed_count`, or less in `threads_at_most`."""
    return int(min(allowed_count(), _most.get()()))


def working_threads() -> int:
    """Return how many threads of a call can work at once: more would wait for a processor."""
    return max(min(thread_count(), processor_count()), 1)


@contextlib.contextmanager
def threads_at_most(number: int | Callable[[], int]) -> Iterator[None]:
    """Limit the threads of each call in the block, in this thread or task alone.

    A function is asked at each call.
    """
    before = _most.get()
    token = _most.set(lambda: min(number() if callable(number) else number, before()))
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

    ended: SimpleQueue[None] = SimpleQueue()
    helpers = 0
    try:
        while helpers < threads - 1 and _hand_out(help_out, ended):
            helpers += 1
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
        for _ in range(helpers):
            ended.get()
    if errors:
        raise errors[0]
    yield from answers


class _Helper:
    """A thread that does one task after another, and ends when none has come for a while."""

    def __init__(self) -> None:
        self.tasks: SimpleQueue[tuple[Callable[[], object], SimpleQueue[None]] | None]
        self.tasks = SimpleQueue()
        self.waits = 0  # for a task that it was chosen for
        # A daemon: the process may end while a helper waits.
        self.thread = threading.Thread(target=self._serve, name="doya", daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while self._has_served():
            pass

    def _has_served(self) -> bool:
        """Do the next task and be free again; or leave, if none comes or it is sent away."""
        try:
            handed = self.tasks.get(timeout=IDLE)
        except Empty:
            try:
                _free.remove(self)
            except ValueError:  # a task is being handed to it
                self.waits += 1
                return self.waits < PATIENCE
            return False
        self.waits = 0
        if handed is None:
            return False
        task, ended = handed
        task()
        _free.append(self)  # before its caller goes on, whose next task finds it
        ended.put(None)
        return True


_free: list[_Helper] = []


def _hand_out(task: Callable[[], object], ended: SimpleQueue[None]) -> bool:
    """Have a free helper or a new one do the task, and then tell `ended`; False if none can."""
    try:
        helper = _free.pop()
    except IndexError:
        try:
            helper = _Helper()
        except RuntimeError:  # the system starts no more threads: the caller does all
            return False
    helper.tasks.put((task, ended))
    return True


def _send_away() -> None:
    """End the helpers that wait: Python warns of the fork of a process with threads."""
    leaving = []
    with contextlib.suppress(IndexError):
        while True:
            leaving.append(_free.pop())
    for helper in leaving:
        helper.tasks.put(None)
    for helper in leaving:
        helper.thread.join()


if hasattr(os, "register_at_fork"):
    # In the child those that another thread's call has just set free are the parent's.
    os.register_at_fork(before=_send_away, after_in_child=_free.clear)


def _taken(todo: SimpleQueue[Item]) -> Iterator[Item]:
    """Yield the remaining items, to any thread that asks."""
    while True:
        try:
            yield todo.get_nowait()
        except Empty:
            return
