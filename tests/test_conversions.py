"""Conversions between Doya's parameters and those of each author, against the author's equation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.integrate import solve_ivp

import doya
from authors import FLOWS, FROM, MAPS, TO


def sigma(z):
    return 1.0 / (1.0 + math.exp(-z))


# As the authors wrote them.
EQUATIONS = {
    "pascanu": lambda a, w, b: w * sigma(a) + b,
    "pasemann": lambda a, gamma, theta, w: gamma * a + theta + w * sigma(a),
    "aihara": lambda y, k, alpha, a, epsilon: k * y - alpha * sigma(y / epsilon) + a,
    "tanh": lambda a, w, h, epsilon: (1.0 - epsilon) * a + epsilon * (w * math.tanh(a) + h),
}
REGULAR, CHAOTIC = 1000, 20
ORBITS = [
    ("pascanu", {"w": 5.0, "b": -2.4}, 0.5, REGULAR),
    ("pascanu", {"w": -10.0, "b": 4.0}, 3.0, REGULAR),  # ends on a 2-cycle
    ("pasemann", {"gamma": 0.5, "theta": 5.0, "w": -25.0}, -7.0, REGULAR),
    ("pasemann", {"gamma": 0.9, "theta": -0.3, "w": 0.5}, 2.0, REGULAR),
    ("pasemann", {"gamma": 0.5, "theta": 5.0, "w": -50.0}, -7.0, CHAOTIC),
    ("aihara", {"k": 0.5, "alpha": 2.0, "a": 1.3, "epsilon": 0.4}, 0.1, REGULAR),
    ("aihara", {"k": 0.7, "alpha": 0.9, "a": 0.4, "epsilon": 0.06}, 0.1, REGULAR),
    ("aihara", {"k": 0.7, "alpha": 1.0, "a": 0.93, "epsilon": 0.02}, 0.3, CHAOTIC),
    ("aihara", {"k": 0.5, "alpha": 1.0, "a": 0.8935, "epsilon": 0.04}, 0.3, CHAOTIC),
    ("tanh", {"w": 1.25, "h": 0.05, "epsilon": 1.0}, -0.4, REGULAR),
    ("tanh", {"w": -3.0, "h": 0.2, "epsilon": 1.0}, 0.7, REGULAR),
    ("tanh", {"w": 1.25, "h": 0.05, "epsilon": 0.3}, -0.4, REGULAR),
    ("tanh", {"w": -3.0, "h": 0.2, "epsilon": 0.7}, 0.7, REGULAR),
]


@pytest.mark.parametrize(("author", "letters", "start", "steps"), ORBITS)
def test_orbits_are_those_of_the_authors_own_equation(author, letters, start, steps):
    """At every step, and both ways: the author's state from x, and x from the author's state."""
    states = [start]
    for _ in range(steps):
        states.append(EQUATIONS[author](states[-1], **letters))
    conversion = FROM[author](**letters)
    assert (conversion.author, conversion.parameters) == (author, letters)
    x = doya.simulate(conversion.neuron, conversion.to_state(start), steps).x
    np.testing.assert_allclose(conversion.from_state(x), states, rtol=0, atol=1e-8)
    np.testing.assert_allclose(conversion.to_state(states), x, rtol=0, atol=1e-8)


@pytest.mark.parametrize("author", EQUATIONS)
def test_a_neuron_put_in_an_authors_letters_moves_as_it_did(author):
    """With the way to the author and nothing of the way back, from the neuron's own x."""
    neuron = doya.NeuronMap(-4.5, 1.5, epsilon=1.0 if author == "pascanu" else 0.35)
    conversion = TO[author](neuron)
    assert conversion.neuron is neuron
    x = doya.simulate(neuron, 0.3, 50).x
    states = [float(conversion.from_state(x[0]))]
    for _ in range(50):
        states.append(EQUATIONS[author](states[-1], **conversion.parameters))
    np.testing.assert_allclose(conversion.to_state(states), x, rtol=0, atol=1e-12)


