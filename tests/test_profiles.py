import math

import numpy as np
import pytest

import doya
from doya.sensitivities.sweeps import MOST_ADDED, NEAR_X

PULSES = doya.Pulses([(5.0, 8.0, 0.5), (25.0, 28.0, -0.5)])


def wall(x0, w=5.0):
    """b at which x0 is the unstable equilibrium."""
    return math.log(x0 / (1.0 - x0)) - w * x0


@pytest.mark.parametrize("points", [2, 7, 200])
def test_the_peak_at_the_wall_is_among_the_values(points):
    """Of the flow exp(T/4) - 1, of the map (1 + epsilon/4)**n - 1, at b = -2.5."""
    for neuron, peak in (
        (doya.NeuronODE(), math.expm1(12.5)),
        (doya.NeuronMap(epsilon=0.5), 1.125**50 - 1.0),
    ):
        profile = doya.sensitivity_profile(neuron, 0.5, 50, between=(-3.0, -2.0), points=points)
        at = profile.derivative["b"].argmax()
        assert profile.value[at] == pytest.approx(-2.5, abs=1e-9)
        assert profile.derivative["b"][at] == pytest.approx(peak, rel=1e-3)


@pytest.mark.parametrize("x0", [0.35, 0.45, 0.6])
@pytest.mark.parametrize("t_end", [300.0, 1e4, math.inf])
def test_a_wall_narrower_than_rounding_is_followed_to_neighbouring_doubles(x0, t_end):
    profile = doya.sensitivity_profile(doya.NeuronODE(), x0, t_end)
    jump = np.abs(np.diff(profile.x)).argmax()
    low, high = profile.value[jump : jump + 2]
    assert high == np.nextafter(low, 0.0)
    assert low == pytest.approx(wall(x0), abs=3e-15)


@pytest.mark.parametrize(
    ("over", "between", "at"),
    [("w", (3.0, 7.0), (math.log(0.45 / 0.55) + 2.5) / 0.45), ("x0", None, 0.5)],
)
def test_walls_over_w_and_x0(over, between, at):
    profile = doya.sensitivity_profile(doya.NeuronODE(), 0.45, 60.0, ("b", "w"), over, between)
    for name in ("x0", "b", "w"):
        # The peak stands beside the wall, by less than the wall's width.
        assert profile.value[profile.derivative[name].argmax()] == pytest.approx(at, abs=1e-5)


def test_neighbours_are_near():
    """A drawing through the values misses nothing that the eye would see."""
    profile = doya.sensitivity_profile(doya.NeuronODE(), [0.2, 0.45, 0.5], [10.0, 50.0])
    steps = np.abs(np.diff(profile.x)) / np.ptp(profile.x, axis=-1, keepdims=True)
    assert steps.max() <= NEAR_X
    assert np.abs(np.diff(profile.log10_abs["b"])).max() <= 0.3
    assert np.all(np.diff(profile.value) > 0.0)


def test_the_largest_derivative_is_known_to_a_thousandth():
    """Against a grid so fine around it that it cannot miss it."""
    neuron = doya.NeuronODE()
    profile = doya.sensitivity_profile(neuron, 0.9, 30.0)
    at = profile.derivative["b"].argmax()
    fine = np.linspace(*profile.value[[at - 1, at + 1]], 400)
    peak = doya.sensitivity(neuron.replace(b=fine), 0.9, 30.0, "b").derivative["b"].max()
    assert profile.derivative["b"][at] == pytest.approx(peak, rel=1e-3)


