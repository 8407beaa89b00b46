"""Sensitivities in authors' letters, against differences of his own equation in 40 digits."""

import math

import numpy as np
import pytest

import author_oracle
import doya
from authors import converted

# (author, letters, state at the start, times or numbers of steps)
CASES = [
    ("pascanu", {"w": 5.0, "b": -2.4}, 0.1, (0, 1, 2, 9)),
    ("pascanu", {"w": 60.0, "b": -7.0}, 0.4, (1, 3, 20)),  # x is 1 - 1e-23
    ("pasemann", {"gamma": 0.3, "theta": 1.0, "w": -6.0}, 0.5, (0, 1, 13)),
    ("pasemann", {"gamma": 0.0, "theta": -2.4, "w": 5.0}, -0.5, (1, 30)),
    ("pasemann", {"gamma": 0.7, "theta": 3.0, "w": -40.0}, 2.0, (12,)),  # chaos
    ("aihara", {"k": 0.7, "alpha": 1.0, "a": 0.3, "epsilon": 0.1}, 0.2, (0, 1, 12)),
    ("beer", {"w": 5.0, "theta": -3.0, "input": 0.7, "tau": 2.0}, 0.1, (0.0, 0.5, 9.0)),
    ("beer", {"w": -3.0, "theta": 1.0, "input": 0.2, "tau": 0.5}, 2.0, (3.0,)),
    (
        "wilson-cowan",
        {"w": 5.0, "theta": 2.8, "a": 1.2, "input": 0.5, "tau": 3.0},
        0.2,
        (0.0, 1.0, 12.0),
    ),
    ("tanh-flow", {"w": 2.0, "h": 0.1, "tau": 2.0}, -0.1, (0.0, 1.0, 12.0)),
    ("tanh", {"w": 1.25, "h": 0.05, "epsilon": 1.0}, 0.2, (0, 1, 2, 15)),
    ("tanh", {"w": -2.0, "h": 0.1, "epsilon": 0.4}, 0.3, (0, 1, 15)),
]


@pytest.mark.each_third
@pytest.mark.parametrize(("author", "letters", "start", "ends"), CASES)
def test_derivatives_are_those_of_the_authors_equation(author, letters, start, ends):
    """With respect to each letter and the state at the start, at a fixed time of the author."""
    neuron = converted(author, letters)
    x0 = neuron.to_state(start)
    found = doya.sensitivity(neuron, x0, neuron.to_time(np.array(ends)))
    exact_start = author_oracle.state_of(author, letters, x0)
    one_form = {"epsilon"} if (author, letters.get("epsilon")) == ("tanh", 1.0) else set()
    assert set(found.derivative) == {"x0", *letters} - one_form
    truth = {
        name: [
            float(author_oracle.derivative(author, letters, exact_start, end, name)) for end in ends
        ]
        for name in found.derivative
    }
    sizes = {"x0": abs(start), **{name: abs(each) for name, each in letters.items()}}
    for k in range(len(ends)):
        condition = 1.0 + sum(
            size * abs(truth[name][k]) for name, size in sizes.items() if name in truth
        )
        for name in found.derivative:
            size = max(abs(truth[name][k]), condition / max(sizes[name], 1.0))
            assert abs(found.derivative[name][k] - truth[name][k]) <= 1e-12 * size, (name, k)


SETTLED = [
    ("pascanu", {"w": 60.0, "b": -7.0}, 0.4),
    ("pasemann", {"gamma": 0.3, "theta": 1.0, "w": 3.0}, 0.5),
    ("aihara", {"k": 0.7, "alpha": 1.0, "a": 0.3, "epsilon": 1.1}, 0.2),
    ("beer", {"w": 5.0, "theta": -3.0, "input": 0.7, "tau": 2.0}, 0.1),
    ("wilson-cowan", {"w": 5.0, "theta": 2.8, "a": 1.2, "input": 0.5, "tau": 3.0}, 0.2),
    ("tanh-flow", {"w": 2.0, "h": 0.1, "tau": 2.0}, -0.1),
    ("tanh", {"w": 1.25, "h": 0.05, "epsilon": 1.0}, 0.2),
    ("tanh", {"w": -1.5, "h": 0.1, "epsilon": 0.4}, 0.3),
]


