"""Second derivatives of x(T), against Taylor series and recursions in mpmath's numbers."""

import math
import pathlib

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
import second_oracle
from doya.kernels.machinery import running

REFERENCE = pathlib.Path(__file__).parent / "references" / "second_derivatives.npz"
FLOW = doya.NeuronODE(5.0, -2.3)
# By the variational equations in 40 digits, at the decimals.
KNOWN = {
    ("b", "b"): -4.67079405524502377,
    ("w", "w"): -1.42387699723075568,
    ("x0", "x0"): -10.3606783626707951,
    ("b", "w"): -2.56999401354731095,
    ("b", "x0"): -6.6706971105828104,
}
OF_THE_MAP = {
    ("b", "b"): -0.428158985292445775,
    ("w", "w"): -0.299320904812312548,
    ("x0", "x0"): -0.000318393057594585937,
    ("b", "w"): -0.358949301761563563,
}


def test_the_flow_has_the_known_second_derivatives():
    """Of one neuron; both orders of a pair; first derivatives keep their bits."""
    found = doya.sensitivity(FLOW, 0.5, 5.0, order=2)
    for (p, q), value in KNOWN.items():
        assert found.second[p, q] == pytest.approx(value, rel=2e-14)
        assert found.second[q, p] == found.second[p, q]
        assert found.second_sign[p, q] == -1.0
        assert found.second_log10_abs[q, p] == pytest.approx(math.log10(-value), abs=1e-14)
    first = doya.sensitivity(FLOW, 0.5, 5.0)
    assert all(found.derivative[name] == first.derivative[name] for name in first.derivative)
    assert first.second == first.second_sign == first.second_log10_abs == {}


def test_the_map_has_the_known_second_derivatives():
    found = doya.sensitivity(doya.NeuronMap(5.0, -2.3), 0.5, 20, order=2)
    for pair, value in OF_THE_MAP.items():
        assert found.second[pair] == pytest.approx(value, rel=1e-14)


def test_with_respect_to_x0_the_second_derivative_is_a_closed_form():
    """(f1/f0)**2 (f1' - f0') / f1 by mpmath, for the states at T of the library."""
    for b, x0, time in ((-2.3, 0.1, 20.0), (-2.7, 0.9, 3.0), (-2.5, 0.51, 30.0)):
        neuron = FLOW.replace(b=b)
        x = float(doya.final_state(neuron, x0, time))
        f0, f1 = (mpf(5) * 0 + second_rate(b, each) for each in (x0, x))
        slopes = [second_slope(b, each) for each in (x0, x)]
        exact = f1 / f0**2 * (slopes[1] - slopes[0])
        found = doya.sensitivity(neuron, x0, time, "x0", order=2).second["x0", "x0"]
        assert found == pytest.approx(float(exact), rel=1e-10)


def second_rate(b, x):
    return 1 / (1 + mp.exp(-(5 * mpf(x) + mpf(b)))) - mpf(x)


def second_slope(b, x):
    s = 1 / (1 + mp.exp(-(5 * mpf(x) + mpf(b))))
    return 5 * s * (1 - s) - 1


def test_on_the_wall_bb_vanishes_and_the_mixed_ones_explode():
    """The issue's value at T = 10; at T = 10**6 (t - 4) e**(t/4) / 4."""
    found = doya.sensitivity(doya.NeuronODE(5.0, -2.5), 0.5, [10.0, 1e6], order=2)
    assert found.second["b", "b"].tolist() == [0.0, 0.0]
    assert found.second["x0", "x0"].tolist() == [0.0, 0.0]
    for pair in (("w", "w"), ("b", "w")):
        assert found.second[pair][0] == pytest.approx(19.2737409410552102, rel=1e-14)
        assert found.second[pair][1] == math.inf
        with mp.workdps(30):
            exact = mp.log10((mpf(10) ** 6 - 4) / 4) + mpf(10) ** 6 / 4 / mp.log(10)
        assert found.second_log10_abs[pair][1] == pytest.approx(float(exact), rel=1e-15)
    assert found.second_log10_abs["b", "b"].tolist() == [-math.inf, -math.inf]


