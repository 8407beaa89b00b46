"""Make large_inputs.npz: 120 flows under one to three pulses of any size, with derivatives.

    python tests/references/large_inputs.py

w is log-uniform from 1e-6 to 1e6 in size, of either sign, or 5; amplitudes from 1 to 1e100 of both
signs, one in three the opposite of the one before; what a pulse adds is from 1e-3 to 1e3 in the
middle, and durations are from 1e-30 to 1e3. Flows for which `flow_oracle.large_pulses` would need
more than 100 steps are left out.

w, b, x0, T and pulses (start, stop, amplitude; NaN padded) are exact as stored. x is x(T), and
by_x0, by_b, by_w its derivatives, rounded to doubles; largest is the largest of 1, abs(x) and the
derivatives on the way.
"""

from __future__ import annotations

import math
import pathlib
import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import flow_oracle

SIZE = 120
SIGNS = (-1.0, 1.0)


def pulses(rng: np.random.Generator, w: float, x0: float) -> list[tuple[float, float, float]]:
    found: list[tuple[float, float, float]] = []
    stop = 0.0
    for _ in range(rng.integers(1, 4)):
        start = stop + 10.0 ** rng.uniform(-3.0, 0.3) * min(1.0, 20.0 / abs(w))
        if not found and rng.uniform() < 0.3:
            start = 0.0
        amplitude = rng.choice(SIGNS) * 10.0 ** rng.uniform(0.0, rng.choice([4.0, 20.0, 94.0]))
        moved = 10.0 ** rng.uniform(-4.0, 4.0) * rng.choice([1.0, 1.0 / abs(w), 1.0 + abs(x0)])
        length = min(moved / abs(amplitude), 1e3)
        if rng.uniform() < 0.1:
            length = 10.0 ** rng.uniform(-30.0, 3.0)
        if found and rng.uniform() < 0.35:
            start_before, stop_before, before = found[-1]
            amplitude, length = -before * rng.uniform(0.5, 1.5), stop_before - start_before
        stop = max(start + length, math.nextafter(start, math.inf))
        if start == 0.0 and not found:
            stop = length
        found.append((float(start), float(stop), float(amplitude)))
    return found


def case(seed: int) -> list[float] | None:
    rng = np.random.default_rng([1993, seed])
    w = float(rng.choice(SIGNS) * 10.0 ** rng.uniform(-6.0, 6.0))
    if rng.uniform() < 0.3:
        w = 5.0
    x0 = [rng.uniform(), rng.normal(0.0, 3.0), rng.choice(SIGNS) * 10 ** rng.uniform(-3.0, 6.0)]
    x0 = float(x0[rng.integers(3)])
    b = [-w * rng.uniform(-0.5, 1.5), rng.normal(0.0, 5.0), rng.normal(0.0, 20.0) - w * x0]
    b = float(b[rng.integers(3)])
    given = pulses(rng, w, x0)
    after = 10.0 ** rng.uniform(-3.0, 1.0) * min(1.0, 50.0 / abs(w))
    end = given[-1][1] + (after if rng.uniform() < 0.7 else 0.0)
    sizes = [abs(amplitude) for _, _, amplitude in given]
    if abs(w) * max(sizes) > 1e99:
        return None
    digits = 60 + int(math.log10(max(sizes)))
    try:
        answer = flow_oracle.large_pulses(w, b, x0, end, given, digits, most_steps=100)
    except TimeoutError:
        return None
    row = [number for pulse in given for number in pulse]
    row += [math.nan] * (9 - len(row))
    return [w, b, x0, end, *map(float, answer), *row]


def main() -> None:
    rows: list[list[float]] = []
    with ProcessPoolExecutor() as pool:
        for first in range(0, 100 * SIZE, SIZE):
            rows += filter(None, pool.map(case, range(first, first + SIZE)))
            if len(rows) >= SIZE:
                break
    columns = np.array(rows[:SIZE]).T
    names = ["w", "b", "x0", "T", "x", "by_x0", "by_b", "by_w", "largest"]
    data = dict(zip(names, columns, strict=False))
    target = pathlib.Path(__file__).with_suffix(".npz")
    np.savez_compressed(target, pulses=columns[9:].T.reshape(-1, 3, 3), **data)
    print(f"{target.name}: {SIZE} flows")


if __name__ == "__main__":
    main()