@pytest.mark.parametrize("tau", [0.4, 2.5])
def test_beers_flow_is_doyas_in_units_of_tau(tau):
    """Against his equation, solved by steps."""
    letters = {"w": 5.0, "theta": -3.0, "input": 0.7, "tau": tau}
    beer = doya.from_beer(**letters)
    times = np.array([0.3, 1.0, 4.0, 20.0])

    def rate(t, y):
        return (-y + 5.0 * sigma(y[0] - 3.0) + 0.7) / tau

    solved = solve_ivp(
        rate, (0.0, 20.0), [-1.5], t_eval=times, method="DOP853", rtol=1e-13, atol=1e-14
    )
    x = doya.final_state(beer.neuron, beer.to_state(-1.5), beer.to_time(times))
    np.testing.assert_allclose(beer.from_state(x), solved.y[0], rtol=0, atol=1e-11)
    np.testing.assert_allclose(beer.from_time(beer.to_time(times)), times, rtol=1e-15)
    trajectory = doya.simulate(beer.neuron, beer.to_state(-1.5), beer.to_time(20.0))
    assert beer.from_time(trajectory.t[-1]) == pytest.approx(20.0, rel=1e-15)


def test_pascanus_error_surface():
    """E = (sigma(a[50]) - 0.7)**2 from a[0] = 0.5, Fig. 6 of the paper.

    a' = w sigma(a) + b step by step in 40-digit arithmetic.
    """
    w, b = np.array([5.0, 5.0, 4.5, 5.5]), np.array([-2.4, -2.9, -2.9, -1.9])
    pascanu = doya.from_pascanu(w, b)
    x = doya.final_state(pascanu.neuron, pascanu.to_state(0.5), 50)
    errors = [0.0330047413067568, 0.392291230609541, 0.396703755575013, 0.0721117087819526]
    np.testing.assert_allclose((x - 0.7) ** 2, errors, rtol=1e-13)


def test_bengios_latching_condition_is_the_distance_of_doyas_folds():
    """|h| < h* with V = 1.25: b = -2.5 -+ 2 h* are the folds at w = 5."""
    h = 0.077805169315343977
    with mp.workdps(40):
        v = mpf("1.25")
        assert h == float(mp.sqrt(v * (v - 1)) - mp.atanh(mp.sqrt((v - 1) / v)))
    neuron = doya.from_tanh(1.25, 0.0).neuron
    folds = [point.value for point in doya.bifurcation_points(neuron) if point.kind == "LP"]
    assert sorted(folds) == pytest.approx([-2.5 - 2 * h, -2.5 + 2 * h], rel=1e-15)
    held = doya.from_tanh(1.25, [-h - 1e-9, -h + 1e-9, h - 1e-9, h + 1e-9])
    assert doya.equilibria(held.neuron).count.tolist() == [1, 3, 3, 1]


def test_pasemann_without_memory_is_pascanu_one_step_later():
    pasemann, pascanu = doya.from_pasemann(0.0, -2.4, 5.0), doya.from_pascanu(5.0, -2.4)
    assert pasemann.neuron == pascanu.neuron
    x = doya.simulate(pascanu.neuron, 0.2, 9).x
    np.testing.assert_allclose(pasemann.from_state(x[:-1]), pascanu.from_state(x[1:]), rtol=1e-14)


def test_at_epsilon_1_the_tanh_neurons_state_is_converted_without_its_w():
    """x = (1 + tanh a) / 2, also where w = 0, for one neuron as for several."""
    expected = pytest.approx(0.5 + 0.5 * math.tanh(0.3), rel=1e-15)
    assert doya.from_tanh(0.0, 0.1).to_state(0.3) == expected
    assert doya.from_tanh([0.0, 0.0], 0.1).to_state(0.3)[1] == expected


signed = st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3)
kept = st.floats(0.0, 0.9)
positive = st.floats(1e-3, 1e3)
biases = st.floats(-1e3, 1e3)
LETTERS = {
    "pascanu": st.fixed_dictionaries({"w": biases, "b": biases}),
    "pasemann": st.fixed_dictionaries({"gamma": kept, "theta": biases, "w": signed}),
    "aihara": st.fixed_dictionaries(
        {"k": kept, "alpha": positive, "a": biases, "epsilon": positive}
    ),
    "beer": st.fixed_dictionaries({"w": signed, "theta": biases, "input": biases, "tau": positive}),
    "wilson-cowan": st.fixed_dictionaries(
        {"w": biases, "theta": biases, "a": positive, "input": biases, "tau": positive}
    ),
    "tanh": st.fixed_dictionaries({"w": biases, "h": biases, "epsilon": st.floats(1e-3, 1.0)}),
    "tanh-flow": st.fixed_dictionaries({"w": biases, "h": biases, "tau": positive}),
}


