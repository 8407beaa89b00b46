"""The data of a landscape: columns of its table, and arrays of its grid and walls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from doya import Landscape


def columns(found: Landscape) -> dict[str, Any]:
    """Return the curve over one parameter; over two, a row for each cell, the last one fastest."""
    from doya.columns import of_landscape

    if len(found.axes) == 1:
        return of_landscape(found) | (_curve_hessian(found) if found.hessian else {})
    bent = {f"hessian_{p}_{q}": each for (p, q), each in found.hessian.items() if p <= q}
    return of_landscape(found) | {name: each.ravel() for name, each in bent.items()}


def arrays(found: Landscape) -> dict[str, Any]:
    """Return the axes, the grid in its shape, and the points of all walls, wall after wall."""
    import numpy as np

    grid = {"loss": found.loss} | ({} if found.x is None else {"x": found.x})
    grid |= {f"gradient_{name}": each for name, each in found.gradient.items()}
    walls = found.walls
    number = [np.full(wall.below.size, k) for k, wall in enumerate(walls, 1)]
    points = {name: [wall.values[name] for wall in walls] for name in found.axes}
    points |= {side: [getattr(wall, side) for wall in walls] for side in ("below", "above")}
    return {
        **{f"axis_{name}": axis for name, axis in found.axes.items()},
        **{f"grid_{name}": each for name, each in grid.items()},
        "wall_kind": np.array([wall.kind for wall in walls], dtype=str),
        "wall": np.concatenate([np.zeros(0, dtype=np.int64), *number]),
        **{f"wall_{name}": np.concatenate([np.zeros(0), *each]) for name, each in points.items()},
    }


def _curve_hessian(found: Landscape) -> dict[str, Any]:
    """Return the second derivative of the loss at the values of the curve."""
    import numpy as np

    import doya

    curve = found.curve
    at = {curve.over: curve.value}
    x0 = at.pop("x0", found.x0)
    neuron = found.neuron.replace(**at) if at else found.neuron
    pair = (curve.over, curve.over)
    bent = doya.sensitivity(neuron, x0, found.t_end, curve.over, found.u, order=2)
    with np.errstate(all="ignore"):  # at T = infinity a wall has no derivatives
        off = bent.x - found.target
        second = 2.0 * (bent.derivative[curve.over] ** 2 + off * bent.second[pair])
    return {f"hessian_{curve.over}_{curve.over}": second}
