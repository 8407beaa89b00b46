"""The constant input as a setting and as the swept parameter of orbits of the map.

The truth is a naive loop of x' = (1 - eps) x + eps sigma(w x + b) + eps w' u, or the same equation
in 40 digits.
"""

import math

import numpy as np
import pytest

import doya
import orbit_oracle

SETTLED = 1e-9


def step(x, w, b, epsilon, drive):
    """One step of the map, where drive is w' u."""
    with np.errstate(over="ignore"):
        return (1.0 - epsilon) * x + epsilon / (1.0 + np.exp(-(w * x + b))) + epsilon * drive


def around(x, neuron, u, period):
    """F^period(x) and the product of mu, step by step."""
    product = 1.0
    for _ in range(period):
        product *= float(neuron.eigenvalue(x))
        x = step(x, neuron.w, neuron.b, neuron.epsilon, neuron.input_weight * u)
    return x, product


def drawn(rng):
    """A map with w < 0 near its flips, and an input that leaves b + w w' u there."""
    w, epsilon = -float(rng.uniform(10.0, 70.0)), float(rng.uniform(0.4, 1.0))
    input_weight, u = float(rng.choice([-2.0, 0.5, 1.0])), float(rng.normal())
    b = float(rng.uniform(0.1, 0.5)) * -w - w * input_weight * u
    return doya.NeuronMap(w, b, epsilon=epsilon, input_weight=input_weight), u


def test_cycles_under_an_input_return():
    """After a period the loop is back, and the product of its factors is the multiplier."""
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(40):
        neuron, u = drawn(rng)
        for period in range(1, 6):
            for cycle in doya.cycles(neuron, period, u):
                seen.add(period)
                x = float(cycle.x[0])
                end, product = around(x, neuron, u, period)
                size = (1.0 + abs(neuron.b) + abs(neuron.w) * (1.0 + abs(x))) * (1.0 + abs(product))
                assert abs(end - x) <= 1e-14 * size
                assert abs(product - cycle.multiplier) <= 1e-12 * size * abs(neuron.w)
                assert cycle.x[0] == cycle.x.min()
    assert seen == {1, 2, 3, 4, 5}


def test_the_cycle_that_a_loop_joins_is_listed():
    """From many starts, after 3000 steps of the loop with its input."""
    rng = np.random.default_rng(2)
    joined = 0
    for _ in range(15):
        neuron, u = drawn(rng)
        drive = neuron.input_weight * u
        x = drive + np.linspace(0.0, 1.0, 7)
        for _ in range(3000):
            x = step(x, neuron.w, neuron.b, neuron.epsilon, drive)
        stable = {
            period: [each.x for each in doya.cycles(neuron, period, u) if each.stable]
            for period in (1, 2, 3, 4)
        }
        for start in x.tolist():
            end = start
            for period in (1, 2, 3, 4):
                end = step(end, neuron.w, neuron.b, neuron.epsilon, drive)
                if abs(end - start) < SETTLED:
                    joined += 1
                    assert min(np.abs(each - start).min() for each in stable[period]) < 1e-8
                    break
    assert joined > 20


def test_exponents_under_an_input_are_those_of_the_shifted_neuron():
    """300 neurons at once: bit for bit those of b + w w' u from x0 - w' u."""
    rng = np.random.default_rng(3)
    w, b, epsilon = -rng.uniform(1, 80, 300), rng.uniform(0, 20, 300), rng.uniform(0.3, 1, 300)
    u, input_weight, x0 = rng.normal(size=300), rng.normal(size=300), rng.random(300)
    neuron = doya.NeuronMap(w, b, epsilon=epsilon, input_weight=input_weight)
    shift = input_weight * u
    twin = doya.NeuronMap(w, b + w * shift, epsilon=epsilon)
    found = doya.lyapunov_exponent(neuron, x0, 2000, u=u, return_error=True)
    assert np.array_equal(found, doya.lyapunov_exponent(twin, x0 - shift, 2000, return_error=True))
    assert np.array_equal(doya.lyapunov_exponent(neuron, x0, 500, u=0.0),
                          doya.lyapunov_exponent(neuron, x0, 500))  # fmt: skip