@given(data=st.data(), author=st.sampled_from(sorted(LETTERS)))
def test_letters_come_back(data, author):
    """Up to the choice of alpha, the unit of y, and of theta, tau and Wilson and Cowan's a."""
    letters = data.draw(LETTERS[author])
    letters |= {"a": 1.0, "theta": 0.0} if author == "wilson-cowan" else {}
    back = TO[author](FROM[author](**letters).neuron).parameters
    if author == "aihara":
        alpha = letters["alpha"]
        letters |= {"alpha": 1.0, "a": letters["a"] / alpha, "epsilon": letters["epsilon"] / alpha}
    if author == "beer":
        total = letters["theta"] + letters["input"]
        letters |= {"theta": 0.0, "input": total, "tau": 1.0}
    if "tau" in letters:
        letters |= {"tau": 1.0}
    slack = dict.fromkeys(letters, 1e-300) | {"gamma": 1e-16, "k": 1e-16}
    if author not in MAPS or author == "tanh":
        slack |= dict.fromkeys(("h", "input"), 4e-16 * abs(letters["w"]) + 1e-300)
    assert set(back) == set(letters)
    for name, value in back.items():
        assert value == pytest.approx(letters[name], rel=2e-15, abs=slack[name])


@given(author=st.sampled_from(sorted(LETTERS)), w=signed, b=biases, epsilon=st.floats(1e-12, 1.0))
def test_neurons_come_back(author, w, b, epsilon):
    """w and b to rounding, and so every equilibrium, however small epsilon is."""
    neuron = doya.NeuronMap(w, b, epsilon=1.0 if author == "pascanu" else epsilon)
    if author == "aihara":
        neuron = neuron.replace(w=-abs(w))
    if author in FLOWS:
        neuron = doya.NeuronODE(w, b)
    back = FROM[author](**TO[author](neuron).parameters).neuron
    assert type(back) is type(neuron)
    assert back.w == pytest.approx(neuron.w, rel=1e-15)
    slack = 1e-300 if author in ("pascanu", "pasemann", "aihara", "beer") else 4e-16 * abs(w)
    assert back.b == pytest.approx(neuron.b, rel=1e-15, abs=slack)
    if author in MAPS:
        assert back.epsilon == pytest.approx(neuron.epsilon, rel=0, abs=6e-17)


@given(data=st.data(), author=st.sampled_from(sorted(LETTERS)), x=st.floats(1e-3, 0.999))
def test_states_come_back(data, author, x):
    """To the rounding of w x + b as seen from x."""
    conversion = FROM[author](**data.draw(LETTERS[author]))
    neuron = conversion.neuron
    logit = author == "pascanu" or (author == "tanh" and neuron.epsilon == 1.0)
    slack = 0.0 if logit or author.endswith("flow") else abs(neuron.b / (neuron.w or 1e-300))
    if author == "tanh" and neuron.w == 0.0 and not logit:
        with pytest.raises(doya.ArgumentError, match="w must be other than 0 where a is conv"):
            conversion.to_state(conversion.from_state(x))
        return
    back = conversion.to_state(conversion.from_state(x))
    assert back == pytest.approx(x, rel=1e-14, abs=1e-15 * (1.0 + slack))


@pytest.mark.parametrize(("author", "stretch"), [("pascanu", 1), ("tanh", 2)])
def test_the_tails_of_a_logit_are_accurate(author, stretch):
    """Against 40 digits: x near 0, and a near 0, where x is near 1/2."""
    conversion = FROM[author](1.0, 0.0)
    states = np.array([-300.0, -40.0, -1e-3, 1e-12, 0.3, 17.0])
    x = np.array([1e-300, 0.2, 0.25, 0.5 + 1e-13, 0.75, 1.0 - 1e-15])
    with mp.workdps(40):
        exact_x = [float(1 / (1 + mp.exp(-stretch * mpf(a)))) for a in states]
        exact_states = [float(mp.log(mpf(each) / (1 - mpf(each))) / stretch) for each in x]
    np.testing.assert_allclose(conversion.to_state(states), exact_x, rtol=4e-16)
    np.testing.assert_allclose(conversion.from_state(x), exact_states, rtol=4e-16)
    assert conversion.to_state([-1e100, 1e100]).tolist() == [0.0, 1.0]


