"""Input inside sigma: input_to="bias", x' = (1 - eps) x + eps sigma(w x + b + w' u)."""

import copy
import math
import pickle

import mpmath
import numpy as np
import pytest
from matplotlib.figure import Figure
from mpmath import mpf

import doya
from doya.kernels.flow import steppers
from doya.kernels.machinery.compilation import compiled
from driven_cases import CASES, errors

U, WEIGHT = -0.25, 0.5
LIFT = U * WEIGHT
FLOW = doya.NeuronODE(5.5, -2.6, input_weight=WEIGHT, input_to="bias")
MAP = doya.NeuronMap(5.5, -2.6, epsilon=0.6, input_weight=WEIGHT, input_to="bias")
FALLING = doya.NeuronMap(-20.0, 10.0, epsilon=0.5, input_weight=WEIGHT, input_to="bias")


def alike(neuron):
    """The neuron without input that has the bias b + w' u."""
    return neuron.replace(b=neuron.b + LIFT, input_to="state")


def constant(neuron):
    """The input U, which the map takes as a table."""
    return U if neuron.dynamics == "flow" else doya.Table([0.0], [U])


def sigma(z):
    """The logistic function."""
    return 1.0 / (1.0 + math.exp(-z))


def test_the_rate_and_the_step_have_the_input_inside():
    """Both formulas as THEORY.md section 11 writes them, and the eigenvalue under an input."""
    z = 5.5 * 0.3 - 2.6 + WEIGHT * 0.7
    slope = sigma(z) * (1.0 - sigma(z))
    assert FLOW.rate(0.3, 0.7) == pytest.approx(sigma(z) - 0.3, rel=1e-14)
    assert MAP.step(0.3, 0.7) == pytest.approx(0.4 * 0.3 + 0.6 * sigma(z), rel=1e-14)
    assert FLOW.eigenvalue(0.3, 0.7) == pytest.approx(5.5 * slope - 1.0, rel=1e-14)
    assert MAP.eigenvalue(0.3, 0.7) == pytest.approx(0.4 + 0.6 * 5.5 * slope, rel=1e-14)
    assert FLOW.replace(input_to="state").eigenvalue(0.3, 9.0) == FLOW.eigenvalue(0.3)


def test_where_the_input_goes_is_a_part_of_the_neuron():
    """It counts for equality, hash, copies and repr, which leaves out the default."""
    other = MAP.replace(input_to="state")
    assert other != MAP
    assert hash(other) != hash(MAP)
    for twin in (pickle.loads(pickle.dumps(MAP)), copy.deepcopy(MAP), MAP.replace(b=-2.6)):
        assert twin == MAP
        assert twin.input_to == "bias"
    assert repr(MAP).endswith("epsilon=0.6, input_to='bias')")
    assert repr(doya.NeuronODE()) == "NeuronODE(w=5.0, b=-2.5, input_weight=1.0)"
    for wrong in ("inside", None, 1.0, ["bias"]):
        with pytest.raises(ValueError, match="input_to must be one of state, bias, got"):
            doya.NeuronODE(input_to=wrong)


def test_the_published_value_is_met():
    """w = 6, b = -3, x(0) = 0.1, input 2 from 2 to 5: THEORY.md section 11."""
    neuron = doya.NeuronODE(6.0, -3.0, input_to="bias")
    u = doya.Pulses([(2.0, 5.0, 2.0)])
    assert doya.final_state(neuron, 0.1, 12.0, u) == pytest.approx(0.928825144626703976, rel=1e-14)
    by_steps = doya.simulate(neuron, 0.1, 12.0, u, method="dop853", rtol=1e-14, atol=1e-14)
    assert by_steps.x[-1] == pytest.approx(0.928825144626703976, rel=1e-12)


@pytest.mark.each_third
@pytest.mark.parametrize("dynamics", ["flow", "map"])
@pytest.mark.parametrize("kind", ["pulses", "table", "ramp", "steps"])
def test_driven_neurons_agree_with_references(dynamics, kind):
    """States and derivatives of 200 random cases, to 30 digits by mpmath (references/driven.py)."""
    cases = [case for case in CASES if (case["dynamics"], case["kind"]) == (dynamics, kind)]
    for case in cases:
        assert max(errors(case).values()) < 1e-12, case
    assert len(CASES) == 200


@pytest.mark.parametrize("method", ["euler", "rk4", "dop853"])
def test_steps_take_the_input_inside(method):
    """Under a constant input each stepper takes the steps of the neuron of bias b + w' u."""
    for u, neuron in ((U, FLOW), (doya.Pulses([(0.0, math.inf, U)]), FLOW)):
        got = doya.simulate(neuron, [0.2, 0.9], 3.0, u, method=method, step=0.25)
        want = doya.simulate(alike(neuron), [0.2, 0.9], 3.0, method=method, step=0.25)
        np.testing.assert_array_equal(got.x, want.x)


