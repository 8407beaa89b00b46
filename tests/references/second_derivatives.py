"""Make second_derivatives.npz: 300 random second derivatives of x(T), to 16 digits.

    python tests/references/second_derivatives.py

Three kinds, distinguished by `kind`: 150 flows without input (0), 50 flows under a pulse (1), and
100 maps (2).  In each kind the first half is beside a wall, at 1e-12 to 0.1 from it in b.  Each
case has one pair of names, `pair`, and its derivative `second`.  `condition` is the sum of |second|
and of its change when x0, b, w and, for the map, epsilon move by the same small part of themselves,
up or down at random.  w, b, epsilon (1 for the flow), x0, T and the pulse (start, stop, amplitude)
are exact as stored.
"""

from __future__ import annotations

import math
import multiprocessing
import pathlib
import sys

import numpy as np
from mpmath import mp, mpf

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import second_oracle

COUNTS = (150, 50, 100)
NAMES = "x0", "b", "w", "epsilon"
STEP = mpf(10) ** -11


def case(rng: np.random.Generator, kind: int, beside: bool) -> dict[str, object]:
    w = rng.uniform(4.2, 12.0) if beside or rng.random() < 0.5 else 5.0 * rng.normal()
    x0, time = rng.uniform(0.0, 1.0), rng.uniform(0.5, 10.0)
    b = -0.5 * w + rng.normal()
    if beside:
        s = math.sqrt(1.0 - 4.0 / w)
        c = min(max(x0, 0.5 - 0.5 * s), 0.5 + 0.5 * s)
        wall = math.log(c / (1.0 - c)) - w * c
        b = wall + rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(-12, -1)
    pulse = np.zeros(3)
    if kind == 1:
        pulse[:2], pulse[2] = np.sort(rng.uniform(0.0, time, 2)), rng.uniform(-1.0, 1.0)
    names = NAMES if kind == 2 else NAMES[:3]
    p, q = sorted(rng.integers(0, len(names), 2).tolist())
    return {
        "kind": kind, "w": w, "b": b, "x0": x0, "pulse": pulse, "pair": [names[p], names[q]],
        "epsilon": rng.uniform(0.2, 1.0) if kind == 2 else 1.0,
        "signs": rng.choice([-1, 1], 4), "T": float(round(2.0 * time)) if kind == 2 else time,
    }  # fmt: skip


def answer(known: dict[str, object], **changes: mpf) -> mpf:
    w, b, x0, epsilon, time = (
        mpf(known[name]) * changes.get(name, 1) for name in ("w", "b", "x0", "epsilon", "T")
    )
    if known["kind"] == 2:
        found = second_oracle.iterate(w, b, epsilon, x0, [0] * int(time))[2]
    else:
        start, stop, amplitude = map(mpf, known["pulse"].tolist())
        pieces = [(start, 0), (stop - start, amplitude), (time - stop, 0)]
        found = second_oracle.flow(w, b, x0, pieces)[2]
    return found[tuple(known["pair"])]


def solved(known: dict[str, object]) -> tuple[float, float]:
    with mp.workdps(second_oracle.DIGITS):
        value = answer(known)
        names = NAMES if known["kind"] == 2 else NAMES[:3]
        signs = known["signs"]
        moved = answer(
            known, **{name: 1 + int(k) * STEP for name, k in zip(names, signs, strict=False)}
        )
        return float(value), float(abs(value) + abs(moved - value) / STEP)


def main() -> None:
    rng = np.random.default_rng(2013)
    every = [
        case(rng, kind, k < count // 2) for kind, count in enumerate(COUNTS) for k in range(count)
    ]
    with multiprocessing.Pool() as pool:
        found = pool.map(solved, every, chunksize=1)
    second, condition = np.array(found).T
    columns = {name: np.array([known[name] for known in every]) for name in every[0]}
    path = pathlib.Path(__file__).with_suffix(".npz")
    np.savez_compressed(path, **columns, second=second, condition=condition)


if __name__ == "__main__":
    main()
