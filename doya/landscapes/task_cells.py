"""The cells of the landscape of a task, computed in chunks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from doya.arrays import Floats
from doya.conversions.author import AUTHORS
from doya.conversions.conversion import Conversion, require_determined
from doya.conversions.rates import moved
from doya.memory import require_memory
from doya.neurons import Neuron
from doya.scaled import Scaled
from doya.tasks.letters import LetterTask, rows_of
from doya.tasks.slopes import slopes_of_task
from doya.tasks.step_tasks import Forcing
from doya.tasks.task import Task

# Cells at once, whose temporary arrays take about 400 bytes each, with up to 30 MB for rows of the
# path; in a landscape of few cells enough for all processors.
AT_ONCE = 2**15


Slopes: TypeAlias = tuple[Floats, Mapping[str, Scaled]]


def task_cells(
    neuron: Neuron,
    task: Task,
    axes: Mapping[str, Floats],
    progress: Callable[[float], object] | None,
    alpha: float = 0.0,
    with_gradient: bool = True,
) -> tuple[Floats, dict[str, Floats]]:
    """Return the loss of each cell, NaN where a state was not reached, and its gradient by name.

    alpha is the share of the teacher in each state of the map that has a target.  Without the
    gradient the losses of maps take less than half of the time.
    """
    names = tuple(axes) if with_gradient else ()
    most = Forcing().most if names else -1

    def slopes(cells: dict[str, Any]) -> Slopes:
        x0 = cells.pop("x0", None)
        own = neuron.replace(**(cells or {"w": np.full(x0.size, neuron.w)}))
        loss, by, _ = slopes_of_task(own, task, x0, "input_weight" in names, alpha, most=most)
        return loss, by

    return _in_chunks(slopes, axes, names, progress)


def letter_task_cells(
    conversion: Conversion,
    task: Task,
    axes: Mapping[str, Floats],
    progress: Callable[[float], object] | None,
    alpha: float = 0.0,
    with_gradient: bool = True,
) -> tuple[Floats, dict[str, Floats]]:
    """Return the same over an author's letters, from the author's states at these letters."""
    names = tuple(axes) if with_gradient else ()
    forcing = Forcing(alpha, most=Forcing().most if names else -1)
    if AUTHORS[conversion.author].loses not in axes:
        require_determined(conversion)
    along = tuple(moved(conversion, **{name: axis}) for name, axis in axes.items())
    own = LetterTask.of(conversion, task, names, alpha, along)

    def slopes(cells: dict[str, Any]) -> Slopes:
        there = rows_of(moved(conversion, **cells))
        loss, by, _ = own.slopes(there, own.starts(there.shape), names, forcing)
        return loss, by

    return _in_chunks(slopes, axes, names, progress)


def _in_chunks(
    slopes: Callable[[dict[str, Any]], Slopes],
    axes: Mapping[str, Floats],
    names: tuple[str, ...],
    progress: Callable[[float], object] | None,
) -> tuple[Floats, dict[str, Floats]]:
    """Return the losses and the gradient of all cells from those of some."""
    shape = tuple(axis.size for axis in axes.values())
    require_memory("over", shape, 1 + len(names))
    block = np.empty((1 + len(names), *shape))
    loss, *parts = block.reshape(len(block), -1)
    for first in range(0, loss.size, AT_ONCE):
        part = slice(first, min(first + AT_ONCE, loss.size))
        index = np.unravel_index(np.arange(part.start, part.stop), shape)
        cells = {name: axis[k] for (name, axis), k in zip(axes.items(), index, strict=True)}
        loss[part], by = slopes(cells)
        for name, row in zip(names, parts, strict=True):
            row[part] = by[name].numbers()
        if progress:
            progress(part.stop / loss.size)
    loss, *parts = block
    return loss, dict(zip(names, parts, strict=True))
