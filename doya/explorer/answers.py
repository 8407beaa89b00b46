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
from doya import columns
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
    points = result.special_points
    special = {name: [getattr(each, name) for each in points] for name in ("kind", "value", "x")}
    return Answer(result, columns.of_branches(result), {"special": special})


def _phase(result: Any) -> Answer:
    data = {name: getattr(result, name) for name in ("x", "eigenvalue", "stable")}
    x, change = result.phase_line
    return Answer(result, data, {"line": {"x": x, "change": change}})


def _trajectory(result: Any) -> Answer:
    return Answer(result, {"t": result.t, "u": result.u[0], "x": result.x[0]})


def _loss(result: Any) -> Answer:
    curve = result.curve
    walls = result.walls
    marks = {
        "value": [float(wall.values[curve.over][0]) for wall in walls],
        "kind": [wall.kind for wall in walls],
        "largest_gradient": [float(wall.largest_gradient[0]) for wall in walls],
    }
    return Answer(result, columns.of_landscape(result), {"walls": marks})


def _descent(result: Any) -> Answer:
    return Answer(result, columns.of_training(result))


def _regions(result: Any) -> Answer:
    points = result.special_points
    special = {name: [getattr(each, name) for each in points] for name in ("kind", "w", "b")}
    return Answer(result, columns.of_curves(result), {"special": special})


def _surface(result: Any) -> Answer:
    # Under pulses the search for walls in a plane takes seconds.
    walls = () if isinstance(result.u, Pulses) else result.walls
    lines = {name: [np.asarray(wall.values[name]) for wall in walls] for name in result.axes}
    return Answer(result, columns.of_landscape(result), {"walls": lines})


def _orbit(result: Any) -> Answer:
    largest = (result.lyapunov.argmax(axis=0), np.arange(result.value.size))
    exponents = {"value": result.value, "lyapunov": result.lyapunov[largest]}
    exponents["error"] = result.lyapunov_error[largest]
    return Answer(result, columns.of_orbits(result), {"exponents": exponents})


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
