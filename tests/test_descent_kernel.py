"""One step of descent: the same bits interpreted and compiled, and what a naive loop takes."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from doya.kernels.descent import (
    CLIPPED,
    DONE,
    FIRST,
    GONE,
    GRADIENT,
    LOSS,
    NORM,
    NOT_FINITE,
    NOT_REACHED,
    SIGN,
    take_step,
)
from doya.kernels.running import as_machine_code, interpret

RULES = [
    (GRADIENT, 0.7, math.inf, 0.0),
    (GRADIENT, 0.7, 0.3, 0.0),
    (GRADIENT, 1e-3, 1e-3, 0.9),
    (GRADIENT, 2.0, math.inf, 0.5),
    (SIGN, 0.1, math.inf, 0.0),
]


def arrays(count, size, shifts, seed):
    """Arguments of one step after its rule, by name, for both rules."""
    rng = np.random.default_rng(seed)
    return {
        "error": rng.normal(size=size),
        "free_error": rng.normal(size=size),
        "value": rng.normal(size=(count, size)),
        "shift": rng.uniform(-shifts, shifts, size=(count, size)),
        "now": rng.normal(size=(count, size)),
        "rule_state": np.zeros((2 * count, size)),
        "status": np.zeros(size, dtype=np.int64),
        "report": np.zeros((FIRST + 2 * count, size)),
    }


def start_of(rule, rate, rule_state):
    """The state of the rule before the first step: no velocity, or steps of the learning rate."""
    if rule == SIGN:
        rule_state[::2] = rate


def hostile(count, size, seed):
    """Gradients beyond doubles, zeros, NaN, infinities; parameters at the end of their range."""
    given = arrays(count, size, 2000.0, seed)
    rng = np.random.default_rng(seed + 1)
    for name, bad in (("error", math.nan), ("error", 0.0), ("error", math.inf)):
        given[name][rng.random(size) < 0.05] = bad
    for bad in (0.0, -0.0, math.nan, math.inf):
        given["value"][rng.random((count, size)) < 0.05] = bad
    given["shift"][rng.random((count, size)) < 0.3] = 0.0
    given["now"][rng.random((count, size)) < 0.05] = 1e100
    given["status"][rng.random(size) < 0.1] = GONE
    return given


def steps(call, rule, given, more, last=False):
    """Arrays after a step on `given`, and further ones with the errors and gradients of `more`."""
    mine = {name: row.copy() for name, row in given.items()}
    start_of(rule[0], rule[1], mine["rule_state"])
    counts = []
    with np.errstate(all="ignore"):
        for each in (given, *more):
            for name in ("error", "free_error", "value", "shift"):
                mine[name] = each[name].copy()
            counts.append(call(take_step, *rule, last, *mine.values()))
    return counts, mine


@pytest.mark.machine_code
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_step_has_the_same_bits_interpreted_and_compiled(count, rule, last):
    """For gradients of any size, zeros, NaN and infinities, over several steps."""
    given, *more = (hostile(count, 130, seed) for seed in (1, 5, 9))
    ways = [steps(call, rule, given, more, last) for call in (interpret, as_machine_code)]
    (counts, one), (again, other) = ways
    assert counts == again
    for name, rows in one.items():
        missing = np.isnan(rows)
        np.testing.assert_array_equal(missing, np.isnan(other[name]), err_msg=name)
        # The sign of a NaN means nothing; that of a zero does.
        np.testing.assert_array_equal(
            rows[~missing].view(np.int64), other[name][~missing].view(np.int64), err_msg=name
        )


class Descent:
    """One neuron's steps in 50 digits, as textbooks write them."""

    def __init__(self, rule, now):
        self.rule, self.rate, self.clip, self.momentum = rule
        self.now = [mpmath.mpf(each) for each in now]
        self.velocity = [mpmath.mpf(0)] * len(now)
        self.size, self.before = [mpmath.mpf(self.rate)] * len(now), [0] * len(now)

    def step(self, error, value, shift):
        """Take a step; return the gradient's norm and whether it was clipped."""
        pull = 2 * mpmath.mpf(error)
        gradient = [
            pull * mpmath.mpf(v) * mpmath.exp(mpmath.mpf(s))
            for v, s in zip(value, shift, strict=True)
        ]
        norm = mpmath.sqrt(sum(each**2 for each in gradient))
        clipped = self.rule == GRADIENT and norm > self.clip
        for k, g in enumerate(gradient):
            if self.rule == GRADIENT:  # Pascanu, Mikolov and Bengio (2013), algorithm 1
                g = g * self.clip / norm if clipped else g
                self.velocity[k] = self.momentum * self.velocity[k] - self.rate * g
                self.now[k] += self.velocity[k]
            else:  # Igel and Huesken (2000), iRprop-
                self._by_sign(k, int(mpmath.sign(g)))
        return norm, clipped

    def _by_sign(self, k, sign):
        if sign * self.before[k] > 0:
            self.size[k] = min(self.size[k] * mpmath.mpf("1.2"), 50)
        elif sign * self.before[k] < 0:
            self.size[k], sign = max(self.size[k] / 2, mpmath.mpf("1e-15")), 0
        self.now[k] -= sign * self.size[k]
        self.before[k] = sign


