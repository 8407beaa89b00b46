"""The arrays of one chunk, computed block by block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.errors import ArgumentError, ConvergenceError
from doya.sweeps.chunks import Place, blocks_of
from doya.sweeps.plans import STATUS, Plan
from doya.sweeps.quantities import QUANTITIES, Quantity
from doya.sweeps.questions import Question
from doya.sweeps.statuses import NOT_COMPUTED, SweepStatus

# Bytes that a block of cells may take.
MOST_BYTES = 2**26
# Maps with the same number of steps are iterated together, and trajectories of one neuron tend to
# stop together.
OUTERMOST, INNERMOST = "t_end", "x0"

Arrays = dict[str, NDArray[Any]]


def chunk_of(plan: Plan, chunk: int, told: Callable[[int], object] | None = None) -> Arrays:
    """Return the arrays of a chunk by name, the status last; `told` gets the cells of each block.

    A cell that is outside the range of a quantity is NaN there, with a status.
    """
    return arrays_of(plan, plan.place(chunk), told)


def arrays_of(plan: Plan, place: Place, told: Callable[[int], object] | None = None) -> Arrays:
    """Return the arrays of any part of the grid."""
    order = _order(plan)
    axes = {name: plan.over[name][place[plan.names.index(name)]] for name in order}
    shape = tuple(part.stop - part.start for part in place)
    arrays = {
        name: np.full((*shape, *(n for _, n in each.more)), each.fill, dtype=each.dtype)
        for name, each in plan.variables.items()
    }
    arrays[STATUS] = np.full(shape, NOT_COMPUTED, dtype=np.int8)
    turn = [plan.names.index(name) for name in order]
    turned = {
        name: each.transpose(*turn, *range(len(turn), each.ndim)) for name, each in arrays.items()
    }
    whole = tuple(slice(0, axis.size) for axis in axes.values())
    at_once = min(QUANTITIES[name].at_once for name in plan.quantities)
    most = max(min(at_once, int(MOST_BYTES / plan.working_bytes)), 64)
    for block in blocks_of(whole, most):
        views = {name: each[block] for name, each in turned.items()}
        parts = {name: axis[part] for (name, axis), part in zip(axes.items(), block, strict=True)}
        views[STATUS][...] = SweepStatus.DONE
        for name in plan.quantities:
            _fill(QUANTITIES[name], plan.question(name), parts, views)
        if told:
            told(views[STATUS].size)
    return arrays


def check_cells(plan: Plan) -> None:
    """Compute cells at the corners of the grid; raise what they raise if none can be computed."""
    corners = [tuple(slice(0, 1) for _ in plan.shape), tuple(slice(n - 1, n) for n in plan.shape)]
    corners.append(tuple(slice(n // 2, n // 2 + 1) for n in plan.shape))
    statuses = [arrays_of(plan, corner)[STATUS].item() for corner in corners]
    if all(status == SweepStatus.OUTSIDE for status in statuses):
        axes = {name: axis[:1] for name, axis in plan.over.items()}
        for name in plan.quantities:
            quantity, question = QUANTITIES[name], plan.question(name)
            quantity.compute(question, _cells(quantity, question, axes))


def _order(plan: Plan) -> list[str]:
    """Return the axes in the order of computing: the end first, the start last."""
    return sorted(plan.names, key=lambda name: (name != OUTERMOST, name == INNERMOST))


def _fill(
    quantity: Quantity, question: Question, axes: Mapping[str, Floats], views: Arrays
) -> None:
    """Write one quantity of some cells; a cell that cannot be computed gets a status."""
    loop = next((name for name in quantity.loops if name in axes and axes[name].size > 1), None)
    if loop:
        for k in range(axes[loop].size):
            _fill(quantity, question, *_some(axes, views, loop, slice(k, k + 1)))
        return
    try:
        found = quantity.compute(question, _cells(quantity, question, axes))
    except (ArgumentError, ConvergenceError):  # of some of them: they are halved until it is one
        longest = max(axes, key=lambda name: axes[name].size)
        half = axes[longest].size // 2
        if not half:
            _note(views[STATUS], np.int8(SweepStatus.OUTSIDE))
            return
        for part in (slice(0, half), slice(half, None)):
            _fill(quantity, question, *_some(axes, views, longest, part))
        return
    _note(views[STATUS], found.pop(STATUS, np.int8(SweepStatus.DONE)))
    for name, values in found.items():
        views[name][...] = values


def _some(
    axes: Mapping[str, Floats], views: Arrays, name: str, part: slice
) -> tuple[dict[str, Floats], Arrays]:
    """Return part of an axis, and of the arrays along it."""
    before = (slice(None),) * list(axes).index(name)
    some = {**axes, name: axes[name][part]}
    return some, {key: each[(*before, part)] for key, each in views.items()}


def _note(status: NDArray[Any], own: Any) -> None:
    """Write the statuses of a quantity where those before it are well."""
    np.copyto(status, own, where=status == SweepStatus.DONE, casting="unsafe")


def _cells(quantity: Quantity, question: Question, axes: Mapping[str, Floats]) -> dict[str, Any]:
    """Return values that broadcast, of the axes that a quantity needs; of loops numbers."""
    cells: dict[str, Any] = {}
    own = question.depends_on(quantity.axes)
    for k, (name, axis) in enumerate(axes.items()):
        if name in quantity.loops:
            cells[name] = axis[0]
        elif name in own:
            cells[name] = axis.reshape(-1, *(1,) * (len(axes) - 1 - k))
    return cells
