"""One step of descent: the same bits interpreted and compiled, and what a naive loop takes."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from doya.kernels.machinery.running import as_machine_code, interpret
from doya.kernels.training.descent import (
    ADAGRAD,
    ADAM,
    CLIPPED,
    DONE,
    EACH,
    FIRST,
    GONE,
    GRADIENT,
    LOSS,
    MORE,
    NORM,
    NOT_FINITE,
    NOT_REACHED,
    RMSPROP,
    SIGN,
    take_step,
)

NO = math.inf
# The rule, whether it looks ahead, and its settings in the order of the kernel's rows: rate, clip
# (0: by the mean norm), clip_value, momentum, l1, l2.
RULES = [
    (GRADIENT, False, (0.7, NO, NO, 0.0, 0.0, 0.0)),
    (GRADIENT, False, (0.7, 0.3, NO, 0.0, 0.0, 0.0)),
    (GRADIENT, False, (1e-3, 1e-3, NO, 0.9, 0.0, 0.0)),
    (GRADIENT, False, (2.0, NO, NO, 0.5, 0.25, 0.125)),
    (GRADIENT, True, (0.1, 0.0, NO, 0.5, 0.0, 0.0)),
    (GRADIENT, False, (0.1, 1.0, 0.7, 0.0, 0.0, 0.3)),
    (SIGN, False, (0.1, NO, NO, 0.0, 0.0, 0.0)),
    (ADAGRAD, False, (0.1, NO, NO, 0.0, 0.0, 0.0)),
    (RMSPROP, False, (0.01, NO, 2.0, 0.0, 0.0, 0.0)),
    (RMSPROP, True, (0.01, NO, NO, 0.8, 0.5, 0.0)),
    (ADAM, False, (0.1, NO, NO, 0.0, 0.0, 0.0)),
    (ADAM, False, (0.1, 0.5, NO, 0.0, 0.0, 0.0)),
]


def arrays(count, size, shifts, seed):
    """Arguments of one step after its rule, by name, for all rules."""
    rng = np.random.default_rng(seed)
    return {
        "loss": rng.normal(size=size) ** 2,
        "free_loss": rng.normal(size=size) ** 2,
        "value": rng.normal(size=(count, size)),
        "shift": rng.uniform(-shifts, shifts, size=(count, size)),
        "now": rng.normal(size=(count, size)),
        "state": np.zeros((EACH * count + MORE, size)),
        "status": np.zeros(size, dtype=np.int64),
        "report": np.zeros((FIRST + 2 * count, size)),
    }


def start_of(rule, count, state):
    """The state of the rule before the first step: no velocity, or steps of the learning rate."""
    number, _, (rate, *_) = rule
    if number == SIGN:
        state[:count] = rate


def hostile(count, size, seed):
    """Gradients beyond doubles, zeros, NaN, infinities; parameters at the end of their range."""
    given = arrays(count, size, 2000.0, seed)
    rng = np.random.default_rng(seed + 1)
    for name, bad in (("loss", math.nan), ("loss", 0.0), ("loss", math.inf)):
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
    start_of(rule, len(given["value"]), mine["state"])
    number, nesterov, settings = rule
    rows, counts = np.repeat(np.array(settings)[:, np.newaxis], len(given["loss"]), axis=1), []
    last_of = len(given["value"]) - 1
    with np.errstate(all="ignore"):
        for each in (given, *more):
            for name in ("loss", "free_loss", "value", "shift"):
                mine[name] = each[name].copy()
            counts.append(
                call(take_step, number, nesterov, last_of, -1, last, rows, *mine.values())
            )
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
    """One neuron's steps in 50 digits, as textbooks write them; the penalty is on the last row."""

    def __init__(self, rule, now):
        self.rule, self.nesterov, settings = rule
        self.rate, self.clip, self.clip_value, self.momentum, self.l1, self.l2 = map(
            mpmath.mpf, settings
        )
        self.now = [mpmath.mpf(each) for each in now]
        self.velocity, self.mean, self.square = ([mpmath.mpf(0)] * len(now) for _ in range(3))
        self.size, self.before = [self.rate] * len(now), [0] * len(now)
        self.norms, self.steps = [], 0

    def step(self, value, shift):
        """Take a step; return the gradient's norm and whether it was clipped."""
        gradient = [
            mpmath.mpf(v) * mpmath.exp(mpmath.mpf(s)) for v, s in zip(value, shift, strict=True)
        ]
        w = self.now[-1]
        gradient[-1] += self.l1 * mpmath.sign(w) + 2 * self.l2 * w
        norm, clipped = self._norm(gradient), False
        self.steps += 1
        if self.rule != SIGN:
            gradient, clipped = self._clipped(gradient, norm)
        for k, g in enumerate(gradient):
            self._change(k, g)
        return norm, clipped

    @staticmethod
    def _norm(gradient):
        return mpmath.sqrt(sum(each**2 for each in gradient))

    def _clipped(self, gradient, norm):
        """Pascanu, Mikolov and Bengio (2013), algorithm 1; then Mikolov's limit of each value."""
        limit = self.clip
        if limit == 0:  # ten times the mean norm of the steps so far
            limit = 10 * sum(self.norms) / len(self.norms) if self.norms else mpmath.inf
        clipped = norm > limit
        if clipped:
            gradient = [each * limit / norm for each in gradient]
        self.norms.append(self._norm(gradient))
        short = [max(min(each, self.clip_value), -self.clip_value) for each in gradient]
        return short, clipped or short != gradient

    def _change(self, k, g):
        small = mpmath.mpf(1e-8)
        if self.rule == SIGN:
            self._by_sign(k, int(mpmath.sign(g)))
            return
        if self.rule == ADAM:  # Kingma and Ba (2015), algorithm 1
            first, second = mpmath.mpf("0.9"), mpmath.mpf("0.999")
            self.mean[k] = first * self.mean[k] + (1 - first) * g
            self.square[k] = second * self.square[k] + (1 - second) * g**2
            mean = self.mean[k] / (1 - first**self.steps)
            square = self.square[k] / (1 - second**self.steps)
            self.now[k] -= self.rate * mean / (mpmath.sqrt(square) + small)
            return
        if self.rule == ADAGRAD:  # Duchi, Hazan and Singer (2011), figure 1, delta = 0
            self.square[k] += g**2
            g = g / mpmath.sqrt(self.square[k]) if g else g
        if self.rule == RMSPROP:  # Tieleman and Hinton (2012)
            self.square[k] = mpmath.mpf("0.9") * self.square[k] + mpmath.mpf("0.1") * g**2
            g = g / (mpmath.sqrt(self.square[k]) + small)
        self.velocity[k] = self.momentum * self.velocity[k] - self.rate * g
        if (
            self.nesterov
        ):  # Sutskever et al. (2013), in the variables at which the gradient is taken
            self.now[k] += self.momentum * self.velocity[k] - self.rate * g
        else:
            self.now[k] += self.velocity[k]

    def _by_sign(self, k, sign):
        """Igel and Huesken (2000), iRprop-."""
        if sign * self.before[k] > 0:
            self.size[k] = min(self.size[k] * mpmath.mpf("1.2"), 50)
        elif sign * self.before[k] < 0:
            self.size[k], sign = max(self.size[k] / 2, mpmath.mpf("1e-15")), 0
        self.now[k] -= sign * self.size[k]
        self.before[k] = sign


