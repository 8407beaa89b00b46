"""Walls: where the state jumps, after an infinite time, as a parameter changes.

With y = x - w' u and b + w w' u for b, an input that stays is none.  For w > 4 the equilibria have
folds at y = c_- < 1/2 < c_+.  From a start between them the state leaves to the attractor on its
side of the unstable equilibrium, and the wall is where this is the start itself; from any other
start there is one attractor to go to, until that vanishes in its fold.  So the wall is
b = ln(c / (1 - c)) - w (c + w' u), where c is the start's y, no less than c_- and no more than c_+.
The map with w < 0 has walls between the phases of a cycle: see `phases`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.bifurcations.closed_forms import bias_through, fold_bias, fold_weight, weight_through
from doya.bifurcations.points import CUSP_B, CUSP_W
from doya.checks import LARGEST, Parameter
from doya.equilibria import equilibria, roots
from doya.inputs import Table
from doya.kernels.equilibria import fold_values, tangency
from doya.kernels.logistic import sigmoid
from doya.landscapes import phases
from doya.landscapes.losses import Loss
from doya.landscapes.searches import Peak, Ranges, crossing, largest, steepest_across
from doya.neurons import NeuronMap, NeuronODE
from doya.results import Result

# A wall is looked for at so many values of what is swept along it, and at given ones if they are
# fewer; where no formula tells where it is, between so many values of what is swept across.
ALONG, ACROSS = 201, 257
# Of a map fewer where they would take more steps in all, each point a few hundred times as many as
# one trajectory; but not fewer than these.
MOST_STEPS, TIMES, LEAST_ALONG = 1e9, 250, 21
# In units in the last place: narrower walls are not resolved.
THIN = 100.0
# How far beyond a wall, relative to the parameter, its upper side is looked for.
BESIDE = 1e-12
# Times that the distance between points along a wall is divided by 4 about the steepest.
REFINED = 5
MESSAGES = (
    "The largest gradient was found.",
    "The wall is less than 100 units in the last place wide: doubles do not resolve its largest"
    " gradient.",
    "After an infinite time the loss jumps.",
    "No state beside the wall was reached: the largest gradient is not known.",
)


@dataclass(frozen=True, eq=False, repr=False)
class Wall(Result):
    """A curve, or a point, of the swept parameters across which the loss jumps at T = infinity.

    Attributes
    ----------
    kind : {"boundary", "fold", "phase"}
        "boundary": the start meets the unstable equilibrium, the boundary of two basins.
        "fold": the attractor of the start vanishes in a fold.
        "phase": the start meets a fixed point of the map with a multiplier below -1, which lies
        between the phases of a 2-cycle, or of what the 2-cycle has become.
    values : dict of ndarray, shape (n,)
        The swept parameters along it, by name; n is 1 where one is swept.
    over : str
        The parameter that is changed to go from `below` to `above`.
    below, above : ndarray, shape (n,)
        The loss at T = infinity on its two sides, dimensionless.  In a cycle: the loss once the
        state has settled, at a step that is even where T is even; NaN where the cycle is not known
        to have period 2.
    size : ndarray, shape (n,)
        The jump of x at T = infinity, at least 0, dimensionless; NaN as `below`.
    ranges : dict of pair of float
        The first and last value of each swept parameter.
    loss : Loss
        The problem that was asked.

    Notes
    -----
    The place and the two sides are closed forms.  `largest_gradient`, `at`, `width` and `status`
    take a search at the finite T, which is made once, when one of them is first read.
    """

    kind: str
    values: dict[str, Floats]
    over: str
    below: Floats
    above: Floats
    size: Floats = field(repr=False)
    ranges: Ranges = field(repr=False)
    loss: Loss = field(repr=False)

    @cached_property
    def _steepest(self) -> Peak:
        return steepest_across(self.loss, self.ranges, self.over, self.values, self._middle)

    @property
    def _middle(self) -> Parameter | None:
        """The fixed point between two phases, the start itself; None between two attractors."""
        return self.values.get("x0", self.loss.x0) if self.kind == "phase" else None

    @property
    def largest_gradient(self) -> Floats:
        """The largest norm of the loss's gradient near the wall, of shape (n,).

        It is found when only `over` changes, at the finite T asked for and within the range swept,
        among the states that are reached; NaN where none is.
        """
        return self._steepest.norm

    @property
    def at(self) -> Floats:
        """The value of `over` with the largest gradient, of shape (n,).

        A fold's wall lags behind the fold at finite T.
        """
        return self._steepest.at

    @cached_property
    def width(self) -> Floats:
        """The range of `over` that the wall takes, of shape (n,); 0 at T = infinity.

        It is the jump of x over dx/d(over) `at` the steepest loss.
        """
        with np.errstate(divide="ignore"):
            return self.size / np.abs(self._steepest.slope)

    @cached_property
    def status(self) -> NDArray[np.int64]:
        """How well the largest gradient is known, of shape (n,).

        0 where it was found, 1 where the wall is less than 100 units in the last place wide and
        it is the largest that doubles resolve, 2 at T = infinity, 3 where no state was reached.
        """
        # Where the jump of x is not known it is at most 1.
        with np.errstate(divide="ignore"):
            widest = np.where(np.isnan(self.size), 1.0 / np.abs(self._steepest.slope), self.width)
        thin = widest < THIN * np.spacing(np.abs(self.at))
        found = np.where(np.isnan(self.largest_gradient), 3, np.where(thin, 1, 0))
        return np.where(math.isinf(self.loss.t_end), 2, found)

    @property
    def jump(self) -> Floats:
        """By how much the loss at T = infinity rises from below to above."""
        return self.above - self.below

    @property
    def message(self) -> NDArray[np.str_]:
        """The status in a sentence, one a point."""
        return np.take(MESSAGES, self.status)


def walls_within(loss: Loss, axes: Mapping[str, Floats]) -> tuple[Wall, ...]:
    """Every wall within the ranges of the axes."""
    over = next((name for name in ("b", "w", "x0", "epsilon") if name in axes), None)
    if over is None:
        return ()
    ranges = {name: (float(axis[0]), float(axis[-1])) for name, axis in axes.items()}
    along = next((name for name in axes if name != over), None)
    if callable(loss.u) and loss.pieces:  # the function might be one that cannot be pickled
        loss = dataclasses.replace(loss, u=Table(loss.pieces.start, loss.pieces.value))
    shift = _constant_input(loss)
    between_phases = () if shift is None else _phase_walls(loss, axes, ranges, over, along)
    if along is None and shift is not None and over in _in_closed_form(shift):
        return (*between_phases, *_lone_wall(loss, ranges, over, shift))
    if loss.pieces is None:
        return ()
    solve = _solver(loss, over, ranges[over])
    if along is None:
        curves = [{over: row[np.isfinite(row)]} for row in solve({})]
    else:
        curves = _curves(loss, over, along, axes[along], solve, _either_kind(loss))
    walls = (_wall(loss, ranges, over, curve) for curve in curves if curve[over].size)
    return (*between_phases, *walls)


def _constant_input(loss: Loss) -> float | None:
    """w' u of an input that stays; None for one that changes."""
    if loss.u is None or isinstance(loss.u, (int, float)):  # soon, without arrays
        return float(loss.neuron.input_weight) * float(loss.u or 0.0)
    constant = loss.pieces is not None and loss.pieces.start.size == 1
    return loss.rest_input if constant else None


