"""The cells of the landscape of a task, computed in chunks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.memory import require_memory
from doya.neurons import Neuron
from doya.tasks.slopes import slopes_of_task
from doya.tasks.task import Task

# Cells at once, whose temporary arrays take about 400 bytes each, with up to 30 MB for rows of the
# path; in a landscape of few cells enough for all processors.
AT_ONCE = 2**15


def task_cells(
    neuron: Neuron,
    task: Task,
    axes: Mapping[str, Floats],
    progress: Callable[[float], object] | None,
    alpha: float = 0.0,
) -> tuple[Floats, dict[str, Floats]]:
    """Return the loss of each cell, NaN where a state was not reached, and its gradient by name.

    alpha is the share of the teacher in each state of the map that has a target.
    """
    names, shape = tuple(axes), tuple(axis.size for axis in axes.values())
    require_memory("over", shape, 1 + len(axes))
    block = np.empty((1 + len(axes), *shape))
    loss, *parts = block.reshape(len(block), -1)
    for first in range(0, loss.size, AT_ONCE):
        part = slice(first, min(first + AT_ONCE, loss.size))
        index = np.unravel_index(np.arange(part.start, part.stop), shape)
        cells: dict[str, Any] = {
            name: axis[k] for (name, axis), k in zip(axes.items(), index, strict=True)
        }
        x0 = cells.pop("x0", None)
        own = neuron.replace(**(cells or {"w": np.full(x0.size, neuron.w)}))
        loss[part], by, _ = slopes_of_task(own, task, x0, "input_weight" in names, alpha)
        for name, row in zip(names, parts, strict=True):
            row[part] = by[name].numbers()
        if progress:
            progress(part.stop / loss.size)
    loss, *parts = block
    return loss, dict(zip(names, parts, strict=True))
