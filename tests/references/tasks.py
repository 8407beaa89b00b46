"""Make tasks.json, 300 random tasks with their loss and gradient, and hard_tasks.json.

This script imports nothing from doya.  The map is iterated, and the flow is integrated by Taylor
series, in 40 digits as in `driven.py`; derivatives follow from the variational equations.  The
integral of a loss along time is that of the polynomials of each step.  The condition of a number is
its change under relative changes of all parameters by 1e-20, over 1e-20: the larger of those for
two random patterns of signs.

    python tests/references/tasks.py          # about ten minutes
    python tests/references/tasks.py hard     # hard_tasks.json alone
"""

import json
import math
import pathlib
import sys

import driven
import mpmath
import numpy as np
from driven import pieces_of, series, sigma
from mpmath import mpf

OUT = pathlib.Path(__file__).parent / "tasks.json"
NAMES = ("x0", "b", "w", "epsilon", "input_weight")
FLOW_NAMES = tuple(name for name in NAMES if name != "epsilon")
DIGITS, SMALL_CHANGE = 40, mpf(10) ** -20
driven.ORDER, driven.SMALL = 32, mpf(10) ** -32


def of_map(numbers, case, x0, inputs):
    """Return x and its derivatives by name after 0, 1, ... steps."""
    w, b, epsilon, weight = (numbers[k] for k in ("w", "b", "epsilon", "input_weight"))
    inside, x = case["input_to"] == "bias", x0
    by = {name: mpf(name == "x0") for name in NAMES}
    path = [(x, by)]
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
        x = x + epsilon * (level - x + added)
        path.append((x, by))
    return path


def of_flow(numbers, case, x0, pieces, stops):
    """Yield the beginning of each step of the flow, its length, and the polynomials of x and by."""
    w, b, weight, x = numbers["w"], numbers["b"], numbers["input_weight"], x0
    inside = case["input_to"] == "bias"
    by = {name: mpf(name == "x0") for name in FLOW_NAMES}
    starts = [mpf(start) for start, _, _ in pieces]
    stops = sorted({*map(mpf, stops), *starts[1:]})
    now, last = mpf(0), max(stops)
    while now < last:
        start, u, slope = [piece for piece in pieces if mpf(piece[0]) <= now][-1]
        stop = min(each for each in stops if each > now)
        given = u + slope * (now - start)
        state, rows = series(w, b, weight, x, by, given, slope, inside)
        size = max(abs(row[-k]) for row in (state, *rows.values()) for k in (1, 2))
        h = stop - now
        if size:
            h = min(h, (driven.SMALL / size) ** (mpf(1) / driven.ORDER))
        if w * state[1]:  # terms that are still small may be about to grow: z moves by 1 at most
            h = min(h, 1 / abs(w * state[1]))
        yield now, h, state, rows
        x = mpmath.polyval(state[::-1], h)
        by = {name: mpmath.polyval(row[::-1], h) for name, row in rows.items()}
        now = stop if h == stop - now else now + h


def product_integral(p, q, h):
    """Return the integral from 0 to h of the product of two polynomials, lowest order first."""
    n = len(p)
    terms = [
        sum(p[i] * q[m - i] for i in range(max(0, m - n + 1), min(m, n - 1) + 1)) / (m + 1)
        for m in range(n)
    ]
    return h * mpmath.polyval(terms[::-1], h)


def value_at(table, time):
    """Return the value of a table of times and values at the time; NaN before its first time."""
    found = math.nan
    for start, value in zip(*table, strict=True):
        if mpf(start) <= time:
            found = value
    return found


def add(total, weight, x, target, by):
    """Add the loss of one target to the totals, and its gradient and the size of that."""
    if math.isnan(target) or weight == 0:
        return
    error = x - mpf(target)
    total["loss"] += mpf(weight) * error**2
    for name, each in by.items():
        total[name] += 2 * mpf(weight) * error * each


