"""Cost of large sweeps: measured on one core, and what follows for 10^9 and 10^11 cells.

`python tests/benchmarks/scale.py` writes `scale.md` beside itself, in some minutes.  It measures
the time of the processor, so that other work on the machine counts little.
"""

from __future__ import annotations

import math
import pathlib
import resource
import tempfile
import time
from concurrent.futures import Future

import numpy as np
from report import machine

import doya
from doya.kernels.machinery.parallel import threads_at_most
from doya.kernels.machinery.running import always, as_machine_code
from doya.memory import in_words
from doya.sweeps.computing import chunk_of
from doya.sweeps.plans import Plan
from doya.sweeps.quantities import QUANTITIES
from doya.sweeps.runs import go_on, share_of
from doya.sweeps.stores import Store

FLOW, MAP = doya.NeuronODE(5.0, -2.5), doya.NeuronMap(-20.0, 10.0, epsilon=0.5)
# Cells of the chunk that is measured, and axes of each quantity.
CELLS = 400_000
PLANE = {"w": (3.0, 7.0), "b": (-3.0, -2.0)}
MAPS = {"w": (-60.0, 0.0), "b": (0.0, 20.0)}
SETTINGS = {"train": {"steps": 100}, "crossing": {"level": 0.3}}
FEW = {"train": 20_000, "attractors": 20_000}
NO_OPS, TASKS = 10**6, 2_000
SIZES, WORKERS = (10**9, 10**11), (1, 16, 1000)


def plan_of(name: str, cells: int = CELLS, size: float = 1e12) -> Plan:
    """Return a plan over a plane and x0, or a plane alone; by default of one chunk."""
    neuron, plane = (MAP, MAPS) if QUANTITIES[name].for_map else (FLOW, PLANE)
    axes = {**plane, "x0": (0.0, 1.0)} if "x0" in QUANTITIES[name].axes else dict(plane)
    length = round(cells ** (1 / len(axes)))
    over = {axis: np.linspace(*ends, length) for axis, ends in axes.items()}
    return Plan.of(neuron, over, name, SETTINGS.get(name, {}), size)


def measured(name: str, folder: pathlib.Path) -> dict[str, float]:
    """Return seconds and bytes of a cell, and seconds of writing a chunk of the default size."""
    plan = plan_of(name, FEW.get(name, CELLS))
    with threads_at_most(1), always(as_machine_code):
        chunk_of(plan_of(name, 100), 0)  # compiles, or loads
        begin = time.thread_time()
        arrays = chunk_of(plan, 0)
        seconds = time.thread_time() - begin
    store = Store.create(folder / f"{name}.zarr", plan)
    store.write(0, arrays)  # opens the store, which a run does once
    begin = time.process_time()
    store.write(0, arrays)
    writing = time.process_time() - begin
    files = store.path.glob("*/c.*")
    stored = sum(each.stat().st_size for each in files if len(each.suffixes) > 1)
    default = plan_of(name, SIZES[0], 256e6)
    return {
        "cell": seconds / plan.cells,
        "chunk": math.prod(default.lengths),
        "write": writing / plan.cells,
        "bytes": plan.bytes_a_cell,
        "stored": stored / plan.cells,
    }


class NoOps:
    """An executor whose chunks are done at once."""

    workers = 1000

    def __init__(self) -> None:
        self._ended: list[Future[None]] = []

    def submit(self, chunk: int) -> None:
        future: Future[None] = Future()
        future.set_result(None)
        self._ended.append(future)

    def ended(self, seconds: float):
        while self._ended:
            yield self._ended.pop()

    def cells_begun(self) -> float:
        return 0.0


def loop(folder: pathlib.Path) -> tuple[float, float]:
    """Return seconds a chunk, and megabytes, that the loop over 10^6 chunks takes."""
    axes = {"w": np.linspace(0, 9, 1000), "b": np.linspace(0, 9, 1000)}
    store = Store.create(folder / "loop.zarr", Plan.of(FLOW, axes, "state", {}, 1.0))
    assert store.plan.chunks == NO_OPS
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    go_on(store, NoOps(), share_of(store, None), None)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (time.process_time() - begin) / NO_OPS, (after - before) / 1000.0


