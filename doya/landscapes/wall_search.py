"""Search for the walls of a loss: where x(T) jumps, as T grows, while a parameter changes.

Under a constant input `wall_values` has the wall in closed form over most parameters.  Elsewhere it
is where the settled state passes 1/2 with a jump.  The map with w < 0 has walls between the phases
of a cycle: see `phases`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.bifurcations.points import CUSP_W
from doya.equilibria import equilibria, roots
from doya.inputs import Table
from doya.kernels.equilibria import tangency
from doya.kernels.numbers.logistic import sigmoid
from doya.landscapes import phases
from doya.landscapes.losses import Loss
from doya.landscapes.preimages import Preimages
from doya.landscapes.searches import Ranges, crossing
from doya.landscapes.wall import Wall
from doya.landscapes.wall_values import (
    is_boundary,
    wall_bias,
    wall_input,
    wall_weight,
    weights_under_input,
)
from doya.neurons import NeuronMap, NeuronODE

# The first of these that is swept is the parameter across the walls.
ACROSS_FIRST = ("b", "u", "w", "x0", "epsilon")
# Number of values of the parameter along the wall; the given values are added if they are fewer.
ALONG = 201
# Number of values of the parameter across, between which a wall without a formula is searched.
ACROSS = 257
# A map gets fewer values along the wall where they would take more steps than this in all.
MOST_STEPS = 1e9
# Number of trajectories that one value along a wall takes, approximately.
TIMES = 250
# Smallest number of values along the wall of a map.
LEAST_ALONG = 21
# Distance from a wall, relative to the parameter, at which its two sides are compared.
BESIDE = 1e-12


def walls_within(
    loss: Loss, axes: Mapping[str, Floats], preimages: Preimages | None = None
) -> tuple[Wall, ...]:
    """Return all walls within the ranges of the axes, with the preimages that a search found."""
    over = next((name for name in ACROSS_FIRST if name in axes), None)
    if over is None:
        return ()
    ranges = {name: (float(axis[0]), float(axis[-1])) for name, axis in axes.items()}
    along = next((name for name in axes if name != over), None)
    if callable(loss.u) and loss.pieces:  # the function might be one that cannot be pickled
        loss = dataclasses.replace(loss, u=Table(loss.pieces.start, loss.pieces.value))
    shift = constant_input(loss)
    between_phases = () if shift is None else _phase_walls(loss, axes, ranges, over, along)
    if preimages is not None:
        between_phases += _preimage_walls(loss, ranges, over, preimages)
        between_phases = tuple(sorted(between_phases, key=lambda wall: float(wall.values[over][0])))
    if along is None and shift is not None and over in _in_closed_form(shift):
        return (*between_phases, *_lone_wall(loss, ranges, over))
    if loss.pieces is None:
        return ()
    solve = _solver(loss, over, ranges[over])
    if along is None and shift is not None and over == "w":
        found = weights_under_input(float(loss.neuron.b), loss.x0, shift, ranges[over][1])
        curves = [{over: np.array([value])} for value in found if value >= ranges[over][0]]
    elif along is None:
        curves = [{over: row[np.isfinite(row)]} for row in solve({})]
    else:
        curves = curves_of(loss, over, along, axes[along], solve, _either_kind(loss))
    walls = (_wall(loss, ranges, over, curve) for curve in curves if curve[over].size)
    return (*between_phases, *walls)


def constant_input(loss: Loss) -> float | None:
    """Return by how much a constant input shifts the state; None for an input that changes.

    Where u is swept, this is the shift for u = 1.
    """
    if loss.neuron.input_inside:
        return 0.0 if loss.is_constant else None
    if loss.u is None or isinstance(loss.u, (int, float)):  # fast, without arrays
        return float(loss.neuron.input_weight) * float(loss.u or 0.0)
    return loss.rest_input if loss.is_constant else None


def _in_closed_form(shift: float) -> tuple[str, ...]:
    """Return the parameters over which a formula gives the wall, for a constant input w' u."""
    return ("b", "x0", "u", "w") if shift == 0.0 else ("b", "x0", "u")


