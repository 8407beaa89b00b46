"""Loss landscapes: a loss over one or two parameters, its gradient, its walls and its minimum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.conversions.conversion import Conversion
from doya.errors import ConvergenceError
from doya.inputs import Input
from doya.landscapes import letter_walls
from doya.landscapes.curvatures import LargestCurvature, largest_curvature
from doya.landscapes.curves import LossCurve, loss_curve, lowest
from doya.landscapes.further_walls import further_walls
from doya.landscapes.largest_gradients import LargestGradient, largest_gradient, largest_on_grid
from doya.landscapes.letter_losses import LetterLoss
from doya.landscapes.losses import Loss
from doya.landscapes.phases import may_oscillate_within
from doya.landscapes.preimages import Preimages, search
from doya.landscapes.statuses import CellStatus
from doya.landscapes.wall import Wall
from doya.landscapes.wall_search import walls_within
from doya.neurons import Neuron
from doya.results import Result
from doya.sensitivities.both_orders import Pair
from doya.tasks.task import Task
from doya.tasks.teacher_forcing import is_contracting

NOT_SEARCHED = "The walls of the loss of a task are not searched."
NOT_SEARCHED_FORCED = "The walls of the loss with a teacher are not searched."


@dataclass(frozen=True, eq=False, repr=False)
class Landscape(Result):
    """Loss, state and gradient over a grid of one or two parameters.

    `walls`, `largest_gradient`, `curve` and `minimum` are computed when they are first read.

    Attributes
    ----------
    axes : dict of ndarray
        The swept values by name, in the order of the axes of the arrays (index order ij).
    loss : ndarray, shape (n,) or (n, m)
        L = (target - x(T))**2, dimensionless; with a conversion (target - state)**2; or the loss
        of the task.  With a teacher it is the forced loss.
    x : ndarray or None
        The state x(T), dimensionless, of the same shape; None for a task or with a teacher.
    gradient : dict of ndarray
        dL/dp by the name of p, of the same shape; infinite beyond the range of a double.
    neuron : NeuronODE or NeuronMap
    x0, t_end, target : float or None
        None for a task.
    u : float, array, Pulses, Table, function or None
        The input; None where u is swept.
    hessian : dict of ndarray
        d2L/dpdq by the pair of names (p, q), in both orders, of the same shape; empty unless it was
        asked for.
    conversion : Conversion or None
        The neuron in the author's letters.  Then `target` and `state` are the author's, and x0 and
        t_end are Doya's at these letters; for a task all of these are None.
    task : Task or None
    teacher_forcing : float
        The share of the teacher in the state of each step; 0 without one.
    """

    _first: ClassVar[tuple[str, ...]] = ("minimum_on_grid",)
    _hidden: ClassVar[tuple[str, ...]] = ("_state",)

    axes: dict[str, Floats]
    loss: Floats
    x: Any
    gradient: dict[str, Floats]
    neuron: Neuron
    x0: Any
    t_end: Any
    target: Any
    u: Input | None
    hessian: dict[Pair, Floats] = field(default_factory=dict)
    conversion: Conversion | None = None
    _state: Floats | None = None
    task: Task | None = None
    teacher_forcing: float = 0.0

    @property
    def _is_of_cells(self) -> bool:
        """Return whether nothing but the cells is known: for a task, or with a teacher."""
        return self.task is not None or self.teacher_forcing > 0.0

    @property
    def state(self) -> Any:
        """Return x(T) in the author's state; x itself in Doya's parameters."""
        return self.x if self._state is None else self._state

    @property
    def start(self) -> Any:
        """Return x0 in the author's state; x0 itself in Doya's parameters."""
        if self.task:
            return None
        problem = self._problem
        return problem.start if isinstance(problem, LetterLoss) else self.x0

    def _items(self) -> Iterator[tuple[str, Any]]:
        for name, value in super()._items():
            if name != "hessian":
                yield name, value
            elif value:
                yield name, {", ".join(pair): each for pair, each in value.items()}

    @property
    def status(self) -> NDArray[np.int64]:
        """Return 0 where a cell was computed, 1 where its trajectory did not reach T.

        The loss of a cell with status 1 is NaN.
        """
        return np.isnan(self.loss).astype(np.int64)  # NOT_REACHED or DONE

    @property
    def message(self) -> Any:
        """Return the status of each cell and its remedy in words."""
        return CellStatus.explain(self.status)

    @cached_property
    def walls(self) -> tuple[Wall, ...]:
        """Return the walls within the ranges of the axes: where x(T) jumps as T grows.

        Along each wall its points are in ascending order.  A wall is computed in closed form where
        the input is constant, otherwise by bisection.  Over w and another parameter, with a
        constant input outside sigma, it is computed by bisection too.

        The flow has no wall for w <= 4, and the map has none for 4 - 8/epsilon <= w <= 4.  The map
        with w < 4 - 8/epsilon has a wall where the start is a fixed point with a multiplier below
        -1.  This wall separates the two phases of a 2-cycle, or of the attractor into which the
        2-cycle has developed.  It is searched under a constant input only.

        At epsilon = 1 this is the only wall with w < 0.  With epsilon < 1 there are also walls
        where the start reaches the fixed point after k steps, k = 1, 2, ... up to T.  They are
        searched for over one parameter: up to 100 steps, and up to 40 walls, all of one k or none.
        Over x0 no such wall is missed.  Over another parameter 2,049 samples are used, and more
        where the state turns; two walls that are very near to each other may be missed.  Where
        there is chaos, walls have no end.  Walls of the flow under a function of time are not
        searched.  `further_walls` warns where walls may exist that are not listed.

        Over letters of an author all walls are computed in closed form, except those where the
        start reaches the fixed point after some steps: these are not searched.

        The walls of the loss of a task, or with a teacher, are not searched: there are none here.
        """
        if self._is_of_cells:
            return ()
        if isinstance(self._problem, LetterLoss):
            return letter_walls.letter_walls(self._problem, self.axes)
        return walls_within(self._problem, self.axes, self._preimages)

    @cached_property
    def _preimages(self) -> Preimages | None:
        """Return the parameters at which the start reaches a repelling fixed point of the map."""
        return None if self.conversion else search(self._problem, self.axes)

    @property
    def further_walls(self) -> str:
        """Return a sentence why walls outside `walls` may exist; empty if none can exist."""
        if self._is_of_cells:
            return self._not_searched
        if isinstance(self._problem, LetterLoss):
            return letter_walls.further_walls(self._problem, self.axes)
        return further_walls(self._problem, self.axes, self._preimages)

    @cached_property
    def largest_gradient(self) -> LargestGradient:
        """Return the largest norm of the gradient over the swept parameters, and its place.

        A grid misses the steepest part of a wall.  So the search refines the steepest of `walls`.
        If no wall is steeper than the steepest cell, it refines along each axis from that cell.
        Only cells and states that were reached count (see `status`); the value is NaN if there are
        none.

        The map with w < 4 - 8/epsilon has further walls, and steep places without a wall.  There a
        second search follows each axis through the steepest place found so far.  It subdivides the
        intervals over which the state changes most, down to neighbouring doubles.  It misses a wall
        that begins and ends between two of its first samples, at most 2,049.  So the value is a
        lower bound, and `is_lower_bound` is True.  The only exception is a landscape over x0 alone
        at epsilon = 1 under a constant input, where dx(T)/dx0 has one peak only.

        For a task or with a teacher it is that of the steepest cell, a lower bound.
        """
        if self._is_of_cells:
            return largest_on_grid(self.axes, self.gradient)
        return largest_gradient(
            self._problem, self.axes, self.gradient, self.walls, self._may_oscillate,
            self._is_lower_bound,
        )  # fmt: skip

    @cached_property
    def largest_curvature(self) -> LargestCurvature:
        """Return the largest curvature of the loss over the swept parameters, and its place.

        The curvature is the largest absolute eigenvalue of the Hessian: over one parameter
        abs(d2L/dp2).  It is refined on each of `walls`, beside the largest gradient, and along each
        axis around the cell with the largest curvature.

        Raises
        ------
        ValueError
            For a landscape without a Hessian.
        """
        if not self.hessian:
            raise ValueError("The curvature needs the Hessian: use loss_landscape(hessian=True).")
        lower = self._is_lower_bound or self._may_oscillate
        return largest_curvature(self._problem, self.axes, self.hessian, self.walls, lower)

    @property
    def _may_oscillate(self) -> bool:
        """Return whether a fixed point of the map may have a multiplier below -1 in the ranges."""
        if isinstance(self._problem, LetterLoss):
            return letter_walls.may_oscillate(self._problem, self.axes)
        return may_oscillate_within(self.neuron, self.axes)

    @property
    def _is_lower_bound(self) -> bool:
        """Return whether a steeper place may have been missed."""
        if self.further_walls:
            return True
        # At epsilon = 1 the map is monotone: it and its iterates have a negative Schwarzian
        # derivative, and so |dx(T)/dx0| has one peak, next to the fixed point.
        has_one_peak = tuple(self.axes) == ("x0",) and getattr(self.neuron, "epsilon", 1.0) == 1.0
        return self._may_oscillate and not has_one_peak

    @cached_property
    def curve(self) -> LossCurve:
        """Return the loss over one parameter with every wall resolved.

        A grid misses the steep part of a wall.  The curve has all values of the grid, and more
        values beside each of `walls`, at the largest gradient, and between two neighbours that
        differ by more than 2 % of the range of x or L, or whose derivatives differ by more than a
        factor of 2, down to neighbouring doubles.  At most 4000 are added between neighbours, and
        fewer for a map where they would take more than 1e8 steps.  For a task or with a teacher the
        curve has the values of the grid alone.

        Raises
        ------
        ValueError
            For a landscape over two parameters.
        """
        if len(self.axes) > 1:
            raise ValueError(
                f"A curve is over one parameter; this landscape is over {', '.join(self.axes)}."
            )
        ((name, grid),) = self.axes.items()
        if self._is_of_cells:
            return LossCurve(grid, self.loss, None, self.gradient, name)
        steepest = self.largest_gradient.at[name]
        return loss_curve(self._problem, name, grid, self.walls, steepest)

    @property
    def minimum_on_grid(self) -> dict[str, float]:
        """Return the swept parameters at the cell with the smallest loss, and its "loss"."""
        if np.isnan(self.loss).all():
            raise ConvergenceError(
                f"No cell of the landscape was reached. {CellStatus.NOT_REACHED.remedy}"
            )
        cell = np.unravel_index(int(np.nanargmin(self.loss)), self.loss.shape)
        pairs = zip(self.axes.items(), cell, strict=True)
        return {name: float(axis[k]) for (name, axis), k in pairs} | {
            "loss": float(self.loss[cell])
        }

    @property
    def minimum_is_refined(self) -> bool:
        """Return whether `minimum` is refined between the cells, as over most single parameters."""
        return len(self.axes) == 1 and not self._is_of_cells

    @cached_property
    def minimum(self) -> dict[str, float]:
        """Return the swept parameters with the smallest loss, and the "loss" there.

        Over one parameter the minimum is refined between the values of `curve`, to neighbouring
        doubles; its loss is 0 where x(T) passes the target between them.  A dip that begins and
        ends between two values of the curve may be missed.  Over two parameters, for a task,
        and with a teacher the minimum is `minimum_on_grid`.
        """
        on_grid = self.minimum_on_grid
        if not self.minimum_is_refined:
            return on_grid
        value, size = lowest(self._problem, self.curve)
        return {self.curve.over: value, "loss": size} if size < on_grid["loss"] else on_grid

    @property
    def _not_searched(self) -> str:
        """Return a sentence about the walls of a task or with a teacher; empty without walls."""
        if self.task:
            return NOT_SEARCHED
        forced = is_contracting(self.neuron, self.axes, self.teacher_forcing)
        return "" if forced else NOT_SEARCHED_FORCED

    @property
    def _problem(self) -> Loss:
        numbers = self.x0, self.t_end, self.target
        if self.conversion:
            return LetterLoss(self.neuron, *numbers, None, self.conversion)
        loss = Loss(self.neuron, *numbers, self.u)
        return loss.over_input() if "u" in self.axes else loss