def test_beside_the_wall_they_grow_as_the_square_of_the_gradient():
    """On the unstable equilibrium of b = -2.45, from T = 60 to 80: e**(2 l T)."""
    _, middle, _ = doya.equilibria(doya.NeuronODE(5.0, -2.45)).x
    found = doya.sensitivity(doya.NeuronODE(5.0, -2.45), float(middle), [60.0, 80.0], order=2)
    rate = float(doya.NeuronODE(5.0, -2.45).eigenvalue(middle))
    slope = np.diff(found.second_log10_abs["b", "b"])[0] * math.log(10.0)
    assert slope == pytest.approx(2.0 * rate * 20.0, rel=1e-3)


def test_settled_on_an_attractor_they_are_those_of_the_equilibrium():
    """d2x*/db2 = -w x(1-x)(1-2x) / ... by differences of 60-digit roots; 0 for x0."""
    found = doya.sensitivity(FLOW, 0.5, math.inf, order=2)
    step = mpf(10) ** -15
    with mp.workdps(60):
        roots = [root(5, mpf(-2.3) + k * step) for k in (-1, 0, 1)]
        exact = (roots[0] - 2 * roots[1] + roots[2]) / step**2
    assert found.second["b", "b"] == pytest.approx(float(exact), rel=1e-13)
    assert found.second["x0", "x0"] == found.second["x0", "b"] == 0.0


def root(w, b):
    """The largest equilibrium, by Newton's method."""
    z = w + b
    for _ in range(12):
        x = 1 / (1 + mp.exp(-z))
        z -= (z - w * x - b) / (1 - w * x * (1 - x))
    return 1 / (1 + mp.exp(-z))


@pytest.mark.long
def test_pieces_of_an_input_are_joined_by_the_chain_rule():
    """Under two pulses, against Taylor series in 36 digits."""
    pieces = [(1.0, 0.0), (2.0, 0.5), (1.0, 0.0), (2.0, -3.0), (1.0, 0.0)]
    u = doya.Pulses([(1.0, 3.0, 0.5), (4.0, 6.0, -3.0)])
    _, _, exact = second_oracle.flow(5.0, -2.3, 0.5, pieces, digits=17)
    found = doya.sensitivity(FLOW, 0.5, 7.0, u=u, order=2)
    for pair, value in exact.items():
        assert found.second[pair] == pytest.approx(float(value), rel=1e-13)
    by_steps = doya.sensitivity(FLOW, 0.5, 7.0, u=u, order=2, method="dop853")
    for pair, value in exact.items():
        assert by_steps.second[pair] == pytest.approx(float(value), rel=1e-10)


def test_a_function_of_time_goes_by_steps():
    """Against the same input as a Table; and a single one that fails raises."""
    table = doya.Table([0.0, 1.0], [0.0, 0.2])
    exact = doya.sensitivity(FLOW, 0.5, 3.0, u=table, order=2).second
    found = doya.sensitivity(FLOW, 0.5, 3.0, u=lambda t: 0.2 * (t >= 1.0), order=2).second
    for pair, value in exact.items():
        assert found[pair] == pytest.approx(float(value), rel=1e-8)


@pytest.mark.parametrize("epsilon", [1.0, 0.3])
def test_a_driven_map_has_them_for_epsilon_too(epsilon):
    """Against the recursion in 60 digits, also in an ensemble of ends."""
    drives = [0.0, 0.0, 0.3, 0.3, -0.1, -0.1, -0.1]
    u = doya.Table([0.0, 2.0, 4.0], [0.0, 0.3, -0.1])
    neuron = doya.NeuronMap(-6.0, 2.0, epsilon=epsilon)
    names = ("x0", "b", "w", "epsilon")
    found = doya.sensitivity(neuron, 0.3, [0, 1, 7], names, u, order=2)
    with mp.workdps(60):
        for k, steps in enumerate((0, 1, 7)):
            _, _, exact = second_oracle.iterate(-6.0, 2.0, epsilon, 0.3, drives[:steps])
            for pair, value in exact.items():
                assert found.second[pair][k] == pytest.approx(float(value), rel=1e-12, abs=1e-14)


@pytest.mark.long
def test_those_of_the_map_leave_the_range_of_doubles_both_ways():
    """1,000 steps: vanished at w = 5, exploded on the wall at w = 40; logarithms in 30 digits."""
    for w, b, x0 in ((5.0, -2.3, 0.5), (40.0, -20.0, 0.5)):
        found = doya.sensitivity(doya.NeuronMap(w, b), x0, 1000, order=2)
        with mp.workdps(30):
            _, _, exact = second_oracle.iterate(w, b, 1.0, x0, [0] * 1000)
            for pair in (("x0", "w"), ("x0", "x0"), ("w", "w")):
                log = mp.log10(abs(exact[pair])) if exact[pair] else -mp.inf
                assert found.second_log10_abs[pair] == pytest.approx(float(log), rel=1e-12)


