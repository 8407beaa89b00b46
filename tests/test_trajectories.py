import math
import pathlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

import doya
import flow_oracle
import oracles
from doya.kernels.machinery import running
from strategies import biases, epsilons, folding_weights, weights

REFERENCE = pathlib.Path(__file__).parent / "references" / "flow.npz"


@pytest.fixture(scope="module")
def reference():
    with np.load(REFERENCE) as data:
        return dict(data)


def condition(reference):
    """The largest of 1 and the derivatives of x(T) by x0, b and w."""
    names = ("by_x0", "by_b", "by_w")
    return np.maximum.reduce([np.ones_like(reference["w"]), *(abs(reference[n]) for n in names)])


def test_the_flow_at_500_random_cases_is_exact_to_rounding(reference):
    """Within 1e-14 times the condition number of the 30-digit states, walls and ghosts included."""
    neuron = doya.NeuronODE(reference["w"], reference["b"])
    x = doya.final_state(neuron, reference["x0"], reference["T"])
    error = np.abs((x - reference["hi"]) - reference["lo"])
    assert np.max(error / condition(reference)) <= 1e-14


def test_the_flow_reference_is_what_its_oracle_computes(reference):
    """Ten of its cheaper cases again."""
    cheap = np.flatnonzero(reference["seconds"] < 0.05)
    for i in np.random.default_rng(10).choice(cheap, 10, replace=False):
        w, b, x0, end, hi, lo = (reference[name][i] for name in ("w", "b", "x0", "T", "hi", "lo"))
        truth = flow_oracle.final_state(w, b, x0, end)
        assert abs(mpf(hi) + mpf(lo) - truth) <= mpf(10) ** -25 * abs(truth)


@pytest.mark.parametrize(
    ("b", "x"),
    [
        (-2.3, 0.89357219029356485959),
        (-2.7, 0.1064278097064351817),
        (-2.45, 0.80025831685849358125),
    ],
)
def test_published_states_at_10(b, x):
    """w = 5, x0 = 1/2, either side of the wall, by `flow_oracle`; b is rounded to a double."""
    neuron = doya.NeuronODE(5.0, b)
    assert doya.final_state(neuron, 0.5, 10.0) == pytest.approx(x, abs=1e-15)


@given(w=weights, b=biases, x0=st.floats(-2.0, 3.0), end=st.floats(0.0, 1e6))
def test_the_flow_moves_towards_its_attractor_and_never_past_it(w, b, x0, end):
    """x(T) lies between x0 and x(infinity), an equilibrium, for any neuron."""
    neuron = doya.NeuronODE(w, b)
    x = float(doya.final_state(neuron, x0, end))
    limit = float(doya.final_state(neuron, x0, math.inf))
    assert limit in doya.equilibria(neuron).x
    low, high = sorted((x0, limit))
    assert low - 1e-15 <= x <= high + 1e-15


@given(
    w=st.floats(-50.0, 50.0),
    b=st.floats(-40.0, 40.0),
    x0=st.floats(-1.0, 2.0),
    one=st.floats(0.0, 20.0),
    other=st.floats(0.0, 20.0),
)
def test_going_on_from_where_it_was_is_going_all_the_way(w, b, x0, one, other):
    """x(s + t; x0) = x(t; x(s; x0)), to the rounding of the halfway state."""
    neuron = doya.NeuronODE(w, b)
    halfway = doya.final_state(neuron, x0, one)
    twice = doya.final_state(neuron, halfway, other)
    once = doya.final_state(neuron, x0, one + other)
    nudged = doya.final_state(neuron, halfway * (1.0 + 1e-13) + 1e-13, other)
    assert abs(twice - once) <= 1e-14 + 3.0 * abs(nudged - twice)


@given(w=folding_weights, side=st.sampled_from([-1, 1]), ulps=st.integers(1, 3))
def test_beside_the_unstable_equilibrium_it_takes_its_time(w, side, ulps):
    """A start a few ulp off leaves at the rate of the eigenvalue, and on it stays for ever."""
    neuron = doya.NeuronODE(w, -0.5 * w)
    assert doya.final_state(neuron, 0.5, math.inf) == 0.5
    found = doya.equilibria(neuron)
    x0 = 0.5 + side * ulps * 2.0**-52
    assert doya.final_state(neuron, x0, math.inf) == found.x[1 + side]
    halfway = math.log(1e6) / found.eigenvalue[1]
    assert doya.final_state(neuron, x0, halfway) - 0.5 == pytest.approx((x0 - 0.5) * 1e6, rel=1e-4)


