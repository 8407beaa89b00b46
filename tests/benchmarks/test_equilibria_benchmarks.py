import math

import numpy as np
from scipy.optimize import brentq

import doya
import oracles
from benchmarks.accuracy import relative_errors, worst_error
from benchmarks.report import Task
from benchmarks.timing import least_seconds, timed


def bistable_neurons(count):
    """w in [4.2, 40], b across the band, and the fold at -Z of each."""
    rng = np.random.default_rng(2026)
    w = rng.uniform(4.2, 40.0, count)
    root = np.sqrt(1.0 - 4.0 / w)
    upper = np.log((1.0 - root) / (1.0 + root)) - 0.5 * w * (1.0 - root)
    lower = -w - upper
    b = lower + (upper - lower) * rng.uniform(0.001, 0.999, count)
    return w, b, np.log((1.0 + root) / (1.0 - root))


def by_brentq(w, b, big_z):
    """z of all three, each in its bracket."""

    def g(z, w, b):
        return z - w / (1.0 + math.exp(-z)) - b

    return [
        [
            brentq(g, low, high, args=(wi, bi), xtol=1e-15, rtol=1e-15)
            for low, high in ((bi - 1.0, -zi), (-zi, zi), (zi, bi + wi + 1.0))
        ]
        for wi, bi, zi in zip(w.tolist(), b.tolist(), big_z.tolist(), strict=True)
    ]


def test_a_million_bistable_neurons_against_brentq(report):
    """All three equilibria of each, at least 300 times faster per neuron than `brentq`."""
    w, b, big_z = bistable_neurons(1_000_000)
    neuron, few, checked = doya.NeuronODE(w, b), slice(0, 5000), slice(0, 20)

    def ours():
        return doya.equilibria(neuron)

    def brent():
        return by_brentq(w[few], b[few], big_z[few])

    found = ours()
    assert (found.count == 3).all()
    mine, theirs = least_seconds(7, timed(ours), timed(brent))
    exact = [oracles.equilibria(*each) for each in zip(w[checked], b[checked], strict=True)]
    errors = worst_error(found.z[checked], exact), worst_error(brent()[checked], exact)
    ratio = (theirs / 5000) / (mine / w.size)
    row = report(Task.EQUILIBRIA, "scipy brentq, three brackets each", [ratio], 300, errors)
    assert row.met


def nearest(found, roots):
    """To each root, of those found."""
    return [found[np.abs(found - float(root)).argmin()] for root in roots]


def test_roots_beside_a_fold_against_brainpy(report, elsewhere):
    """doya misses none, within 1e-3 of the upper fold at w = 5 in b."""
    ours, brainpy = elsewhere("doya"), elsewhere("brainpy")
    b = float(max(b for _, b in oracles.folds(5))) - np.linspace(1e-3, 1e-6, 200)
    exact = [[oracles.sigmoid(z) for z in oracles.equilibria(5, each)] for each in b.tolist()]

    at, x = brainpy.call("equilibria", b)
    theirs = [nearest(x[at == each], roots) for each, roots in zip(b, exact, strict=True)]
    apart = np.array(relative_errors(theirs, exact))
    found = apart < 1e-5  # the roots of a neuron are 8e-4 apart or more
    errors = (
        worst_error(ours.call("equilibria", 5.0, b), exact),
        f"{np.count_nonzero(~found)} of {found.size} missed, others {apart[found].max():.0e}",
    )
    mine, other = least_seconds(3, ours.timed("equilibria", 5.0, b), brainpy.timed("equilibria", b))
    row = report(Task.FOLD, "BrainPy Bifurcation1D, x every 0.01", [other / mine], errors=errors)
    assert row.errors[0] < 1e-12
