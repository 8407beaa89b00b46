"""Bifurcations that the path of a descent crosses, step by step, and where.

A step is a straight segment of the parameters.  With the last value of its input, the neuron has
the bias B = b + w w' u without input; B = b + w' u if the input is inside sigma.  Folds have
kappa = 1 and flips kappa = 1 - 2/epsilon.  With s = sqrt(1 - 4 kappa/w) and
e**z = 1 + s (1 + s) w / (2 kappa) they lie at

    B = -z - 2 kappa/(1 + s)  and at the mirror image  B = -w + z + 2 kappa/(1 + s).

Where (w, B) moves on a straight line of slope beta, the line meets such a curve at most once
between the points where it is parallel to it, beta kappa + e - kappa (1 + beta) e**2 = 0 with e for
e**z.  So no crossing is missing.  Other segments are cut in PARTS equal parts.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Counts, Floats
from doya.conversions.conversion import Conversion
from doya.conversions.rates import moved, start_of
from doya.inputs import value_of
from doya.landscapes.crossings import between, crossings
from doya.landscapes.losses import Loss
from doya.landscapes.phases import flip_slope
from doya.landscapes.searches import crossing
from doya.neurons import NeuronMap

# Equal parts of a segment along which (w, B) is not straight, or kappa changes.
PARTS = 32
# Distance from a curve, in units of the rounding errors of its terms, that counts as none.
ROUNDINGS = 4.0

Path = Mapping[str, Floats]


@dataclass(frozen=True)
class PassedBifurcation:
    """A bifurcation, or a wall of the loss, that a step of a descent crosses.

    Attributes
    ----------
    step : int
        The step, counted from 1.
    kind : {"LP", "PD", "CP", "wall"}
        LP: a fold.  PD: a flip of the map.  CP: the cusp.  wall: the start changes its attractor.
    place : dict of float
        The learned parameters at the crossing, by name.
    x : float
        The equilibrium that bifurcates, dimensionless; NaN for a wall.
    enters : bool or None
        Whether the path goes to the side where more exists: at LP and CP three equilibria, at PD an
        unstable fixed point with a 2-cycle.  None for a wall, and where the path only touches the
        tip of the curves.
    """

    step: int
    kind: str
    place: dict[str, float]
    x: float
    enters: bool | None = None

    def __str__(self) -> str:
        return f"{self.kind} in step {self.step} at {self.where}"

    @property
    def where(self) -> str:
        """Return the place in words."""
        return ", ".join(f"{name} = {value:.6g}" for name, value in self.place.items())

    def in_state_of(self, conversion: Conversion) -> PassedBifurcation:
        """Return it with the author's state in place of x, at his letters there."""
        own = conversion.parameters
        letters = {name: value for name, value in self.place.items() if name in own}
        there = moved(conversion, **letters)
        return dataclasses.replace(self, x=float(start_of(there, self.x)))


def passed_bifurcations(loss: Loss, path: Path, with_walls: bool = True) -> list[PassedBifurcation]:
    """Return what the path crosses, in its order; `path` holds values by name, steps + 1 each."""
    named = {"u" if name == "input_weight" else name: row for name, row in path.items()}
    walls = _walls(loss, named) if with_walls else ()
    found = [*walls, *_curves(at_last_input(loss), named)]
    return [each for _, each in sorted(found, key=lambda pair: (pair[1].step, pair[0]))]


def at_last_input(loss: Loss) -> Loss:
    """Return the same loss under an input that is known; of a function of time, its value at T."""
    if loss.pieces is not None:
        return loss
    u: Any = loss.u
    return dataclasses.replace(loss, u=value_of(u, loss.t_end))


def _walls(loss: Loss, path: Path) -> Iterator[tuple[float, PassedBifurcation]]:
    for steps, places in crossings(loss, path):
        for k, step in enumerate(steps.tolist()):
            place = {name: float(values[k]) for name, values in places.items()}
            yield _part(path, step, place), _passed(step, "wall", place, math.nan)


def _part(path: Path, step: int, place: Mapping[str, float]) -> float:
    """Return which part of the step has been taken at a place, from 0 to 1."""
    begin = {name: float(row[step]) for name, row in path.items()}
    name = max(path, key=lambda each: abs(float(path[each][step + 1]) - begin[each]))
    length = float(path[name][step + 1]) - begin[name]
    return (place[name] - begin[name]) / length if length else 0.0


