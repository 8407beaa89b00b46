"""Make flow.npz: 500 random flows dx/dt = -x + sigma(w x + b), x(T) to 30 digits, with derivatives.

    python tests/references/flow.py

Four kinds, told apart by `kind`: 200 generic (0); 100 with w in [4.1, 12] and b across and around
the bistable band (1); 100 that start 1e-12 to 1e-6 from the unstable equilibrium (2); 100 with b
1e-10 to 1e-6 from a fold, on either side (3). T is log-uniform in [1e-3, 1e4].

w, b, x0, T are exact as stored; x(T) = hi + lo; by_x0, by_b, by_w are its derivatives; seconds is
what `flow_oracle.final_state` took (the only column that differs from one run to the next).
"""

from __future__ import annotations

import pathlib
import sys
import time

import numpy as np
from mpmath import mp

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import flow_oracle
import oracles


def band(w: np.ndarray) -> np.ndarray:
    """(x of the upper fold, its b, x of the lower fold, its b) for each w > 4."""
    return np.array([[float(v) for point in oracles.folds(value) for v in point] for value in w])


def beside(rng: np.random.Generator, low: float, high: float, size: int) -> np.ndarray:
    return rng.choice([-1.0, 1.0], size) * 10 ** rng.uniform(low, high, size)


def generic(rng: np.random.Generator, size: int) -> list[np.ndarray]:
    w = rng.uniform(-200, 200, size)
    b = -w / 2 + rng.uniform(-0.6, 0.6, size) * np.abs(w) + rng.uniform(-3, 3, size)
    wide = rng.uniform(-0.5, 1.5, size)
    return [w, b, np.where(rng.uniform(size=size) < 0.25, wide, rng.uniform(0, 1, size))]


def bistable(rng: np.random.Generator, size: int) -> list[np.ndarray]:
    w = rng.uniform(4.1, 12, size)
    _, high, _, low = band(w).T
    return [w, low + (high - low) * rng.uniform(-0.5, 1.5, size), rng.uniform(0, 1, size)]


def wall(rng: np.random.Generator, size: int) -> list[np.ndarray]:
    w = rng.uniform(4.1, 40, size)
    _, high, _, low = band(w).T
    b = low + (high - low) * rng.uniform(0.02, 0.98, size)
    away = beside(rng, -12, -6, size)
    x0 = [float(oracles.sigmoid(oracles.equilibria(w[i], b[i])[1]) + away[i]) for i in range(size)]
    return [w, b, np.array(x0)]


def ghost(rng: np.random.Generator, size: int) -> list[np.ndarray]:
    w = rng.uniform(4.1, 40, size)
    points = band(w).reshape(size, 2, 2)[np.arange(size), rng.integers(0, 2, size)]
    b = points[:, 1] + beside(rng, -10, -6, size)
    near = points[:, 0] + rng.uniform(-1e-3, 1e-3, size)
    return [w, b, np.where(rng.uniform(size=size) < 0.5, near, rng.uniform(0, 1, size))]


def main() -> None:
    rng = np.random.default_rng(1994)
    kinds = [(generic, 200), (bistable, 100), (wall, 100), (ghost, 100)]
    w, b, x0 = np.concatenate([make(rng, size) for make, size in kinds], axis=1)
    kind = np.repeat(np.arange(4, dtype=np.int8), [size for _, size in kinds])
    horizon = 10 ** rng.uniform(-3, 4, w.size)
    answers = np.zeros((w.size, 6))
    for i in range(w.size):
        x, *by, _ = flow_oracle.flow(w[i], b[i], x0[i], horizon[i])
        start = time.perf_counter()
        flow_oracle.final_state(w[i], b[i], x0[i], horizon[i])
        seconds = time.perf_counter() - start
        with mp.workdps(60):
            hi = float(x)
            answers[i] = [hi, float(x - hi), *map(float, by), seconds]
    names = ["hi", "lo", "by_x0", "by_b", "by_w", "seconds"]
    target = pathlib.Path(__file__).with_suffix(".npz")
    columns = dict(zip(names, answers.T, strict=True))
    np.savez_compressed(target, kind=kind, w=w, b=b, x0=x0, T=horizon, **columns)
    print(f"{target.name}: {w.size} flows, {answers[:, 5].sum():.0f} s of final_state")


if __name__ == "__main__":
    main()
