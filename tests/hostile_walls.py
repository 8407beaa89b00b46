"""Hostile losses over one parameter, and the check of their walls in 400 digits.

`python tests/hostile_walls.py 10000` checks as many lines along b, w, u and x0, of the flow, of the
map with w > 0, and of the map with w < 0 and epsilon = 1: parameters as in `hostile_bifurcations`,
starts within 10 ulp of equilibria, of folds and of flips, and anywhere.  No wall is missing and
none is there twice, each is of the true kind, within 2 ulp of its place, and the losses on its two
sides are those of the attractors there.
"""

from __future__ import annotations

import math
import sys
from collections import Counter

import numpy as np
from mpmath import mp, mpf

import doya
import oracles
from hostile_batches import search
from hostile_bifurcations import DIGITS, KINDS, LARGEST, along_weights, drawn
from hostile_neurons import EPS, near

BATCH = 100
OVER = ("b", "w", "u", "x0")
TARGET = 0.855
# A start nearer to a fold or flip than this, in w x (1 - x), may be taken for one beyond it.
CLEAR = 1e-12
# A start or a distance from 0 or 1 so small beside the input is lost in rounding.
SMALL = 1e-4


def start_of(rng, w, b, epsilon, shift):
    """A start anywhere, or within 10 ulp of an equilibrium, a fold or a flip."""
    place = rng.integers(0, 4)
    x = rng.uniform(-1.0, 2.0) if place else 10.0 ** rng.uniform(-12.0, 100.0)
    with mp.workdps(DIGITS):
        if place == 1:
            some = oracles.equilibria(w, mpf(b))
            x = oracles.sigmoid(some[int(rng.integers(0, len(some)))])
        if place == 2 and w > 4.0:
            x = oracles.folds(w)[int(rng.integers(0, 2))][0]
        if place == 2 and w < 4.0 * (1.0 - 2.0 / epsilon):
            x = oracles.flips(w, epsilon)[int(rng.integers(0, 2))][0]
        return float(near(x + mpf(shift) * (rng.random() < 0.5), int(rng.integers(-10, 11))))