def test_exponents_under_an_input_are_means_along_the_loop():
    """ln|mu| over 5000 steps after 1000, on cycles and within the errors of both in chaos."""
    rng = np.random.default_rng(4)
    for _ in range(12):
        neuron, u = drawn(rng)
        exponent, error = doya.lyapunov_exponent(neuron, 0.3, 5000, u=u, return_error=True)
        w, b, epsilon, drive = neuron.w, neuron.b, neuron.epsilon, neuron.input_weight * u
        x, total = 0.3, 0.0
        for k in range(6000):
            level = 1.0 / (1.0 + math.exp(-(w * x + b)))
            mu = 1.0 - epsilon + epsilon * w * level * (1.0 - level)
            total += math.log(abs(mu)) if k >= 1000 else 0.0
            x = (1.0 - epsilon) * x + epsilon * level + epsilon * drive
        assert abs(total / 5000 - exponent) <= 3.0 * error + 1e-3 * abs(exponent)


def test_an_array_of_inputs_makes_an_ensemble():
    """Shapes broadcast, and a wrong shape is named."""
    neuron = doya.NeuronMap(w=[[-20.0], [-60.0]], b=10.0, epsilon=0.5)
    u = [0.0, 0.05, 0.1]
    found = doya.lyapunov_exponent(neuron, u=u)
    assert found.shape == (2, 3)
    for k, each in enumerate(u):
        assert np.array_equal(found[:, k : k + 1], doya.lyapunov_exponent(neuron, u=each))
    with pytest.raises(doya.ArgumentError, match=r"x0 must broadcast .* u"):
        doya.lyapunov_exponent(doya.NeuronMap(w=[1.0, 2.0]), u=[1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("over", "between", "u"),
    [("u", (-0.12, 0.4), 0.0), ("b", (-3.0, 20.0), 0.1), ("w", (-60.0, 5.0), 0.1),
     ("epsilon", (0.3, 1.0), 0.1)],
)  # fmt: skip
def test_orbit_diagrams_show_where_loops_settle(over, between, u):
    """Their periods are those of the loop, and their states are mapped to each other."""
    neuron = doya.NeuronMap(-40.0, 10.0, epsilon=0.5, input_weight=2.0)
    diagram = doya.orbit_diagram(neuron, over, between, points=40, u=u)
    assert diagram.u == u
    there = {**vars(neuron), "u": u, over: diagram.value}
    drive = there["input_weight"] * there["u"]
    known = ("w", "b", "epsilon")
    w, b, epsilon = (np.broadcast_to(there[name], diagram.value.shape) for name in known)
    after = step(diagram.x[..., :-1], *(each[:, None] for each in (w, b, epsilon)),
                 np.broadcast_to(drive, w.shape)[:, None])  # fmt: skip
    assert np.allclose(after, diagram.x[..., 1:], atol=1e-11)
    periods = orbit_oracle.settled_period(np.full(40, 0.3), w, b + w * drive, epsilon, steps=20_000)
    cyclic = (periods > 0) & (diagram.period.min(axis=0) > 0)
    assert cyclic.sum() > 20
    assert np.all((periods[cyclic] == diagram.period[:, cyclic]).any(axis=0))


@pytest.mark.long
def test_starts_and_followed_orbits_are_states_with_the_input():
    """The loop from the same x0, and the loop that goes on from value to value."""
    neuron = doya.NeuronMap(6.0, -3.0, epsilon=0.5, input_weight=2.0)
    value = np.linspace(-0.2, 0.2, 81)
    starts = (0.2, 0.9)
    fixed = doya.orbit_diagram(neuron, "u", (-0.2, 0.2), points=81, x0=starts)
    for row, x0 in enumerate(starts):
        x = np.full(81, x0)
        for _ in range(3000):
            x = step(x, 6.0, -3.0, 0.5, 2.0 * value)
        assert np.allclose(fixed.x[row, :, 0], x, atol=1e-9)
    led = doya.orbit_diagram(neuron, "u", (-0.2, 0.2), points=81, x0=0.1, follow=True)
    for row, way in (("up", 1), ("down", -1)):
        x, states = 0.1, []
        for u in value[::way]:
            for _ in range(3000):
                x = step(x, 6.0, -3.0, 0.5, 2.0 * u)
            states.append(float(x))
        assert np.allclose(led.x[led.rows.index(row), :, 0], states[::way], atol=1e-6)
    assert led.attractors.max() == 2


def test_a_followed_chaotic_map_goes_on_from_its_own_states():
    """Over u, where the shift w' u changes at each value: short transients keep x itself."""
    neuron = doya.NeuronMap(-20.0, 5.0, epsilon=0.9)
    led = doya.orbit_diagram(
        neuron, "u", (0.0, 0.4), points=5, x0=0.3, follow=True, transient=2, kept=64
    )
    x = 0.3
    for k, u in enumerate(np.linspace(0.0, 0.4, 5).tolist()):
        for _ in range(2):
            x = step(x, -20.0, 5.0, 0.9, u)
        if led.period[0, k] == 0:  # otherwise the states are those of the cycle
            assert abs(led.x[0, k, 0] - x) < 1e-5


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("over", "between", "u"),
    [("u", (-0.1, 0.4), 0.0), ("b", (0.0, 25.0), 0.05), ("w", (-60.0, -5.0), 0.05),
     ("w", (-60.0, -5.0), -0.1), ("epsilon", (0.1, 1.0), 0.05)],
)  # fmt: skip
def test_bifurcations_of_cycles_under_an_input(over, between, u):
    """Each is the root of both equations in 40 digits, in the neuron's own b and x."""
    neuron = doya.NeuronMap(-38.0, 10.0, epsilon=0.5, input_weight=1.5)
    found = doya.cycle_bifurcations(neuron, over, between, longest=8, points=200, u=u)
    assert {each.period for each in found} >= {1, 2}
    own = {**vars(neuron), "u": u}
    for each in found:
        assert each.parameter == over
        assert {"w": each.w, "b": each.b, "epsilon": each.epsilon, "u": each.u} == {
            name: {**own, over: each.value}[name] for name in ("w", "b", "epsilon", "u")
        }
        if each.kind in ("LP", "PD"):
            x, value = orbit_oracle.state_and_value(
                each.kind, over, each.x[0], {**own, over: each.value}, each.period
            )
            assert abs(each.value - value) <= 1e-11 * max(1.0, abs(value)), each
            assert abs(each.x[0] - x) <= 1e-7
    ones = [(each.kind, each.value, float(each.x[0])) for each in found if each.period == 1]
    points = doya.bifurcation_points(neuron, over, between, u=u)
    assert ones == sorted(((p.kind, p.value, p.x) for p in points), key=lambda one: one[1])