def evaluate(case, numbers):
    """Return the loss and its derivatives."""
    is_map = case["dynamics"] == "map"
    names = NAMES if is_map else FLOW_NAMES
    total = dict.fromkeys(("loss", *names), mpf(0))
    count = len(case["inputs"])
    for s in range(count):
        x0 = numbers["x0"][s]
        target, weight = case["targets"][s], case["weights"][s]
        if is_map:
            path = of_map(numbers, case, x0, case["inputs"][s])
            for t, y, c in zip(case["times"], target, weight, strict=True):
                add(total, c, path[t][0], y, path[t][1])
            continue
        kind, given = case["inputs"][s]
        pieces = [(0.0, mpf(given), mpf(0))] if kind == "number" else pieces_of(kind, given)
        if case["kind"] != "tables":
            times = [mpf(t) for t in case["times"]]
            for now, h, state, rows in of_flow(numbers, case, x0, pieces, case["times"]):
                for t, y, c in zip(times, target, weight, strict=True):
                    if now < t <= now + h and (t == now + h or t < now + h):
                        at = {n: mpmath.polyval(r[::-1], t - now) for n, r in rows.items()}
                        add(total, c, mpmath.polyval(state[::-1], t - now), y, at)
            continue
        stops = [t for t in target[0] if t < case["times"][0]] + case["times"]
        for now, h, state, rows in of_flow(numbers, case, x0, pieces, stops):
            y = value_at(target, now)
            if math.isnan(y):
                continue
            error = [state[0] - mpf(y), *state[1:]]
            total["loss"] += mpf(weight) * product_integral(error, error, h)
            for name, row in rows.items():
                total[name] += 2 * mpf(weight) * product_integral(error, row, h)
    return {name: each / count for name, each in total.items()}


def numbers_of(case, signs=None):
    """Return the numbers of a case, each changed by 1e-20 of it where signs are given."""
    signs = iter([0] * 99 if signs is None else signs)

    def changed(value):
        return mpf(value) * (1 + next(signs) * SMALL_CHANGE)

    names = ("w", "b", "epsilon", "input_weight")
    return {name: changed(case[name]) for name in names} | {"x0": [*map(changed, case["x0"])]}


def random_map(rng, case):
    """Fill in a random task of the map."""
    count = int(rng.integers(1, 5))
    steps = int(rng.choice([1, 2, 5, 10, 20, 50, 200], p=[0.1, 0.1, 0.2, 0.2, 0.2, 0.14, 0.06]))
    case["kind"] = str(rng.choice(["end", "times", "steps"]))
    case["inputs"] = rng.normal(0.0, 1.5, (count, steps)).round(2).tolist()
    if case["kind"] == "end":
        case["times"] = [steps]
    elif case["kind"] == "steps":
        case["times"] = list(range(1, steps + 1))
    else:
        chosen = rng.choice(steps + 1, min(steps, 4), replace=False)
        case["times"] = sorted(chosen.tolist())
    return count, len(case["times"])


def random_flow(rng, case):
    """Fill in a random task of the flow."""
    count, horizon = int(rng.integers(1, 3)), round(float(rng.uniform(1.0, 8.0)), 2)
    case["kind"] = str(rng.choice(["end", "times", "tables"]))
    inputs = []
    for _ in range(count):
        kind = str(rng.choice(["number", "pulses", "table", "ramp"], p=[0.3, 0.3, 0.3, 0.1]))
        if kind == "number":
            inputs.append((kind, round(float(rng.normal()), 2)))
        else:
            given = driven.random_input(rng, kind, horizon)
            inputs.append((kind, given))
    case["inputs"] = inputs
    if case["kind"] == "times":
        case["times"] = np.sort(rng.uniform(0.1, horizon, 3)).round(2).tolist()
    else:
        case["times"] = [horizon]
    return count, len(case["times"])


def answered(case, patterns):
    """Fill in the answer and its condition, by these patterns of signs; return the case."""
    exact = evaluate(case, numbers_of(case))
    changed = [evaluate(case, numbers_of(case, signs)) for signs in patterns]
    case["answer"] = {name: mpmath.nstr(each, 25) for name, each in exact.items()}
    case["condition"] = {
        name: float(max(abs(each[name] - exact[name]) for each in changed) / SMALL_CHANGE)
        for name in exact
    }
    return case