@pytest.mark.parametrize(("rule", "shifts"), [(rule, s) for rule in RULES for s in (3.0, 2000.0)])
@pytest.mark.parametrize("count", [1, 3])
def test_steps_are_those_of_a_naive_descent_in_50_digits(count, rule, shifts):
    """Gradient with clipping and momentum, and iRprop-; also beyond the range of doubles."""
    if rule[0] == GRADIENT and rule[2] == math.inf:
        shifts = min(shifts, 3.0)  # an unclipped step beyond doubles fails, by the test below
    size = 8
    given, *more = (arrays(count, size, shifts, seed) for seed in range(6))
    counts, mine = steps(interpret, rule, given, more)
    assert counts == [size] * 6
    with mpmath.workdps(50):
        for i in range(size):
            descent = Descent(rule, given["now"][:, i])
            for each in (given, *more):
                norm, clipped = descent.step(
                    each["error"][i], each["value"][:, i], each["shift"][:, i]
                )
            for k in range(count):
                assert mine["now"][k, i] == pytest.approx(
                    float(descent.now[k]), rel=1e-11, abs=1e-11
                )
            assert mine["report"][CLIPPED, i] == clipped
            assert mine["report"][LOSS, i] == each["error"][i] ** 2
            told = mine["report"][NORM, i]
            if mpmath.mpf(1e-300) < norm < mpmath.mpf(1e300):
                # shift is a double near 2,000: e**shift has a relative error of about 1e-13.
                assert told == pytest.approx(float(norm), rel=1e-11)
            elif norm > mpmath.mpf(2) ** 1024:
                assert told == math.inf


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"error": math.nan}, NOT_REACHED),
        ({"error": math.inf}, NOT_REACHED),
        ({"value": math.nan}, NOT_FINITE),
        ({"shift": 2000.0}, NOT_FINITE),
        ({"now": 1e100, "shift": 500.0}, GONE),
        ({"error": 0.0, "value": math.inf}, DONE),
    ],
)
def test_a_step_that_fails_says_why_and_changes_nothing(change, status):
    """Nothing of the parameters, nor of other neurons; at the target no gradient matters."""
    ones = {"error": 1.0, "value": 1.0, "shift": 0.0, "now": 0.25}
    rows = {name: np.array([change.get(name, one), one]) for name, one in ones.items()}
    now, state, told = np.array([rows["now"]]), np.zeros(2, np.int64), np.zeros((FIRST + 2, 2))
    going_on = interpret(
        take_step, GRADIENT, 0.5, math.inf, 0.0, False, rows["error"], rows["error"].copy(),
        np.array([rows["value"]]), np.array([rows["shift"]]), now, np.zeros((2, 2)), state, told,
    )  # fmt: skip
    assert going_on == (2 if status == DONE else 1)
    assert state.tolist() == [status, DONE]
    # 0.25 - 0.5 * 2 * 1 of the other neuron, and the first where it was.
    assert now.tolist() == [[rows["now"][0], -0.75]]
