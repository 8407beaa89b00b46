"""Make sensitivities.npz: 500 random trajectories, x(T) and its derivatives to 28 digits.

    python tests/references/sensitivities.py

Four kinds, told apart by `kind`, 125 of each: the flow without input (0) and under 1 to 4 pulses
(1), the map without input (2) and with a random input each step (3).  Kinds 0 and 2 are, in this
order, 50 with generic w in [-60, 60], 30 bistable or nearly so, 25 that start 1e-12 to 1e-6 from
the unstable equilibrium and 20 with b 1e-8 to 1e-4 from a fold; kinds 1 and 3 are 75 generic and
50 bistable.  The first 15 of kinds 2 and 3 are where half of all maps are chaotic instead, in 100
to 300 steps; the last of kind 3 has w = 0 and epsilon = 1, and so a derivative that is 0.

w, b, epsilon (1 for the flow), input_weight, x0, T, pulses (start, stop, amplitude; 0, 0, 0 where
there are fewer than 4) and inputs (one a step, then 0) are exact as stored.  x(T) = hi + lo.  The
derivative by p is sign_p exp(log_hi_p + log_lo_p), for p in x0, b, w and epsilon (nan for the
flow); cond_p is its condition number, the sum over q in x0, b, w and, for the map, epsilon, of
|q/D dD/dq| for D = dx(T)/dp, and cond_x the sum of |q dx(T)/dq|.  seconds is what all derivatives
took (the only column that differs from one run to the next).
"""

from __future__ import annotations

import multiprocessing
import pathlib
import sys
import time

import numpy as np
from mpmath import mp, mpf

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).parents[0]))
from flow import band, beside, bistable, wall

import flow_oracle
import map_oracle

SIZE = 125
PULSES = 4
STEPS = 300
CHAOTIC = 15
DATA = ["x0", "b", "w", "epsilon"]

mp.prec = 4000  # for what is done with the oracles' answers
flow_oracle.SLACK = 130  # for the differences


def generic(rng: np.random.Generator, size: int) -> list[np.ndarray]:
    w = rng.uniform(-60, 60, size)
    b = -w / 2 + rng.uniform(-0.6, 0.6, size) * np.abs(w) + rng.uniform(-3, 3, size)
    wide = rng.uniform(-0.5, 1.5, size)
    return [w, b, np.where(rng.uniform(size=size) < 0.25, wide, rng.uniform(0, 1, size))]


def ghost(rng: np.random.Generator, size: int) -> list[np.ndarray]:
    w = rng.uniform(4.1, 40, size)
    points = band(w).reshape(size, 2, 2)[np.arange(size), rng.integers(0, 2, size)]
    near = points[:, 0] + rng.uniform(-1e-3, 1e-3, size)
    x0 = np.where(rng.uniform(size=size) < 0.5, near, rng.uniform(0, 1, size))
    return [w, points[:, 1] + beside(rng, -8, -4, size), x0]


def trains(rng: np.random.Generator, horizon: np.ndarray) -> np.ndarray:
    """Pulses between 0 and T: a quarter begin with one at 0, a fifth of the last outlast T."""
    pulses = np.zeros((horizon.size, PULSES, 3))
    for train, end in zip(pulses, horizon, strict=True):
        count = rng.integers(1, PULSES + 1)
        ends = np.sort(rng.uniform(0, end, 2 * count))
        ends[0] *= rng.uniform() > 0.25
        ends[-1] = 1.5 * end if rng.uniform() < 0.2 else ends[-1]
        size = 10 ** rng.uniform(-2, 0)
        train[:count] = np.stack([*ends.reshape(count, 2).T, rng.uniform(-size, size, count)], -1)
    return pulses


