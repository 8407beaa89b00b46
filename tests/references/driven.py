"""Make driven.json: 200 random driven neurons with x(T) and its derivatives, to 30 digits.

This script imports nothing from doya.  The map is iterated in 45 digits.  The flow is integrated by
Taylor series of order 40 in 45 digits, with steps that keep the last terms below 1e-38; the input
is linear in time within each piece.  Derivatives follow from the variational equations.

    python tests/references/driven.py          # some minutes
"""

import json
import pathlib

import mpmath
import numpy as np
from mpmath import mpf

OUT = pathlib.Path(__file__).parent / "driven.json"
NAMES = ("x0", "b", "w", "epsilon", "input_weight")
ORDER, DIGITS = 40, 45
SMALL = mpf(10) ** -38


def sigma(z):
    """Return the logistic function."""
    return 1 / (1 + mpmath.exp(-z))


def pieces_of(kind, numbers):
    """Return the input as pieces (start, u at the start, slope)."""
    if kind == "pulses":
        edges = sorted({0.0, *(end for start, stop, _ in numbers for end in (start, stop))})
        return [(t, sum(mpf(a) for p, q, a in numbers if p <= t < q), mpf(0)) for t in edges]
    if kind == "table":
        times, values = numbers
        return [
            (0.0, mpf(0), mpf(0)),
            *((t, mpf(v), mpf(0)) for t, v in zip(times, values, strict=True)),
        ]
    start, stop, low, high = map(mpf, numbers)
    slope = (high - low) / (stop - start)
    return [(0.0, low, mpf(0)), (start, low, slope), (stop, high, mpf(0))]


def input_at(pieces, time):
    """Return u at the time."""
    start, u, slope = [piece for piece in pieces if piece[0] <= time][-1]
    return u + slope * (time - start)


def of_map(case, inputs):
    """Return x(T), its derivatives by name, and those by each input."""
    w, b, epsilon, weight, x = (mpf(case[k]) for k in ("w", "b", "epsilon", "input_weight", "x0"))
    inside = case["input_to"] == "bias"
    by = {name: mpf(name == "x0") for name in NAMES}
    by_input = []
    for u in map(mpf, inputs):
        level = sigma(w * x + b + (weight * u if inside else 0))
        slope = level * (1 - level)
        added, source = (0, slope) if inside else (weight * u, mpf(1))
        mu = 1 - epsilon + epsilon * w * slope
        sources = {
            "x0": 0,
            "b": epsilon * slope,
            "w": epsilon * slope * x,
            "epsilon": level - x + added,
            "input_weight": epsilon * source * u,
        }
        by = {name: mu * by[name] + sources[name] for name in NAMES}
        by_input = [*(mu * each for each in by_input), epsilon * source * weight]
        x = x + epsilon * (level - x + added)
    return x, by, by_input


def series(w, b, weight, x, by, u, slope, inside):
    """Return the Taylor coefficients of x and of its derivatives, to the order ORDER."""
    inputs = [u, slope, *[mpf(0)] * ORDER]
    state, steep, level, z = [x], [], [], []
    rows = {name: [value] for name, value in by.items()}
    for m in range(ORDER):
        z.append(w * state[m] + (b if m == 0 else 0) + (weight * inputs[m] if inside else 0))
        level.append(
            sigma(z[0]) if m == 0 else sum(j * z[j] * steep[m - j] for j in range(1, m + 1)) / m
        )
        steep.append(level[m] - sum(level[j] * level[m - j] for j in range(m + 1)))
        added = 0 if inside else weight * inputs[m]
        state.append((level[m] - state[m] + added) / (m + 1))
        sources = {
            "x0": 0,
            "b": steep[m],
            "w": sum(steep[j] * state[m - j] for j in range(m + 1)),
            "input_weight": inputs[m],
        }
        if inside:
            sources["input_weight"] = steep[m] * u + (steep[m - 1] * slope if m else 0)
        for name, row in rows.items():
            pull = w * sum(steep[j] * row[m - j] for j in range(m + 1))
            row.append((pull - row[m] + sources[name]) / (m + 1))
    return state, rows


def of_flow(case, pieces, horizon):
    """Return x(T) and its derivatives by name."""
    w, b, weight, x = (mpf(case[k]) for k in ("w", "b", "input_weight", "x0"))
    inside = case["input_to"] == "bias"
    by = {name: mpf(name == "x0") for name in NAMES if name != "epsilon"}
    starts = [mpf(start) for start, _, _ in pieces]
    for (start, u, slope), stop in zip(pieces, [*starts[1:], mpf(horizon)], strict=True):
        now, stop = mpf(start), min(stop, mpf(horizon))
        while now < stop:
            given = u + slope * (now - start)
            state, rows = series(w, b, weight, x, by, given, slope, inside)
            size = max(abs(row[-k]) for row in (state, *rows.values()) for k in (1, 2))
            h = stop - now if size == 0 else min(stop - now, (SMALL / size) ** (mpf(1) / ORDER))
            x = mpmath.polyval(state[::-1], h)
            by = {name: mpmath.polyval(row[::-1], h) for name, row in rows.items()}
            now = stop if h == stop - now else now + h
    return x, by


def random_input(rng, kind, horizon):
    """Return the numbers of a random input."""
    times = np.sort(rng.uniform(0.0, horizon, 4).round(3)).tolist()
    sizes = rng.normal(0.0, 1.5, 4).tolist()
    if kind == "pulses":
        return [(times[0], times[2], sizes[0]), (times[1], times[3], sizes[1])]
    if kind == "table":
        return [times, sizes]
    if kind == "ramp":
        return [times[0], times[3], sizes[0], sizes[1]]
    return rng.normal(0.0, 1.5, int(horizon)).tolist()


def cases(count=200, seed=20):
    """Yield random neurons with their inputs and answers."""
    rng = np.random.default_rng(seed)
    kinds = [("flow", "pulses"), ("map", "steps"), ("flow", "ramp"), ("map", "pulses")]
    kinds += [("flow", "table"), ("map", "ramp")]
    for k in range(count):
        dynamics, kind = kinds[k % len(kinds)]
        case = {
            "dynamics": dynamics,
            "kind": kind,
            "input_to": "state" if k % 5 == 4 else "bias",
            "w": rng.uniform(-10.0, 10.0),
            "b": rng.uniform(-6.0, 4.0),
            "input_weight": rng.uniform(-2.0, 2.0),
            "x0": rng.uniform(-0.5, 1.5),
            "epsilon": float(rng.choice([1.0, rng.uniform(0.05, 1.0), 1e-3])),
            "t_end": int(rng.choice([1, 8, 25, 60])) if dynamics == "map" else rng.uniform(1, 12),
        }
        horizon = case["t_end"]
        case["input"] = random_input(rng, kind, max(horizon, 3))
        if dynamics == "map":
            steps = case["input"][:horizon]
            if kind != "steps":
                pieces = pieces_of(kind, case["input"])
                steps = [input_at(pieces, mpf(t)) for t in range(horizon)]
            x, by, by_input = of_map(case, steps)
            case["by_input"] = [mpmath.nstr(each, 30) for each in by_input]
        else:
            x, by = of_flow(case, pieces_of(kind, case["input"]), horizon)
        case["x"] = mpmath.nstr(x, 30)
        case["derivative"] = {name: mpmath.nstr(each, 30) for name, each in by.items()}
        print(k, dynamics, kind, mpmath.nstr(x, 10), flush=True)
        yield case


if __name__ == "__main__":
    with mpmath.workdps(DIGITS):
        OUT.write_text(json.dumps(list(cases()), indent=0) + "\n")
