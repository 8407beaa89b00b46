"""Shapes of the letters, states and times of conversions: each neuron as if it were alone."""

import numpy as np
import pytest

import doya
import oracles
from authors import FLOWS, FROM


def test_arrays_make_ensembles_that_broadcast():
    """Cell by cell what single numbers give."""
    gamma, theta, w = np.array([0.0, 0.5]), np.array([[1.0], [2.0], [-3.0]]), -4.0
    many = doya.from_pasemann(gamma, theta, w)
    assert many.neuron.shape == (3, 2)
    states = many.from_state(0.3)
    assert states.shape == (3, 2)
    for i in range(3):
        for j in range(2):
            one = doya.from_pasemann(gamma[j], theta[i, 0], w)
            assert states[i, j] == one.from_state(0.3)
            assert many.to_state(1.5)[i, j] == one.to_state(1.5)
    assert many.to_state(np.zeros((3, 2, 7))).shape == (3, 2, 7)
    back = doya.to_pasemann(many.neuron).parameters
    assert [np.shape(back[name]) for name in ("gamma", "theta", "w")] == [(2,), (3, 2), (2,)]
    assert doya.from_beer(5.0, 0.0, 0.0, [1.0, 2.0]).to_time(3.0).tolist() == [3.0, 1.5]
    assert doya.from_pascanu([4.0, 5.0], -2.0).to_state(0.0).tolist() == [0.5, 0.5]


def test_no_neuron_meets_anothers_time():
    """201 neurons at 201 times: y at rest is 5 x, x = sigma(5 x - 3), solved in 40 digits.

    At t = 50 the flow from 0 is within e**-35 of it.
    """
    beer = doya.from_beer(w=5, theta=-3, input=np.linspace(0, 1, 201), tau=1)
    x = doya.simulate(beer.neuron, beer.to_state(0.0), beer.to_time(50.0)).x
    assert x.shape == (201, 201)
    y = beer.from_state(x)
    at_rest = 5 * oracles.sigmoid(oracles.equilibria(5, -3)[0])
    assert y[0, -1] == pytest.approx(float(at_rest), rel=1e-14)
    assert y[0, -1] == pytest.approx(0.321171194367114523, rel=1e-14)
    for i, each in enumerate(beer.parameters["input"]):
        np.testing.assert_array_equal(y[i], doya.from_beer(5, -3, each, 1).from_state(x[i]))
    np.testing.assert_allclose(beer.to_state(y), x, rtol=0, atol=1e-15)


SHAPED = {
    "pascanu": {"w": [[1.0], [2.0]], "b": [0.1, 0.2, 0.3]},
    "pasemann": {"gamma": [[0.0], [0.5]], "theta": 0.3, "w": [1.0, 2.0, 3.0]},
    "aihara": {"k": [[0.0], [0.5]], "alpha": 2.0, "a": [0.1, 0.2, 0.3], "epsilon": 0.5},
    "beer": {"w": [[1.0], [2.0]], "theta": 0.1, "input": [0.1, 0.2, 0.3], "tau": [[2.0], [4.0]]},
    "wilson-cowan": {
        "w": [[1.0], [2.0]], "theta": 0.1, "a": 1.5, "input": [0.1, 0.2, 0.3], "tau": [[2.0], [4.0]]
    },
    "tanh": {"w": [[1.0], [2.0]], "h": [0.1, 0.2, 0.3], "epsilon": [[1.0], [0.5]]},
    "tanh-flow": {"w": [[1.0], [2.0]], "h": [0.1, 0.2, 0.3], "tau": [[2.0], [4.0]]},
}  # fmt: skip


@pytest.mark.parametrize("author", SHAPED)
def test_parameters_belong_to_the_leading_axes_and_times_to_the_last(author):
    """Shapes S, S + (times,) and (); each neuron as if it were alone."""
    many = FROM[author](**SHAPED[author])
    letters = {name: np.broadcast_to(value, (2, 3)) for name, value in SHAPED[author].items()}
    rng = np.random.default_rng(1)
    for ways in ("to_state", "from_state", "to_time", "from_time"):
        convert = getattr(many, ways)
        for shape in ((2, 3), (2, 3, 3), (2, 3, 2), (2, 3, 1)):
            states = rng.uniform(0.1, 0.9, shape)
            found = convert(states)
            assert found.shape == shape
            for i, j in np.ndindex(2, 3):
                one = FROM[author](**{name: float(each[i, j]) for name, each in letters.items()})
                np.testing.assert_array_equal(found[i, j], getattr(one, ways)(states[i, j]))
        if author in FLOWS or ways.endswith("state"):
            assert convert(0.5).shape == (2, 3)
            for shape in ((3,), (1, 3), (2, 1), (7, 2, 3), (2, 3, 7, 1), (2, 1, 7), (0,)):
                with pytest.raises(ValueError, match=r"\(2, 3\), or that .* \(2, 3, times\); got"):
                    convert(np.full(shape, 0.5))


def test_as_many_times_as_neurons_are_times_in_the_last_axis():
    """Three neurons and (3, 3) states: a row a neuron."""
    beer = doya.from_beer(1.0, 0.0, [0.0, 10.0, 20.0], 1.0)
    assert beer.from_state(np.zeros((3, 3))).tolist() == [[0.0] * 3, [10.0] * 3, [20.0] * 3]
    assert beer.from_state(np.zeros(3)).tolist() == [0.0, 10.0, 20.0]
    assert doya.from_beer(1.0, 0.0, 0.0, 1.0).from_state(np.zeros((4, 3, 2))).shape == (4, 3, 2)


def test_the_ensemble_counts_where_the_letters_are_numbers():
    """Aihara's and Beer's letters may be single numbers though doya's neuron is an ensemble."""
    conversion = doya.to_beer(doya.NeuronODE(5.0, -2.5, input_weight=[1.0, 2.0]))
    assert conversion.to_state(0.5).shape == (2,)
    assert conversion.to_state(np.zeros((2, 9))).shape == (2, 9)
    with pytest.raises(ValueError, match="must have the shape of the parameters"):
        conversion.to_state(np.zeros(9))


@pytest.mark.parametrize("shape", [(), (4,), (4, 5), (2, 3, 7)])
def test_one_unit_of_time_serves_times_of_any_shape(shape):
    """Of the maps, and of Beer's ensembles with one tau."""
    times = np.full(shape, 6.0)
    aihara = doya.from_aihara([0.1, 0.2, 0.3], 1.0, 0.1, 0.2)
    assert np.shape(aihara.to_time(times)) == shape
    beer = doya.from_beer([1.0, 2.0, 3.0], 0.0, 0.0, 2.0)
    np.testing.assert_array_equal(beer.to_time(times), times / 2)
    np.testing.assert_array_equal(beer.from_time(times), times * 2)
