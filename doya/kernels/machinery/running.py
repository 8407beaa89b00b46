"""Runs kernels, interpreted or as machine code, on all processors: the one place that decides.

A call of the library is a job over the lanes of an ensemble, a neuron or a trajectory each.  The
job gets parts of the lanes and a function `call`, by which every kernel goes: `call(kernel, ...)`
runs it on lists in the interpreter, or as machine code on arrays, with the same bits.

The decision is made once for the whole call, by its work and what this process has interpreted:

- With the machine code of all its kernels at hand a call of any size uses it.
- Little work is interpreted, until the process has interpreted START seconds of its kind.
- Then the kernels are loaded from the disk cache, all that the call needs together.
- Missing machine code is made by other processes (see `making`), from MAKE seconds of work on.
  Meanwhile the interpreter goes on, part by part, if a processor is free for that.
"""

from __future__ import annotations

import enum
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias, TypeVar

import numpy as np

from doya.kernels.machinery.compilation import (
    can_be_kept,
    compiled,
    is_on_disk,
    machine_code,
)
from doya.kernels.machinery.forks import ForkGuard
from doya.kernels.machinery.making import Maker, makers
from doya.kernels.machinery.parallel import allowed_count, each_of, working_threads
from doya.kernels.machinery.registry import KERNELS, Kernel

Call: TypeAlias = Callable[..., Any]
Answer = TypeVar("Answer")
# Units of work by kernel: neurons, states or steps, as `registry` counts them.
Work: TypeAlias = Mapping[Kernel, float]

# A part's own arrays stay in the cache; parts are made of whole blocks of lanes.
CHUNK, LANES = 16384, 64
# Seconds of machine code that a part takes at most, so that all threads have some to the end and an
# interruption is soon heard.
LONGEST_PART = 0.01
# Seconds of one call, and of each of several in a row, for which another thread is worth waking:
# it is woken once for a row, but between short calls threads wait for the interpreter.
WORTH_A_THREAD, WORTH_IN_A_ROW = 2e-4, 9e-5
# Seconds of interpreting that are worth the start of numba, its loading of a kernel, and compiling.
START, LOAD, MAKE = 0.5, 0.05, 2.0
# Seconds of interpreting for which a call waits while another thread loads or compiles.
PATIENT = 1.0
# Seconds of interpreting beyond which the makers are done first: it would only slow them.
OUTRUN = 8.0
# Seconds of interpreting between two looks at the makers, and of sleep where nothing else can be
# done.
LOOK, NAP = 0.05, 0.02
# Bytes to which room is aligned: a vector across two lines of the cache is slower.
LINE = 64

_interpreted_so_far: dict[Kernel, float] = {}
# Kernels that the disk cache lacked, and the seconds of interpreting at which to look again.
_look_again: dict[Kernel, float] = {}
_makers: dict[Kernel, Maker] = {}
_deciding = ForkGuard()
_listeners: list[Callable[[], object]] = []


class _Thread(threading.local):
    """State of a thread: inside a job, or bound to run all kernels in one way; and its rooms."""

    inside = False
    bound: Call | None = None

    def __init__(self) -> None:
        self.rooms: dict[Any, Any] = {}


_this_thread = _Thread()


