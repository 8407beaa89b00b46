"""Scan of a parameter p for the roots of h(p) = F**k(y) - c, step after step: see `preimages`.

h is known at many samples.  Samples are added on both sides of each place where the slope of h
changes its sign, unless h turns by little, and where the state passes a critical point of F, since
h turns beside it one step later.  So h is monotone between two samples, and has a root where its
sign changes.  Two roots are missed where the slope changes its sign twice between two samples while
the state passes no critical point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Counts, Floats
from doya.equilibria import equilibria
from doya.kernels.numbers.logistic import sigmoid
from doya.landscapes import phases
from doya.landscapes.losses import Loss
from doya.landscapes.phase_cycles import critical_point
from doya.landscapes.searches import crossing, halved, halvings_at_once
from doya.neurons import NeuronODE

# Number of first samples, and the largest number of samples.
SAMPLES, MOST_SAMPLES = 2049, 20_000
# How often an interval is halved to find where a slope changes its sign.
HALVINGS = 10
# Rounding errors of the states, in units of 2**-53, within which h has no sign.
ROUNDINGS = 32.0
# A turn of h by a smaller part of h, or of SMALL_STATE, needs no samples of its own.
SMALL_TURN, SMALL_STATE = 0.1, 0.1
# The states have settled in 2-cycles where they change by less in two steps.
SETTLED = 1e-6

Flags: TypeAlias = NDArray[np.bool_]


class Root(NamedTuple):
    """Value of the parameter at which the start reaches c, and after how many steps.

    `upper_below` is whether h > 0 where the parameter is just below the value.
    """

    value: float
    steps: int
    upper_below: bool


class Family(NamedTuple):
    """Maps at some values of the parameter, their fixed points c, and y(0); all of shape (n,).

    The other rows are the derivatives of w, the bias, epsilon and y(0) with respect to the
    parameter.
    """

    at: Floats
    w: Floats
    bias: Floats
    epsilon: Floats
    start: Floats
    c: Floats
    by_w: Floats
    by_bias: Floats
    by_epsilon: Floats
    by_start: Floats

    @classmethod
    def of(cls, loss: Loss, over: str, at: Floats) -> Family:
        """Return the maps of a loss."""
        w, b, epsilon, x0, shift, lift = phases.parameters(loss, {over: at})
        bias = b + w * shift + lift
        c = equilibria(NeuronODE(w, bias)).x[:, 0]
        rates = (np.broadcast_to(rate, at.shape) for rate in _rates(loss, over, w, shift))
        return cls(at, w, bias, epsilon, x0 - shift, c, *rates)

    def level(self, y: Floats) -> tuple[Floats, Floats]:
        """Return sigma and sigma' at a state."""
        s: Floats = sigmoid(self.w * y + self.bias)
        return s, s * (1.0 - s)

    @property
    def multiplier(self) -> Floats:
        """Return the multiplier of the fixed point."""
        return (1.0 - self.epsilon) + self.epsilon * self.w * self.level(self.c)[1]

    @property
    def c_slope(self) -> Floats:
        """Return the derivative of the fixed point."""
        steep = self.level(self.c)[1]
        return steep * (self.by_w * self.c + self.by_bias) / (1.0 - self.w * steep)

    def step(self, now: Carried) -> Carried:
        """Return the states after one more step."""
        s, steep = self.level(now.y)
        keep, pull = 1.0 - self.epsilon, self.epsilon * steep
        source = pull * (self.by_w * now.y + self.by_bias) + self.by_epsilon * (s - now.y)
        return Carried(keep * now.y + self.epsilon * s, (keep + pull * self.w) * now.slope + source)

    def after(self, steps: int) -> Carried:
        """Return the states after some steps from the start."""
        now = Carried(self.start, self.by_start)
        for _ in range(steps):
            now = self.step(now)
        return now

    def noise(self, steps: int) -> Floats:
        """Return the rounding error of the state after some steps, in units of 2**-53."""
        y, noise = self.start, np.ones(self.at.size)
        for _ in range(steps):
            s, steep = self.level(y)
            noise = 1.0 + noise * np.abs((1.0 - self.epsilon) + self.epsilon * self.w * steep)
            y = (1.0 - self.epsilon) * y + self.epsilon * s
        return noise

    def part(self, y: Floats) -> Counts:
        """Return on which monotone part of the map a state is: 0, 1 or 2; z falls as y rises."""
        z, critical = self.w * y + self.bias, critical_point(self.w, self.epsilon)
        return (z < critical).astype(np.int64) + (z < -critical)