@pytest.mark.each_third
@pytest.mark.parametrize(("rule", "shifts"), [(rule, s) for rule in RULES for s in (3.0, 2000.0)])
@pytest.mark.parametrize("count", [1, 3])
def test_steps_are_those_of_a_naive_descent_in_50_digits(count, rule, shifts):
    """With clipping, momentum and penalties; also beyond the range of doubles."""
    number, _, (_, clip, *_) = rule
    if number != SIGN and clip in (0.0, NO):
        shifts = min(shifts, 3.0)  # an unclipped step beyond doubles fails, by the test below
    size = 8
    given, *more = (arrays(count, size, shifts, seed) for seed in range(6))
    counts, mine = steps(interpret, rule, given, more)
    assert counts == [size] * 6
    with mpmath.workdps(50):
        for i in range(size):
            descent = Descent(rule, given["now"][:, i])
            for each in (given, *more):
                norm, clipped = descent.step(each["value"][:, i], each["shift"][:, i])
            for k in range(count):
                assert mine["now"][k, i] == pytest.approx(
                    float(descent.now[k]), rel=1e-11, abs=1e-11
                )
            assert mine["report"][CLIPPED, i] == clipped
            assert mine["report"][LOSS, i] == each["loss"][i]
            told = mine["report"][NORM, i]
            if mpmath.mpf(1e-300) < norm < mpmath.mpf(1e300):
                # shift is a double near 2,000: e**shift has a relative error of about 1e-13.
                assert told == pytest.approx(float(norm), rel=1e-11)
            elif norm > mpmath.mpf(2) ** 1024:
                assert told == math.inf


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"loss": math.nan}, NOT_REACHED),
        ({"loss": math.inf}, NOT_REACHED),
        ({"value": math.nan}, NOT_FINITE),
        ({"shift": 2000.0}, NOT_FINITE),
        ({"now": 1e100, "shift": 500.0}, GONE),
    ],
)
def test_a_step_that_fails_says_why_and_changes_nothing(change, status):
    """Nothing of the parameters, nor of other neurons."""
    ones = {"loss": 1.0, "value": 2.0, "shift": 0.0, "now": 0.25}
    rows = {name: np.array([change.get(name, one), one]) for name, one in ones.items()}
    now, state, told = np.array([rows["now"]]), np.zeros(2, np.int64), np.zeros((FIRST + 2, 2))
    settings = np.repeat(np.array([[0.5, NO, NO, 0.0, 0.0, 0.0]]).T, 2, axis=1)
    going_on = interpret(
        take_step, GRADIENT, False, -1, -1, False, settings, rows["loss"], rows["loss"].copy(),
        np.array([rows["value"]]), np.array([rows["shift"]]), now, np.zeros((EACH + MORE, 2)),
        state, told,
    )  # fmt: skip
    assert going_on == 1
    assert state.tolist() == [status, DONE]
    # 0.25 - 0.5 * 2 of the other neuron, and the first where it was.
    assert now.tolist() == [[rows["now"][0], -0.75]]


def test_a_step_of_the_map_stays_in_its_range():
    """Any change of epsilon ends from 1e-100 to 1."""
    now, status, told = np.array([[0.5, 0.5]]), np.zeros(2, np.int64), np.zeros((FIRST + 2, 2))
    settings = np.repeat(np.array([[1.0, NO, NO, 0.0, 0.0, 0.0]]).T, 2, axis=1)
    interpret(
        take_step, GRADIENT, False, -1, 0, False, settings, np.ones(2), np.ones(2),
        np.array([[1e200, -1e200]]), np.zeros((1, 2)), now, np.zeros((EACH + MORE, 2)), status,
        told,
    )  # fmt: skip
    assert (now.tolist(), status.tolist()) == ([[1e-100, 1.0]], [DONE, DONE])