class Room:
    """Working space of a kernel, rows of numbers or a single row; an argument of `call`.

    It begins with the rows given in `first`; what the rest holds no kernel may depend on.
    """

    def __init__(
        self, *shape: int, dtype: type = np.float64, first: Sequence[Sequence[float]] = ()
    ) -> None:
        self.shape, self.dtype, self.first = shape, dtype, first

    def array(self, place: int) -> Any:
        """Return it for machine code; a thread has one for each shape and place in a call."""
        key = place, self.shape, self.dtype, id(self.first)
        if key not in _this_thread.rooms:
            size = math.prod(self.shape)
            memory: Any = np.zeros(size + LINE // 8, dtype=self.dtype)
            start = -memory.ctypes.data % LINE // 8
            rows = memory[start : start + size].reshape(self.shape)
            if self.first:
                rows[: len(self.first)] = self.first
            _this_thread.rooms[key] = rows
        return _this_thread.rooms[key]

    def lists(self) -> Any:
        """Return it for the interpreter."""
        zero = self.dtype(0).item()
        if len(self.shape) == 1:
            return [zero] * self.shape[0]
        count, length = self.shape
        rest = [[zero] * length for _ in range(count - len(self.first))]
        return [*map(list, self.first), *rest]


def run(
    job: Callable[[slice, Call], Answer],
    size: int,
    work: Work,
    *,
    at_most: int = CHUNK,
    calls: int = 1,
    progress: Callable[[float], object] | None = None,
) -> list[Answer]:
    """Return job(part, call) for parts that together cover range(size), in any order.

    Several threads share the parts, of about `at_most` lanes or fewer, if the work is worth it; so
    the job writes to places of its own.  A job may run another, which then stays in its thread.
    One whose `calls` follow on one another gets parts that are as much longer.  `progress` is
    called with the fraction of the lanes that is done.
    """
    answers, done = [], 0
    for lanes, answer in _answers(job, size, work, at_most, calls):
        answers.append(answer)
        done += lanes
        if progress:
            progress(done / size)
    return answers


def foresee(work: Work) -> None:
    """Have what several calls to come will need loaded or made together, if that is due."""
    _state(work, _seconds(work))


def run_once(kernel: Kernel, units: float, *arguments: Any) -> Any:
    """Return a kernel's answer to one question, with its units of work."""
    if way_of_one(kernel) is as_machine_code:  # as `run`, without its 30 us
        return as_machine_code(kernel, *arguments)
    return run(lambda _, call: call(kernel, *arguments), 1, {kernel: units})[0]


def way_of_one(kernel: Kernel) -> Call:
    """Return how to run a kernel for one neuron: as machine code if that is at hand."""
    if _this_thread.bound is not None:
        return _this_thread.bound
    return as_machine_code if machine_code(kernel) else interpret


def interpret(kernel: Kernel, *arguments: Any) -> Any:
    """Run a kernel in the interpreter, on lists; arrays that can be written get its answers."""
    lists = [
        each.tolist() if isinstance(each, np.ndarray)
        else each.lists() if isinstance(each, Room) else each
        for each in arguments
    ]  # fmt: skip
    answer = kernel(*lists)
    for argument, values in zip(arguments, lists, strict=True):
        if isinstance(argument, np.ndarray) and argument.flags.writeable and argument.size:
            argument[...] = values
    return answer


def as_machine_code(kernel: Kernel, *arguments: Any) -> Any:
    """Run a kernel as machine code, on contiguous arrays."""
    return compiled(kernel)(*_as_arrays(arguments))


def repeated(call: Call, kernel: Kernel, *arguments: Any) -> Callable[[], Any]:
    """Return a function that calls a kernel again, on arrays that change in place.

    They must be writeable, as others are copied: once, as machine code.
    """
    if call is as_machine_code:
        return partial(compiled(kernel), *_as_arrays(arguments))
    return partial(call, kernel, *arguments)


def _as_arrays(arguments: Sequence[Any]) -> list[Any]:
    """Return arguments as machine code takes them."""
    array = np.ndarray
    return [
        each if isinstance(each, array) and each.flags.writeable else _as_array(place, each)
        for place, each in enumerate(arguments)
    ]


def _as_array(place: int, argument: Any) -> Any:
    """Return a room's array, and of an array that cannot be written a copy that can: one type."""
    if isinstance(argument, np.ndarray):
        return argument.copy()
    return argument.array(place) if isinstance(argument, Room) else argument


@contextmanager
def always(call: Call) -> Iterator[None]:
    """Have this thread run all kernels in one way, `interpret` or `as_machine_code`."""
    before, _this_thread.bound = _this_thread.bound, call
    try:
        yield
    finally:
        _this_thread.bound = before


@contextmanager
def listening(listener: Callable[[], object]) -> Iterator[None]:
    """Have `listener` called now and then while a call waits for machine code to be made."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


class _StoppedError(Exception):
    """A job is given up, as the call that wanted it has ended: nobody hears of this."""


class _State(enum.Enum):
    """State of a call's kernels: machine code, makers at work, or neither for now."""

    READY, MAKING, INTERPRETED = range(3)


def _answers(
    job: Callable[[slice, Call], Answer], size: int, work: Work, at_most: int, calls: int
) -> Iterator[tuple[int, Answer]]:
    """Yield lanes done and answers: interpreted until there is machine code for the rest."""
    seconds, begin = _seconds(work), 0
    while begin < size:
        rest = seconds * (size - begin) / size
        state = _state(work, rest)
        if state is _State.READY:
            yield from _threaded(job, begin, size, work, at_most, calls)
            return
        lanes = size - begin
        if state is _State.MAKING:
            _tell_listeners()
            busy = sum(not maker.is_done() for maker in set(_makers.values()))
            if busy < allowed_count():
                _load_made()
            # One lane may take long, and nobody looks at the makers meanwhile.
            if busy >= allowed_count() or rest > OUTRUN or rest / (size - begin) > PATIENT:
                time.sleep(NAP)
                continue
            lanes = math.ceil(lanes * min(LOOK / rest, 1.0))
        part = slice(begin, begin + min(lanes, at_most))
        yield part.stop - begin, _inside(job, part, interpret)
        for kernel, units in work.items():
            spent = KERNELS[kernel].interpreted * units * (part.stop - begin) / size
            _interpreted_so_far[kernel] = _interpreted_so_far.get(kernel, 0.0) + spent
        begin = part.stop


def _seconds(work: Work) -> float:
    """Return how long the interpreter would take."""
    return sum(KERNELS[kernel].interpreted * units for kernel, units in work.items())


def _threaded(
    job: Callable[[slice, Call], Answer], begin: int, end: int, work: Work, at_most: int, calls: int
) -> Iterator[tuple[int, Answer]]:
    """Yield lanes done and answers of the lanes from begin to end, as machine code."""
    size = end - begin
    seconds = sum(KERNELS[kernel].compiled * units for kernel, units in work.items()) * size / end
    worth = WORTH_A_THREAD if calls == 1 else WORTH_IN_A_ROW * calls
    threads = 1 if _this_thread.inside else max(int(seconds / worth), 1)
    if threads > 1:
        threads = min(threads, working_threads())
    longest = LONGEST_PART * calls
    if seconds > longest:
        at_most = min(at_most, max(int(size * longest / seconds), LANES))
    rounds = math.ceil(size / (at_most * threads))
    length = LANES * math.ceil(size / (LANES * threads * rounds))
    call = _this_thread.bound or as_machine_code
    if length >= size:
        yield size, _inside(job, slice(begin, end), call)
        return
    parts = [slice(i, min(i + length, end)) for i in range(begin, end, length)]
    stopped = threading.Event()

    def call_unless_stopped(kernel: Kernel, *arguments: Any) -> Any:
        if stopped.is_set():
            raise _StoppedError
        return call(kernel, *arguments)

    def work_at(part: slice) -> tuple[int, Answer]:
        return part.stop - part.start, _inside(job, part, call_unless_stopped)

    yield from each_of(work_at, parts, threads, stopped)


def _inside(job: Callable[[slice, Call], Answer], part: slice, call: Call) -> Answer:
    """Return the job's answer; jobs that it runs know that they are in one."""
    before, _this_thread.inside = _this_thread.inside, True
    try:
        return job(part, call)
    finally:
        _this_thread.inside = before


def _state(work: Work, seconds: float) -> _State:
    """Return the state of a call's kernels; load them, or have them made, if that is due."""
    if _this_thread.bound is not None:
        return _State.INTERPRETED if _this_thread.bound is interpret else _State.READY
    if all(machine_code(kernel) for kernel in work):
        return _State.READY
    due = seconds + max(_interpreted_so_far.get(kernel, 0.0) for kernel in work)
    if due <= max(
        LOAD if "numba" in sys.modules else START, *(_look_again.get(each, 0.0) for each in work)
    ):
        return _State.INTERPRETED
    lock = _deciding.lock
    if not lock.acquire(blocking=seconds > PATIENT):
        return _State.INTERPRETED
    try:
        return _loaded_or_making(work, due)
    finally:
        lock.release()


def _loaded_or_making(work: Work, due: float) -> _State:
    """Load the kernels from the disk cache; have the missing ones made, once that is due."""
    if not all(_makers[kernel].is_done() for kernel in work if kernel in _makers):
        return _State.MAKING
    missing = [kernel for kernel in work if not is_on_disk(kernel)]
    if missing and due <= MAKE:
        # To look takes as long as hundreds of short calls in the interpreter.
        _look_again.update(dict.fromkeys(missing, min(due + LOOK, MAKE)))
        return _State.INTERPRETED
    never_tried = [kernel for kernel in missing if kernel not in _makers]
    if never_tried and can_be_kept(never_tried[0]):
        started = makers(never_tried, allowed_count())
        _makers.update({kernel: maker for maker in started for kernel in maker.kernels})
        if started:
            return _State.MAKING
    for kernel in work:
        if kernel in missing:
            _tell_listeners()
        compiled(kernel)
    return _State.READY


def _load_made() -> None:
    """Load kernels whose makers are done while others are still at work."""
    for kernel, maker in list(_makers.items()):
        if maker.is_done() and not machine_code(kernel) and is_on_disk(kernel):
            compiled(kernel)


def _tell_listeners() -> None:
    for listener in list(_listeners):
        listener()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_makers.clear)  # they are the parent's