@pytest.mark.parametrize(
    ("neuron", "over", "u"),
    [
        (doya.NeuronODE(), "b", None),
        (doya.NeuronODE(), "w", 0.1),
        (doya.NeuronODE(), "x0", PULSES),
        (doya.NeuronODE(), "t", PULSES),
        (doya.NeuronMap(-10.0, 5.0, epsilon=0.5), "epsilon", None),
        (doya.NeuronMap(epsilon=0.3), "t", np.linspace(0.0, 0.1, 40)),
    ],
    ids=str,
)
def test_a_profile_is_one_call_a_value(neuron, over, u):
    """Of the functions for single neurons."""
    wrt = ("b", "w", *(["epsilon"] if neuron.dynamics == "map" else []))
    x0 = 0.3 if over == "x0" else [0.3, 0.5]
    profile = doya.sensitivity_profile(neuron, x0, 40, wrt, over, points=9, u=u)
    assert profile.x.shape == (*np.shape(x0), profile.value.size)
    for k in range(0, profile.value.size, profile.value.size // 7):
        value = float(profile.value[k])
        start, end, there = x0, 40, neuron
        if over == "x0":
            start = value
        elif over == "t":
            end, u = value, u if isinstance(u, doya.Pulses) else u[: int(value)]
        else:
            there = neuron.replace(**{over: value})
        single = doya.sensitivity(there, start, end, ("x0", *wrt), u)
        assert profile.x[..., k] == pytest.approx(single.x, abs=1e-14)
        for name in ("x0", *wrt):
            assert profile.log10_abs[name][..., k] == pytest.approx(single.log10_abs[name])
            assert np.all(profile.sign[name][..., k] == single.sign[name])
            delta = -1e-6 if name == "epsilon" and value == 1.0 else 1e-6
            quotient = doya.finite_difference(there, start, end, name, delta, u)
            assert profile.finite_difference[name][..., k] == pytest.approx(quotient, abs=1e-9)
        if over == "t":
            u = PULSES if isinstance(u, doya.Pulses) else np.linspace(0.0, 0.1, 40)


def test_settled_is_where_the_derivative_goes():
    """In closed form 1 / (1/(x (1 - x)) - w), under the last input if it changed."""
    for u in (None, 0.05, PULSES):
        profile = doya.sensitivity_profile(doya.NeuronODE(), 0.2, 400.0, ("b", "w"), points=20, u=u)
        far = np.abs(profile.value - profile.value[profile.derivative["b"].argmax()]) > 0.05
        for name in ("x0", "b", "w"):
            np.testing.assert_allclose(
                profile.settled[name][far], profile.derivative[name][far], rtol=1e-3, atol=1e-9
            )
    x = doya.final_state(doya.NeuronODE(b=-3.0), 0.5, math.inf)
    settled = doya.sensitivity_profile(doya.NeuronODE(), 0.5, 1.0).settled["b"]
    assert settled[0] == pytest.approx(1.0 / (1.0 / (x * (1.0 - x)) - 5.0))


def test_over_time_the_wall_explodes_and_what_settles_vanishes():
    """From 0.5 like exp(T/4); the shape has an axis of starts.

    What settles goes to 1/(1/(x (1 - x)) - 5), 0.3251326826 at x = 0.855205891743935.
    """
    profile = doya.sensitivity_profile(doya.NeuronODE(), [0.5, 0.6], 1e6, over="t", points=11)
    assert profile.value.tolist() == np.linspace(0.0, 1e6, 11).tolist()
    exploding, vanishing = profile.log10_abs["x0"]
    np.testing.assert_allclose(exploding, profile.value / 4.0 / math.log(10.0))
    assert vanishing[-1] < -1.6e5
    assert profile.derivative["b"][:, -1].tolist() == [math.inf, pytest.approx(0.3251326826)]
    assert np.isnan(profile.settled["b"][0]).all()


def test_over_time_the_map_has_whole_steps_and_the_flow_the_jumps_of_its_input():
    steps = doya.sensitivity_profile(doya.NeuronMap(), 0.5, 50, over="t").value
    assert steps.tolist() == list(range(51))
    many = doya.sensitivity_profile(doya.NeuronMap(), 0.5, 100_000, over="t", points=33).value
    assert (many[0], many[-1], many.size) == (0.0, 1e5, 33)
    assert np.all(many == np.round(many))
    times = doya.sensitivity_profile(doya.NeuronODE(), 0.5, 9.0, over="t", points=4, u=PULSES).value
    assert times.tolist() == [0.0, 3.0, 5.0, 6.0, 8.0, 9.0]


def test_where_the_finite_difference_does_not_tell_the_derivative():
    """On the wall it tells the jump; where the state has settled, rounding."""
    profile = doya.sensitivity_profile(doya.NeuronODE(), 0.5, 200.0, ("b", "x0"))
    torn = profile.torn("b")
    assert np.abs(profile.value[torn] + 2.5).max() < 2e-6
    assert np.abs(profile.finite_difference["b"][torn]).max() > 3e5
    good = ~torn & (np.abs(profile.value + 2.5) > 1e-3)
    np.testing.assert_allclose(
        profile.finite_difference["b"][good], profile.derivative["b"][good], rtol=1e-4
    )
    lost = profile.rounded_away("x0")
    assert lost.mean() > 0.5
    assert not profile.rounded_away("b").any()


def test_the_peak_is_known_to_1_percent():
    """Its neighbours are within 0.004 in log10; the largest dx/dx0 of T = 20 is e**5."""
    profile = doya.sensitivity_profile(doya.NeuronODE(), 0.5, 20.0, "b", points=21)
    for rows in profile.log10_abs.values():
        top = int(rows.argmax())
        assert rows[top - 1 : top + 2].min() > rows[top] - 0.004
    assert profile.log10_abs["x0"].max() == pytest.approx(5.0 / math.log(10.0), rel=1e-12)


def test_the_peak_is_known_to_a_thousandth_where_x_hardly_changes():
    """At w = 4.001 the jump of x is narrow; the largest dx/dx0 is exp((w/4 - 1) T), at b = -w/2."""
    neuron, t_end = doya.NeuronODE(4.001), 4e4
    profile = doya.sensitivity_profile(neuron, 0.5, t_end, between=(-20.0, 15.0), points=20)
    peak = profile.derivative["x0"].max()
    assert peak == pytest.approx(math.exp((0.25 * 4.001 - 1.0) * t_end), rel=1e-3)


def test_rounding_is_seen_whatever_the_sign_of_the_step():
    """At T = 80 dx/dx0 is e**-30 far from the wall, less than 1e-16 over 1e-6."""
    for delta in (1e-6, -1e-6):
        profile = doya.sensitivity_profile(doya.NeuronODE(), 0.5, 80.0, "x0", delta=delta)
        assert profile.rounded_away("x0")[[0, -1]].all()


def test_a_difference_that_is_only_wrong_is_not_torn():
    """Over a step of 1e-3 beside the wall of T = 20: torn is where x(T) changes by over 0.01."""
    profile = doya.sensitivity_profile(doya.NeuronODE(), 0.5, 20.0, "b", delta=1e-3, points=40)
    quotient, exact = profile.finite_difference["b"], profile.derivative["b"]
    wrong = np.abs(quotient - exact) > 0.1 * np.minimum(np.abs(quotient), np.abs(exact))
    torn = profile.torn("b")
    assert not (torn & ~wrong).any()
    assert (np.abs(1e-3 * quotient[torn]) > 0.01).all()
    spared = wrong & ~torn
    assert 0 < np.count_nonzero(spared) < np.count_nonzero(torn)
    assert (np.abs(1e-3 * quotient[spared]) <= 0.01).all()


def test_a_difference_that_is_exact_is_not_rounded_away():
    """At T = 0 nothing has answered to b yet: both are 0."""
    profile = doya.sensitivity_profile(doya.NeuronODE(), 0.5, 0.0)
    assert (profile.finite_difference["b"] == profile.derivative["b"]).all()
    assert not profile.rounded_away("b").any()


@pytest.mark.long
def test_chaos_ends_at_the_most_values():
    neuron = doya.NeuronMap(-100.0, 10.0, epsilon=0.5)
    profile = doya.sensitivity_profile(neuron, 0.3, 60, between=(9.0, 11.0), points=20)
    assert profile.value.size == 20 + MOST_ADDED


@pytest.mark.parametrize(("neuron", "t_end"), [
    (doya.NeuronODE(5.0, -2.4, input_weight=2.0), 30.0),
    (doya.NeuronODE(5.0, -2.4, input_weight=-1.0), math.inf),
    (doya.NeuronMap(5.0, -2.4, input_weight=2.0, epsilon=0.5), 40),
])  # fmt: skip
def test_a_profile_over_the_input_has_the_sensitivities_under_each_input(neuron, t_end):
    """And the wall from x0, where x0 = sigma(w x0 + b) + w' u is the unstable equilibrium."""
    x0 = 0.45
    profile = doya.sensitivity_profile(neuron, x0, t_end, ("b", "w"), "u", points=30)
    assert (profile.over, profile.u) == ("u", None)
    assert profile.between == doya.bifurcation_diagram(neuron, "u").between
    for k in range(0, profile.value.size, 9):
        u = float(profile.value[k])
        exact = doya.sensitivity(neuron, x0, t_end, ("x0", "b", "w"), u)
        settled = doya.settled_sensitivity(neuron, x0, ("b", "w"), u)
        assert profile.x[k] == exact.x
        for name in ("b", "w"):
            assert np.array_equal(profile.derivative[name][k], exact.derivative[name])
            assert np.array_equal(
                profile.settled[name][k], settled.derivative[name], equal_nan=True
            )
            if t_end < math.inf:
                quotient = doya.finite_difference(neuron, x0, t_end, name, u=u)
                assert profile.finite_difference[name][k] == quotient
    c = 1.0 / (1.0 + math.exp(-(5.0 * x0 - 2.4)))
    wall = (x0 - c) / neuron.input_weight
    at = profile.value[np.nanargmax(profile.derivative["b"])]
    assert abs(at - wall) < (1e-3 if t_end < math.inf else 1e-12)


ODE, MAP = doya.NeuronODE(), doya.NeuronMap()
WRONG = [
    ((doya.NeuronODE([4.0, 5.0]), 0.5, 9.0), {}, r"neuron must be one neuron, .* \(2,\)"),
    ((ODE, 0.5, 9.0), {"over": "epsilon"}, "over must be one of 'b', 'w', 'x0', 'u', 't' for"),
    ((ODE, 0.5, 9.0), {"over": "u", "u": 0.1}, "u must not be given for over = 'u', got 0.1"),
    ((doya.NeuronODE(0.0), 0.5, 9.0), {"over": "u"}, "over must not be 'u' where w w' = 0"),
    ((ODE, 0.5, 9.0), {"wrt": "epsilon"}, "wrt must be among b, w, x0, input_weight, got 'ep"),
    ((ODE, 0.5, 9.0), {"wrt": ("b", "u")}, "wrt must be among b, w, x0, input_weight, got 'u'"),
    ((ODE, 0.5, 9.0), {"wrt": 5}, "wrt must be among b, w, x0, input_weight, got 5"),
    ((ODE, 0.5, 9.0), {"wrt": [["b"]]}, r"wrt must be among b, w, x0, input_weight, got \['b'\]"),
    ((ODE, 0.5, 9.0), {"delta": 0.0}, "delta must not be 0, got 0.0"),
    ((ODE, 0.5, 9.0), {"delta": [0.1, 0.2]}, r"delta must be one number, .* \(2,\)"),
    ((ODE, 0.5, 9.0), {"points": 1}, "points must be a whole number from 2 .* got 1"),
    ((ODE, 0.5, 9.0), {"between": (-2.0, -3.0)}, "between must have low < high for b"),
    ((ODE, 0.5, 9.0), {"over": "x0", "between": (0.0, math.inf)}, "x0 must be finite, .*got inf"),
    ((MAP, 0.5, 9), {"over": "epsilon", "between": (0.0, 1.0)}, "epsilon must be from 1e-100 to 1"),
    ((ODE, 0.5, 9.0), {"over": "t", "between": (0.0, 9.0)}, "between must not be given"),
    ((ODE, 0.5, math.inf), {"over": "t"}, "t_end must be finite for over='t', got inf"),
    ((ODE, 0.5, [1.0, 9.0]), {"over": "t"}, "t_end must be one number for over='t'"),
    ((ODE, [0.4, 0.5], 9.0), {"over": "x0"}, "x0 must be one number for over='x0'"),
    ((ODE, [[0.4, 0.5]], 9.0), {}, "x0 must be a number or a list, got an array with 2 axes"),
    ((ODE, 0.5, -1.0), {}, "t_end must be a time from 0 to inf, got -1.0"),
    ((MAP, 0.5, 1.5), {}, "t_end must be a whole number of steps"),
    ((ODE, 0.5, 9.0), {"u": np.array([0.1, 0.2])}, r"u must be one input, .* \(2,\)"),
]


@pytest.mark.parametrize(("arguments", "options", "words"), WRONG, ids=[each[2] for each in WRONG])
def test_what_cannot_be_answered_is_refused_in_a_sentence(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        doya.sensitivity_profile(*arguments, **options)