@pytest.mark.each_third
@pytest.mark.parametrize(("author", "letters", "start"), SETTLED)
def test_settled_derivatives_are_those_after_a_long_time(author, letters, start):
    """After 600 steps or time constants, in 40 digits; that of the unit of time is 0."""
    neuron = converted(author, letters)
    x0 = neuron.to_state(start)
    found = doya.settled_sensitivity(neuron, x0)
    assert set(found.derivative) == {"x0", *letters}
    end = 600.0 * letters.get("tau", 1.0)
    assert found.state == pytest.approx(
        float(author_oracle.state(author, letters, start, end)), rel=1e-13
    )
    for name in found.derivative:
        if name == "tau":
            assert found.derivative[name] == 0.0
            continue
        exact = float(author_oracle.derivative(author, letters, start, end, name))
        assert found.derivative[name] == pytest.approx(exact, rel=1e-12, abs=1e-13)


def test_derivatives_beyond_a_double_keep_sign_and_logarithm():
    """On the wall da/dw grows like exp(T/4): against the law of the plain function at b."""
    neuron = doya.from_tanh_flow(1.25, 0.0, 2.0)  # w = 5, b = -2.5, y = 0 is unstable
    found = doya.sensitivity(neuron, 0.5, 1e6)
    plain = doya.sensitivity(neuron.neuron, 0.5, 1e6)
    # dy/dh = 2 dx/db 2, and dy/dy(0) = dx/dx0; dy/dw is 4 (dx/dw - dx/db / 2) = 0.
    assert found.log10_abs["h"] == pytest.approx(plain.log10_abs["b"] + math.log10(4.0), rel=1e-15)
    assert found.sign["h"] == 1.0
    assert found.log10_abs["x0"] == plain.log10_abs["x0"]
    assert math.isinf(found.derivative["h"])
    contracting = doya.sensitivity(doya.from_pasemann(0.5, -3.0, 1.0), 0.5, 10_000)
    assert contracting.derivative["x0"] == 0.0
    steps = np.log10(0.5 + 1.0 / 4.0 / np.cosh(0.5 * float(contracting.state)) ** 2)
    assert contracting.log10_abs["x0"] == pytest.approx(10_000 * steps, rel=1e-3)


def test_an_ensemble_of_letters_is_each_neuron_alone():
    """Shapes broadcast as in the plain function, with ends along another axis."""
    w, h = np.array([[1.2], [-2.0]]), np.array([0.05, 0.1, 0.2])
    ends = np.array([0, 1, 7])
    whole = doya.sensitivity(doya.from_tanh(w, h), 0.4, ends)
    for i, j in np.ndindex(2, 3):
        alone = doya.sensitivity(doya.from_tanh(w[i, 0], h[j]), 0.4, int(ends[j]))
        for name in ("x0", "w", "h"):
            assert whole.derivative[name][i, j] == pytest.approx(
                float(alone.derivative[name]), rel=1e-14
            )
        assert whole.state[i, j] == pytest.approx(float(alone.state), rel=1e-14)
    mixed = doya.sensitivity(
        doya.from_tanh(1.2, 0.1, [0.5, 1.0]), 0.4, 5, ("x0", "epsilon")
    ).derivative
    assert np.isfinite(mixed["x0"]).all()
    assert np.isnan(mixed["epsilon"]).tolist() == [False, True]