def test_functions_of_time_are_taken_inside():
    """u(t) = sin t against the variational equation of a naive Runge-Kutta run, order 4."""
    neuron = doya.NeuronODE(3.0, -1.0, input_weight=0.8, input_to="bias")
    x, by, h = 0.4, 0.0, 0.002

    def rates(t, x, by):
        level = sigma(3.0 * x - 1.0 + 0.8 * math.sin(t))
        slope = level * (1.0 - level)
        return level - x, (3.0 * slope - 1.0) * by + slope * math.sin(t)

    for k in range(1000):
        t = k * h
        a = rates(t, x, by)
        b = rates(t + h / 2, x + h / 2 * a[0], by + h / 2 * a[1])
        c = rates(t + h / 2, x + h / 2 * b[0], by + h / 2 * b[1])
        d = rates(t + h, x + h * c[0], by + h * c[1])
        x += h / 6 * (a[0] + 2 * b[0] + 2 * c[0] + d[0])
        by += h / 6 * (a[1] + 2 * b[1] + 2 * c[1] + d[1])
    found = doya.sensitivity(neuron, 0.4, 2.0, "input_weight", math.sin)
    assert found.x == pytest.approx(x, rel=1e-10)
    assert found.derivative["input_weight"] == pytest.approx(by, rel=1e-9)


@pytest.mark.parametrize("neuron", [FLOW, MAP, FALLING], ids=["flow", "map", "falling"])
def test_a_constant_input_is_a_bias(neuron):
    """States, derivatives and settled derivatives are those of the bias b + w' u."""
    names = ("x0", "b", "w", "input_weight")
    u, twin, x0 = constant(neuron), alike(neuron), np.array([0.2, 0.9])
    found = doya.sensitivity(neuron, x0, 9, names, u)
    same = doya.sensitivity(twin, x0, 9, names)
    np.testing.assert_array_equal(found.x, same.x)
    for name in names[:3]:
        np.testing.assert_array_equal(found.derivative[name], same.derivative[name])
    np.testing.assert_allclose(
        found.derivative["input_weight"], U * same.derivative["b"], rtol=1e-13
    )
    settled, rest = (
        doya.settled_sensitivity(one, x0, names, u=given)
        for one, given in ((neuron, U), (twin, 0.0))
    )
    np.testing.assert_array_equal(settled.derivative["b"], rest.derivative["b"])
    np.testing.assert_array_equal(settled.derivative["input_weight"], U * rest.derivative["b"])


def test_the_weight_of_the_input_has_a_finite_difference():
    """It agrees with the derivative; the settled one outside is u / (1 - w sigma')."""
    neuron = FLOW.replace(input_to="state")
    exact = doya.sensitivity(neuron, 0.2, 6.0, "input_weight", U).derivative["input_weight"]
    quotient = doya.finite_difference(neuron, 0.2, 6.0, "input_weight", u=U)
    assert quotient == pytest.approx(exact, rel=1e-5)
    settled = doya.settled_sensitivity(neuron, 0.2, "input_weight", u=U)
    eigenvalue = doya.equilibria(neuron, U).eigenvalue[0]
    assert settled.derivative["input_weight"] == pytest.approx(U / -eigenvalue, rel=1e-13)


@pytest.mark.parametrize("over", ["b", "t"])
def test_profiles_follow_the_weight_of_the_input(over):
    """Along b and along T, under a pulse: derivative and finite difference agree."""
    u = doya.Pulses([(1.0, 3.0, 0.8)])
    profile = doya.sensitivity_profile(FLOW, 0.2, 8.0, "input_weight", over, u=u, points=9)
    exact, quotient = (
        getattr(profile, kind)["input_weight"] for kind in ("derivative", "finite_difference")
    )
    np.testing.assert_allclose(quotient, exact, rtol=2e-3, atol=1e-6)
    figure = Figure()
    doya.plots.draw_sensitivity_profile(profile, figure.subplots())
    assert any("\u2202x/\u2202w\N{PRIME}" in ax.get_ylabel() for ax in figure.axes)