def scheduler() -> float | None:
    """Return seconds of the processor that dask takes for a task; None without distributed."""
    try:
        import distributed
    except ImportError:
        return None
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        begin = time.process_time()
        client.gather([client.submit(abs, k, key=f"no-op-{k}") for k in range(TASKS)])
        return (time.process_time() - begin) / TASKS


def duration(seconds: float) -> str:
    for unit, length in (("years", 3.15e7), ("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= length:
            return f"{seconds / length:.2g} {unit}"
    return f"{seconds:.2g} s"


def cores(number: int) -> str:
    """Return the head of a column."""
    return f"{number} cores" if number > 1 else "1 core"


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(found: dict[str, dict[str, float]], a_chunk: float, more: float, task: float) -> str:
    costs = [
        [
            name, f"{1e6 * each['cell']:.2g}", f"{each['chunk']:.2g}",
            duration(each["cell"] * each["chunk"]), duration(each["write"] * each["chunk"]),
            f"{each['bytes']:.0f}", f"{each['stored']:.1f}",
        ]
        for name, each in found.items()
    ]  # fmt: skip
    totals = [
        [
            name, f"{cells:.0e}", f"{cells / each['chunk']:.2g}",
            *(duration(cells * (each["cell"] + each["write"]) / n) for n in WORKERS),
            in_words(cells * each["stored"]),
        ]
        for name, each in found.items()
        for cells in SIZES
    ]  # fmt: skip
    quickest = min(found.values(), key=lambda each: each["cell"] * each["chunk"])
    at_once = (quickest["cell"] + quickest["write"]) * quickest["chunk"] / task
    files = 1e11 / found["state"]["chunk"]
    return f"""# Sweeps that outgrow a machine

Written by `python tests/benchmarks/scale.py`: seconds of one core, measured here, with the default
`chunk_bytes`. Maps have the default 10,000 steps and 1,000 (`attractors`: 10,000) before them,
descents 100 steps, flows T = 50. The seconds are those of the processor, on which other work
has little effect.

Machine: {machine()}.

{
        table(
            [
                "quantity",
                "µs a cell",
                "cells a chunk",
                "a chunk",
                "writing it",
                "bytes a cell",
                "stored bytes a cell",
            ],
            costs,
        )
    }

The loop over the chunks takes {1e6 * a_chunk:.2g} µs a chunk, and {more:.0f} MB more memory at 10^6
chunks that do nothing. The scheduler of dask takes {1e3 * task:.2g} ms of a core a task.

## Times and sizes

Computing and writing, on 1, 16 and 1,000 cores, without waiting for the disk:

{
        table(
            [
                "quantity",
                "cells",
                "chunks",
                *(f"{n} core{'s' * (n > 1)}" for n in WORKERS),
                "on disk",
            ],
            totals,
        )
    }

## What breaks first

- The disk: 10^11 cells of a state are {in_words(1e11 * found["state"]["stored"])}. A sweep that
  does not fit, without compression, is refused before its first file.
- One folder holds all chunks of a variable: 10^11 cells of a state are {
        files:.2g} files in each. To
  look which are done, before and after a run, reads the names in them. A larger `chunk_bytes` makes
  fewer files.
- The scheduler of dask, which is one process: with the quickest chunks it keeps at most
  {at_once:.0f} cores at work. More cores need a larger `chunk_bytes`, or parts, which need no
  scheduler: `part="K/N"`.
- The last chunks: where N workers share fewer than some 10 N chunks, part of them wait at the end.
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        found = {name: measured(name, place) for name in QUANTITIES}
        seconds, more = loop(place)
    task = scheduler() or float("nan")
    text = report(found, seconds, more, task)
    pathlib.Path(__file__).with_name("scale.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
