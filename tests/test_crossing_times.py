"""Times at which a level is crossed, against quadratures in 50 digits and naive loops."""

import itertools
import math

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
from crossing_oracle import crossing, rate
from doya.kernels.machinery import running

PULSES = doya.Pulses([(5.0, 8.0, 0.5), (25.0, 28.0, -0.5)])


def test_the_time_and_its_derivatives_are_those_of_the_issue():
    """By quadrature of dx/f in 40 digits at the decimals w, b and x0."""
    found = doya.crossing_time(doya.NeuronODE(5.0, -2.3), 0.1, 0.5)
    assert found.t == pytest.approx(23.5368608747849815, rel=4e-15)
    assert found.derivative["b"] == pytest.approx(-351.154602698824168, rel=1e-12)
    assert found.derivative["w"] == pytest.approx(-99.4271807343212419, rel=1e-12)
    first, last = (float(rate(mpf(5), mpf(-2.3), mpf(x))) for x in (0.1, 0.5))
    assert found.derivative["x0"] == pytest.approx(-1.0 / first, rel=1e-14)
    assert found.derivative["level"] == pytest.approx(1.0 / last, rel=1e-14)
    assert found.status == 0
    assert "crosses" in found.message


def cases(seed, count):
    """Neurons, starts and levels: also beside folds, equilibria and each other."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        w = rng.choice([8.0 * rng.normal(), rng.uniform(4.0, 12.0), 10.0 ** rng.uniform(0, 6)])
        b = -0.5 * w + rng.normal() * max(1.0, 0.25 * abs(w))
        neuron = doya.NeuronODE(float(w), float(b))
        if w > 4.5 and rng.random() < 0.3:
            folds = [each.value for each in doya.bifurcation_points(neuron) if each.kind == "LP"]
            away = rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(-12, -2)
            neuron = neuron.replace(b=float(rng.choice(folds) + away))
        roots = doya.equilibria(neuron).x
        x0, level = rng.uniform(-0.2, 1.2, 2)
        beside = 1.0 + rng.choice([-1.0, 1.0], 3) * 10.0 ** rng.uniform(-16, -1, 3)
        if rng.random() < 0.3:
            x0 = rng.choice(roots) * beside[0]
        if rng.random() < 0.4:
            level = rng.choice(roots) * beside[1]
        elif rng.random() < 0.2:
            level = x0 * beside[2]
        yield float(neuron.w), float(neuron.b), float(x0), float(level)


def test_random_times_are_exact_to_rounding():
    """Against quadratures in 50 digits, relative to the condition numbers; 40 cases."""
    known = list(cases(5, 40))
    w, b, x0, level = np.array(known).T
    found = doya.crossing_time(doya.NeuronODE(w, b), x0, level)
    reached = 0
    for k, case in enumerate(known):
        time, by_b, by_w = crossing(*case)
        assert (found.t[k] == math.inf) == (time == mp.inf), case
        if time in (0, mp.inf):
            continue
        reached += 1
        with mp.workdps(50):
            speeds = [rate(*map(mpf, (*case[:2], x))) for x in case[2:]]
            weights = [mpf(x) / f for x, f in zip(case[2:], speeds, strict=True)]
        size = max(map(abs, (time, *weights, case[1] * by_b, case[0] * by_w)))
        assert abs(found.t[k] - time) <= 1e-15 * size, case
        # How by_b and by_w react to roundings of x0 and of the level.
        steep = max(abs(weight / time) for weight in weights) + 1
        assert found.derivative["b"][k] == pytest.approx(float(by_b), rel=float(1e-13 * steep**2))
        assert found.derivative["w"][k] == pytest.approx(float(by_w), rel=float(1e-13 * steep**2))
    assert reached >= 10


def test_extremes_of_the_issue_have_exact_times():
    """Ghosts at 1e-12 from a fold, w = 1e6, b = 700 and -700, against 50 digits."""
    fold = doya.bifurcation_points(doya.NeuronODE(5.0))[0].value
    known = [
        (5.0, fold + 1e-12, 0.1, 0.6),
        (5.0, fold + 1e-12, 0.1, 0.27639320225002),
        (1e6, -5e5, 0.49999, 0.1),
        (1e6, -5e5, 0.50001, 0.999),
        (5.0, 700.0, -0.5, 0.9999999),
        (5.0, -700.0, 0.9, 1e-9),
    ]
    for case in known:
        time, by_b, _ = crossing(*case, digits=17)
        found = doya.crossing_time(doya.NeuronODE(*case[:2]), *case[2:])
        size = float(max(abs(time), abs(case[1] * by_b)))
        assert float(found.t) == pytest.approx(float(time), abs=2e-15 * size)


def test_a_start_on_the_level_has_the_time_zero():
    """With the derivatives for levels ahead of it; NaN where the state rests."""
    neuron = doya.NeuronODE(5.0, [-2.3, -2.5])
    found = doya.crossing_time(neuron, 0.5, 0.5)
    assert found.t.tolist() == [0.0, 0.0]
    assert found.status.tolist() == [0, 0]
    slope = 1.0 / float(rate(mpf(5), mpf(-2.3), mpf(0.5)))
    assert found.derivative["level"][0] == pytest.approx(slope, rel=1e-14)
    assert found.derivative["x0"][0] == -found.derivative["level"][0]
    assert found.derivative["b"][0] == found.derivative["w"][0] == 0.0
    assert all(np.isnan(values[1]) for values in found.derivative.values())


def test_a_level_at_or_beyond_an_equilibrium_is_never_crossed():
    """Infinite times, NaN derivatives, a status with a remedy; on both sides."""
    neuron = doya.NeuronODE(5.0, -2.5)
    low, middle, high = doya.equilibria(neuron).x
    levels = [low, middle, high, 0.35, 2.0]
    found = doya.crossing_time(neuron, 0.4, levels)
    assert np.isinf(found.t).tolist() == [True, True, True, False, True]
    assert np.isnan(found.derivative["b"]).tolist() == [True, True, True, False, True]
    assert found.status.tolist() == [2, 2, 2, 0, 2]
    assert "input" in found.message[0]
    assert doya.crossing_time(neuron, 0.4, 0.6).t == math.inf


def test_the_state_at_the_time_is_the_level():
    """Through the pieces of an input, large ones too, by final_state; and the derivatives."""
    neuron = doya.NeuronODE(5.0, -2.5)
    inputs = {
        "pulses": (PULSES, [0.2, 0.5, 0.9, 0.1]),
        "constant": (0.3, [0.2, 0.5, 0.9, 0.1]),
        "large": (doya.Pulses([(1.0, 2.0, 40.0), (3.0, 4.0, -1e4)]), [0.5, 2.0, 24.0, -1000.0]),
        "table": (doya.Table([0.0, 1.0], [[0.0, 0.2]] * 4), [0.2, 0.5, 0.9, 0.1449]),
    }
    for u, levels in inputs.values():
        found = doya.crossing_time(neuron, 0.145, levels, u)
        for level, time, *slopes in zip(levels, found.t, *found.derivative.values(), strict=True):
            if time == math.inf:
                continue
            one = doya.Table(u.time, u.value[0]) if isinstance(u, doya.Table) else u
            assert doya.final_state(neuron, 0.145, time, one) == pytest.approx(level, rel=1e-13)
            moved = doya.sensitivity(neuron, 0.145, time, u=one).derivative
            by_x0, by_level, by_b, by_w = slopes
            for name, slope in (("x0", by_x0), ("b", by_b), ("w", by_w)):
                assert slope == pytest.approx(-moved[name] * by_level, rel=1e-12)
    assert doya.crossing_time(neuron, 0.145, 0.5, PULSES).t == pytest.approx(5.740524463, abs=1e-8)


def test_an_input_that_ends_before_the_level_carries_the_state_back():
    """A short pulse, then none: never; and the next pulse counts from where the state is."""
    neuron = doya.NeuronODE(5.0, -2.5)
    short, again = (5.0, 5.3, 0.5), (6.0, 9.0, 0.5)
    assert doya.crossing_time(neuron, 0.145, 0.5, doya.Pulses([short])).t == math.inf
    both = doya.crossing_time(neuron, 0.145, 0.5, doya.Pulses([short, again])).t
    alone = doya.crossing_time(neuron, 0.145, 0.5, doya.Pulses([again])).t
    assert 6.0 < both < alone < 9.0


def naive_steps(w, b, epsilon, x, level, drive, most):
    """The first step at or beyond the level."""
    below = x < level
    for n in range(most):
        if x == level or (x > level) == below:
            return n
        u = drive[min(n, len(drive) - 1)]
        x = (1 - epsilon) * x + epsilon * (1 / (1 + math.exp(-(w * x + b))) + u)
    return math.inf


def test_the_map_counts_its_steps():
    """Against a loop in plain Python: settling, swinging and chaotic maps, and inputs."""
    rng = np.random.default_rng(3)
    for w, b, epsilon in itertools.product((5.0, -6.0, -80.0), (-2.3, 3.0, 10.0), (1.0, 0.5, 0.2)):
        x0, level = rng.uniform(0.0, 1.0, 2)
        neuron = doya.NeuronMap(w, b, epsilon=epsilon)
        drive = [*rng.normal(0.0, 0.2, 9), 0.0]
        u = doya.Table(np.arange(10.0), drive)
        for given, values in ((None, [0.0]), (u, drive)):
            found = doya.crossing_time(neuron, [x0], level, given, max_steps=1000)
            steps = naive_steps(w, b, epsilon, x0, level, values, 1000)
            assert found.t == steps or (steps == math.inf and found.status > 0)
            assert found.derivative == {}


def test_an_array_with_one_value_per_step_ends_the_search_of_the_map():
    """0.1449 + 0.2 a step reaches 0.4 in the second step; 0.9 never in two."""
    neuron = doya.NeuronMap(5.0, -2.5)
    found = doya.crossing_time(neuron, 0.1449, [0.4, 0.9], [0.2, 0.2])
    assert found.t.tolist() == [2.0, math.inf]
    assert found.status.tolist() == [0, 2]


def test_a_chaotic_map_that_does_not_reach_the_level_gives_up():
    """A single one raises; in an ensemble the status shows it."""
    neuron = doya.NeuronMap(-80.0, 10.0, epsilon=0.5)
    with pytest.raises(doya.ConvergenceError, match="max_steps"):
        doya.crossing_time(neuron, 0.3, 5.0, max_steps=100)
    with pytest.raises(doya.ConvergenceError):  # a number is the input of every step
        doya.crossing_time(neuron, 0.3, 5.0, 0.0, max_steps=100)
    found = doya.crossing_time(neuron, [0.3, 0.3], [5.0, 0.4], max_steps=100)
    assert found.status.tolist() == [1, 0]
    assert np.isnan(found.t[0])


@pytest.mark.machine_code
def test_machine_code_gives_the_bits_of_the_interpreter():
    """The flow with and without inputs, and the map."""
    w, b, x0, level = np.array(list(cases(9, 60))).T
    maps = doya.NeuronMap(-np.abs(w), b, epsilon=0.5)
    answers = []
    for way in (running.interpret, running.as_machine_code):
        with running.always(way):
            found = [
                doya.crossing_time(doya.NeuronODE(w, b), x0, level, u)
                for u in (None, 0.4, doya.Pulses([(1.0, 2.0, 10.0)]))
            ]
            steps = doya.crossing_time(maps, x0, level, max_steps=500).t
            answers.append([each.t for each in found] + [each.derivative["b"] for each in found])
            answers[-1].append(steps)
    for one, other in zip(*answers, strict=True):
        assert np.array_equal(one, other, equal_nan=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"u": math.sin}, "u must not be a function"),
        ({"level": math.nan}, "level must be finite"),
        ({"x0": [0.1, 0.2], "level": [0.1, 0.2, 0.3]}, "x0 must broadcast"),
        ({"max_steps": 5}, "max_steps is for the map only"),
        ({"u": doya.Table([0.0, 1.0], [0.0, math.nan])}, "u must be finite"),
    ],
)
def test_wrong_arguments_are_named(change, words):
    with pytest.raises(doya.ArgumentError, match=words):
        doya.crossing_time(**{"neuron": doya.NeuronODE(), "x0": 0.1, "level": 0.3} | change)
