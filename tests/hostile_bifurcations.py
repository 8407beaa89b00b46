"""Hostile lines of parameters, and the check of all folds, flips and cusps on them in 400 digits.

`python tests/hostile_bifurcations.py 10000` checks as many lines along b, w, epsilon and u: |w|
from 1e-12 to 1e100 in both signs, within 10 ulp of folds, of the cusp, of flips and of their tip,
under constant inputs of both sites.  No point is missing and none is there twice, and each value is
the double nearest to the true one; a fold along b without input may be 2 ulp off.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter

import numpy as np
from mpmath import mp, mpf

import doya
import oracles
from hostile_batches import search
from hostile_neurons import EPS, near

BATCH = 250
DIGITS = 400
# At larger abs(z) a tangency has abs(w) > 1e100, as w = 4 kappa cosh(z/2)**2 and abs(kappa) >= 1.
REACH = 240
LARGEST = mpf("1e100")
KINDS = ("random", "fold", "cusp", "flip", "tip", "edge")
OVER = ("b", "w", "epsilon", "u")
KAPPA = {"LP": lambda epsilon: mpf(1), "PD": lambda epsilon: 1 - 2 / epsilon}


def drawn(rng, kind):
    """Random w, b, epsilon, w', u and whether the input is inside sigma, in floats."""
    sign = rng.choice([-1.0, 1.0])
    w = sign * 10.0 ** (rng.uniform(-1, 3) if rng.random() < 0.6 else rng.uniform(-12, 100))
    epsilon = 1.0 if rng.random() < 0.3 else 10.0 ** rng.uniform(-6.0, 0.0)
    b = rng.normal(0.0, 3.0) - rng.choice([0.0, w / 2.0])
    if rng.random() < 0.1:
        b = rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(0.0, 100.0)
    weight, u = rng.normal(0.0, 2.0), rng.normal(0.0, 2.0) * (rng.random() < 0.5)
    ulps, side = int(rng.integers(-10, 11)), int(rng.integers(0, 2))
    with mp.workdps(DIGITS):
        if kind == "fold":
            w = 4.0 + abs(w)
            b = near(oracles.folds(w)[side][1], ulps)
        if kind == "cusp":
            w, b = near(4.0, ulps), near(-2.0, int(rng.integers(-10, 11)))
        if kind in ("flip", "edge"):  # at the edge it is at epsilon = 1
            epsilon = 1.0 if kind == "edge" else rng.uniform(0.05, 1.0)
            w = 4.0 * (1.0 - 2.0 / epsilon) * 10.0 ** rng.uniform(0.0, 30.0)
            b = near(oracles.flips(w, epsilon)[side][1], ulps)
        if kind == "tip":
            w = near(4 * (1 - 2 / mpf(epsilon)), ulps)
            b = near(-w / 2.0, int(rng.integers(-10, 11)))
    return *map(float, (w, b, epsilon, weight, u)), bool(rng.random() < 0.5)


def points(over, w, b, epsilon, weight, u, inside, is_map):
    """All (kind, value, x, z) along one parameter, from the equations, as numbers of 400 digits."""
    w, b, epsilon, weight, u = (mpf(each) for each in (w, b, epsilon, weight, u))
    drive = weight * u
    kappas = {kind: KAPPA[kind](epsilon) for kind in ("LP", "PD")[: 2 if is_map else 1]}
    found = []
    if over == "epsilon":
        for z in oracles.equilibria(w, b + (drive if inside else w * drive)):
            y, _ = _polished(z, w, b + (drive if inside else w * drive))
            slope = w * y * (1 - y)
            if slope <= -1:
                found.append(("PD", 2 / (1 - slope), y))
    elif over == "w":
        bias, lift = (b + drive, mpf(0)) if inside else (b, drive)
        for kind, kappa in kappas.items():
            for z in along_weights(kappa, bias, lift):
                y = oracles.sigmoid(z)
                # Two folds coincide at z = 0 alone.
                is_cusp = kind == "LP" and z == 0 and bias == -2 - 4 * lift
                found.append(("CP" if is_cusp else kind, kappa / (y * oracles.sigmoid(-z)), y))
    else:
        for kind, kappa in kappas.items():
            if w == 0 or w / kappa < 4:
                continue
            both = oracles.tangencies(w, kappa)
            for y, at in both[: 1 if w == 4 * kappa else 2]:
                rise = weight * (1 if inside else w)
                value = at - (drive if inside else w * drive) if over == "b" else (at - b) / rise
                found.append(("CP" if w == 4 else kind, value, y))
    moved = weight * u if over != "u" else None
    return [
        (kind, value, y if inside else y + (weight * value if moved is None else moved), logit(y))
        for kind, value, y in found
        if abs(value) <= LARGEST
    ]


def logit(y):
    return float(mp.log(y / (1 - y)))