class Carried(NamedTuple):
    """The states y of some samples after some steps, and their derivatives, shape (n,)."""

    y: Floats
    slope: Floats


def _rates(loss: Loss, over: str, w: Floats, shift: Floats) -> tuple[Floats | float, ...]:
    """Return the derivatives of w, the bias, epsilon and y(0) with respect to the parameter."""
    if over == "w":
        return 1.0, shift, 0.0, 0.0
    if over == "u":
        weight = loss.last_value
        inside = loss.neuron.input_inside
        return (0.0, weight, 0.0, 0.0) if inside else (0.0, w * weight, 0.0, -weight)
    return 0.0, float(over == "b"), float(over == "epsilon"), 0.0


def scanned(
    loss: Loss, over: str, low: float, high: float, known: Floats
) -> Iterator[list[Root] | None]:
    """Yield the roots of 1, 2, ... steps; None where there are too many; end where all settled."""
    scan = _Scan(loss, over, np.unique(np.linspace(low, high, SAMPLES)))
    if over == "epsilon" and np.max(np.abs(scan.height)) <= ROUNDINGS * 2.0**-53:
        return  # the start is the fixed point at each epsilon
    for value in known.tolist():
        scan.close(value)
    while 1 < scan.samples.at.size <= MOST_SAMPLES and not scan.has_settled():
        scan.advance()
        yield scan.roots()
    if scan.samples.at.size > MOST_SAMPLES:
        yield None


