"""Workers of dask that compute the chunks of a store; alone knows distributed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from doya.errors import ArgumentError
from doya.extras import needed
from doya.kernels.machinery.compilation import is_disabled
from doya.kernels.machinery.running import always, as_machine_code
from doya.sweeps.computing import arrays_of
from doya.sweeps.errors import SweepStoppedError
from doya.sweeps.runs import compute_there, taken
from doya.sweeps.stores import Store

# Seconds to wait for a scheduler.
PATIENCE = 10.0


class Workers:
    """Threads of all workers of a scheduler."""

    def __init__(self, store: Store, client: Any) -> None:
        self._plan, self._client = store.plan, client
        self._path, self._run = str(store.path.absolute()), uuid.uuid4().hex
        self._ended: SimpleQueue[Any] = SimpleQueue()

    @property
    def workers(self) -> int:
        return int(max(sum(self._client.nthreads().values()), 1))

    def submit(self, chunk: int) -> None:
        future = self._client.submit(
            compute_there, self._path, self._plan.digest, chunk,
            key=f"doya-{self._run}-{chunk}", pure=False,
        )  # fmt: skip
        future.add_done_callback(self._ended.put)

    def ended(self, seconds: float) -> Iterator[Any]:
        if self._client.status not in ("running", "connecting"):
            raise SweepStoppedError(0, "the scheduler is lost")
        return taken(self._ended, seconds)

    def cells_begun(self) -> float:
        return 0.0


@contextmanager
def connected(cluster: Any) -> Iterator[Any]:
    """Yield the client of a cluster: of its address, or of a cluster of distributed."""
    distributed = needed("distributed", "a cluster")
    if isinstance(cluster, distributed.Client):
        yield cluster
        return
    words = f"must be the address of a scheduler, such as tcp://HOST:8786, got {cluster!r}"
    try:
        client = distributed.Client(cluster, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError):
        raise ArgumentError("cluster", f"{words}, where none answers") from None
    except (ValueError, TypeError):
        raise ArgumentError("cluster", words) from None
    try:
        yield client
    finally:
        client.close(timeout=1.0)


@contextmanager
def workers(store: Store, client: Any) -> Iterator[Workers]:
    """Yield the workers of a client; a scheduler or worker that is lost ends the sweep."""
    distributed = needed("distributed", "a cluster")
    try:
        _warm(store)
        yield Workers(store, client)
    except SweepStoppedError:
        raise
    except distributed.KilledWorker as error:
        raise SweepStoppedError(0, "workers died while they computed a chunk") from error
    except (OSError, distributed.CancelledError, RuntimeError) as error:
        raise SweepStoppedError(0, f"the scheduler is lost ({type(error).__name__})") from error


def _warm(store: Store) -> None:
    """Compute some cells as machine code, so that workers that share its cache find it there."""
    if is_disabled():
        return
    with always(as_machine_code):
        arrays_of(store.plan, tuple(slice(0, min(n, 2)) for n in store.plan.shape))