def along_weights(kappa, bias, drive):
    """All z with z - kappa (1 + e**z) - kappa drive (2 + e**z + e**-z) = bias, by its pieces."""

    def excess(z):
        e = mp.exp(z)
        return z - kappa * (1 + e) - kappa * drive * (2 + e + 1 / e) - bias

    # Its derivative is 0 where -(1 + kappa) y**2 + (1 - 2 kappa drive) y + kappa drive is.
    square, slope, rest = -(1 + kappa), 1 - 2 * kappa * drive, kappa * drive
    turns = []
    if square:
        inner = slope**2 - 4 * square * rest
        if inner >= 0:
            far = -(slope + mp.sign(slope or 1) * mp.sqrt(inner)) / 2
            turns = [far / square] + ([rest / far] if far else [])
    elif slope:
        turns = [-rest / slope]
    cuts = sorted(mp.log(y / (1 - y)) for y in turns if 0 < y < 1)
    cuts = [-mpf(REACH), *(z for z in cuts if abs(z) < REACH), mpf(REACH)]
    found = []
    for low, high in itertools.pairwise(cuts):
        below, above = excess(low), excess(high)
        if below == 0:
            found.append(low)
        elif below * above < 0:
            found.append(_bisected(excess, low, high, below < 0))
    return found


def _bisected(excess, low, high, rises):
    """The root of a monotone function, by bisection and then by Newton's or the secant's steps."""
    for _ in range(80):
        middle = (low + high) / 2
        if (excess(middle) < 0) == rises:
            low = middle
        else:
            high = middle
    here, value = high, excess(high)
    there, other = low, excess(low)
    for _ in range(12):
        if value == other or value == 0:
            break
        after = here - value * (here - there) / (value - other)
        if not low <= after <= high:
            after = (low + high) / 2
        there, other, here, value = here, value, after, excess(after)
        low, high = (here, high) if (value < 0) == rises else (low, here)
    return here


def _polished(z, w, bias):
    """The state of an equilibrium with more digits than `oracles.equilibria` has, and z."""
    for _ in range(6):
        y = oracles.sigmoid(z)
        z -= (z - w * y - bias) / (1 - w * y * oracles.sigmoid(-z))
    return oracles.sigmoid(z), z


def faults(over, given, is_map):
    """Return a sentence for each wrong point of one line."""
    w, b, epsilon, weight, u, inside = given
    if over == "u" and (w == 0.0 or weight == 0.0):
        return []
    if over == "epsilon" and abs(b) + abs(weight * u) * max(abs(w), 1.0) > 1e100:
        return []  # out of range
    own = {"input_weight": weight, "input_to": "bias" if inside else "state"}
    neuron = doya.NeuronMap(w, b, epsilon=epsilon, **own) if is_map else doya.NeuronODE(w, b, **own)
    found = doya.bifurcation_points(neuron, over, u=0.0 if over == "u" else u)
    with mp.workdps(DIGITS):
        truth = points(over, w, b, epsilon, weight, u, inside, is_map)
        truth = sorted((kind, float(value), float(x), z) for kind, value, x, z in truth)
    seen = sorted((each.kind, each.value, each.x, each.coefficient) for each in found)
    if [each[0] for each in seen] != [each[0] for each in truth]:
        return [f"kinds {[each[:2] for each in seen]} for {[each[:2] for each in truth]}"]
    wrong = []
    for (kind, value, x, coefficient), (_, exact, state, z) in zip(seen, truth, strict=True):
        allowed = 2 if kind == "LP" and over == "b" and not u else 0
        if abs(value - exact) > allowed * np.spacing(abs(exact)):
            wrong.append(f"{kind} value {value!r} for {exact!r}")
        shift = 0.0 if inside or over == "u" else abs(weight * u)
        slack = 4 * EPS * (abs(state) * (1.0 + abs(z)) + shift)  # x is sigma of a rounded z
        if over != "u" and abs(x - state) > slack:
            wrong.append(f"{kind} x {x!r} for {state!r}")
        if coefficient != coefficient or (kind == "PD" and coefficient <= 0.0):
            wrong.append(f"{kind} coefficient {coefficient!r}")
    return wrong


def check(seed, count=BATCH):
    """Return the number of lines of each parameter in a batch, and its faults."""
    rng = np.random.default_rng(seed)
    seen, bad = Counter(), []
    for _ in range(count):
        kind, over, is_map = rng.choice(KINDS), str(rng.choice(OVER)), bool(rng.random() < 0.7)
        is_map |= over == "epsilon"
        given = drawn(rng, kind)
        seen[over] += 1
        try:
            wrong = faults(over, given, is_map)
        except Exception as error:
            wrong = [f"{type(error).__name__}: {error}"]
        if wrong:
            bad.append(f"{over} {kind} map={is_map} {given}: {'; '.join(wrong)}")
    return seen, bad


if __name__ == "__main__":
    sys.exit(search(check, BATCH, "lines", *map(int, sys.argv[1:])))
