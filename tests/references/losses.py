"""Make losses.npz: the gradient of L = (target - x(T))**2 at 200 random cells, by differences.

    python tests/references/losses.py

100 of the flow and 100 of the map (epsilon 1 for the flow, which does not have it), of each: 40
generic ones with w in [-20, 20], 30 with w in [4.1, 12] within the bistable band, and 30 with a
start 1e-12 to 1e-3 from the unstable equilibrium, beside the wall.

w, b, epsilon, x0, T and target are exact as stored.  grad_p, for p in b, w, x0 and epsilon (nan for
the flow), is (L(p + d) - L(p - d)) / (2 d) with d = 1e-25, of states to more than 50 digits; cond_p
its condition number, the sum over q in b, w, x0, epsilon and target of |q/D dD/dq| for D = dL/dp.
seconds is what the four differences took.
"""

from __future__ import annotations

import multiprocessing
import pathlib
import sys
import time

import numpy as np
from mpmath import mp, mpf

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import flow_oracle

STEP, NUDGE = mpf(10) ** -25, mpf(10) ** -40
DATA = ["b", "w", "x0", "epsilon"]

mp.prec = 500
flow_oracle.TOLERANCE = 300


def cases() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2013)
    rows = []
    for dynamics in (0.0, 1.0):
        for k in range(100):
            if k < 40:
                w = rng.uniform(-20, 20)
                b, x0 = -w / 2 + rng.uniform(-4, 4), rng.uniform(-0.5, 1.5)
            else:
                w = rng.uniform(4.1, 12)
                root = np.sqrt(1 - 4 / w)
                c = (1 + rng.uniform(-1, 1) * root) / 2
                b, x0 = np.log(c / (1 - c)) - w * c, rng.uniform(0, 1)
                if k >= 70:
                    x0 = c + rng.choice([-1, 1]) * 10 ** rng.uniform(-12, -3)
            epsilon = rng.uniform(0.1, 1) if dynamics and rng.uniform() < 0.7 else 1.0
            end = rng.uniform(1, 60)
            rows.append([dynamics, w, b, epsilon, x0, np.floor(end) if dynamics else end,
                         rng.uniform(0, 1)])  # fmt: skip
    names = ["is_map", "w", "b", "epsilon", "x0", "T", "target"]
    return dict(zip(names, np.transpose(rows), strict=True))


def state(case: dict, at: dict) -> mpf:
    """x(T), the map's by its recursion in plain floating point of 500 bits."""
    if not case["is_map"]:
        return flow_oracle.flow(at["w"], at["b"], at["x0"], case["T"], sensitivities=False,
                                tolerance=300)[0]  # fmt: skip
    x = at["x0"]
    for _ in range(int(case["T"])):
        x = (1 - at["epsilon"]) * x + at["epsilon"] / (1 + mp.exp(-at["w"] * x - at["b"]))
    return x


def slope(case: dict, at: dict, name: str) -> mpf:
    """dL/dp by a central difference."""
    high, low = (
        (mpf(case["target"]) - state(case, at | {name: at[name] + step})) ** 2
        for step in (STEP, -STEP)
    )
    return (high - low) / (2 * STEP)


def gradient(case: dict) -> dict[str, mpf]:
    """All of them."""
    names = DATA if case["is_map"] else DATA[:3]
    at = {name: mpf(float(case[name])) for name in names}
    return {name: slope(case, at, name) for name in names}


def solve(case: dict) -> dict[str, float]:
    """All columns of one case that are not data."""
    start = time.perf_counter()
    found = gradient(case)
    columns = {"seconds": time.perf_counter() - start}
    at = {name: mpf(float(case[name])) for name in found}
    off = state(case, at) - mpf(case["target"])
    for name in DATA:
        if name not in found:
            columns |= {f"grad_{name}": np.nan, f"cond_{name}": np.nan}
            continue
        total = abs(mpf(case["target"]) / off)
        for other in found:
            # The states keep 90 digits: of a change by 1e-40, the differences keep 25.
            near = slope(case, at | {other: at[other] + NUDGE}, name)
            total += abs(at[other] * (near - found[name]) / NUDGE / (found[name] or mp.inf))
        columns |= {f"grad_{name}": float(found[name]), f"cond_{name}": float(total)}
    return columns


def main() -> None:
    data = cases()
    rows = [dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)]
    start = time.perf_counter()
    with multiprocessing.Pool(2) as pool:
        solved = pool.map(solve, rows, chunksize=1)
    columns = {name: np.array([row[name] for row in solved]) for name in solved[0]}
    target = pathlib.Path(__file__).with_suffix(".npz")
    np.savez_compressed(target, **data, **columns)
    print(f"{target.name}: {len(rows)} cells in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