@pytest.mark.parametrize(
    ("x0", "end", "x"),
    [
        (0.0, 37.5, 0.144794043390886394639),
        (0.0, 40.0, 0.1447940832236768864355),
        (0.51, 50.0, 0.855205672245827077284),
    ],
)
def test_the_last_of_the_way_is_exact(x0, end, x):
    """1e-7 before the attractor, w = 5, b = -2.5, by `flow_oracle`."""
    assert doya.final_state(doya.NeuronODE(5.0, -2.5), x0, end) == pytest.approx(
        x, rel=4e-16, abs=0.0
    )


@pytest.mark.parametrize("time", [1e-12, 4e-9, 1e-6, 4e-3])
def test_the_first_moment_is_exact(time):
    """From x = 0, w = 5, b = -2.5, where x is nearly t sigma(b): by `flow_oracle`."""
    exact = flow_oracle.final_state(5.0, -2.5, 0.0, time)
    found = doya.final_state(doya.NeuronODE(5.0, -2.5), 0.0, time)
    assert abs(found / exact - 1) < 1e-15


def test_a_pair_merged_in_a_fold_attracts_from_one_side_only():
    """From inside the fold's side the state creeps to it like 1/t; from beyond it leaves."""
    upper, _ = doya.bifurcation_points(doya.NeuronODE(5.0))
    neuron = doya.NeuronODE(5.0, upper.value)
    low, high = doya.equilibria(neuron).x
    assert doya.final_state(neuron, low - 0.1, math.inf) == low
    assert doya.final_state(neuron, low + 1e-6, math.inf) == high
    slow = low - doya.final_state(neuron, low - 0.1, [1e3, 1e6])
    assert slow * [1e3, 1e6] == pytest.approx([1.0 / upper.coefficient] * 2, rel=2e-2)