def _in_closed_form(shift: float) -> tuple[str, ...]:
    """Parameters over which a formula places the wall, for a constant input w' u."""
    return ("b", "x0", "w") if shift == 0.0 else ("b", "x0")


def _lone_wall(loss: Loss, ranges: Ranges, over: str, shift: float) -> tuple[Wall, ...]:
    """The wall over one parameter under a constant input, in numbers: arrays would cost more."""
    w, b = float(loss.neuron.w), float(loss.neuron.b)
    x0, value, rest = loss.x0, math.nan, []
    if over == "b":
        value = b = wall_bias(w, x0, shift)
    elif over == "w":
        value = w = wall_weight(b, x0)
    elif w > CUSP_W:
        rest = _rest(w, b, shift)
        value = x0 = rest[1] + shift if len(rest) == 3 else math.nan
    low, high = ranges[over]
    if not low <= value <= high:
        return ()
    start = x0 - shift
    _, z, _ = tangency(w, 1.0)
    e = float(np.exp(-z))
    meeting = min(max(start, e / (1.0 + e)), 1.0 / (1.0 + e))  # the folds' own states
    rest = rest or _rest(w, b, shift)
    # On a fold, and beside the cusp, rounding may have lost the two that meet.
    lower, upper = min(rest[0], meeting), max(rest[-1], meeting)
    # The settled state rises with each of b, w and x0.
    below, above = (loss.target - shift - x for x in (lower, upper))
    return (
        Wall(
            kind="boundary" if _is_boundary(w, start) else "fold",
            values={over: np.array([value])}, over=over, below=np.array([below * below]),
            above=np.array([above * above]), size=np.array([upper - lower]), ranges=ranges,
            loss=loss,
        ),
    )  # fmt: skip


