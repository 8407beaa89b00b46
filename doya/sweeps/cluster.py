"""Workers of dask that compute the chunks of a store; alone knows distributed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from doya.errors import ArgumentError
from doya.extras import needed
from doya.kernels.compilation import is_disabled
from doya.kernels.running import always, as_machine_code
from doya.sweeps.computing import arrays_of
from doya.sweeps.runs import RunStoppedError, compute_there
from doya.sweeps.stores import Store

# Seconds to wait for a scheduler, and for its first worker.
PATIENCE = 10.0
# Times that a chunk is tried again when its worker is lost.
RETRIES = 3


class Workers:
    """Threads of all workers of a scheduler."""

    def __init__(self, store: Store, client: Any) -> None:
        self._store, self._client = store, client
        self._distributed = needed("distributed", "cluster")
        self._path = str(store.path.absolute())

    @property
    def workers(self) -> int:
        return int(max(sum(self._client.nthreads().values()), 1))

    def submit(self, chunk: int) -> Any:
        return self._client.submit(
            compute_there, self._path, self._store.plan.digest, chunk,
            key=f"doya-{self._store.plan.digest[:12]}-{chunk}", retries=0, pure=False,
        )  # fmt: skip

    def wait(self, futures: set[Any], seconds: float) -> set[Any]:
        if self._client.status not in ("running", "connecting"):
            raise RunStoppedError(0, "the scheduler is lost")
        try:
            first = "FIRST_COMPLETED"
            done: set[Any] = self._distributed.wait(futures, seconds, return_when=first).done
        except TimeoutError:
            return set()
        return done

    def cells_begun(self) -> float:
        return 0.0


@contextmanager
def workers(store: Store, cluster: Any) -> Iterator[Workers]:
    """Yield the workers of a cluster: its address, or a cluster or client of distributed."""
    distributed = needed("distributed", "cluster")
    if isinstance(cluster, distributed.Client):
        client, own = cluster, False
    else:
        try:
            client, own = distributed.Client(cluster, timeout=PATIENCE, set_as_default=False), True
        except (OSError, TimeoutError, ValueError) as error:
            words = f"must be the address of a scheduler, such as tcp://HOST:8786, got {cluster!r}"
            raise ArgumentError("cluster", f"{words}: {error}") from None
    try:
        _warm(store)
        yield Workers(store, client)
    except (OSError, distributed.CancelledError, RuntimeError) as error:
        if isinstance(error, RunStoppedError):
            raise
        raise RunStoppedError(0, f"the scheduler is lost ({type(error).__name__})") from error
    finally:
        if own:
            client.close(timeout=1.0)


def _warm(store: Store) -> None:
    """Compute some cells as machine code, so that workers that share its cache find it there."""
    if is_disabled():
        return
    with always(as_machine_code):
        arrays_of(store.plan, tuple(slice(0, min(n, 2)) for n in store.plan.shape))
