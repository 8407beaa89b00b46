"""Loss landscapes: L = (target - x(T))**2 over one or two parameters, its gradient, its walls."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Floats
from doya.bifurcations.points import check_single
from doya.checks import checked
from doya.errors import ArgumentError, ConvergenceError
from doya.inputs import Input
from doya.kernels.parallel import thread_count
from doya.kernels.running import CHUNK, Call, run
from doya.landscapes.hunts import steepest_within
from doya.landscapes.losses import Loss, checked_loss
from doya.landscapes.phases import further_walls, may_oscillate_within
from doya.landscapes.searches import largest, norm, steepest
from doya.landscapes.walls import Wall, steepest_on, walls_within
from doya.memory import require_memory
from doya.neurons import Neuron
from doya.results import Result

# Cells at a time: a chunk for each processor, whose temporary arrays take no more memory in all.
BYTES_AT_ONCE, BYTES_A_CELL = 2**25, 1000
# Times that the search goes along each of two axes, from the steepest place so far.
TURNS = 2
LOWER_BOUND = (
    "The largest gradient is a lower bound: within the ranges the loss may be steeper where no"
    " search has looked."
)


class LargestGradient(NamedTuple):
    """The largest norm of the gradient: on the grid, and found by refinement, with where it is.

    `is_lower_bound` says that the loss may be steeper elsewhere within the ranges: of the map with
    w < 4 - 8/epsilon, and wherever `further_walls` may exist, no search finds every wall.
    """

    on_grid: float
    value: float
    at: dict[str, float]
    is_lower_bound: bool

    @property
    def message(self) -> str:
        """The sentence that goes with a lower bound; empty where there is none."""
        return LOWER_BOUND if self.is_lower_bound else ""


@dataclass(frozen=True, eq=False, repr=False)
class Landscape(Result):
    """The loss over a grid of one or two parameters; `walls` and `largest_gradient` when asked for.

    Attributes
    ----------
    axes : dict of ndarray
        The swept values by name, in the order of the axes of the arrays (index order ij).
    loss : ndarray, shape (n,) or (n, m)
        L = (target - x(T))**2, dimensionless.
    x : ndarray
        x(T), of the same shape.
    gradient : dict of ndarray
        dL/dp by the name of p, of the same shape; infinite beyond the range of a double.
    neuron : NeuronODE or NeuronMap
    x0, t_end, target : float
    u : float, array, Pulses, Table, function or None
    """

    _first: ClassVar[tuple[str, ...]] = ("minimum",)

    axes: dict[str, Floats]
    loss: Floats
    x: Floats
    gradient: dict[str, Floats]
    neuron: Neuron
    x0: float
    t_end: float
    target: float
    u: Input | None

    @property
    def status(self) -> NDArray[np.int64]:
        """0 where a cell was computed, 1 where no panels or steps reached the end: it is NaN."""
        return np.isnan(self.loss).astype(np.int64)

    @cached_property
    def walls(self) -> tuple[Wall, ...]:
        """Where x(T) jumps as T grows, within the ranges of the axes; ascending along the curve.

        In closed form where the input is constant (over w > 4 without one); else by bisection.
        The flow has no wall for w <= 4, and the map none for 4 - 8/epsilon <= w <= 4.  The map
        with w < 4 - 8/epsilon has a wall where the start is a fixed point with a multiplier below
        -1, between the phases of a 2-cycle or of what it has become.  It is searched under a
        constant input, and is the only one at epsilon = 1.  With epsilon < 1 there may be others,
        as at preimages of the fixed point, and without end where there is chaos: they are not
        searched, nor are walls of the flow under a function of time.  `further_walls` says so.
        """
        return walls_within(self._problem, self.axes)

    @property
    def further_walls(self) -> str:
        """Why walls may exist that `walls` does not have, in a sentence; empty if none may."""
        return further_walls(self._problem, self.axes)

    @cached_property
    def largest_gradient(self) -> LargestGradient:
        """The largest norm of the gradient over the swept parameters.

        Refined on the steepest of `walls`, which a grid misses; where none of them is steeper than
        the steepest cell, along each axis from there.  It is that of the cells and states that are
        reached (see `status`); NaN where none is.

        The map with w < 4 - 8/epsilon has further walls, and steep places without any: a search
        follows each axis through the steepest place so far, and goes on where the state changes
        most, down to neighbouring doubles.  It misses a wall that begins and ends between two of
        its first 2,049 samples.  So the answer is a lower bound there, and `is_lower_bound` says
        so; except over x0 alone at epsilon = 1 under a constant input, where dx(T)/dx0 has one
        peak only.
        """
        size = norm(self.gradient)
        cell = np.unravel_index(int(largest(size.ravel())), size.shape)
        on_grid = float(size[cell])
        at = {name: float(axis[k]) for (name, axis), k in zip(self.axes.items(), cell, strict=True)}
        top, at = self._refined(on_grid, at)
        if self._may_oscillate:
            top, at = self._hunted(top, at)
        at = {name: at[name] for name in self.axes}
        return LargestGradient(on_grid, top, at, self._is_lower_bound)

    def _refined(self, top: float, at: dict[str, float]) -> tuple[float, dict[str, float]]:
        """The same or larger, on the steepest wall or about the steepest cell."""
        tops = [float(np.fmax.reduce(wall.largest_gradient)) for wall in self.walls]
        steep = [k for k, each in enumerate(tops) if each > top or (math.isnan(top) and each >= 0)]
        if steep:
            return steepest_on(self.walls[max(steep, key=tops.__getitem__)])
        if math.isfinite(top):
            for name in self.axes:
                here = {other: np.array([value]) for other, value in at.items()}
                near, between = here.pop(name), self._between(name)
                peak = steepest(self._problem, tuple(self.axes), name, here, near, between)
                if peak.norm[0] > top:
                    top, at = float(peak.norm[0]), at | {name: float(peak.at[0])}
        return top, at

    def _hunted(self, top: float, at: dict[str, float]) -> tuple[float, dict[str, float]]:
        """The same or larger, along each axis through the steepest place so far."""
        for name in [*self.axes] * (1 if len(self.axes) == 1 else TURNS):
            if math.isinf(top):
                break
            here = {other: value for other, value in at.items() if other != name}
            peak = steepest_within(self._problem, tuple(self.axes), name, here, self._between(name))
            if peak.norm[0] > top:
                top, at = float(peak.norm[0]), at | {name: float(peak.at[0])}
        return top, at

    @property
    def _may_oscillate(self) -> bool:
        """Whether the map may have a fixed point with a multiplier below -1 in the ranges."""
        return may_oscillate_within(self.neuron, self.axes)

    @property
    def _is_lower_bound(self) -> bool:
        """Whether a steeper place may have been missed."""
        if self.further_walls:
            return True
        # At epsilon = 1 the map is monotone: it and its iterates have a negative Schwarzian
        # derivative, and so |dx(T)/dx0| has one peak, next to the fixed point.
        return self._may_oscillate and tuple(self.axes) != ("x0",)

    @property
    def minimum(self) -> dict[str, float]:
        """The cell of the least loss: the swept parameters, and "loss"."""
        if np.isnan(self.loss).all():
            raise ConvergenceError("no cell of the landscape was reached")
        cell = np.unravel_index(int(np.nanargmin(self.loss)), self.loss.shape)
        pairs = zip(self.axes.items(), cell, strict=True)
        return {name: float(axis[k]) for (name, axis), k in pairs} | {
            "loss": float(self.loss[cell])
        }

    def _between(self, name: str) -> tuple[float, float]:
        return float(self.axes[name][0]), float(self.axes[name][-1])

    @property
    def _problem(self) -> Loss:
        return Loss(self.neuron, self.x0, self.t_end, self.target, self.u)


def loss_landscape(
    neuron: Neuron,
    over: Mapping[str, ArrayLike],
    x0: float = 0.5,
    t_end: float = 50.0,
    target: float = 0.855,
    u: Input | None = None,
    *,
    progress: Callable[[float], object] | None = None,
) -> Landscape:
    """The loss L = (target - x(T))**2 and its exact gradient over one or two parameters.

    The gradient is dL/dp = -2 (target - x(T)) dx(T)/dp.  Where the start meets the unstable
    equilibrium, or its attractor vanishes in a fold, x(T) jumps as T grows: the loss has a wall,
    on which the gradient grows like exp(lambda T), in a width of exp(-lambda T) that a grid
    misses.  So it does where the start meets a fixed point of the map with a multiplier mu < -1,
    between the phases of a cycle; there the gradient grows like abs(mu)**T.  `Landscape.walls`
    has the place of each wall, its height, and its steepness at this T.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron; its own values of the swept parameters do not matter.
    over : dict of array
        One or two of "b", "w", "x0", and "epsilon" of the map, each with at least two ascending
        values.
    x0 : float, default 0.5
        State at the start, dimensionless, from -1e100 to 1e100.
    t_end : float, default 50.0
        T: for the flow a time in units of the time constant, at least 0, infinity allowed; for the
        map a whole number of steps.
    target : float, default 0.855
        What x(T) should be, dimensionless, from -1e100 to 1e100.
    u : float, array, Pulses, Table or function, optional
        One input, as for `final_state`.
    progress : callable, optional
        Called now and then with the part that is done, up to 1.

    Returns
    -------
    Landscape

    Raises
    ------
    ValueError
        For an ensemble, an unknown name, an argument outside its range, or a grid that does not
        fit in memory.

    Notes
    -----
    Cells are computed in chunks on all processors; besides its arrays, 8 bytes a cell for each of
    loss, x and the derivatives, a landscape takes at most 64 MB.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), Fig. 6.

    Examples
    --------
    The geometric model has its wall at b = -2.5; after an infinite time the loss jumps there:

    >>> import doya, numpy as np
    >>> landscape = doya.loss_landscape(doya.NeuronODE(w=5.0), {"b": np.linspace(-3, -2, 101)})
    >>> (wall,) = landscape.walls
    >>> wall.values["b"], wall.below.round(7), wall.above.round(11)
    (array([-2.5]), array([0.5043924]), array([4.239e-08]))
    >>> print(f"{landscape.largest_gradient.value:.4e}")
    2.1104e+05
    """
    check_single(neuron)
    axes = _checked_axes(neuron, over)
    loss = checked_loss(neuron, x0, t_end, target, u)
    names, shape = tuple(axes), tuple(axis.size for axis in axes.values())
    require_memory("over", shape, 2 + len(axes))
    block = np.empty((2 + len(axes), *shape))  # at once: large pages come sooner
    x, result, *parts = block.reshape(len(block), -1)

    def job(part: slice, call: Call) -> None:
        index = np.unravel_index(np.arange(part.start, part.stop), shape)
        cells = {name: axis[k] for (name, axis), k in zip(axes.items(), index, strict=True)}
        states, by = loss.slopes_of(cells, names, call)
        loss.tell(states, by, x[part], result[part], [each[part] for each in parts])

    at_most = min(CHUNK, BYTES_AT_ONCE // (BYTES_A_CELL * thread_count()))
    run(job, x.size, loss.work(x.size, names), at_most=max(at_most, 64), progress=progress)
    x, result, *parts = block
    gradient = dict(zip(names, parts, strict=True))
    return Landscape(axes, result, x, gradient, neuron, loss.x0, loss.t_end, loss.target, u)


def _checked_axes(neuron: Neuron, over: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    known = (*neuron.sweepable, "x0")
    if not isinstance(over, Mapping) or not 1 <= len(over) <= 2:
        raise ArgumentError(
            "over", f"must be a dict of one or two of {', '.join(known)}, got {over!r}"
        )
    axes = {}
    for name, values in over.items():
        if name not in known:
            raise ArgumentError(
                "over",
                f"must be among {', '.join(known)} for the {neuron.dynamics}, got {name!r}",
            )
        axis = np.asarray(checked(name, values))
        if axis.ndim != 1 or axis.size < 2 or not np.all(np.diff(axis) > 0.0):
            raise ArgumentError("over", f"must have at least two ascending values of {name}")
        axes[name] = axis
    return axes