def _lone_wall(loss: Loss, ranges: Ranges, over: str) -> tuple[Wall, ...]:
    """Return the wall over one parameter under a constant input; without arrays, which is faster.

    The tuple is empty where there is no wall.
    """
    w, shift, lift = float(loss.neuron.w), loss.rest_input, loss.rest_lift
    b = float(loss.neuron.b) + lift
    x0, value, rest = loss.x0, math.nan, []
    if over == "b":
        value = wall_bias(w, x0, shift, lift)
        b = value + lift
    elif over == "u":
        b, weight, inside = float(loss.neuron.b), loss.last_value, loss.neuron.input_inside
        value = wall_input(w, b, x0, weight, inside)
        shift, b = (0.0, b + value * weight) if inside else (value * weight, b)
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
    # On a fold, and near the cusp, rounding may have lost the two equilibria that meet.
    lower, upper = min(rest[0], meeting), max(rest[-1], meeting)
    # The settled state rises with each of b, w, x0 and w' u.
    sides = (upper, lower) if over == "u" and loss.last_value < 0.0 else (lower, upper)
    below, above = (loss.target - shift - x for x in sides)
    return (
        Wall(
            kind="boundary" if is_boundary(w, start) else "fold",
            values={over: np.array([value])}, over=over, below=np.array([below * below]),
            above=np.array([above * above]), size=np.array([upper - lower]), ranges=ranges,
            loss=loss,
        ),
    )  # fmt: skip


def _rest(w: float, b: float, shift: float) -> list[float]:
    """Return x - w' u of each equilibrium of one neuron, ascending."""
    return [x + shift - shift for _, x, _ in roots(w, b + w * shift)]


