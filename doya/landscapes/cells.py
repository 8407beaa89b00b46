"""The cells of a landscape, computed in chunks on all processors."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from doya.arrays import Floats
from doya.kernels.machinery.parallel import working_threads
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
        states, by = loss.slopes_of(parameters_of(axes, part), names, call)
        loss.fill(states, by, x[part], result[part], [each[part] for each in parts])

    at_most = min(CHUNK, BYTES_AT_ONCE // (BYTES_A_CELL * working_threads()))
    run(job, x.size, loss.work(x.size, names), at_most=max(at_most, 64), progress=progress)
    x, result, *parts = block
    return x, result, dict(zip(names, parts, strict=True))


def parameters_of(axes: Mapping[str, Floats], part: slice) -> dict[str, Floats]:
    """Return the parameters of the cells of one job, which are rows along the last axis.

    Looking up each cell by itself would take a twelfth of the time of a landscape of the map.
    """
    *outer, (name, last) = axes.items()
    first, end = part.start // last.size, -(-part.stop // last.size)
    head, tail = part.start - first * last.size, end * last.size - part.stop
    lengths = np.full(end - first, last.size)
    lengths[0] -= head
    lengths[-1] -= tail
    index = np.unravel_index(np.arange(first, end), [1, *(axis.size for _, axis in outer)])[1:]
    cells = {
        name: np.repeat(axis[k], lengths) for (name, axis), k in zip(outer, index, strict=True)
    }
    if end == first + 1:
        return {**cells, name: last[head : last.size - tail]}
    between = np.tile(last, end - first - 2)
    return {**cells, name: np.concatenate([last[head:], between, last[: last.size - tail]])}
