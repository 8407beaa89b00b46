"""The loop over the chunks that are missing, and the threads of this process that compute them."""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import operator
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from doya.errors import ArgumentError
from doya.kernels.machinery.parallel import threads_at_most, working_threads
from doya.sweeps.computing import chunk_of
from doya.sweeps.stores import Store

# Seconds between two reports of what is done.
PAUSE = 0.1
# Chunks that are handed out before the first is done, for each worker.
AHEAD = 2

Progress = Callable[[float], object]
NOBODY_WAITS: AbstractContextManager[object] = contextlib.nullcontext()


class _GivenUpError(Exception):
    """A chunk is given up, as the run has ended: nobody hears of this."""


class Executor(Protocol):
    """Computes chunks somewhere else: a task returns None, or why its chunk failed."""

    @property
    def workers(self) -> int:
        """Return the number of chunks that are computed at the same time."""

    def submit(self, chunk: int) -> None:
        """Have a chunk computed and written."""

    def ended(self, seconds: float) -> Iterator[Any]:
        """Yield the futures of chunks that have ended; wait some seconds for the first."""

    def cells_begun(self) -> float:
        """Return the number of cells done in chunks that are not."""


def taken(futures: SimpleQueue[Any], seconds: float) -> Iterator[Any]:
    """Yield what is in the queue; wait some seconds for the first."""
    with contextlib.suppress(Empty):
        yield futures.get(timeout=seconds)
        while True:
            yield futures.get_nowait()


def compute(
    store: Store,
    chunk: int,
    told: Callable[[int], object] | None = None,
    turn: AbstractContextManager[object] = NOBODY_WAITS,
) -> str | None:
    """Compute and write a chunk unless that is done; return why it failed, or None.

    Only what goes wrong in computing is a failure of the chunk; an error in writing is raised.
    `turn` is held while it is computed.
    """
    try:
        with turn:
            if store.is_done(chunk):
                return None
            arrays = chunk_of(store.plan, chunk, told)
    except _GivenUpError:
        raise
    except Exception as error:
        words = f"{type(error).__name__}: {error}"
        store.note_failure(chunk, words)
        return words
    store.write(chunk, arrays)
    return None


@lru_cache(maxsize=4)
def _opened(path: str, digest: str) -> Store:
    store = Store.open(path, any_version=True)
    if store.plan.digest != digest:
        raise ArgumentError("store", f"{path!r} holds another sweep now")
    return store


def compute_there(path: str, digest: str, chunk: int) -> str | None:
    """Compute a chunk in a worker that sees the same folder, on one thread."""
    with threads_at_most(1):
        return compute(_opened(path, digest), chunk)


class Share(NamedTuple):
    """The chunks of a part: how many they are, and the numbers of those that are missing."""

    chunks: int
    missing: NDArray[np.int64]


def share_of(store: Store, part: Any) -> Share:
    """Return the chunks of part K of N; the store is listed for it."""
    first, of = checked_part(part)
    mine = np.arange(first, store.plan.chunks, of)
    return Share(mine.size, mine[~store.done()[mine]])


def checked_part(part: Any) -> tuple[int, int]:
    """Return the number of the part, from 0, and of all parts."""
    if part is None:
        return 0, 1
    try:
        k, n = map(int, part.split("/")) if isinstance(part, str) else map(operator.index, part)
    except (TypeError, ValueError):
        k = n = 0
    if not 1 <= k <= n:
        allowed = "K/N with whole numbers 1 <= K <= N, such as '1/4'"
        raise ArgumentError("part", f"must be {allowed}, got {part!r}")
    return k - 1, n


def go_on(store: Store, executor: Executor, share: Share, progress: Progress | None) -> None:
    """Have all missing chunks computed; what fails is noted, and the others go on."""
    total, missing = share
    done = total - missing.size
    a_chunk = store.plan.cells / store.plan.chunks
    todo, running, told = iter(missing.tolist()), 0, 0.0
    while True:
        for chunk in itertools.islice(todo, max(AHEAD * executor.workers - running, 0)):
            executor.submit(chunk)
            running += 1
        if progress:
            told = max(told, min((done + executor.cells_begun() / a_chunk) / max(total, 1), 1.0))
            progress(told)
        if not running:
            break
        for future in executor.ended(PAUSE):
            future.result()
            running, done = running - 1, done + 1


class Threads:
    """Threads of this process: as many chunks at once as threads, which they share.

    One thread more, so that all can compute while a chunk is written.
    """

    def __init__(self, store: Store, chunks: int) -> None:
        self._allowed = working_threads()
        self.workers = max(min(self._allowed, chunks), 1)
        self._computing, self._at_work = threading.Semaphore(self.workers), 0
        self._store = store
        self._stopped, self._lock, self._begun = threading.Event(), threading.Lock(), 0.0
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._pool = concurrent.futures.ThreadPoolExecutor(self.workers + 1, "doya-sweep")

    def submit(self, chunk: int) -> None:
        self._pool.submit(self._work, chunk).add_done_callback(self._ended.put)

    def ended(self, seconds: float) -> Iterator[Any]:
        return taken(self._ended, seconds)

    def cells_begun(self) -> float:
        return self._begun

    def _work(self, chunk: int) -> str | None:
        own = 0

        def told(cells: int) -> None:
            nonlocal own
            if self._stopped.is_set():
                raise _GivenUpError
            own += cells
            with self._lock:
                self._begun += cells

        try:
            with threads_at_most(self._share):
                return compute(self._store, chunk, told, self._turn())
        finally:
            with self._lock:
                self._begun -= own

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until a chunk may be computed."""
        with self._computing:
            if self._stopped.is_set():
                raise _GivenUpError
            self._count(1)
            try:
                yield
            finally:
                self._count(-1)

    def _count(self, change: int) -> None:
        with self._lock:
            self._at_work += change

    def _share(self) -> int:
        """Return the threads of a chunk now: the last one, alone, has all."""
        return max(self._allowed // max(self._at_work, 1), 1)

    def stop(self) -> None:
        """Give up what is not done, and wait until nothing runs."""
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def threads(store: Store, chunks: int) -> Iterator[Threads]:
    """Yield threads that compute a number of chunks; they end with the block."""
    executor = Threads(store, chunks)
    try:
        yield executor
    finally:
        with contextlib.suppress(KeyboardInterrupt):
            executor.stop()