def test_random_second_derivatives_are_exact_relative_to_their_conditioning():
    """300 cases, half beside walls, of references/second_derivatives.py."""
    data = np.load(REFERENCE)
    assert data["kind"].size == 300
    worst = 0.0
    for kind in (0, 1, 2):
        for k in np.flatnonzero(data["kind"] == kind):
            w, b, x0, time = (float(data[name][k]) for name in ("w", "b", "x0", "T"))
            neuron = doya.NeuronODE(w, b)
            if kind == 2:
                neuron = doya.NeuronMap(w, b, epsilon=float(data["epsilon"][k]))
            pair = tuple(str(name) for name in data["pair"][k])
            u = doya.Pulses([data["pulse"][k]]) if kind == 1 else None
            found = doya.sensitivity(neuron, x0, time, dict.fromkeys(pair), u, order=2)
            error = abs(float(found.second[pair]) - data["second"][k])
            size = data["condition"][k]
            worst = max(worst, error / size if size else error)
    assert worst < 1e-11


def test_the_largest_curvature_of_the_loss_is_that_of_the_issue():
    """2 s**2 + 2 (x - y) S at the places where it is largest, in 40 digits; T = 10 and 20."""
    for b, time, exact in (
        (-2.49344489, 10.0, 341.881599433),
        (-2.499508060106, 20.0, 60953.4764835),
    ):
        found = doya.sensitivity(FLOW.replace(b=b), 0.5, time, "b", order=2)
        slope, bend = found.derivative["b"], found.second["b", "b"]
        curvature = 2.0 * slope**2 + 2.0 * (found.x - 0.855) * bend
        assert abs(curvature) == pytest.approx(exact, rel=1e-9)


def test_large_weights_and_tails_keep_their_second_derivatives():
    """w = 40, -40 and b = -60 against Taylor series; w = 0 in closed form."""
    for w, b, x0, time in (
        (40.0, -20.0, 0.49, 0.5),
        (-40.0, 20.0, 0.9, 0.3),
        (5.0, -60.0, 0.9, 2.0),
    ):
        _, _, exact = second_oracle.flow(w, b, x0, [(time, 0.0)], digits=17)
        found = doya.sensitivity(doya.NeuronODE(w, b), x0, time, order=2)
        for pair, value in exact.items():
            size = float(max(abs(value), mpf(10) ** -200))
            assert abs(found.second[pair] - float(value)) <= 1e-11 * size, (w, pair)
    found = doya.sensitivity(doya.NeuronODE(0.0, 1.0), 0.2, 2.0, order=2)
    s = 1.0 / (1.0 + math.exp(-1.0))
    turn = s * (1.0 - s) * (1.0 - 2.0 * s)
    assert found.second["b", "b"] == pytest.approx(turn * (1.0 - math.exp(-2.0)), rel=1e-13)
    assert found.second["x0", "x0"] == 0.0


@pytest.mark.machine_code
def test_machine_code_gives_the_bits_of_the_interpreter():
    rng = np.random.default_rng(1)
    w, x0 = rng.uniform(-10.0, 12.0, 40), rng.uniform(0.0, 1.0, 40)
    b = -0.5 * w + rng.normal(size=40)
    answers = []
    for way in (running.interpret, running.as_machine_code):
        with running.always(way):
            flows = doya.sensitivity(doya.NeuronODE(w, b), x0, 12.0, order=2).second
            maps = doya.sensitivity(doya.NeuronMap(w, b, epsilon=0.6), x0, 50, order=2).second
            answers.append([*flows.values(), *maps.values()])
    for one, other in zip(*answers, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"order": 3}, "order must be 1 or 2"),
        ({"wrt": "u"}, "order must be 1 for wrt = 'u'"),
        ({"t_end": 10**8}, "t_end must be at most 10000000 for order = 2"),
    ],
)
def test_wrong_arguments_are_named(change, words):
    arguments = {"neuron": doya.NeuronMap(), "x0": 0.1, "t_end": 3, "order": 2} | change
    with pytest.raises(doya.ArgumentError, match=words):
        doya.sensitivity(**arguments)
