"""The call `sweep`, and the record of what a store holds."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.conversions.conversion import Conversion
from doya.neurons import Neuron
from doya.results import Result
from doya.sweeps.computing import check_cells
from doya.sweeps.errors import SweepStoppedError
from doya.sweeps.plans import Plan
from doya.sweeps.runs import Executor, Progress, checked_part, go_on, share_of, threads
from doya.sweeps.stores import Store, checked_path


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Result):
    """A sweep as it stands in its store.

    Attributes
    ----------
    done : int
        Number of chunks that are computed and written.
    chunks : int
        Number of all chunks.
    failed : dict
        Why chunks could not be computed, in words, by the number of the chunk.  Such chunks are
        tried again when the sweep goes on.
    cells : int
        Number of cells.
    bytes : int
        Size of all arrays, in bytes, before compression.
    over : dict of ndarray
        The values of each axis, in the order of the dimensions.
    quantities : tuple of str
    variables : tuple of str
        Names of the arrays, with "status" as the last one.
    path : str
        The folder of the store.
    neuron : NeuronODE, NeuronMap or Conversion
        The neuron; its own values of swept parameters do not count.
    settings : dict
        The settings that were given.
    """

    _first: ClassVar[tuple[str, ...]] = ("done", "chunks", "cells", "bytes", "over")

    done: int
    chunks: int
    failed: dict[int, str]
    cells: int
    bytes: int
    over: dict[str, Floats]
    quantities: tuple[str, ...]
    variables: tuple[str, ...]
    path: str
    neuron: Neuron | Conversion
    settings: dict[str, Any]

    @property
    def is_complete(self) -> bool:
        """Return whether all chunks are done."""
        return self.done == self.chunks

    def to_xarray(self) -> Any:
        """Return the arrays as an xarray.Dataset, which reads from the store what is used.

        It may be called while the sweep runs: cells that are not computed yet are NaN, and their
        status is 127.

        Returns
        -------
        xarray.Dataset

        Raises
        ------
        ImportError
            If xarray is not installed: pip install 'doya[sweep]'.
        """
        return Store.open(self.path, any_version=True).labelled()

    def go_on(
        self,
        *,
        part: Any = None,
        cluster: Any = None,
        progress: Progress | None = None,
        any_version: bool = False,
    ) -> Sweep:
        """Compute the chunks that are missing, and return the sweep as it stands then.

        Parameters
        ----------
        part, cluster, progress, any_version
            As for `sweep`.

        Returns
        -------
        Sweep
        """
        return perform(lambda: Store.open(self.path, any_version), part, cluster, progress)


def sweep(
    neuron: Neuron | Conversion,
    over: Mapping[str, ArrayLike],
    quantities: str | Iterable[str] = ("lyapunov",),
    store: str | os.PathLike[str] = "x.zarr",
    *,
    chunk_bytes: float = 256e6,
    part: str | tuple[int, int] | None = None,
    cluster: Any = None,
    progress: Progress | None = None,
    any_version: bool = False,
    **settings: Any,
) -> Sweep:
    """Compute quantities over a grid of any number of parameters, into a store on disk.

    The grid is cut into chunks.  A chunk is computed, written and done, or it is not there: a run
    that is interrupted or killed goes on where it was when the same call is made again.  Chunks
    that are done are never computed again, and can be read while others are computed.

    The store is a folder in the format zarr 3, with one array for each variable and one for each
    axis; xarray, zarr and others read it.  Its numbers have the same bits as those of the library's
    own calls, for any size of the chunks, and wherever they were computed.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron.  Its own values of the swept parameters do not count.  With a `Conversion` the
        author's letters stand in `over` for w, b, epsilon, input_weight and u, and in `wrt` and
        `learn`; x0, t_end and x stay Doya's, and target is a value of the author's state.
    over : dict of array
        The values of each axis, without repetition; the dimensions have the order of the dict.  Any
        of "w", "b", "epsilon", "input_weight", "u" (a constant input), "x0", "t_end", "target",
        "learning_rate", "clip" (inf: no limit), "momentum" and "level", on which one of the
        quantities depends.
    quantities : str or list of str, default ("lyapunov",)
        What to compute.  The variables of each in the store:

        - "state": x, the state x(t_end), and for a `Conversion` state, the author's.
        - "sensitivity": x, and for each name in `wrt` log10_abs_dx_dNAME and sign_dx_dNAME; for a
          `Conversion` log10_abs_dstate_dNAME and sign_dstate_dNAME.
        - "loss": loss, (target - x(t_end))**2, and dL_dNAME for each name in `wrt`.
        - "lyapunov": lyapunov and lyapunov_error, of the map.
        - "equilibria": equilibria, attracting_equilibria (their numbers) and x_equilibrium.
        - "attractors": attractors (their number) and period, of the map.
        - "train": final_NAME for each name in `learn`, final_loss, largest_gradient, steps_taken.
        - "crossing": t, the time at which `level` is crossed.

        And always status: 0 where all was computed, 127 where nothing is yet; `SweepStatus` has the
        others.
    store : str or path, default "x.zarr"
        Folder of the store.
    chunk_bytes : float, default 256e6
        Memory that a chunk may take while it is computed, in bytes, at least 1.  Each processor
        computes a chunk of its own, and one more may wait to be written.  With a smaller number
        chunks have fewer cells, and a run that is killed loses less work.  Chunks of "train",
        "attractors" and "lyapunov" also have few enough cells that a core computes one in about
        10 s.
    part : str or (int, int), optional
        "K/N" or (K, N): computes part K of N, from 1 to N, each about the same number of chunks.
        N runs, on any number of machines that share the folder, need no scheduler.  A part that was
        interrupted or killed goes on by the same call.
    cluster : str, cluster or client, optional
        Address of a scheduler of dask, such as "tcp://HOST:8786", or a cluster or client of the
        package distributed.  Its workers must share the folder; each of their threads computes one
        chunk at a time, and the sweep waits while there are none.  By default the threads of this
        process compute as many chunks at once as there are processors, or as DOYA_NUM_THREADS says.
    progress : callable, optional
        Called from time to time with the fraction that is done, from 0 to 1.
    any_version : bool, default False
        Whether to go on with a store that another version of doya made.
    **settings
        Arguments of the quantities that are not swept: x0, t_end, target, u, wrt, steps, transient,
        level, learn, learning_rate and others of the calls `final_state`, `sensitivity`,
        `lyapunov_exponent`, `attractors`, `train` and `crossing_time`.  Where a quantity needs
        them, x0 = 0.5 (for "lyapunov" 0.3), t_end = 50 and target = 0.855 by default.

    Returns
    -------
    Sweep

    Raises
    ------
    ArgumentError
        For an argument outside its range; for a store that holds another plan, or was made by
        another version of doya; for arrays that do not fit on the disk.
    OSError
        If a file cannot be written; what is done is kept.
    ImportError
        If zarr is not installed: pip install 'doya[sweep]'.

    See Also
    --------
    open_sweep : The sweep that a store holds.
    final_state : The state at one time.
    lyapunov_exponent : The Lyapunov exponent of an orbit.
    initialisation_map : Where descents end, from a grid of starts.

    Notes
    -----
    A cell that cannot be computed is NaN and has a status, as the cells of an ensemble.  If a chunk
    fails as a whole, `Sweep.failed` has its error, and the other chunks are computed.

    Along an axis t_end the states of "state" are found on one way along each trajectory, so more
    times take little more time, but under a `Ramp` or `Table`.

    References
    ----------
    Zarr community, "Zarr core specification, version 3" (2023).

    Examples
    --------
    >>> import doya, numpy as np, tempfile
    >>> over = {"b": np.linspace(-3, -2, 5), "x0": [0.2, 0.5, 0.8]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = doya.sweep(doya.NeuronODE(), over, "state", f"{folder}/x.zarr", t_end=np.inf)
    ...     print(found.done, "of", found.chunks)
    ...     print(found.to_xarray().x.sel(b=-2.5).values.round(3))
    1 of 1
    [0.145 0.5   0.855]
    """
    plan = Plan.of(neuron, over, quantities, settings, chunk_bytes)
    if not os.path.lexists(checked_path(store)):
        check_cells(plan)
    return perform(lambda: Store.create(store, plan, any_version), part, cluster, progress)


def open_sweep(path: str | os.PathLike[str]) -> Sweep:
    """Return the sweep in a store as it stands, also while others compute it.

    Parameters
    ----------
    path : str or path
        Folder of the store.

    Returns
    -------
    Sweep

    Raises
    ------
    ArgumentError
        If there is no store of a sweep.

    See Also
    --------
    sweep : Quantities over a grid of parameters, on disk.

    References
    ----------
    Zarr community, "Zarr core specification, version 3" (2023).

    Examples
    --------
    >>> import doya, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/x.zarr"
    ...     _ = doya.sweep(doya.NeuronODE(), {"b": [-2.7, -2.3]}, "equilibria", path)
    ...     found = doya.open_sweep(path)
    ...     print(found.is_complete, found.to_xarray().equilibria.values)
    True [1 1]
    """
    return record_of(Store.open(path, any_version=True))


def perform(
    opened: Callable[[], Store], part: Any, cluster: Any, progress: Progress | None
) -> Sweep:
    """Open or make a store once a cluster is there, and compute what is missing."""
    checked_part(part)
    if cluster is None:
        return _performed(opened(), threads, part, progress)
    from doya.sweeps.cluster import connected, workers

    with connected(cluster) as client:
        return _performed(opened(), lambda store, _: workers(store, client), part, progress)


def _performed(
    store: Store,
    executors: Callable[[Store, int], AbstractContextManager[Executor]],
    part: Any,
    progress: Progress | None,
) -> Sweep:
    """Compute what is missing; an error that ends it says how many chunks are done.

    The store is listed before and after, as other runs may work on it.
    """
    share = share_of(store, part)
    try:
        with executors(store, share.missing.size) as executor:
            go_on(store, executor, share, progress)
    except SweepStoppedError as error:
        done = f"{int(store.done().sum())} of {store.plan.chunks} chunks are done"
        words = f"{error.strerror or error}: {done}; the same call goes on"
        raise SweepStoppedError(error.errno, words) from error
    found = record_of(store)
    if found.is_complete:
        store.sweep_up()
    return found


def record_of(store: Store) -> Sweep:
    """Return the sweep of a store."""
    plan = store.plan
    return Sweep(
        done=int(store.done().sum()),
        chunks=plan.chunks,
        failed=store.failed(),
        cells=plan.cells,
        bytes=plan.cells * plan.bytes_a_cell,
        over=dict(plan.over),
        quantities=plan.quantities,
        variables=(*plan.variables, "status"),
        path=str(pathlib.Path(store.path)),
        neuron=plan.neuron,
        settings=dict(plan.settings),
    )