def _solver(loss: Loss, over: str, between: tuple[float, float]) -> Callable[..., Floats]:
    """Return a function that computes the value of `over` on each wall.

    The result has one row for each wall, with NaN where the range holds no wall.
    """
    given = constant_input(loss)

    def solve(values: dict[str, Floats]) -> Floats:
        size = next((value.size for value in values.values()), 1)
        neuron, x0 = loss.at(values)
        each = (neuron.w, neuron.b, x0, loss.shift(values), loss.lift(values))
        w, b, start, shift, lift = (np.broadcast_to(part, size) for part in each)
        if over == "x0":
            found = equilibria(NeuronODE(w, b + lift), shift)
            value = np.where(found.count == 3, found.x[:, found.x.shape[1] // 2], math.nan)
        elif over == "b":
            value = phases.each(wall_bias, w, start, shift, lift)
        elif over == "u":
            value = phases.each(phases.of_input(wall_input, loss), w, b, start)
        else:
            value = phases.each(wall_weight, b + lift, start)
        inside = (between[0] <= value) & (value <= between[1])
        return np.where(inside, value, math.nan)[np.newaxis]

    def scan(values: dict[str, Floats]) -> Floats:
        size = next((value.size for value in values.values()), 1)
        at = np.broadcast_to(np.linspace(*between, ACROSS), (size, ACROSS))
        rows = {name: value[:, np.newaxis] for name, value in values.items()}
        rows |= {over: at}
        rest = np.broadcast_to(loss.rest(rows) - loss.shift(rows), at.shape)
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

    return scan if given is None or over not in _in_closed_form(given) else solve


def _is_upper(loss: Loss, values: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Return whether the state settles above 1/2: on the upper attractor where there are two."""
    above: NDArray[np.bool_] = loss.rest(values) - loss.shift(values) > 0.5
    return above


def _either_kind(loss: Loss) -> Callable[[dict[str, Floats]], NDArray[np.int64]]:
    """Return a function that returns 0 where the wall is a boundary, 1 where it is a fold."""
    return lambda values: (~is_boundary(*_weight_and_start(loss, values))).astype(np.int64)


def _phase_walls(
    loss: Loss, axes: Mapping[str, Floats], ranges: Ranges, over: str, along: str | None
) -> tuple[Wall, ...]:
    """Return the walls of the map where the start is a fixed point with a multiplier below -1."""
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
        curves = curves_of(
            loss, over, along, axes[along], solve,
            lambda values: np.zeros(values[over].size, dtype=np.int64),
        )  # fmt: skip
    return tuple(_phase_wall(loss, ranges, over, curve) for curve in curves if curve[over].size)


def _phase_wall(loss: Loss, ranges: Ranges, over: str, values: dict[str, Floats]) -> Wall:
    """Return the wall between two phases, with the loss in both."""
    states = phases.sides(loss, values, phases.starts_above(loss, over, values))
    below, above = ((loss.target - loss.shift(values) - x) ** 2 for x in states)
    return Wall(
        kind="phase", values={name: values[name] for name in ranges}, over=over, below=below,
        above=above, size=np.abs(states[1] - states[0]), ranges=ranges, loss=loss,
    )  # fmt: skip


def _preimage_walls(loss: Loss, ranges: Ranges, over: str, found: Preimages) -> tuple[Wall, ...]:
    """Return the walls where the start reaches the fixed point after some steps."""
    values, shift = {over: found.value}, loss.shift({over: found.value})
    states = phases.sides(loss, values, found.upper_below, found.steps)
    rows = [found.value, *((loss.target - shift - x) ** 2 for x in states)]
    places = zip(*rows, np.abs(states[1] - states[0]), found.steps.tolist(), strict=True)
    return tuple(
        Wall(
            kind="phase", values={over: np.array([value])}, over=over, below=np.array([below]),
            above=np.array([above]), size=np.array([size]), ranges=ranges, loss=loss, steps=steps,
        )
        for value, below, above, size, steps in places
    )  # fmt: skip


def curves_of(
    loss: Loss,
    over: str,
    along: str,
    axis: Floats,
    solve: Callable[..., Floats],
    kind_of: Callable[[dict[str, Floats]], NDArray[np.int64]],
) -> list[dict[str, Floats]]:
    """Return the walls over two parameters, cut where they leave the range or change their kind."""
    points = ALONG
    if isinstance(loss.neuron, NeuronMap) and loss.t_end > 0.0:
        points = int(np.clip(MOST_STEPS / (TIMES * loss.t_end), LEAST_ALONG, ALONG))
    grid = np.linspace(axis[0], axis[-1], points)
    grid = np.union1d(axis, grid) if axis.size < points else grid
    curves = []
    for k in range(len(solve({along: grid}))):

        def find(at: Floats, k: int = k) -> tuple[Floats, NDArray[np.int64]]:
            """Return the place of the wall, and its kind: 0 for no wall, else 1 + its number."""
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
    """Return w, and y at the last change of the input; NaN where there is no wall."""
    known = np.all([np.isfinite(value) for value in values.values()], axis=0)
    w, start = np.full((2, known.size), math.nan)
    part = {name: value[known] for name, value in values.items()}
    w[known] = loss.at(part)[0].w
    start[known] = loss.last_start(part) - loss.shift(part)
    return w, start


def _rises(
    loss: Loss, ranges: Ranges, over: str, values: Mapping[str, Floats]
) -> NDArray[np.bool_]:
    """Return whether the settled state jumps up as the parameter grows, from a state beside."""
    beyond, within = (values[over] * (1.0 + side) for side in (BESIDE, -BESIDE))
    last = beyond > ranges[over][1]
    rises: NDArray[np.bool_] = (
        _is_upper(loss, {**values, over: np.where(last, within, beyond)}) != last
    )
    return rises


def _wall(loss: Loss, ranges: Ranges, over: str, values: dict[str, Floats]) -> Wall:
    """Return the wall between two attractors, with the loss on both sides."""
    neuron, _ = loss.at(values)
    w, start = _weight_and_start(loss, values)
    _, z, _ = np.transpose([tangency(each, 1.0) for each in w.tolist()])
    meeting = np.clip(start, sigmoid(-z), sigmoid(z))
    shift = np.broadcast_to(loss.shift(values), w.shape)
    found = equilibria(NeuronODE(w, neuron.b + loss.lift(values)), shift)
    rest = found.x - shift[:, np.newaxis]
    # On a fold, and near the cusp, rounding may have lost the two equilibria that meet.
    low, high = np.fmin.reduce(rest, axis=-1), np.fmax.reduce(rest, axis=-1)
    sides = [np.minimum(low, meeting), np.maximum(high, meeting)]
    below, above = ((loss.target - shift - x) ** 2 for x in sides)
    if over == "u" and loss.last_value < 0.0:
        below, above = above, below
    if over in ("w", "epsilon"):  # x always rises with b, x0 and w' u, but not with these
        if over == "w" and constant_input(loss) is not None:
            # b + w w' u + w c - ln(c / (1 - c)) rises at the rate x = c + w' u of the wall.
            x0 = loss.at(values)[1]
            rises = np.where(meeting == start, x0, meeting + shift) > 0.0
        else:
            rises = _rises(loss, ranges, over, values)
        below, above = np.where(rises, below, above), np.where(rises, above, below)
    return Wall(
        kind="boundary" if is_boundary(w[0], start[0]) else "fold",
        values={name: values[name] for name in ranges},
        over=over, below=below, above=above, size=sides[1] - sides[0], ranges=ranges, loss=loss,
    )  # fmt: skip
