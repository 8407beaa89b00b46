"""The cells of a landscape, computed in chunks on all processors."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from doya.arrays import Floats
from doya.kernels.machinery.parallel import thread_count
from doya.kernels.machinery.running import CHUNK, Call, run
from doya.landscapes.losses import Loss
from doya.memory import require_memory

# Bytes that the temporary arrays of all processors take at most, and bytes for each cell.
BYTES_AT_ONCE, BYTES_A_CELL = 2**25, 1000


def cells_of(
    loss: Loss, axes: Mapping[str, Floats], progress: Callable[[float], object] | None
) -> tuple[Floats, Floats, dict[str, Floats]]:
    """Return the state, the loss and its gradient by name in each cell."""
    names, shape = tuple(axes), tuple(axis.size for axis in axes.values())
    require_memory("over", shape, 2 + len(axes))
    block = np.empty((2 + len(axes), *shape))  # at once: large pages come sooner
    x, result, *parts = block.reshape(len(block), -1)

    def job(part: slice, call: Call) -> None:
        index = np.unravel_index(np.arange(part.start, part.stop), shape)
        cells = {name: axis[k] for (name, axis), k in zip(axes.items(), index, strict=True)}
        states, by = loss.slopes_of(cells, names, call)
        loss.fill(states, by, x[part], result[part], [each[part] for each in parts])

    at_most = min(CHUNK, BYTES_AT_ONCE // (BYTES_A_CELL * thread_count()))
    run(job, x.size, loss.work(x.size, names), at_most=max(at_most, 64), progress=progress)
    x, result, *parts = block
    return x, result, dict(zip(names, parts, strict=True))
