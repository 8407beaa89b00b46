"""One number may be of any type that holds one: of NumPy's too, and an array without axes."""

import math
from fractions import Fraction

import numpy as np
import pytest

import doya

ODE, MAP = doya.NeuronODE(), doya.NeuronMap(epsilon=0.5)
# The numbers 1 and 1/2, which each type holds exactly.
ONES = [
    np.float16(1), np.float32(1), np.longdouble(1), np.int8(1), np.uint64(1), np.bool_(True), True,
    np.array(1), np.array(1.0, dtype=np.float32), np.array(True), Fraction(1),
]  # fmt: skip
HALVES = [np.float16(0.5), np.float32(0.5), np.longdouble(0.5), np.array(0.5), Fraction(1, 2)]


def trained(**settings):
    return doya.train(MAP, 0.5, 5, 0.8, steps=3, **settings)


def simulated(**settings):
    return doya.simulate(ODE, 0.3, 2.0, **settings)


def same(found, known):
    """Two trainings or trajectories with the same bits, and the same numbers as settings."""
    for name, value in vars(known).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(found, name), value)
        elif isinstance(value, float | None):
            assert getattr(found, name) == value
            assert type(getattr(found, name)) is type(value)


@pytest.mark.parametrize("one", ONES, ids=repr)
@pytest.mark.parametrize("name", ["learning_rate", "clip"])
def test_rates_and_clips_may_be_one_of_any_type(name, one):
    """Without a warning, although 1e100 is beyond half and single precision."""
    found = trained(**{name: one})
    known = trained(**{name: 1.0})
    same(found, known)
    np.testing.assert_array_equal(found.parameters["b"], known.parameters["b"])


@pytest.mark.each_third
@pytest.mark.parametrize("half", HALVES, ids=repr)
@pytest.mark.parametrize(
    "name", ["learning_rate", "clip", "momentum", "teacher_forcing", "x0", "t_end", "target"]
)
def test_every_number_of_a_training_may_be_of_any_type(name, half):
    def path(value):
        given = {"x0": 0.25, "t_end": 3, "target": 0.75, name: value}
        return doya.train(MAP if name == "teacher_forcing" else ODE, **given)

    same(path(half), path(0.5))


@pytest.mark.parametrize("half", HALVES, ids=repr)
@pytest.mark.parametrize(
    ("name", "method"),
    [("step", "euler"), ("step", "rk4"), ("rtol", "dop853"), ("atol", "dop853")],
)
def test_every_number_of_a_method_may_be_of_any_type(name, method, half):
    same(simulated(method=method, **{name: half}), simulated(method=method, **{name: 0.5}))


COUNTS = [np.int8(127), np.uint8(127), np.array(127), np.array(127, dtype=np.int8)]


@pytest.mark.parametrize("count", COUNTS, ids=repr)
def test_counts_may_be_whole_numbers_of_any_type(count):
    """127 + 1 is beyond what eight bits with a sign hold; all of these add 1 to it."""
    assert simulated(points=count).t.size == 127
    assert simulated(method="euler", max_steps=count).status == 0
    assert trained_steps(count) == 128
    assert doya.chain_product("logistic", count).log10_abs.size == 128
    assert doya.SigmoidRNN([[4.0]]).simulate(0.0, count).shape == (128, 1)
    assert doya.backpropagation(doya.SigmoidRNN([[4.0]]), 0.0, 0.5, count).states.shape == (128, 1)
    assert doya.jacobian_products(doya.SigmoidRNN([[4.0]]), 0.0, count).log10_norm.size == 128
    assert doya.initial_weights("glorot", (count, count)).shape == (127, 127)
    assert len(doya.bifurcation_curves(ODE, points=count).curves[0].w) == 127
    assert all(
        len(branch.x) == 127 for branch in doya.bifurcation_diagram(ODE, points=count).branches
    )
    assert doya.sensitivity_profile(ODE, 0.5, 1.0, points=count, over="t").value.size == 127


def trained_steps(count):
    return doya.train(ODE, 0.5, 1.0, 0.8, steps=count).loss.size


@pytest.mark.parametrize(
    "wrong",
    [np.float32(math.nan), np.float16(-1), "1", 1j, np.array("1"), 10**400, ["a"]],
    ids=repr,
)
@pytest.mark.parametrize("name", ["learning_rate", "clip", "momentum", "teacher_forcing"])
def test_what_is_no_such_number_is_refused_by_name(name, wrong):
    with pytest.raises(ValueError, match=f"^{name} must be "):
        trained(**{name: wrong})


@pytest.mark.parametrize("wrong", [np.float32(2.0), np.array(2.0), np.array([2]), "2"], ids=repr)
def test_what_is_no_whole_number_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=r"^points must be a whole number from 2 to "):
        simulated(points=wrong)


def test_a_number_of_a_longer_type_beyond_doubles_is_refused_without_a_warning():
    longest = np.finfo(np.longdouble).max
    if longest == np.finfo(np.float64).max:
        pytest.skip("no longer type here")
    for value in (longest, np.array([longest])):
        with pytest.raises(ValueError, match="w must be finite, from -1e100 to 1e100"):
            doya.NeuronODE(value)


@pytest.mark.parametrize("epsilon", [1e-91, 1e-100])
@pytest.mark.parametrize("alpha", [1e-30, 0.25, 0.875])
def test_forcing_at_the_smallest_epsilon_draws_the_state_and_nothing_else(epsilon, alpha):
    """To rounding x(5) = target + (1 - alpha)**5 (x0 - target), and dx/dx0 = (1 - alpha)**5."""
    path = doya.train(
        doya.NeuronMap(epsilon=epsilon), 0.5, 5, 0.75, "x0", steps=0, teacher_forcing=alpha
    )
    kept = (1.0 - alpha) ** 5
    assert path.success
    assert path.loss[0] == pytest.approx((0.25 * kept) ** 2, rel=1e-13)
    assert path.gradient["x0"][0] == pytest.approx(-0.5 * kept * kept, rel=1e-13)
    assert path.free_loss[0] == pytest.approx(0.0625, rel=1e-15)