class _Scan:
    """The samples of the parameter after some steps."""

    def __init__(self, loss: Loss, over: str, at: Floats) -> None:
        self.loss, self.over, self.steps = loss, over, 0
        self.first = self.samples = Family.of(loss, over, at)
        self.now, self.between = self.samples.after(0), (at[0], at[-1])
        self.settling = [self.now] * 3  # the first samples: now, and one and two steps before
        self.closed = np.empty((0, 2))  # beside each root, where rounding decides the sign of h

    @property
    def height(self) -> Floats:
        """Return h, the state above the fixed point."""
        return self.now.y - self.samples.c

    def advance(self) -> None:
        """Take one step, and add the samples that it needs."""
        for part in (0, 1):  # h turns beside each place where the state passes a critical point
            beyond = self.samples.part(self.now.y) > part
            self._split(np.diff(beyond), _is_beyond(part))
        self.steps += 1
        self.now = self.samples.step(self.now)
        self.settling = [self.first.step(self.settling[0]), *self.settling[:2]]
        slope = self.now.slope - self.samples.c_slope
        self._split(_turns(self.height, slope, np.diff(self.samples.at)), _slope_of_height)

    def has_settled(self) -> bool:
        """Return whether all first samples are on a 2-cycle, where the fixed point repels."""
        change = np.abs(self.settling[0].y - self.settling[2].y)
        repels = self.first.multiplier < -1.0
        return self.steps > 1 and bool(np.all(change[repels] < SETTLED))

    def roots(self) -> list[Root]:
        """Return the new roots of h at this step, and close their neighbourhoods."""
        upper = self.height > 0.0
        gaps = self._open(np.diff(upper))
        _, values = crossing(
            lambda at: self._height(at) > 0.0, self.samples.at[gaps], self.samples.at[gaps + 1],
            halvings_at_once(gaps.size, 5),
        )  # fmt: skip
        repels = Family.of(self.loss, self.over, values).multiplier < -1.0
        for value in values[repels].tolist():
            self.close(value)
        pairs = zip(values[repels].tolist(), upper[gaps][repels].tolist(), strict=True)
        return [Root(value, self.steps, is_upper) for value, is_upper in pairs]

    def _height(self, at: Floats) -> Floats:
        family = Family.of(self.loss, self.over, at.ravel())
        return (family.after(self.steps).y - family.c).reshape(at.shape)

    def _open(self, gaps: Flags) -> Counts:
        """Return these gaps where c may repel and no root is known."""
        repels = self.samples.multiplier < -1.0
        gaps = gaps & (repels[1:] | repels[:-1])
        middle = 0.5 * (self.samples.at[1:] + self.samples.at[:-1])
        for low, high in self.closed:
            gaps &= (middle < low) | (middle > high)
        return np.flatnonzero(gaps)

    def _split(self, gaps: Flags, answer: Callable[[Family, int], Flags]) -> None:
        """Add the place in each of these gaps at which an answer changes."""
        which = self._open(gaps)
        if not which.size:
            return

        def holds(at: Floats) -> Flags:
            family = Family.of(self.loss, self.over, at.ravel())
            return answer(family, self.steps).reshape(at.shape)

        low, high = self.samples.at[which], self.samples.at[which + 1]
        at_low, ahead = holds(low), halvings_at_once(which.size, HALVINGS // 2)
        for done in range(0, HALVINGS, ahead):
            low, high = halved(holds, at_low, low, high, min(ahead, HALVINGS - done))
        self._add(np.concatenate([low, high]))

    def close(self, value: float) -> None:
        """Close the neighbourhood of a root of this step."""
        here = Family.of(self.loss, self.over, np.array([value]))
        slope = (here.after(self.steps).slope - here.c_slope)[0]
        grown = here.noise(self.steps)[0] + 1.0 / max(-1.0 - here.multiplier[0], 2.0**-26)
        reach = ROUNDINGS * np.spacing(abs(value))
        if slope:
            reach += ROUNDINGS * 2.0**-53 * grown / abs(slope)
        low, high = value - reach, value + reach
        self.closed = np.vstack([self.closed, [low, high]])
        at, (first, last) = self.samples.at, self.between
        self._keep((at < low) | (at > high))
        self._add(np.array([end for end in (low, high) if first < end < last]))

    def _add(self, at: Floats) -> None:
        """Add samples with their states after the steps so far."""
        new = Family.of(self.loss, self.over, np.setdiff1d(at, self.samples.at))
        order = np.argsort(np.concatenate([self.samples.at, new.at]))
        self.now = Carried(*_merged(self.now, new.after(self.steps), order))
        self.samples = Family(*_merged(self.samples, new, order))

    def _keep(self, which: Flags) -> None:
        """Keep some of the samples."""
        self.now = Carried(*(row[which] for row in self.now))
        self.samples = Family(*(row[which] for row in self.samples))


def _merged(old: Iterable[Floats], new: Iterable[Floats], order: Counts) -> Iterator[Floats]:
    return (np.concatenate(rows)[order] for rows in zip(old, new, strict=True))


def _is_beyond(part: int) -> Callable[[Family, int], Flags]:
    return lambda family, steps: np.asarray(family.part(family.after(steps).y) > part)


def _slope_of_height(family: Family, steps: int) -> Flags:
    return np.asarray(family.after(steps).slope > family.c_slope)


def _turns(height: Floats, slope: Floats, width: Floats) -> Flags:
    """Return in which gaps h turns, and by more than a small part of its size, or of the states.

    The tangents at both ends of the gap meet beyond the place where h turns.
    """
    changes = np.diff(slope > 0.0)
    rise, fall = np.where(changes, slope[:-1], 1.0), np.where(changes, slope[1:], -1.0)
    part = (height[1:] - height[:-1] - fall * width) / (rise - fall)
    beyond = np.abs(rise * part)
    least = np.minimum(np.abs(height[:-1]), np.abs(height[1:]))
    turns: Flags = changes & (beyond > SMALL_TURN * np.minimum(least, SMALL_STATE))
    return turns