@pytest.mark.parametrize(
    ("neuron", "over"),
    [
        (FLOW, {"b": np.linspace(-4.0, -1.0, 31)}),
        (FLOW, {"x0": np.linspace(0.0, 1.0, 31)}),
        (FLOW, {"w": np.linspace(4.5, 6.5, 31)}),
        (MAP, {"b": np.linspace(-4.0, -1.0, 7), "w": np.linspace(5.0, 6.0, 5)}),
        (MAP.replace(w=-7.0, b=3.5, epsilon=1.0), {"b": np.linspace(2.0, 5.0, 31)}),
    ],
    ids=["b", "x0", "w", "plane", "phase"],
)
def test_landscapes_and_walls_move_with_the_bias(neuron, over):
    """Losses, gradients and walls under the input are those of the bias b + w' u."""
    t_end = 12
    found = doya.loss_landscape(neuron, over, 0.45, t_end, 0.8, constant(neuron))
    moved = {name: axis + LIFT * (name == "b") for name, axis in over.items()}
    same = doya.loss_landscape(alike(neuron), moved, 0.45, t_end, 0.8)
    np.testing.assert_allclose(found.loss, same.loss, rtol=1e-12, atol=1e-16)
    assert len(found.walls) == len(same.walls)
    for wall, other in zip(found.walls, same.walls, strict=True):
        assert wall.kind == other.kind
        for name in over:
            away = LIFT if name == "b" else 0.0
            np.testing.assert_allclose(wall.values[name] + away, other.values[name], rtol=1e-14)
        np.testing.assert_allclose(wall.below, other.below, rtol=1e-9)
        np.testing.assert_allclose(wall.above, other.above, rtol=1e-9)
    assert found.largest_gradient.value == pytest.approx(same.largest_gradient.value, rel=1e-9)


def test_a_wall_under_a_pulse_is_where_the_state_jumps():
    """The wall over b against a scan of x(300), whose jump is between neighbours."""
    u = doya.Pulses([(1.0, 3.0, 0.8)])
    landscape = doya.loss_landscape(FLOW, {"b": np.linspace(-4.0, -1.0, 31)}, 0.4, 60.0, 0.8, u)
    (wall,) = landscape.walls
    at = float(wall.values["b"][0])
    beside = doya.final_state(FLOW.replace(b=at + np.array([-1e-9, 1e-9])), 0.4, 300.0, u)
    assert beside[0] < 0.3 < 0.7 < beside[1]


def test_training_follows_the_input_inside():
    """A descent under a constant input is that of the bias b + w' u."""
    for neuron, forcing in ((FLOW, 0.0), (MAP, 0.0), (MAP, 0.3)):
        settings = {"learning_rate": 0.3, "steps": 8, "teacher_forcing": forcing}
        learn = ("b", "w", "x0")
        found = doya.train(neuron, 0.4, 12, 0.8, learn, u=constant(neuron), **settings)
        same = doya.train(alike(neuron), 0.4, 12, 0.8, learn, **settings)
        np.testing.assert_allclose(found.parameters["w"], same.parameters["w"], rtol=1e-12)
        np.testing.assert_allclose(found.parameters["b"] + LIFT, same.parameters["b"], rtol=1e-12)
        np.testing.assert_allclose(found.free_loss, same.free_loss, rtol=1e-11)


def test_teacher_forcing_takes_a_changing_input_inside():
    """Loss and gradient of a naive loop in 30 digits, whose derivatives mpmath computes."""
    inputs = [0.3, -0.5, 1.0, 0.0, 0.2, 0.9]

    def loss(b, w, x):
        for u in inputs:
            drawn = mpf("0.75") * x + mpf("0.25") * mpf(0.8)
            level = 1 / (1 + mpmath.exp(-(w * drawn + b + mpf(0.7) * mpf(u))))
            x = (1 - mpf(0.4)) * drawn + mpf(0.4) * level
        return (x - mpf(0.8)) ** 2

    neuron = doya.NeuronMap(3.0, -1.0, epsilon=0.4, input_weight=0.7, input_to="bias")
    path = doya.train(
        neuron, 0.2, 6, 0.8, ("b", "w", "x0"), 0.1, 1, u=np.array(inputs), teacher_forcing=0.25
    )
    with mpmath.workdps(30):
        at = (mpf(-1), mpf(3), mpf(0.2))
        assert path.loss[0] == pytest.approx(float(loss(*at)), rel=1e-13)
        for k, name in enumerate(("b", "w", "x0")):
            order = tuple(int(k == n) for n in range(3))
            want = float(mpmath.diff(loss, at, order))
            assert path.gradient[name][0] == pytest.approx(want, rel=1e-12)


def test_a_bias_out_of_range_is_an_error():
    """The sentence names b + w' u, which no other argument does."""
    neuron = doya.NeuronODE(b=9e99, input_to="bias")
    for call in (
        lambda: doya.equilibria(neuron, 9e99),
        lambda: doya.final_state(neuron, 0.5, 1.0, 9e99),
        lambda: doya.bifurcation_diagram(neuron, "w", (4.0, 6.0), u=9e99),
    ):
        with pytest.raises(
            ValueError, match=r"b \+ w' u must be from -1e100.* use a u closer to 0"
        ):
            call()