def cases(count=300, seed=22):
    """Yield random tasks with their answers."""
    rng = np.random.default_rng(seed)
    for k in range(count):
        case = {
            "dynamics": "map" if k % 2 else "flow",
            "input_to": "bias" if k % 4 > 1 else "state",
            "w": round(float(rng.uniform(-8.0, 8.0)), 3),
            "b": round(float(rng.uniform(-5.0, 3.0)), 3),
            "input_weight": round(float(rng.uniform(-2.0, 2.0)), 3),
            "epsilon": float(rng.choice([1.0, round(rng.uniform(0.05, 1.0), 3), 1e-3])),
        }
        fill = random_map if k % 2 else random_flow
        sequences, columns = fill(rng, case)
        case["x0"] = rng.uniform(-0.5, 1.5, sequences).round(3).tolist()
        targets = rng.uniform(-0.2, 1.2, (sequences, columns)).round(3)
        targets[1:][rng.uniform(size=(sequences - 1, columns)) < 0.2] = math.nan
        case["targets"] = targets.tolist()
        case["weights"] = rng.choice([0.0, 0.5, 1.0, 2.0], (sequences, columns)).tolist()
        if case["kind"] == "tables":
            horizon = case["times"][0]
            case["targets"] = [
                [
                    [0.0, *np.sort(rng.uniform(0.1, 0.9, 2) * horizon).round(2).tolist()],
                    [float(rng.uniform()), math.nan, float(rng.uniform())],
                ]
                for _ in range(sequences)
            ]
            case["weights"] = rng.choice([0.5, 1.0, 2.0], sequences).tolist()
        if case["kind"] == "end":
            case["weights"] = rng.choice([0.5, 1.0, 2.0], (sequences, 1)).tolist()
        patterns = rng.choice([-1, 1], (2, 99)).tolist()
        answered(case, patterns)
        print(k, case["dynamics"], case["kind"], case["answer"]["loss"], flush=True)
        yield case


# Paths with fast parts far from both ends, in long times: w, b, x0, the input, the end, and the
# target, which begins at a time.
FOLD = -2.655610338630688
HARD = [
    (5.0, FOLD - 1e-6, 0.9, ["number", 0.0], 1e4, [[0.0], [0.3]]),
    (5.0, FOLD - 1e-4, 0.9, ["number", 0.0], 1e4, [[0.0, 660.0], [math.nan, 0.3]]),
    (5.0, -2.5, 0.5 + 1e-9, ["number", 0.0], 1e4, [[0.0], [0.2]]),
    (5.0, -2.5, 0.5, ["number", 0.0], 100.0, [[0.0], [0.3]]),
    (1e3, -400.0, 0.39959456, ["number", 0.0], 1e4, [[0.0], [0.7]]),
    (1e3, -400.0, 0.1, ["pulses", [[5000.0, 5000.5, 1.0]]], 1e4, [[0.0], [0.7]]),
    (5.0, -2.5, 0.1, ["pulses", [[5000.0, 5003.0, 0.4]]], 1e4, [[0.0, 6000.0], [0.1, 0.9]]),
    (-40.0, 3.0, 0.9, ["table", [[0.0, 7000.0], [0.3, -0.2]]], 1e4, [[0.0], [0.2]]),
]


def hard_cases():
    """Yield tasks of the flow with targets along time that are easy to miss a part of."""
    for w, b, x0, given, end, target in HARD:
        case = {
            "dynamics": "flow", "kind": "tables", "input_to": "state", "w": w, "b": b,
            "input_weight": 1.0, "epsilon": 1.0, "inputs": [given], "times": [end], "x0": [x0],
            "targets": [target], "weights": [1.0],
        }  # fmt: skip
        print(w, b, flush=True)
        yield answered(case, [[1] * 99, [1, -1] * 50])


def write(path, made):
    """Write the cases, one a line."""
    path.write_text("[\n" + ",\n".join(map(json.dumps, made)) + "\n]\n")


if __name__ == "__main__":
    with mpmath.workdps(DIGITS):
        if sys.argv[1:] != ["hard"]:
            write(OUT, list(cases()))
        write(OUT.parent / "hard_tasks.json", list(hard_cases()))