def _rest(w: float, b: float, shift: float) -> list[float]:
    """x - w' u of each equilibrium of one neuron, ascending."""
    return [x + shift - shift for _, x, _ in roots(w, b + w * shift)]


def wall_bias(w: float, x0: float, shift: float = 0.0) -> float:
    """Return b of the wall from x0 under a constant input w' u = shift; NaN for w <= 4.

    It is within 2 units in the last place.  Without input its terms have opposite signs only for
    x0 > 1/2, and there abs(b) is at least w/2, so they cannot cancel; with one they can.
    """
    start = x0 - shift
    if w <= CUSP_W:
        return math.nan
    if _is_boundary(w, start):
        if shift:
            return bias_through(w, x0, shift)
        return math.log(start) - math.log1p(-start) - w * start
    if shift:
        return fold_bias(w, start > 0.5, shift)
    _, z, level = tangency(w, 1.0)
    above, below = fold_values(w, z, level)
    return below if start > 0.5 else above


def wall_weight(b: float, start: float) -> float:
    """w of the wall without input, to the last bit; NaN for b >= -2.

    The bias of the wall falls at the rate c as w grows, so there is one for each b.
    """
    if b >= CUSP_B:
        return math.nan
    if 0.0 < start < 1.0:
        w = weight_through(b, start)
        if w <= LARGEST and w > CUSP_W and _is_boundary(w, start):
            return w
    w = fold_weight(b, start > 0.5)
    return w if w <= LARGEST else math.nan


def _is_boundary(w: Any, start: Any) -> Any:
    """Whether the start lies between the folds, or on one."""
    return w * start * (1.0 - start) >= 1.0