def test_bifurcations_over_u_are_those_over_b():
    """The same cascade: b* = b + w w' u, also for a tiny w', where u is large."""
    neuron = doya.NeuronMap(-40.0, 10.0, epsilon=0.5)
    along_b = doya.cycle_bifurcations(neuron, "b", (2.0, 38.0), longest=4, points=300)
    for input_weight in (1.0, -2.0, 1e-9, 1e9):
        slope = -40.0 * input_weight
        ends = sorted((end - 10.0) / slope for end in (2.0, 38.0))
        along_u = doya.cycle_bifurcations(
            neuron.replace(input_weight=input_weight), "u", ends, longest=4, points=300
        )
        assert len(along_u) == len(along_b)
        values = sorted(10.0 + slope * each.value for each in along_u)
        assert np.allclose(values, [each.value for each in along_b], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda n: doya.cycles(n, 2, [0.1, 0.2]), "u must be one number"),
        (lambda n: doya.cycles(n.replace(w=1e60), 2, 1e60), "b . w w' u must be from -1e100"),
        (lambda n: doya.lyapunov_exponent(n, u=math.inf), "u must be finite"),
        (
            lambda n: doya.lyapunov_exponent(n.replace(w=1e60), u=1e60),
            "b . w w' u must be from -1e100",
        ),
        (
            lambda n: doya.orbit_diagram(n.replace(w=0.0), "u"),
            "over must not be 'u' where w w' = 0",
        ),
        (
            lambda n: doya.cycle_bifurcations(n.replace(input_weight=0.0), "u"),
            "over must not be 'u' where w w' = 0",
        ),
        (lambda n: doya.orbit_diagram(n, "u", (0.0, 1e101)), "u must be from -1e100"),
    ],
)
def test_wrong_inputs_are_named(call, words):
    """The argument and its range."""
    with pytest.raises(doya.ArgumentError, match=words):
        call(doya.NeuronMap(-20.0, 10.0))


def test_orbits_from_given_starts_settle_where_loops_from_them_do():
    """The states under u = 0.3 are those without it plus 0.3, and so is the limit of a basin."""
    neuron, starts = doya.NeuronMap(5.0, -4.0, epsilon=0.5), [0.7, 0.9]
    diagram = doya.orbit_diagram(neuron, "w", (4.9, 5.1), points=3, x0=starts, u=0.3)
    for start, row in zip(starts, diagram.x, strict=True):
        for w, states in zip(diagram.value, row, strict=True):
            x = start
            for _ in range(2000):
                x = step(x, w, neuron.b, neuron.epsilon, 0.3)
            assert states == pytest.approx(x, abs=1e-12)
    assert (diagram.x[1] - diagram.x[0] > 0.5).all()
