"""Make equilibria.npz: 20,000 random neurons with all their equilibria, correctly rounded.

    python tests/references/equilibria.py

Five kinds of neuron, 4,000 each: w in [-100, 100] with b across and beyond the bistable band;
w > 4 with b inside the band; |w| from 1e-2 to 1e6 in equal logarithms with b inside the band or in
proportion to w; b far outside; b crowding a fold from either side, from 0.1 to 1e-12 of the band.
"""

from __future__ import annotations

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import oracles

EACH = 4000


def neurons(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    signs = rng.choice([-1.0, 1.0], EACH)
    w = [
        rng.uniform(-100, 100, EACH),
        rng.uniform(4.01, 100, EACH),
        signs * 10 ** rng.uniform(-2, 6, EACH),
        rng.uniform(-100, 100, EACH),
        4 + 10 ** rng.uniform(-1, 6, EACH),
    ]
    inside = rng.uniform(0, 1, EACH)
    beside = rng.choice([-1.0, 1.0], EACH) * 10 ** rng.uniform(-12, -1, EACH)
    upper, lower = (
        np.array([float(b) for b in row])
        for row in zip(*([b for _, b in oracles.folds(value)] for value in w[4]), strict=True)
    )
    band = [oracles.folds(value) for value in w[1]]
    low = np.array([float(points[1][1]) for points in band])
    high = np.array([float(points[0][1]) for points in band])
    b = [
        -w[0] / 2 + (10 + np.abs(w[0])) * rng.uniform(-1, 1, EACH),
        low + (high - low) * inside,
        -w[2] * rng.uniform(-0.2, 1.2, EACH) + rng.uniform(-5, 5, EACH),
        rng.choice([-1.0, 1.0], EACH) * rng.uniform(100, 700, EACH),
        np.where(rng.uniform(size=EACH) < 0.5, upper, lower) + beside * (upper - lower),
    ]
    return np.concatenate(w), np.concatenate(b)


def main() -> None:
    w, b = neurons(np.random.default_rng(1993))
    x = np.full((w.size, 3), np.nan)
    rest = np.full((w.size, 3), np.nan)
    count = np.zeros(w.size, dtype=np.int8)
    for i in range(w.size):
        roots = oracles.equilibria(w[i], b[i])
        count[i] = len(roots)
        for k, z in enumerate(roots):
            x[i, k] = float(oracles.sigmoid(z))
            rest[i, k] = float(oracles.sigmoid(-z))
    target = pathlib.Path(__file__).with_suffix(".npz")
    np.savez_compressed(target, w=w, b=b, count=count, x=x, rest=rest)
    print(f"{target.name}: counts {np.bincount(count)}")


if __name__ == "__main__":
    main()