def test_a_constant_input_is_part_of_the_derivatives():
    """dx/dt = f(x) + u is Beer's neuron: y' with w x + input, in 40 digits by its own bias."""
    letters = {"w": 5.0, "theta": -3.0, "input": 0.7, "tau": 2.0}
    found = doya.sensitivity(doya.from_beer(**letters), 0.3, 4.0, u=0.1)
    # x - u obeys the neuron with the input I + w u, and y = w x + I is that neuron's y - w u + w u.
    step = 1e-6
    for name in letters:
        low, high = (
            doya.from_beer(**{**letters, name: letters[name] + change}) for change in (-step, step)
        )
        start = doya.from_beer(**letters).from_state(0.3)
        ends = [
            each.from_state(
                doya.final_state(each.neuron, each.to_state(start), each.to_time(8.0), 0.1)
            )
            for each in (low, high)
        ]
        assert found.derivative[name] == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-7)


BEER = doya.from_beer(5.0, -3.0, 0.7, 2.0)
REFUSED = [
    (lambda: doya.sensitivity(BEER, 0.5, 3.0, "b"), "wrt must be among x0, w, theta, input, tau"),
    (lambda: doya.sensitivity(BEER, 0.5, 3.0, order=2), "order must be 1 for a Conversion, got 2"),
    (
        lambda: doya.sensitivity(BEER, 0.5, 3.0, "tau", u=doya.Pulses([(1.0, 2.0, 0.1)])),
        "wrt must not have the unit of time under an input",
    ),
    (
        lambda: doya.sensitivity(doya.from_beer(0.0, 1.0, 0.0, 1.0), 0.5, 3.0),
        "w must be other than 0 where y is converted to x",
    ),
    (
        lambda: doya.sensitivity(doya.from_tanh(1.0, 0.1), 0.5, 3, "epsilon"),
        "wrt must not have 'epsilon' at epsilon = 1, where the state is a logit of x",
    ),
    (
        lambda: doya.sensitivity(doya.from_tanh(1.0, 0.1), 0.5, 3, u=[0.1, 0.0, 0.0]),
        "u must be 0 for the tanh neuron, got an input: the equation has no input outside sigma",
    ),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_has_no_derivative_is_refused(call, words):
    """One sentence that names the argument."""
    with pytest.raises(doya.ArgumentError, match=words):
        call()


def test_an_input_inside_sigma_is_a_change_of_pascanus_bias():
    """a' = w sigma(a) + b + u: equilibria and derivatives are those of the bias b + u."""
    inside = doya.to_pascanu(doya.NeuronMap(5.0, -2.4, input_to="bias"))
    shifted = doya.from_pascanu(5.0, -2.3)
    rest, plain = doya.equilibria(inside, 0.1), doya.equilibria(shifted)
    assert rest.state == pytest.approx(plain.state, rel=1e-13)
    found = doya.sensitivity(inside, 0.4, 9, u=0.1)
    truth = doya.sensitivity(shifted, 0.4, 9)
    for name in ("x0", "w", "b"):
        assert found.derivative[name] == pytest.approx(float(truth.derivative[name]), rel=1e-12)
    with pytest.raises(doya.ArgumentError, match="or one with input_to='bias'"):
        doya.equilibria(doya.from_pascanu(5.0, -2.4), 0.1)


@pytest.mark.each_third
@pytest.mark.parametrize(("author", "letters", "start", "ends"), CASES)
def test_finite_differences_are_those_of_the_authors_equation(author, letters, start, ends):
    """With a step of 1e-3 in each letter and in the state at the start, against 40 digits."""
    neuron = converted(author, letters)
    x0, delta = neuron.to_state(start), 1e-3
    end = ends[-1]
    for name in ("x0", *letters):
        if name in ("epsilon", "k", "gamma"):
            step = -delta if letters[name] > 0.5 else delta
        else:
            step = delta
        if (author, letters.get("epsilon"), name) == ("tanh", 1.0, "epsilon"):
            continue
        found = doya.finite_difference(neuron, x0, neuron.to_time(float(end)), name, step)
        before = author_oracle.state(author, letters, start, end)
        if name == "x0":
            after = author_oracle.state(author, letters, start + step, end)
        else:
            changed = {**letters, name: letters[name] + step}
            after = author_oracle.state(author, changed, start, end)
        assert found == pytest.approx(float((after - before) / step), rel=1e-7, abs=1e-9), name