def _solver(loss: Loss, over: str, between: tuple[float, float]) -> Callable[..., Floats]:
    """Where across the walls are, a row a wall, NaN where there is none in the range."""
    shift = loss.rest_input
    constant = _constant_input(loss) is not None

    def solve(values: dict[str, Floats]) -> Floats:
        size = next((value.size for value in values.values()), 1)
        neuron, x0 = loss.at(values)
        w, b, start = (np.broadcast_to(each, size) for each in (neuron.w, neuron.b, x0))
        if over == "x0":
            found = equilibria(NeuronODE(w, b), shift)
            value = np.where(found.count == 3, found.x[:, found.x.shape[1] // 2], math.nan)
        elif over == "b":
            pairs = zip(w.tolist(), start.tolist(), strict=True)
            value = np.array([wall_bias(*pair, shift) for pair in pairs])
        else:
            pairs = zip(b.tolist(), start.tolist(), strict=True)
            value = np.array([wall_weight(*pair) for pair in pairs])
        inside = (between[0] <= value) & (value <= between[1])
        return np.where(inside, value, math.nan)[np.newaxis]

    def scan(values: dict[str, Floats]) -> Floats:
        size = next((value.size for value in values.values()), 1)
        at = np.broadcast_to(np.linspace(*between, ACROSS), (size, ACROSS))
        rows = {name: value[:, np.newaxis] for name, value in values.items()}
        rest = np.broadcast_to(loss.rest(rows | {over: at}) - loss.rest_input, at.shape)
        known = np.isfinite(rest)
        changes = np.diff(rest > 0.5, axis=1) & known[:, 1:] & known[:, :-1]
        row, column = np.nonzero(changes)
        part = {name: value[row] for name, value in values.items()}
        _, value = crossing(
            lambda middle: _is_upper(loss, part | {over: middle}),
            at[row, column], at[row, column + 1],
        )  # fmt: skip
        # For w <= 4 the equilibrium passes 1/2 without a jump.
        value = np.where(loss.at(part | {over: value})[0].w > CUSP_W, value, math.nan)
        rank = np.arange(row.size) - np.searchsorted(row, row)
        found = np.full((rank.max(initial=0) + 1, size), math.nan)
        found[rank, row] = value
        return found

    return solve if constant and over in _in_closed_form(shift) else scan


def _is_upper(loss: Loss, values: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Whether the state settles beyond 1/2, on the upper attractor where there are two."""
    return loss.rest(values) - loss.rest_input > 0.5


def _either_kind(loss: Loss) -> Callable[[dict[str, Floats]], NDArray[np.int64]]:
    """Whether the wall at given values is a boundary, 0, or a fold, 1."""
    return lambda values: (~_is_boundary(*_weight_and_start(loss, values))).astype(np.int64)


def _phase_walls(
    loss: Loss, axes: Mapping[str, Floats], ranges: Ranges, over: str, along: str | None
) -> tuple[Wall, ...]:
    """The walls of the map where the start is a fixed point with a multiplier below -1."""
    neuron = loss.neuron
    if not isinstance(neuron, NeuronMap) or over == "epsilon":
        return ()
    if not phases.may_oscillate(
        ranges.get("w", (neuron.w,))[0], ranges.get("epsilon", (neuron.epsilon,))[-1]
    ):
        return ()
    low, high = ranges[over]

    def solve(values: dict[str, Floats]) -> Floats:
        value = phases.place(loss, over, values)
        return np.where((low <= value) & (value <= high), value, math.nan)[np.newaxis]

    if along is None:
        curves = [{over: row[np.isfinite(row)]} for row in solve({})]
    else:
        curves = _curves(
            loss, over, along, axes[along], solve,
            lambda values: np.zeros(values[over].size, dtype=np.int64),
        )  # fmt: skip
    return tuple(_phase_wall(loss, ranges, over, curve) for curve in curves if curve[over].size)


def _phase_wall(loss: Loss, ranges: Ranges, over: str, values: dict[str, Floats]) -> Wall:
    """With the loss in the two phases."""
    states = phases.sides(loss, over, values)
    below, above = ((loss.target - loss.rest_input - x) ** 2 for x in states)
    return Wall(
        kind="phase", values={name: values[name] for name in ranges}, over=over, below=below,
        above=above, size=np.abs(states[1] - states[0]), ranges=ranges, loss=loss,
    )  # fmt: skip


def _curves(
    loss: Loss,
    over: str,
    along: str,
    axis: Floats,
    solve: Callable[..., Floats],
    kind_of: Callable[[dict[str, Floats]], NDArray[np.int64]],
) -> list[dict[str, Floats]]:
    """Walls over two parameters, cut where they leave the range or change their kind."""
    points = ALONG
    if isinstance(loss.neuron, NeuronMap) and loss.t_end > 0.0:
        points = int(np.clip(MOST_STEPS / (TIMES * loss.t_end), LEAST_ALONG, ALONG))
    grid = np.linspace(axis[0], axis[-1], points)
    grid = np.union1d(axis, grid) if axis.size < points else grid
    curves = []
    for k in range(len(solve({along: grid}))):

        def find(at: Floats, k: int = k) -> tuple[Floats, NDArray[np.int64]]:
            """Where the wall is, and 0 where there is none, else 1 and its kind's number."""
            found = solve({along: at})
            value = found[k] if k < len(found) else np.full(at.size, math.nan)
            return value, np.where(np.isnan(value), 0, 1 + kind_of({along: at, over: value}))

        _, kind = find(grid)
        cut = np.flatnonzero(np.diff(kind))
        before = kind[cut]

        def same(at: Floats, find: Any = find, before: Any = before) -> NDArray[np.bool_]:
            return np.asarray(find(at)[1] == before)

        every = np.unique(np.concatenate([grid, *crossing(same, grid[cut], grid[cut + 1])]))
        value, kind = find(every)
        for part in np.split(np.arange(every.size), np.flatnonzero(np.diff(kind)) + 1):
            if kind[part[0]]:
                curves.append({along: every[part], over: value[part]})
    return curves


def _weight_and_start(loss: Loss, values: Mapping[str, Floats]) -> tuple[Any, Any]:
    """w, and y when the input has changed for the last time; NaN where there is no wall."""
    known = np.all([np.isfinite(value) for value in values.values()], axis=0)
    w, start = np.full((2, known.size), math.nan)
    part = {name: value[known] for name, value in values.items()}
    w[known] = loss.at(part)[0].w
    start[known] = loss.last_start(part) - loss.rest_input
    return w, start


def _wall(loss: Loss, ranges: Ranges, over: str, values: dict[str, Floats]) -> Wall:
    """With the loss on both sides."""
    neuron, _ = loss.at(values)
    w, start = _weight_and_start(loss, values)
    _, z, _ = np.transpose([tangency(each, 1.0) for each in w.tolist()])
    meeting = np.clip(start, sigmoid(-z), sigmoid(z))
    rest = equilibria(NeuronODE(w, neuron.b), loss.rest_input).x - loss.rest_input
    # On a fold, and beside the cusp, rounding may have lost the two that meet.
    low, high = np.fmin.reduce(rest, axis=-1), np.fmax.reduce(rest, axis=-1)
    sides = [np.minimum(low, meeting), np.maximum(high, meeting)]
    below, above = ((loss.target - loss.rest_input - x) ** 2 for x in sides)
    if over in ("w", "epsilon"):  # x rises with b and x0, but not always with these
        beyond, within = (values[over] * (1.0 + side) for side in (BESIDE, -BESIDE))
        last = beyond > ranges[over][1]
        rises = _is_upper(loss, values | {over: np.where(last, within, beyond)}) != last
        below, above = np.where(rises, below, above), np.where(rises, above, below)
    return Wall(
        kind="boundary" if _is_boundary(w[0], start[0]) else "fold",
        values={name: values[name] for name in ranges},
        over=over, below=below, above=above, size=sides[1] - sides[0], ranges=ranges, loss=loss,
    )  # fmt: skip


def steepest_on(wall: Wall) -> tuple[float, dict[str, float]]:
    """The largest gradient on a wall, refined between the points along it; and where."""
    k = largest(wall.largest_gradient)
    top, at = float(wall.largest_gradient[k]), float(wall.at[k])
    place = {name: float(value[k]) for name, value in wall.values.items()} | {wall.over: at}
    along = next((name for name in wall.values if name != wall.over), None)
    if along is None or math.isinf(top):
        return top, place
    known, across = wall.values[along], wall.values[wall.over]
    low, high = known[max(k - 1, 0)], known[min(k + 1, known.size - 1)]
    for _ in range(REFINED):
        trial = np.linspace(low, high, 9)
        near = np.interp(trial, known, across)
        if wall.kind == "phase":  # its search does not look far
            exact = phases.place(wall.loss, wall.over, {along: trial})
            near = np.where(np.isnan(exact), near, np.clip(exact, *wall.ranges[wall.over]))
        trials = dataclasses.replace(wall, values={along: trial, wall.over: near})
        peak = trials._steepest
        k = largest(peak.norm)
        if peak.norm[k] > top:
            top = float(peak.norm[k])
            place = {along: float(trial[k]), wall.over: float(peak.at[k])}
        low, high = trial[max(k - 1, 0)], trial[min(k + 1, 8)]
    return top, place