@pytest.mark.parametrize(
    ("w", "b", "x0", "end", "x"),
    [
        (0.0, 1.0, 0.25, 2.0, 0.7310585786300049 + (0.25 - 0.7310585786300049) * math.exp(-2.0)),
        (5.0, -2.5, 0.3, 0.0, 0.3),
        (5.0, -700.0, 0.5, 3.0, 0.5 * math.exp(-3.0)),
        (5.0, 700.0, 0.0, 3.0, 1.0 - math.exp(-3.0)),
        (1e6, -5e5, 0.6, 3.0, 1.0 - 0.4 * math.exp(-3.0)),
        (0.0, 0.3, 1e6, 1.0, 0.574442516811659 + (1e6 - 0.574442516811659) * math.exp(-1.0)),
        (-1e6, 5e5, 0.9, 1e3, 0.5),
        (200.0, -100.0, 0.5 + 1e-13, 0.5, None),
        (1e-12, 0.3, 0.9, 1.0, None),
    ],
)
def test_extremes_of_the_flow(w, b, x0, end, x):
    """No coupling, no time, far tails, steep and weak neurons, far starts.

    Without coupling x = s + (x0 - s) e**-T, s = sigma(b): sigma(1) = 0.7310585786300049 and
    sigma(0.3) = 0.574442516811659, in 40-digit arithmetic.
    """
    if x is None:
        x = float(flow_oracle.final_state(w, b, x0, end))
    found = doya.final_state(doya.NeuronODE(w, b), x0, end)
    assert found == pytest.approx(x, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize(
    ("w", "b", "x0", "end"),
    [
        # Roots or complex zeros that hide behind the target, seen from a tail.
        (7.0373031448755805, -2.7819310540945983, -9.97334935383707, 6.091859743726929),
        (5.720884661610821, -2.5239563351703644, -1.0, 20.0),
        (3.613347869687659, -1.7629747765100525, 2.432325492130226, 0.512912942530337),
        (4.0, 1.0, -0.672, 0.1),
        # A moment beside the cusp, where the integral to the target is huge.
        (3.999988372116205, -1.9999941860581025, 0.5005377515253133, 0.0594),
        (4.0, -2.0000000000050764, 0.5, 29.1),
        # Three roots close together, whose poles nearly cancel.
        (4.00344899839367, -2.0017333679058718, 4.552252709659524, 20.0),
        (4.147385266897413, -2.0730207950701716, -1.1149032150033882, 1.0),
        (4.0635065087758555, -2.0292829311888707, 0.1464464846362974, 10.134234163314877),
        (4.024613536330442, -2.012340986440231, 4.379618714260136, 15.76548799491651),
        # A ghost that is as slow as rounding can tell.
        (8.117010715022374, -2.951306418460535, 0.14390740433879232, 1.45),
        # Down the middle of the steep part.
        (-49.0, 2.0, 1.0, 1.0),
        # A moment so short that the state has hardly left 0.
        (4.0000000000000036, -2.5, 0.0, 1e-30),
        (0.004, -0.002, 0.0, 1e-10),
    ],
)
def test_the_flow_where_it_has_been_wrong(w, b, x0, end):
    """Each of these was off by 1e-13 to 1 once; now they are exact relative to x too."""
    exact = float(flow_oracle.final_state(w, b, x0, end))
    assert doya.final_state(doya.NeuronODE(w, b), x0, end) == pytest.approx(exact, rel=1e-14)


@pytest.mark.each_third
@pytest.mark.parametrize("over", [-1, 0, 1])
@pytest.mark.parametrize("x0", [-1.0, 0.0, 0.1, 0.9, 2.0])
def test_at_a_fold_and_one_ulp_beside_it_every_start_finds_its_end(over, x0):
    """Interpreted and compiled: a ghost may be slower than rounding can tell."""
    for w in (4.5, 5.0, 6.2040594908273015, 10.0, 1e3, 1e10):
        for fold in doya.bifurcation_points(doya.NeuronODE(w)):
            b = math.nextafter(fold.value, over * math.inf) if over else fold.value
            neuron = doya.NeuronODE(w, b)
            x = doya.final_state(neuron, x0, [1.0, 1e6, math.inf])
            assert x[2] in doya.equilibria(neuron).x
            low, high = sorted((x0, x[2]))
            assert ((low - 1e-15 <= x) & (x <= high + 1e-15)).all()
            ensemble = doya.NeuronODE(w, np.full(2000, b))
            np.testing.assert_array_equal(doya.final_state(ensemble, x0, 1e6), x[1])


@given(
    w=st.floats(-60.0, 60.0),
    place=st.floats(-0.3, 1.3),
    beside=st.sampled_from([0.0, 1e-12, 1e-9, 1e-6, 1e-3]),
    x0=st.floats(-3.0, 3.0),
    end=st.floats(0.0, 60.0),
)
def test_the_flow_agrees_with_steps_wherever_folds_are(w, place, beside, x0, end):
    """With Dormand and Prince's, to their tolerance, in particular near folds and the cusp."""
    b = -w * place
    if w > 4.0 and beside:
        upper, lower = (point.value for point in doya.bifurcation_points(doya.NeuronODE(w)))
        b = upper - beside if place < 0.5 else lower + beside
    neuron = doya.NeuronODE(w, b)
    steps = doya.simulate(neuron, [x0, x0 + 1e-9], end, times=[end], method="dop853").x[:, 0]
    exact = doya.final_state(neuron, x0, end)
    assert abs(exact - steps[0]) <= 1e-10 + abs(steps[1] - steps[0])


def test_starts_beyond_all_resolution():
    """|w| near 1e100: the steep part is narrower than the numbers beside it."""
    assert doya.final_state(doya.NeuronODE(-1e100, 5e99), 0.49999999999999994, 1.0) == 0.5
    steep = doya.NeuronODE(-1.6375599400084124e95, 1.4704391809260074e94)
    x0 = 0.08979452568426005
    assert doya.final_state(steep, x0, 1.0) == pytest.approx(x0, rel=1e-15)


def naive_map(w, b, epsilon, x, steps, drive=0.0):
    """Step by step, in Python floats."""
    for _ in range(steps):
        z = w * x + b
        sigma = 1.0 / (1.0 + math.exp(-z)) if z > -700 else math.exp(z)
        x = (1.0 - epsilon) * x + epsilon * sigma + drive
    return x


@given(
    w=st.floats(-3.0, 3.0),
    b=st.floats(-50.0, 50.0),
    epsilon=epsilons,
    x0=st.floats(-2.0, 2.0),
    steps=st.integers(0, 300),
    u=st.floats(-1.0, 1.0),
)
def test_the_map_is_the_naive_loop(w, b, epsilon, x0, steps, u):
    """To rounding, where the map contracts and rounding does not grow."""
    neuron = doya.NeuronMap(w, b, epsilon=epsilon, input_weight=0.5)
    expected = naive_map(w, b, epsilon, x0, steps, epsilon * 0.5 * u)
    assert doya.final_state(neuron, x0, steps, u) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(
    w=st.floats(-60.0, 60.0),
    b=st.floats(-60.0, 60.0),
    epsilon=epsilons,
    steps=st.integers(0, 3000),
)
def test_stopping_the_map_early_changes_no_bit(w, b, epsilon, steps):
    """Fixed points and 2-cycles are recognised only when reached bit for bit."""
    neuron = doya.NeuronMap(w, b, epsilon=epsilon)
    x = [0.0, 0.3, 1.0]
    np.testing.assert_array_equal(
        doya.final_state(neuron, x, steps), doya.final_state(neuron, x, steps, early_stop=False)
    )


def test_the_map_at_epsilon_1_and_negative_w_settles_on_a_two_cycle():
    """Even and odd numbers of steps end on its two states."""
    neuron = doya.NeuronMap(w=-10.0, b=5.0)
    even, odd = doya.final_state(neuron, 0.3, [10**9, 10**9 + 1])
    assert neuron.step(even) == pytest.approx(odd, rel=1e-15)
    assert abs(even - odd) > 0.9


@pytest.mark.parametrize("dynamics", ["flow", "map"])
def test_the_same_bits_alone_in_an_ensemble_and_on_any_number_of_threads(dynamics, monkeypatch):
    """Interpreted or compiled, whatever is computed beside it."""
    rng = np.random.default_rng(3)
    w, b = rng.uniform(-20.0, 20.0, 40_000), rng.uniform(-12.0, 8.0, 40_000)
    if dynamics == "flow":
        neuron, end = doya.NeuronODE(w, b), 3.7
    else:
        neuron, end = doya.NeuronMap(w, b, epsilon=0.7), 37
    answers = []
    for threads in ("1", "2"):
        monkeypatch.setenv("DOYA_NUM_THREADS", threads)
        answers.append(doya.final_state(neuron, 0.4, end))
    np.testing.assert_array_equal(*answers)
    for i in range(0, w.size, 997):
        alone = type(neuron)(w[i], b[i], **({} if dynamics == "flow" else {"epsilon": 0.7}))
        with running.always(running.interpret):
            assert doya.final_state(alone, 0.4, end) == answers[0][i]


def test_a_constant_input_shifts_the_flow():
    """x - w' u obeys the neuron with b + w w' u."""
    neuron = doya.NeuronODE(5.0, -2.5, input_weight=0.5)
    shifted = doya.NeuronODE(5.0, -2.5 + 5.0 * 0.1)
    driven = doya.final_state(neuron, 0.3, 2.0, u=0.2)
    assert driven == pytest.approx(doya.final_state(shifted, 0.2, 2.0) + 0.1, abs=1e-15)


@pytest.mark.parametrize("u", [0.3, -0.7, doya.Pulses([(2.0, 3.0, 0.3)])])
def test_at_time_0_the_state_is_the_start_to_the_bit(u):
    """Whatever the input, alone or beside later times; x - w' u + w' u may differ from x."""
    x0 = np.linspace(0.0, 1.0, 11)
    neuron = doya.NeuronODE(5.0, -2.5)
    assert doya.final_state(neuron, x0, 0.0, u).tolist() == x0.tolist()
    ends = np.where(np.arange(11) % 2, 0.0, 4.0)
    assert doya.final_state(neuron, x0, ends, u)[1::2].tolist() == x0[1::2].tolist()
    path = doya.simulate(neuron, x0, 4.0, u, times=[0.0, 2.0, 2.0, 4.0]).x
    assert path[:, 0].tolist() == x0.tolist()
    assert path[:, 1].tolist() == path[:, 2].tolist()


def test_everything_broadcasts():
    neuron = doya.NeuronODE(w=[[2.0], [5.0]], b=[-3.0, -2.5, -1.0])
    x = doya.final_state(neuron, 0.5, np.array([0.0, 1.0, math.inf, 2.0])[:, None, None], u=0.1)
    assert x.shape == (4, 2, 3)
    one = doya.final_state(doya.NeuronODE(5.0, -1.0), 0.5, 2.0, u=0.1)
    assert x[3, 1, 2] == one
    assert (x[0] == 0.5).all()
    assert doya.final_state(neuron, np.empty((0, 2, 3)), 1.0).shape == (0, 2, 3)
    assert doya.final_state(neuron, 0.5, [[[2.0]]], u=0.1).tolist() == [x[3].tolist()]


@pytest.mark.parametrize(
    ("neuron", "arguments", "words"),
    [
        (doya.NeuronODE(), (math.nan, 1.0), "x0 must be finite"),
        (doya.NeuronODE(), (0.5, -1.0), "t_end must be a time from 0 to inf, got -1.0"),
        (doya.NeuronODE(), (0.5, math.nan), "t_end must be a time from 0 to inf, got nan"),
        (doya.NeuronODE(), (0.5, "soon"), "t_end must be a number"),
        (
            doya.NeuronMap(),
            (0.5, 1.5),
            r"t_end must be a whole number of steps, from 0 to 2\*\*53, got 1.5",
        ),
        (doya.NeuronMap(), (0.5, math.inf), "t_end must be a whole number of steps"),
        (doya.NeuronODE(), (0.5, 1.0, math.inf), "u must be finite"),
        (doya.NeuronODE(1e60), (0.5, 1.0, 1e60), "b . w w' u must be from -1e100"),
        (
            doya.NeuronODE([1.0, 2.0]),
            ([1.0, 2.0, 3.0], 1.0),
            r"of shape \(2,\) .*, got shapes x0 \(3,\)",
        ),
    ],
)
def test_wrong_arguments_are_named(neuron, arguments, words):
    with pytest.raises(ValueError, match=words):
        doya.final_state(neuron, *arguments)


def test_the_oracle_of_equilibria_is_the_limit_of_the_flow():
    """After a long time the state is the 40-digit equilibrium on its side of the boundary."""
    rng = np.random.default_rng(8)
    for _ in range(40):
        w, b, x0 = rng.uniform(-30, 30), rng.uniform(-25, 15), rng.uniform(0, 1)
        roots = [float(oracles.sigmoid(z)) for z in oracles.equilibria(w, b)]
        limit = roots[0] if len(roots) == 1 or x0 < roots[1] else roots[2]
        assert doya.final_state(doya.NeuronODE(w, b), x0, 1e9) == pytest.approx(limit, rel=1e-13)


@pytest.mark.parametrize("early_stop", [False, True])
def test_maps_with_epsilon_1_have_the_same_bits_among_others(early_stop):
    """Without input they take fewer operations where a whole block is such; x0 may be negative."""
    rng = np.random.default_rng(6)
    w, b, x0 = rng.uniform(-30, 30, 300), rng.uniform(-20, 20, 300), rng.normal(0.0, 2.0, 300)
    alone = doya.final_state(doya.NeuronMap(w, b), x0, 101, early_stop=early_stop)
    columns = [np.repeat(each, 2) for each in (w, b, x0)]
    epsilon = np.tile([1.0, 0.5], 300)
    mixed = doya.NeuronMap(columns[0], columns[1], epsilon=epsilon)
    among = doya.final_state(mixed, columns[2], 101, early_stop=early_stop)[::2]
    np.testing.assert_array_equal(alone, among)
    inputs = np.repeat([0.0, 0.3, 0.0], [30, 1, 70])
    alone = doya.final_state(doya.NeuronMap(w, b), x0, 101, u=inputs, early_stop=early_stop)
    among = doya.final_state(mixed, columns[2], 101, u=inputs, early_stop=early_stop)[::2]
    np.testing.assert_array_equal(alone, among)