def states_by_the_formulas(author, state, x, letters):
    """x of the state and the state of x, as the authors wrote them, in 60 digits."""
    state, x = mpf(state), mpf(x)
    value = {name: mpf(each) for name, each in letters.items()}
    if author == "pasemann":
        keep = 1 - value["gamma"]
        return (keep * state - value["theta"]) / value["w"], (
            value["w"] * x + value["theta"]
        ) / keep
    if author == "aihara":
        keep = 1 - value["k"]
        return (value["a"] - keep * state) / value["alpha"], (
            value["a"] - value["alpha"] * x
        ) / keep
    return (state - value["input"]) / value["w"], value["w"] * x + value["input"]


@pytest.mark.each_third
@pytest.mark.parametrize("author", ["pasemann", "aihara", "beer"])
def test_states_keep_every_digit_where_their_terms_cancel(author):
    """20,000 neurons at random, of magnitudes from 1e-50 to 1e50, at states beside the zeros."""
    rng, count = np.random.default_rng(7), 20_000

    def anything(low=-50, high=50):
        return 10.0 ** rng.uniform(low, high, count) * rng.choice([-1.0, 1.0], count)

    kept = np.where(rng.random(count) < 0.5, rng.random(count), 10.0 ** rng.uniform(-40, -1, count))
    kept = np.where(rng.random(count) < 0.3, 1.0 - 10.0 ** rng.uniform(-15, 0, count), kept)
    letters = {
        "pasemann": {"gamma": kept, "theta": anything(), "w": anything(-20, 20)},
        "aihara": {
            "k": kept,
            "alpha": abs(anything(-20, 20)),
            "a": anything(),
            "epsilon": np.ones(count),
        },
        "beer": {
            "w": anything(-20, 20),
            "theta": np.zeros(count),
            "input": anything(),
            "tau": np.ones(count),
        },
    }[author]
    wobble = 1.0 + rng.integers(-4, 5, (2, count)) * 2.0**-52 + rng.choice([0, 0, 0, 0.3], count)
    if author == "pasemann":
        state, x = letters["theta"] / (1.0 - kept), -letters["theta"] / letters["w"]
    elif author == "aihara":
        state, x = letters["a"] / (1.0 - kept), letters["a"] / letters["alpha"]
    else:
        state, x = letters["input"], -letters["input"] / letters["w"]
    state, x = state * wobble[0], x * wobble[1]
    conversion = FROM[author](**letters)
    found = conversion.to_state(state), conversion.from_state(x)
    with mp.workdps(60):
        for i in range(count):
            each = {name: value[i] for name, value in letters.items()}
            truth = states_by_the_formulas(author, state[i], x[i], each)
            for value, exact in zip(found, truth, strict=True):
                assert abs(mpf(value[i]) - exact) <= 4 * mpf(math.ulp(float(exact))), (i, each)


def test_a_step_is_a_step_and_for_ever_is_for_ever():
    assert doya.from_pascanu(5.0, -2.5).to_time(7) == 7
    assert doya.from_aihara(0.5, 1.0, 0.1, 0.2).from_time([0, 7]).tolist() == [0, 7]
    beer = doya.from_beer(5.0, 0.0, -2.5, 2.0)
    assert beer.to_time(math.inf) == beer.from_time(math.inf) == math.inf


@pytest.mark.parametrize(
    ("author", "letters", "name"),
    [
        ("pasemann", {"gamma": 1.0, "theta": 0.0, "w": -4.0}, "gamma"),
        ("aihara", {"k": 1.0, "alpha": 1.0, "a": 0.5, "epsilon": 0.02}, "k"),
    ],
)
def test_a_decay_of_1_is_refused_by_its_letter(author, letters, name):
    """The neuron would have epsilon = 1 - gamma = 0 and w = W / 0."""
    with pytest.raises(ValueError, match=f"^{name} must be at least 0 and less than 1, got 1.0"):
        FROM[author](**letters)


def test_results_are_the_callers_own():
    """Parameters cannot be changed, states can."""
    beer = doya.from_beer([5.0, 6.0], 0.0, -2.5, 2.0)
    with pytest.raises(ValueError, match="read-only"):
        beer.parameters["w"][0] = 1.0
    states = beer.from_state([0.1, 0.2])
    states[0] = 0.0
    with pytest.raises(AttributeError):
        beer.author = "doya"