@pytest.mark.parametrize("kind", ["fixed_steps", "dormand_prince"])
def test_steppers_have_the_same_bits_interpreted_and_compiled(kind):
    """Three neurons under jumping inputs inside sigma."""
    w, b, x = np.array([[5.0, -3.0, 40.0], [-2.5, 1.0, -20.0], [0.1, 0.7, 0.4]])
    u, lengths = np.array([[0.3, -0.2, 1.0], [0.0, 2.0, -1.0]]), np.array([1.5, 2.0])
    if kind == "fixed_steps":
        counts, out = np.array([6, 8]), np.zeros((3, 2))
        more = (lengths, counts, 4, out, np.zeros((steppers.FIXED_ROWS, 3)))
    else:
        out = np.zeros((3, 2))
        more = (
            lengths, np.array([0, 1, 2]), lengths, 1e-10, 1e-10, 1000, out,
            *np.zeros((2, 3), dtype=np.int64), np.array(steppers.coefficients()),
            np.zeros((steppers.ROWS, 3)), np.zeros((steppers.PLACES, 3), dtype=np.int64),
        )  # fmt: skip
    arguments = (w, b, u, True, x, *more)
    lists = [each.tolist() if isinstance(each, np.ndarray) else each for each in arguments]
    kernel = getattr(steppers, kind)
    kernel(*lists)
    compiled(kernel)(*arguments)
    np.testing.assert_array_equal(lists[4], x)
    np.testing.assert_array_equal(lists[-1], arguments[-1])


def test_a_constant_input_inside_is_a_part_of_the_bias_to_the_last_bit():
    """States, and derivatives of any size, also far beyond the range of doubles."""
    rng = np.random.default_rng(3)
    w, b, x0 = rng.normal(0.0, 9.0, 200), rng.uniform(-900.0, 5.0, 200), rng.random(200)
    for end in (50.0, 2000.0):
        found = doya.sensitivity(doya.NeuronODE(w, b, input_to="bias"), x0, end, u=0.25)
        known = doya.sensitivity(doya.NeuronODE(w, b + 0.25), x0, end)
        np.testing.assert_array_equal(found.x, known.x)
        for name, value in known.log10_abs.items():
            np.testing.assert_array_equal(found.log10_abs[name], value)
            np.testing.assert_array_equal(found.derivative[name], known.derivative[name])


@pytest.mark.parametrize("size", [0.01, 0.3, 5.0])
@pytest.mark.parametrize("own", [False, True])
def test_derivatives_follow_an_input_inside_that_changes_each_step(size, own):
    """40 digits, jumps of the bias small and large, more neurons than go side by side.

    `own` says that each neuron has an epsilon, an input and a weight of it of its own.
    """
    rng = np.random.default_rng(7)
    n, steps = 130, 40
    w, b = rng.uniform(-3.9, 3.9, n), rng.uniform(-4.0, 4.0, n)  # |mu| < 1
    epsilon = rng.uniform(0.05, 1.0, n) if own else np.full(n, 0.5)
    weight = rng.uniform(-2.0, 2.0, n) if own else np.ones(n)
    u = size * rng.standard_normal((n, steps) if own else (1, steps))
    neurons = doya.NeuronMap(w, b, epsilon=epsilon, input_weight=weight, input_to="bias")
    table = doya.Table(range(steps), u if own else u[0])
    found = doya.sensitivity(neurons, 0.5, steps, ("x0", "b", "w", "epsilon"), table).derivative
    for i in range(0, n, 13):
        with mpmath.workdps(40):
            exact, summed = driven_inside(w[i], b[i], epsilon[i], weight[i] * u[i if own else 0])
        for s, right, terms in zip(found.values(), exact, summed, strict=True):
            # The last bit of sigma(z) counts in sigma(z) - x, which is small.
            assert abs(s[i] - right) <= 1e-13 * (abs(right) + terms) + 1e-15


def driven_inside(w, b, epsilon, added):
    """The derivatives of x(T) from 1/2 by x0, b, w and epsilon; and sums of their terms' sizes."""
    w, b, epsilon, x = mpf(w), mpf(b), mpf(epsilon), mpf(1) / 2
    exact, summed = [mpf(1), mpf(0), mpf(0), mpf(0)], [mpf(0)] * 4
    for more in added:
        level = 1 / (1 + mpmath.exp(-(w * x + b + mpf(more))))
        slope = level * (1 - level)
        mu = 1 - epsilon + epsilon * w * slope
        sources = (mpf(0), epsilon * slope, epsilon * slope * x, level - x)
        exact = [mu * s + source for s, source in zip(exact, sources, strict=True)]
        summed = [abs(mu) * s + abs(source) for s, source in zip(summed, sources, strict=True)]
        x += epsilon * (level - x)
    return exact, summed