def walls(over, w, b, epsilon, weight, u, inside, x0):
    """All (kind, value) along one parameter, from the equations, as numbers of 400 digits.

    The start lies on the unstable equilibrium or fixed point: boundary, phase.  Or its attractor
    vanishes in a fold on the start's side of the other equilibria.
    """
    w, b, epsilon, weight, u, x0 = (mpf(each) for each in (w, b, epsilon, weight, u, x0))
    drive = weight * u
    bias, lift = (b + drive, mpf(0)) if inside else (b, drive)
    if over == "x0":
        roots = oracles.equilibria(w, bias + w * lift)
        c = oracles.sigmoid(roots[len(roots) // 2])
        kind = _kind(w, c, epsilon)
        return [(kind, c + lift)] if kind else []
    if over == "u":
        return _over_u(w, b, epsilon, weight, inside, x0)
    found, c = [], x0 - lift
    if abs(x0) < SMALL * abs(lift) or min(abs(c), abs(1 - c)) < SMALL * abs(lift):
        raise InDoubt
    if over == "b":
        _require_clear(w, c, epsilon, lift)
        if 0 < c < 1:
            found.append(
                (_kind(w, c, epsilon), mp.log(c / (1 - c)) - w * c - (bias + w * lift - b))
            )
        for y, at in oracles.folds(w) if w > 4 else []:
            if _is_beyond(c, y):
                found.append(("fold", at - (bias + w * lift - b)))
    else:
        if 0 < c < 1 and x0:
            at = (mp.log(c / (1 - c)) - bias) / x0
            _require_clear(at, c, epsilon, lift)
            found.append((_kind(at, c, epsilon), at))
        for z in along_weights(mpf(1), bias, lift):
            y = oracles.sigmoid(z)
            at = 1 / (y * oracles.sigmoid(-z))
            _require_clear(at, c, epsilon, lift)
            if _is_beyond(c, y) and z != 0:  # the cusp is no wall
                found.append(("fold", at))
    return [(kind, at) for kind, at in found if kind and abs(at) <= LARGEST]


def _over_u(w, b, epsilon, weight, inside, x0):
    rise = weight * (1 if inside else w)
    if rise == 0:
        return []
    found = []
    _require_clear(w, x0 if inside else oracles.sigmoid(w * x0 + b), epsilon, 0)
    if inside and 0 < x0 < 1:
        found.append((_kind(w, x0, epsilon), (mp.log(x0 / (1 - x0)) - w * x0 - b) / rise))
    if not inside:  # x0 = sigma(w x0 + b) + w' u, whatever u
        c = oracles.sigmoid(w * x0 + b)
        found.append((_kind(w, c, epsilon), (x0 - c) / weight))
    for y, at in oracles.folds(w) if w > 4 else []:
        value = (at - b) / rise
        if _is_beyond(x0 if inside else x0 - weight * value, y):
            found.append(("fold", value))
    return [(kind, at) for kind, at in found if kind and abs(at) <= LARGEST]


class InDoubt(Exception):  # noqa: N818  # no error
    """Rounding decides whether a start is at a fold or a flip, or which kind its wall is of."""


def _require_clear(w, c, epsilon, lift):
    """Raise InDoubt where a start c is at a fold or flip but for rounding of x0 - lift."""
    if not 0 < c < 1:
        return
    slope, level = w * c * (1 - c), 1 - 2 / epsilon
    slack = CLEAR * (1 + abs(lift) / min(c, 1 - c))
    if abs(slope - 1) <= slack or abs(slope / level - 1) <= slack:
        raise InDoubt


def _kind(w, c, epsilon):
    """The kind of a wall whose start is the equilibrium c; None if that is stable."""
    if w * c * (1 - c) >= 1:
        return "boundary"
    return "phase" if w * c * (1 - c) < 1 - 2 / epsilon else None


def _is_beyond(c, y):
    """Whether the start is in the basin of what vanishes in the fold at y."""
    return c < y if 2 * y < 1 else c > y


def faults(over, given, x0, is_map):
    """Return a sentence for each wrong wall of one line."""
    w, b, epsilon, weight, u, inside = given
    if over == "u" and abs(b) > 5e99:
        return []  # b + w' u leaves the range of doya
    own = {"input_weight": weight, "input_to": "bias" if inside else "state"}
    neuron = doya.NeuronMap(w, b, epsilon=epsilon, **own) if is_map else doya.NeuronODE(w, b, **own)
    with mp.workdps(DIGITS):
        epsilon = epsilon if is_map else 1e-300  # the flow has no flip
        truth = sorted(
            ((kind, float(at), at) for kind, at in walls(over, w, b, epsilon, *given[3:], x0)),
            key=lambda each: each[1],
        )
        if over == "x0" and _is_in_doubt(w, b, epsilon, weight * u, inside):
            return []
    ends = _whole(over, w, weight, u, inside)
    start, drive = (None if over == "x0" else x0), (None if over == "u" else u)
    found = doya.loss_landscape(
        neuron, {over: ends}, start, 6 if is_map else math.inf, TARGET, drive
    )
    seen = sorted(
        (wall for wall in found.walls if not wall.steps), key=lambda wall: wall.values[over][0]
    )
    expected = [each for each in truth if ends[0] <= each[1] <= ends[1]]
    if [wall.kind for wall in seen] != [each[0] for each in expected]:
        places = [(wall.kind, float(wall.values[over][0])) for wall in seen]
        return [f"walls {places} for {[each[:2] for each in expected]}"]
    wrong = []
    for wall, (kind, exact, at) in zip(seen, expected, strict=True):
        value = float(wall.values[over][0])
        moved = _size(over, exact, given)
        slack = _slack(over, exact, w, b, weight * u, inside)
        if over in ("b", "w"):  # the input is rounded where it is added to b
            slack += 8 * EPS * (moved if u else 0.0) * (1.0 if over == "b" else abs(exact))
        if abs(value - exact) > slack:
            wrong.append(f"{kind} at {value!r} for {exact!r}")
        if kind != "phase" and moved * EPS < 1e-9:
            wrong += faults_of_sides(wall, over, given, x0, at)
    return wrong


def faults_of_sides(wall, over, given, x0, at):
    """Whether the losses beside a wall are those of the attractors there."""
    w, b, _, weight, u, inside = map(mpf, given)
    w, b, u, x0 = (at if over == name else own for name, own in zip(
        ("w", "b", "u", "x0"), (w, b, u, mpf(x0 or 0)), strict=True))  # fmt: skip
    with mp.workdps(DIGITS):
        drive = weight * u
        bias, lift = (b + drive, mpf(0)) if inside else (b + w * drive, drive)
        if wall.kind == "fold":
            # The start is where two roots meet, or comes to the third one.
            folds = [y for y, _ in oracles.folds(w)]
            y = folds[0] if _is_beyond(x0 - lift, folds[0]) else folds[1]
            roots = oracles.equilibria(w, bias)
            z = max(roots, key=lambda z: abs(oracles.sigmoid(z) - y))
            states = sorted([y, oracles.sigmoid(z)])
        else:
            roots = oracles.equilibria(w, bias)
            y, states = x0 - lift, [oracles.sigmoid(z) for z in (roots[0], roots[-1])]
        rate = {"b": 1, "x0": 1, "w": y + (0 if inside else drive)}.get(
            over, weight * (1 if inside else w)
        )
        states = states[:: 1 if rate > 0 else -1]
        truth = [float((TARGET - (state + lift)) ** 2) for state in states]
    sides = [float(wall.below[0]), float(wall.above[0])]
    if all(
        abs(one - other) <= 1e-5 * (1.0 + other) for one, other in zip(sides, truth, strict=True)
    ):
        return []
    return [f"{wall.kind} sides {sides} for {truth}"]


def _is_in_doubt(w, b, epsilon, drive, inside):
    """Whether rounding decides on which side of a fold or flip the neuron is."""
    shift = mpf(drive) * (1 if inside else mpf(w))
    at = [each for _, each in oracles.folds(w)] if w > 4.0 else []
    if w < 4.0 * (1.0 - 2.0 / epsilon):
        at += [each for _, each in oracles.flips(w, epsilon)]
    scale = abs(b) + abs(shift)
    return any(abs(mpf(b) + shift - each) <= 8 * EPS * (scale + abs(each)) for each in at)


def _slack(over, exact, w, b, drive, inside):
    """Two units in the last place; of an equilibrium what rounding of b + w x moves it."""
    slack = 2 * np.spacing(abs(exact))
    if over != "x0":
        return slack
    c = exact - (0.0 if inside else drive)
    slope, z = abs(w * c * (1.0 - c) - 1.0), abs(math.log(c / (1.0 - c)))
    moved = abs(b) + abs(w) * (abs(exact) + abs(drive)) + abs(drive) + z
    return slack + 4 * EPS * c * (1.0 - c) * (moved / slope + z)


def _size(over, at, given):
    """The size of the terms of b + w w' u or b + w' u on a wall."""
    w, b, _, weight, u, inside = given
    w, b, u = (at if over == name else own for name, own in (("w", w), ("b", b), ("u", u)))
    return abs(b) + abs(weight * u) * (1.0 if inside else abs(w))


def _whole(over, w, weight, u, inside):
    """The largest range in which b + w w' u, or b + w' u, is a number of doya."""
    rise = {"u": weight * (1.0 if inside else w), "w": 0.0 if inside else weight * u}.get(over, 1.0)
    limit = 4e99 / max(abs(rise), abs(weight) if over == "u" else 1.0, 1.0)
    return -limit, limit


def check(seed, count=BATCH):
    """Return the number of lines of each parameter in a batch, and its faults."""
    rng = np.random.default_rng(seed)
    seen, bad = Counter(), []
    for _ in range(count):
        kind, over, is_map = str(rng.choice(KINDS)), str(rng.choice(OVER)), bool(rng.random() < 0.6)
        given = drawn(rng, kind)
        w, b, epsilon, weight, u, inside = given
        if is_map and w < 0.0:
            epsilon = 1.0
        if over == "u" and (weight == 0.0 or w == 0.0):
            continue
        x0 = start_of(rng, w, b, epsilon, 0.0 if inside else weight * u)
        if not abs(x0) <= 1e100:
            continue
        given = (w, b, epsilon, weight, u, inside)
        seen[over] += 1
        try:
            wrong = faults(over, given, x0, is_map)
        except InDoubt:
            wrong = []
        except Exception as error:
            wrong = [f"{type(error).__name__}: {error}"]
        if wrong:
            bad.append(f"{over} {kind} map={is_map} {given} x0={x0!r}: {'; '.join(wrong)}")
    return seen, bad


if __name__ == "__main__":
    sys.exit(search(check, BATCH, "lines", *map(int, sys.argv[1:])))
