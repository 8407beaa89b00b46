"""Random and hostile neurons, and the check of all their equilibria in 40 digits.

`python tests/hostile_neurons.py 1000000` checks as many neurons on all cores: |w| from 1e-12 to
1e100, within 10 ulp of folds, of the cusp and of flips, under constant inputs of both sites.  The
number of equilibria follows from the folds.  Each equilibrium solves its equation to rounding, lies
in its own monotone piece, and has the stability of the derivative there.
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
from mpmath import mp, mpf

import doya
import oracles
from hostile_batches import search

BATCH = 2000
EPS = 2.0**-52
KINDS = ("random", "fold", "cusp", "flip")
# doya promises the side of a fold beyond two units in its last place; the input adds roundings.
ULPS = 4.0


def drawn(rng, count):
    """Random arrays of kind, w, b, epsilon, w', u and whether the input is inside sigma."""
    kind = rng.integers(0, len(KINDS), count)
    w = 10.0 ** rng.uniform(-12.0, 100.0, count) * rng.choice([-1.0, 1.0], count)
    narrow = rng.random(count) < 0.7
    w[narrow] = 10.0 ** rng.uniform(-1.0, 3.0, narrow.sum()) * np.sign(w[narrow])
    b = np.where(rng.random(count) < 0.5, -w / 2.0, 0.0) + rng.normal(0.0, 3.0, count)
    wide = rng.random(count) < 0.1
    b[wide] = 10.0 ** rng.uniform(0.0, 100.0, wide.sum()) * rng.choice([-1.0, 1.0], wide.sum())
    epsilon = np.where(rng.random(count) < 0.3, 1.0, 10.0 ** rng.uniform(-6.0, 0.0, count))
    ulps, side = rng.integers(-10, 11, count), rng.integers(0, 2, count)
    for i in np.flatnonzero(kind == 1):
        w[i] = 4.0 + abs(w[i])
        b[i] = near(oracles.folds(w[i])[side[i]][1], ulps[i])
    for i in np.flatnonzero(kind == 2):
        w[i] = 4.0 * (1.0 + max(EPS, 10.0 ** rng.uniform(-15.6, -3.0)))
        b[i] = near(oracles.folds(w[i])[side[i]][1], ulps[i])
    for i in np.flatnonzero(kind == 3):
        epsilon[i] = rng.uniform(0.05, 1.0)
        w[i] = 4.0 * (1.0 - 2.0 / epsilon[i]) * 10.0 ** rng.uniform(0.0, 3.0)
        b[i] = near(oracles.flips(w[i], epsilon[i])[side[i]][1], ulps[i])
    driven = (rng.random(count) < 0.3) & (kind == 0)
    u = np.where(driven, rng.normal(0.0, 2.0, count), 0.0)
    return KINDS, kind, w, b, epsilon, rng.uniform(0.1, 3.0, count), u, rng.random(count) < 0.5


def near(value, ulps):
    """Return the double that is a number of units in the last place away from a number."""
    rounded = float(value)
    return rounded + ulps * np.spacing(abs(rounded))


def faults(w, b, epsilon, given, inside, found):
    """Return a sentence for each wrong equilibrium of one neuron; given is w' u."""
    w_exact = mpf(float(w))
    shift = mpf(float(given)) * (1 if inside else w_exact)
    bias = mpf(float(b)) + shift
    known = [float(z) for z in found["z"][: found["count"]]]
    scale_of_b = abs(float(b)) + abs(float(shift))
    wrong, cuts, is_clear, expected = [], [], True, 1
    if w > 4.0:
        (x, upper), (_, lower) = oracles.folds(w)
        cuts = [mp.log(x / (1 - x)), -mp.log(x / (1 - x))]
        doubt = ULPS * (np.spacing(max(abs(float(upper)), abs(float(lower)))) + EPS * scale_of_b)
        is_clear = min(abs(bias - upper), abs(bias - lower)) > doubt
        expected = 3 if lower < bias < upper else 1
    if is_clear and len(known) != expected:
        wrong.append("count")
    if any(z != z for z in known) or sorted(known) != known:
        return [*wrong, "order"]
    if is_clear and found["flow"][: len(known)].tolist() != [True, False, True][: len(known)]:
        wrong.append("stable")
    for k, z in enumerate(known):
        wrong += faults_of_root(w_exact, bias, mpf(z), scale_of_b)
        wrong += faults_of_map(w_exact, mpf(epsilon), bias, mpf(z), found, k)
    if len(known) == 3 and not (known[0] <= cuts[0] + 1e-6 and known[2] >= cuts[1] - 1e-6):
        wrong.append("piece")
    return wrong


def faults_of_root(w, bias, z, scale_of_b):
    """Whether z solves z = w sigma(z) + bias, or the mirrored equation, to rounding."""
    c, z = (bias, z) if z <= 0 else (-w - bias, -z)
    x = oracles.sigmoid(z)
    scale = abs(c) + abs(w * x) + abs(z) * (1 + abs(w) * x * (1 - x)) + scale_of_b + mpf("1e-300")
    return ["root"] if abs(z - w * x - c) > 6 * EPS * scale else []


def faults_of_map(w, epsilon, bias, z, found, k):
    """Whether the map is stable where the flow is, before the flip: 1 + epsilon lambda > -1."""
    for _ in range(3):
        x = oracles.sigmoid(z)
        slope = w * x * oracles.sigmoid(-z) - 1
        if slope > -1:  # no flip is near, and a fold may be
            return [] if found["map"][k] == found["flow"][k] else ["stable as a map"]
        z += (w * x + bias - z) / -slope
    margin = mpf("1e-12") * (1 + epsilon * abs(slope)) * (1 + abs(z))
    beyond = 2 + epsilon * slope
    if abs(beyond) < margin or bool(found["map"][k]) == (beyond > 0):
        return []
    return ["stable as a map"]


def check(seed, count=BATCH):
    """Return the number of neurons of each kind in a batch, and its faults."""
    rng = np.random.default_rng(seed)
    kinds, kind, w, b, epsilon, weight, u, inside = drawn(rng, count)
    bad, seen = [], Counter(kinds[k] for k in kind)
    for site in (False, True):
        lanes = np.flatnonzero((inside == site) & (np.abs(b) + np.abs(w * weight * u) < 1e100))
        given = {"w": w[lanes], "b": b[lanes], "input_weight": weight[lanes]}
        given["input_to"] = "bias" if site else "state"
        flow = doya.equilibria(doya.NeuronODE(**given), u=u[lanes])
        maps = doya.equilibria(doya.NeuronMap(epsilon=epsilon[lanes], **given), u=u[lanes])
        assert np.array_equal(flow.z, maps.z, equal_nan=True)
        for n, i in enumerate(lanes):
            found = {
                "count": int(flow.count[n]), "z": flow.z[n],
                "flow": flow.stable[n], "map": maps.stable[n],
            }  # fmt: skip
            wrong = faults(w[i], b[i], float(epsilon[i]), weight[i] * u[i], site, found)
            if wrong:
                words = f"{kinds[kind[i]]} w={w[i]!r} b={b[i]!r} epsilon={epsilon[i]!r}"
                bad.append(f"{wrong} {words} w'={weight[i]!r} u={u[i]!r} inside={site}")
    return seen, bad


if __name__ == "__main__":
    sys.exit(search(check, BATCH, "neurons", *map(int, sys.argv[1:])))