def _passed(
    step: int, kind: str, place: Mapping[str, float], x: float, enters: bool | None = None
) -> PassedBifurcation:
    own = {"input_weight" if name == "u" else name: value for name, value in place.items()}
    return PassedBifurcation(step + 1, kind, own, x, enters)


def _curves(loss: Loss, path: Path) -> Iterator[tuple[float, PassedBifurcation]]:
    """Yield folds, flips and cusps, each with the part of its step."""
    kinds = ("LP", "PD") if isinstance(loss.neuron, NeuronMap) else ("LP",)
    for segments in (Segments(loss, path, kind) for kind in kinds):
        pieces = segments.pieces()
        for upper in (False, True):
            yield from segments.crossed(*pieces, upper)
        yield from segments.tips()


class Segments:
    """The steps of a path as segments, from part 0 to part 1, and one kind of curves."""

    def __init__(self, loss: Loss, path: Path, kind: str) -> None:
        self.loss, self.path, self.kind = loss, path, kind
        bends = {"w", "u"} <= set(path) and not loss.neuron.input_inside
        self.is_straight = loss.in_doya and not bends and "epsilon" not in path

    def values(self, step: Counts, part: Floats) -> dict[str, Floats]:
        """Return the learned parameters at parts of steps."""
        return {name: between(row[step], row[step + 1], part) for name, row in self.path.items()}

    def plane(self, step: Counts, part: Floats) -> tuple[Floats, Floats, Floats]:
        """Return w, B and kappa at parts of steps."""
        values = self.values(step, part)
        neuron, _ = self.loss.at(values)
        bias = neuron.b + neuron.w * self.loss.shift(values) + self.loss.lift(values)
        kappa: Any = 1.0
        if self.kind == "PD":
            assert isinstance(neuron, NeuronMap)
            kappa = flip_slope(neuron.epsilon)
        w, bias, kappa = (np.broadcast_to(each, part.shape) for each in (neuron.w, bias, kappa))
        return w, bias, kappa

    def depth(self, step: Counts, part: Floats) -> Floats:
        """Return how far w is beyond the tip w = 4 kappa, where the curves begin; < 0 before it."""
        w, _, kappa = self.plane(step, part)
        return np.sign(kappa) * (w - 4.0 * kappa)

    def above(self, step: Counts, part: Floats, upper: bool) -> Floats:
        """Return B minus that of the curve; 0 where they differ by rounding."""
        w, bias, kappa = self.plane(step, part)
        s = np.sqrt(np.maximum(1.0 - 4.0 * kappa / w, 0.0))
        z, level = np.log1p(s * (1.0 + s) * w / (2.0 * kappa)), 2.0 * kappa / (1.0 + s)
        terms = (bias, w - z, -level) if upper else (bias, z, level)
        distance: Floats = np.sum(terms, axis=0)
        error = ROUNDINGS * np.spacing(np.max(np.abs((*terms, w)), axis=0))
        return np.where(np.abs(distance) <= error, 0.0, distance)

    def pieces(self) -> tuple[Counts, Floats, Floats]:
        """Return pieces of steps that cross each curve once at most: step, first and last part."""
        step, low, high = self._parts()
        first, last = (self.depth(step, part) > 0.0 for part in (low, high))
        kept = first | last
        own, begin, end = step[kept], low[kept], high[kept]
        out, into = crossing(lambda part: self.depth(own, part) > 0.0, begin, end)
        return own, np.where(first[kept], begin, into), np.where(last[kept], end, out)

    def _parts(self) -> tuple[Counts, Floats, Floats]:
        """Return the parts of all steps between the nodes: step, begin and end."""
        size = next(iter(self.path.values())).size - 1
        nodes = self._parallel(size) if self.is_straight else np.linspace(0.0, 1.0, PARTS + 1)
        nodes = np.broadcast_to(nodes, (size, nodes.shape[-1]))
        step = np.repeat(np.arange(size), nodes.shape[1] - 1)
        low, high = nodes[:, :-1].ravel(), nodes[:, 1:].ravel()
        return step[low < high], low[low < high], high[low < high]

    def _parallel(self, size: int) -> Floats:
        """Return the ends of each step, and where it is parallel to a curve, ascending."""
        step = np.arange(size)
        w0, bias0, kappa = self.plane(step, np.zeros(size))
        w1, bias1, _ = self.plane(step, np.ones(size))
        with np.errstate(all="ignore"):
            beta = (bias1 - bias0) / (w1 - w0)
            root = np.sqrt(1.0 + 4.0 * kappa * kappa * beta * (1.0 + beta))
            part = -0.5 * (1.0 + root)
            nodes = [np.zeros(size), np.ones(size)]
            for e in (part / (-kappa * (1.0 + beta)), kappa * beta / part):
                nodes.append((kappa * (2.0 + e + 1.0 / e) - w0) / (w1 - w0))
        return np.sort(np.clip(np.nan_to_num(nodes, nan=0.0), 0.0, 1.0), axis=0).T

    def crossed(
        self, step: Counts, low: Floats, high: Floats, upper: bool
    ) -> Iterator[tuple[float, PassedBifurcation]]:
        """Yield the pieces that end on another side of the curve."""
        before, after = (self.above(step, part, upper) for part in (low, high))
        begins = (before != 0.0) | (low == 0.0)
        crosses = begins & (np.sign(before) != np.sign(after)) & (after != 0.0)
        step, low, high, after = (each[crosses] for each in (step, low, high, after))
        _, part = crossing(
            lambda part: np.sign(self.above(step, part, upper)) == np.sign(after), low, high
        )
        w, _, kappa = self.plane(step, part)
        x = 2.0 * kappa / (1.0 + np.sqrt(np.maximum(1.0 - 4.0 * kappa / w, 0.0))) / w
        # The range between the curves is below that of the lower x for folds, above it for flips.
        enters = (after > 0.0) == (upper == (kappa > 0.0))
        yield from self._found(step, part, 1.0 - x if upper else x, enters)

    def tips(self) -> Iterator[tuple[float, PassedBifurcation]]:
        """Yield the steps through a tip, w = 4 kappa and B = -2 kappa, to rounding.

        That of the folds is the cusp.  A step enters the curves there, or moves b alone.
        """
        step, low, high = self._parts()
        depth = [self.depth(step, part) for part in (low, high)]
        enters = (depth[0] > 0.0) != (depth[1] > 0.0)
        side = [self._from_tip(step, part)[0] for part in (low, high)]
        along = (depth[0] == 0.0) & (depth[1] == 0.0) & (side[0] * side[1] <= 0.0)
        along &= side[1] != 0.0
        for which, axis in ((enters, 0), (along, 1)):
            own, begin, end = step[which], low[which], high[which]
            _, part = crossing(functools.partial(self._is_beyond, axis, own), begin, end)
            away, error = self._from_tip(own, part)
            near = np.abs(away) <= error
            half = np.full(int(near.sum()), 0.5)
            deeper = depth[1][which][near] > 0.0
            yield from self._found(own[near], part[near], half, None if axis else deeper)

    def _is_beyond(self, axis: int, step: Counts, part: Floats) -> NDArray[np.bool_]:
        """Return whether w (axis 0) or B (axis 1) is beyond that of the tip."""
        return (self._from_tip(step, part)[0] if axis else self.depth(step, part)) > 0.0

    def _from_tip(self, step: Counts, part: Floats) -> tuple[Floats, Floats]:
        """Return B + 2 kappa, and how much of that may be rounding."""
        w, bias, kappa = self.plane(step, part)
        error: Floats = ROUNDINGS * np.spacing(np.abs(w) + np.abs(bias))
        return bias + 2.0 * kappa, error

    def _found(
        self, step: Counts, part: Floats, x: Floats, enters: NDArray[np.bool_] | None
    ) -> Iterator[tuple[float, PassedBifurcation]]:
        """Yield the bifurcations at these parts; x is without input."""
        values = self.values(step, part)
        kind = np.where(x == 0.5, "CP", "LP") if self.kind == "LP" else np.full(x.shape, self.kind)
        x = x + self.loss.shift(values)
        for k, each in enumerate(step.tolist()):
            place = {name: float(row[k]) for name, row in values.items()}
            inwards = None if enters is None else bool(enters[k])
            yield float(part[k]), _passed(each, str(kind[k]), place, float(x[k]), inwards)
