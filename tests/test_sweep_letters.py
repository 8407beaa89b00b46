"""Sweeps over the letters of another author."""

import numpy as np
import pytest

import doya
from doya.conversions import AUTHORS
from doya.sweeps.computing import arrays_of
from doya.sweeps.plans import Plan

OVER = {
    "tanh": {"w": [0.8, 1.2, 1.3], "h": [0.0, 0.1]},
    "beer": {"w": [4.0, 6.0], "tau": [1.0, 2.0, 3.0], "input": [0.0, 1.0]},
    "pasemann": {"gamma": [0.3, 0.6], "theta": [4.0, 5.0, 6.0]},
}
ONES = {
    "tanh": doya.from_tanh(1.2, 0.1),
    "beer": doya.from_beer(5.0, -3.0, 0.5, 2.0),
    "pasemann": doya.from_pasemann(0.5, 5.0, -50.0),
}
FROM = {"tanh": doya.from_tanh, "beer": doya.from_beer, "pasemann": doya.from_pasemann}


def swept(author, quantities, over=None, **settings):
    plan = Plan.of(ONES[author], OVER[author] if over is None else over, quantities, settings, 1e9)
    return arrays_of(plan, plan.place(0))


def many(author):
    """The ensemble of the whole grid."""
    mesh = np.meshgrid(*OVER[author].values(), indexing="ij", sparse=True)
    own = dict(zip(OVER[author], mesh, strict=True))
    return FROM[author](**{**ONES[author].parameters, **own})


@pytest.mark.parametrize("author", OVER)
def test_the_numbers_are_those_of_the_calls_with_a_conversion(author):
    neurons = many(author)
    found = swept(author, ("state", "equilibria"), x0=0.4, t_end=9.0)
    x = np.broadcast_to(doya.final_state(neurons, 0.4, 9.0), neurons.shape)
    assert np.array_equal(found["x"], x)
    assert np.array_equal(found["state"], neurons.from_state(x))
    count = doya.equilibria(neurons).count
    assert np.array_equal(found["equilibria"], np.broadcast_to(count, neurons.shape))
    assert (found["status"] == 0).all()


def test_the_history_of_a_store_has_letters_in_a_line(tmp_path):
    """And no parameter of Doya's, which differ along the letter."""
    own = doya.from_pasemann(0.3, 1.0, 5.0)
    found = doya.sweep(own, {"gamma": [0.1, 0.5]}, "state", tmp_path / "x.zarr", t_end=3.0)
    history = found.to_xarray().attrs["history"]
    assert "doya.sweep of pasemann gamma = 0.3, theta = 1, w = 5, {" in history
    assert "\n" not in history


def test_derivatives_are_those_of_the_state_of_the_author():
    found = swept("tanh", "sensitivity", x0=0.4, t_end=9.0, wrt=("h", "w", "x0"))
    plain = doya.sensitivity(many("tanh"), 0.4, 9.0, ("h", "w", "x0"))
    for name in ("h", "w", "x0"):
        assert np.array_equal(found[f"log10_abs_dstate_d{name}"], plain.log10_abs[name])
        assert np.array_equal(found[f"sign_dstate_d{name}"], plain.sign[name])
    assert np.array_equal(found["x"], plain.x)


def test_descents_learn_letters():
    """By default the one that the author varies as an input."""
    own = {"t_end": 9.0, "target": 0.5, "steps": 5, "learning_rate": 0.1}
    found = swept("tanh", "train", {**OVER["tanh"], "x0": [0.4, 0.6]}, **own)
    ends = doya.train(many("tanh"), x0=0.4, **own, learn=AUTHORS["tanh"].drive, keep="end")
    assert np.array_equal(found["final_h"][..., 0], ends.parameters["h"])
    assert np.array_equal(found["final_loss"][..., 0], ends.loss)


def test_maps_have_exponents_and_attractors():
    found = swept("pasemann", ("lyapunov", "attractors"), steps=50, transient=60)
    neurons = many("pasemann")
    assert np.array_equal(found["lyapunov"], doya.lyapunov_exponent(neurons, 0.3, 50, 60))
    plain = doya.attractors(neurons, transient=60, steps=50)
    assert np.array_equal(found["period"], plain.period)


@pytest.mark.parametrize(
    ("over", "quantities", "given", "words"),
    [
        ({"b": [1.0]}, "state", {}, "over must be among w, h, epsilon, x0, t_end for state"),
        ({"u": [1.0]}, "state", {}, "over must be among w, h"),
        ({"epsilon": [2.0]}, "state", {}, "epsilon must be from 1e-100 to 1"),
        ({"w": [1.0]}, "loss", {}, "quantities has 'loss', which needs Doya's parameters"),
        ({"w": [1.0]}, "train", {"learn": "b"}, "learn must be among w, h"),
        ({"w": [1.0]}, "state", {"h": 1.0}, "h is a parameter of the neuron"),
    ],
)
def test_what_the_author_lacks_is_named(over, quantities, given, words):
    with pytest.raises(doya.ArgumentError, match=words):
        swept("tanh", quantities, over, **given)


def test_a_plan_of_letters_is_read_as_it_was_written():
    plans = [Plan.of(ONES[author], over, "state", {}, 100.0) for author, over in OVER.items()]
    for plan in plans:
        again = Plan.from_json(plan.as_json(), plan.over.get)
        assert again.digest == plan.digest
        assert again.difference(plan) == ""
    other = Plan.of(doya.from_tanh(1.2, 0.1, 0.5), OVER["tanh"], "state", {}, 100.0)
    assert other.difference(plans[0]) == "epsilon is 0.5, not 1.0"


def test_a_store_of_letters_goes_on(tmp_path):
    pytest.importorskip("zarr", reason="the extra sweep is not installed")
    path = tmp_path / "x.zarr"
    for _ in range(2):
        found = doya.sweep(ONES["tanh"], OVER["tanh"], "state", path, chunk_bytes=1.0)
        assert (found.done, found.chunks) == (6, 6)
    assert found.neuron.author == "tanh"