def cases() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1993)
    alone = [(generic, 50), (bistable, 30), (wall, 25), (ghost, 20)]
    driven = [(generic, 75), (bistable, 50)]
    makers = [*alone, *driven] * 2
    w, b, x0 = np.concatenate([make(rng, size) for make, size in makers], axis=1)
    kind = np.repeat(np.arange(4, dtype=np.int8), SIZE)
    epsilon = np.where(rng.uniform(size=w.size) < 0.2, 1.0, rng.uniform(0.05, 1, w.size))
    epsilon[kind < 2] = 1.0
    horizon = 10 ** rng.uniform(-3, 3, w.size)
    steps = (STEPS + 1) ** rng.uniform(0, 1, w.size)
    horizon[kind >= 2] = np.floor(steps)[kind >= 2]
    for first in (2 * SIZE, 3 * SIZE):
        wild = slice(first, first + CHAOTIC)
        w[wild], epsilon[wild] = rng.uniform([[-60], [0.5]], [[-40], [0.9]], (2, CHAOTIC))
        b[wild] = -w[wild] * rng.uniform(0.02, 0.15, CHAOTIC)
        horizon[wild] = rng.integers(100, STEPS + 1, CHAOTIC)
    w[-1], b[-1], epsilon[-1] = 0.0, 0.3, 1.0
    pulses = np.zeros((w.size, PULSES, 3))
    pulses[kind == 1] = trains(rng, horizon[kind == 1])
    inputs = np.zeros((w.size, STEPS))
    for i in np.flatnonzero(kind == 3):
        size, count = 10 ** rng.uniform(-2, 0), int(horizon[i])
        inputs[i, :count] = rng.uniform(-size, size, count)
    input_weight = rng.uniform(-1, 1, w.size)
    columns = [kind, w, b, epsilon, input_weight, x0, horizon, pulses, inputs]
    names = ["kind", "w", "b", "epsilon", "input_weight", "x0", "T", "pulses", "inputs"]
    return dict(zip(names, columns, strict=True))


def answer(case: dict, data: list, accuracy: int) -> list:
    """x(T) and its derivatives by the data x0, b, w and, for the map, epsilon."""
    if case["kind"] >= 2:
        x0, b, w, epsilon = data
        inputs = case["inputs"][: int(case["T"])]
        found = map_oracle.derivatives(w, b, epsilon, case["input_weight"], x0, inputs, accuracy)
        return list(found[:5])
    pulses = [pulse for pulse in case["pulses"] if pulse[1] > pulse[0]]
    x0, b, w = data
    return list(flow_oracle.driven_flow(w, b, x0, case["T"], case["input_weight"], pulses)[:4])


def conditions(case: dict, data: list, by: list, exponent: int) -> list:
    """The condition number of each derivative, by differences of 2^-exponent of each datum."""
    totals = [mpf(0) if value else mp.inf for value in by]
    for q in range(len(data)):
        moved = list(data)
        moved[q] *= 1 + mp.ldexp(1, -exponent)
        near = answer(case, moved, exponent + 40)[1:]
        for p, value in enumerate(by):
            if value:
                totals[p] += mp.ldexp(abs(near[p] / value - 1), exponent)
    return totals


def solve(case: dict) -> dict[str, float]:
    """All columns of one case that are not data."""
    data = [mpf(case[q]) for q in DATA[: 4 if case["kind"] >= 2 else 3]]
    start = time.perf_counter()
    x, *by = answer(case, data, map_oracle.ACCURACY)
    columns = {"seconds": time.perf_counter() - start, "hi": float(x), "lo": float(x - float(x))}
    exponent, cond = 60, conditions(case, data, by, 60)
    while case["kind"] >= 2:  # chaos needs finer differences
        exponent *= 2
        x, *by = answer(case, data, exponent + 40)
        coarse, cond = cond, conditions(case, data, by, exponent)
        pairs = zip(coarse, cond, strict=True)
        if all(one == other or abs(one / other - 1) < 1e-6 for one, other in pairs):
            break
    columns["cond_x"] = float(sum(abs(q * value) for q, value in zip(data, by, strict=True)))
    for name in DATA[len(data) :]:
        columns |= {f"{key}_{name}": np.nan for key in ("sign", "log_hi", "log_lo", "cond")}
    for name, value, number in zip(DATA, by, cond, strict=False):
        with mp.workprec(200):
            log = mp.log(abs(value))
            columns[f"sign_{name}"] = float(mp.sign(value))
            columns[f"log_hi_{name}"] = float(log)
            columns[f"log_lo_{name}"] = float(log - float(log)) if value else 0.0
            columns[f"cond_{name}"] = float(number)
    return columns


def main() -> None:
    data = cases()
    rows = [dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)]
    start = time.perf_counter()
    with multiprocessing.Pool() as pool:
        solved = pool.map(solve, rows, chunksize=1)
    columns = {name: np.array([row[name] for row in solved]) for name in solved[0]}
    target = pathlib.Path(__file__).with_suffix(".npz")
    np.savez_compressed(target, **data, **columns)
    print(
        f"{target.name}: {len(rows)} trajectories in {time.perf_counter() - start:.0f} s, of which"
        f" {columns['seconds'].sum():.0f} s for each once, {target.stat().st_size} bytes"
    )


if __name__ == "__main__":
    main()
