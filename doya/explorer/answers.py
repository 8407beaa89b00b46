"""Each answer as arrays by name: bit for bit the data of the command that is copied.

The arrays of `data` have the names and the numbers of the command's data file.  `marks` are what
a plot shows besides: special points, walls, the line of motion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

import doya
from doya.explorer.calls import call_of
from doya.explorer.view import View
from doya.inputs import Pulses

Arrays: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Answer:
    """The arrays of a plot.

    Attributes
    ----------
    result : Result
        Doya's own result.
    data : dict of array
        The arrays of the command's data file, by name.
    marks : dict of array
        What is drawn besides them.
    """

    result: Any
    data: Arrays
    marks: Mapping[str, Arrays] = field(default_factory=dict)


def answer(view: View, name: str, progress: Callable[[float], object] | None = None) -> Answer:
    """Return an answer to a view; `progress` may raise an exception to give it up.

    Examples
    --------
    >>> answer(View(b=-2.5), "phase").data["x"].round(3).tolist()
    [0.145, 0.5, 0.855]
    """
    more = {"progress": progress} if progress and name in WITH_PROGRESS else {}
    found = ANSWERS[name](call_of(view, name).result(**more))
    return replace(found, marks={"slope": slope(view)}) if name == "trajectory" else found


def slope(view: View) -> Arrays:
    """Return the derivative of x(T) with respect to b: its sign, and log10 of its size."""
    task = (view.neuron, view.x0, int(view.t_end) if view.is_map else view.t_end)
    found = doya.sensitivity(*task, wrt="b", u=view.u)
    return {"sign": [float(found.sign["b"])], "log10_abs": [float(found.log10_abs["b"])]}


def _diagram(result: Any) -> Answer:
    branches = result.branches
    sizes = [branch.value.size for branch in branches]
    points = result.special_points
    data = {
        "branch": np.repeat(np.arange(1, len(branches) + 1), sizes),
        "stable": np.repeat([branch.stable for branch in branches], sizes),
        result.over: np.concatenate([branch.value for branch in branches]),
        "x": np.concatenate([branch.x for branch in branches]),
        "eigenvalue": np.concatenate([branch.eigenvalue for branch in branches]),
    }
    special = {name: [getattr(each, name) for each in points] for name in ("kind", "value", "x")}
    return Answer(result, data, {"special": special})


def _phase(result: Any) -> Answer:
    data = {name: getattr(result, name) for name in ("x", "eigenvalue", "stable")}
    x, change = result.phase_line
    return Answer(result, data, {"line": {"x": x, "change": change}})


def _trajectory(result: Any) -> Answer:
    return Answer(result, {"t": result.t, "u": result.u[0], "x": result.x[0]})


def _loss(result: Any) -> Answer:
    curve = result.curve
    data = {curve.over: curve.value, "loss": curve.loss} | _states(curve.x)
    data |= {f"gradient_{name}": each for name, each in curve.gradient.items()}
    walls = result.walls
    marks = {
        "value": [float(wall.values[curve.over][0]) for wall in walls],
        "kind": [wall.kind for wall in walls],
        "largest_gradient": [float(wall.largest_gradient[0]) for wall in walls],
    }
    return Answer(result, data, {"walls": marks})


def _descent(result: Any) -> Answer:
    size = int(result.steps) + 1
    data = {
        "step": np.arange(size),
        **result.parameters,
        "loss": result.loss,
        "free_loss": result.free_loss,
        **{f"gradient_{name}": each for name, each in result.gradient.items()},
        "gradient_norm": result.gradient_norm,
        "clipped": result.clipped,
    }
    return Answer(result, {name: each[:size] for name, each in data.items()})


def _regions(result: Any) -> Answer:
    curves = result.curves
    sizes = [curve.x.size for curve in curves]
    data = {
        "curve": np.repeat(np.arange(1, len(curves) + 1), sizes),
        "kind": np.repeat([curve.kind for curve in curves], sizes),
        **{name: _joined([getattr(curve, name) for curve in curves]) for name in ("w", "b", "x")},
    }
    points = result.special_points
    special = {name: [getattr(each, name) for each in points] for name in ("kind", "w", "b")}
    return Answer(result, data, {"special": special})


def _surface(result: Any) -> Answer:
    cells = np.meshgrid(*result.axes.values(), indexing="ij")
    data = dict(zip(result.axes, (each.ravel() for each in cells), strict=True))
    data |= {"loss": result.loss.ravel()} | _states(result.x)
    data |= {f"gradient_{name}": each.ravel() for name, each in result.gradient.items()}
    # Under pulses the search for walls in a plane takes seconds.
    walls = () if isinstance(result.u, Pulses) else result.walls
    lines = {name: [np.asarray(wall.values[name]) for wall in walls] for name in result.axes}
    return Answer(result, data, {"walls": lines})


def _orbit(result: Any) -> Answer:
    kept = result.x.shape[-1]
    count = np.where(result.period > 0, result.period, kept)
    is_shown = np.arange(kept) < count[..., np.newaxis]
    row, at, _ = np.nonzero(is_shown)
    data = {
        result.over: result.value[at],
        "row": row + 1,
        "start": np.array(result.rows)[row],
        "period": result.period[row, at],
        "lyapunov": result.lyapunov[row, at],
        "lyapunov_error": result.lyapunov_error[row, at],
        "x": result.x[is_shown],
    }
    exponents = {"value": result.value, "lyapunov": result.lyapunov.max(axis=0)}
    return Answer(result, data, {"exponents": exponents})


def _states(x: Any) -> dict[str, Any]:
    """Return the column x; the sequences of a task have no common one."""
    return {} if x is None else {"x": x.ravel()}


def _joined(arrays: list[Any]) -> Any:
    return np.concatenate(arrays) if arrays else np.zeros(0)


ANSWERS: Mapping[str, Callable[[Any], Answer]] = {
    "diagram": _diagram,
    "phase": _phase,
    "trajectory": _trajectory,
    "loss": _loss,
    "descent": _descent,
    "regions": _regions,
    "surface": _surface,
    "orbit": _orbit,
}
# Answers that each plot shows.
OF_PLOT: Mapping[str, tuple[str, ...]] = {
    "diagram": ("diagram",),
    "phase": ("phase", "trajectory"),
    "trajectory": ("trajectory",),
    "loss": ("loss", "descent"),
    "plane": ("regions", "surface", "descent"),
    "orbit": ("orbit",),
}
# Answers whose functions report their progress, and can be given up on the way.
WITH_PROGRESS = ("loss", "surface", "descent")
