import math

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
from doya.kernels.machinery import running

PARTS = ("b", "w", "x0")


def sigmoid(z):
    return 1 / (1 + mp.exp(-z))


def state(at, steps, epsilon=1, alpha=0, teacher=0):
    """Return x after a number of steps of the map, drawn to the teacher before each."""
    x = at["x0"]
    for _ in range(steps):
        x = (1 - alpha) * x + alpha * teacher
        x = (1 - epsilon) * x + epsilon * sigmoid(at["w"] * x + at["b"])
    return x


def slopes(at, names, target, steps, **more):
    """dL/dp by central differences in 60 digits."""
    step, found = mpf(10) ** -20, {}
    for name in names:
        low, high = (
            (state(at | {name: at[name] + change}, steps, **more) - target) ** 2
            for change in (-step, step)
        )
        found[name] = (high - low) / (2 * step)
    return found


def naive_path(start, learn, target, end, rate, steps, clip=None, momentum=0.0, **more):
    """Gradient descent as the books have it: parameters and loss at every step."""
    with mp.workdps(60):
        at = {name: mpf(value) for name, value in start.items()}
        target, velocity = mpf(target), dict.fromkeys(learn, mpf(0))
        path = []
        for _ in range(steps + 1):
            loss = (state(at, end, **more) - target) ** 2
            path.append([float(at[name]) for name in learn] + [float(loss)])
            gradient = slopes(at, learn, target, end, **more)
            size = mp.sqrt(sum(each**2 for each in gradient.values()))
            if clip is not None and size > clip:
                gradient = {name: clip * each / size for name, each in gradient.items()}
            for name in learn:
                velocity[name] = mpf(momentum) * velocity[name] - mpf(rate) * gradient[name]
                at[name] += velocity[name]
    return np.transpose(path)


def naive_signs(start, learn, target, end, rate, steps):
    """The iRprop- of Igel and Huesken."""
    with mp.workdps(60):
        at = {name: mpf(value) for name, value in start.items()}
        size = dict.fromkeys(learn, mpf(rate))
        before = dict.fromkeys(learn, 0)
        path = []
        for _ in range(steps + 1):
            loss = (state(at, end) - mpf(target)) ** 2
            path.append([float(at[name]) for name in learn] + [float(loss)])
            for name, each in slopes(at, learn, mpf(target), end).items():
                sign = int(mp.sign(each))
                if sign * before[name] > 0:
                    size[name] = min(size[name] * mpf("1.2"), 50)
                elif sign * before[name] < 0:
                    size[name] *= mpf("0.5")
                    sign = 0
                at[name] -= sign * size[name]
                before[name] = sign
    return np.transpose(path)


def as_rows(path):
    return np.array([*path.parameters.values(), path.loss])


def test_the_wall_throws_plain_descent_far_away_and_clipped_descent_stays():
    """From b = -2.2 to 28.2 and a loss of 0.0210; clipped at 0.05 to -2.4983 and 5.6e-7.

    In 40 digits, by references/largest.py.
    """
    neuron = doya.NeuronODE(5.0, -2.2)
    plain = doya.train(neuron, 0.5, 50.0, 0.855, "b", 2.0, 100)
    assert plain.parameters["b"][-1] == pytest.approx(28.2, abs=0.05)
    assert plain.loss[-1] == pytest.approx(0.0210, abs=5e-5)
    clipped = doya.train(neuron, 0.5, 50.0, 0.855, "b", 2.0, 100, clip=0.05)
    assert clipped.parameters["b"][-1] == pytest.approx(-2.4983, abs=5e-5)
    assert clipped.loss[-1] == pytest.approx(5.6e-7, abs=5e-9)
    assert (plain.clipped.sum(), plain.status, plain.steps) == (0, 0, 100)
    assert np.array_equal(clipped.clipped[:-1], clipped.gradient_norm[:-1] > 0.05)


def test_every_step_of_the_flow_is_the_rule_applied_to_a_difference_of_its_own_loss():
    """The geometric model, clipped: b[k+1] = b[k] - 2 min(1, 0.05/|g|) g."""
    path = doya.train(doya.NeuronODE(5.0, -2.2), 0.5, 50.0, 0.855, "b", 2.0, 60, clip=0.05)
    b, g = path.parameters["b"], path.gradient["b"]
    step = 1e-6
    high, low = (
        (doya.final_state(doya.NeuronODE(5.0, b + d), 0.5, 50.0) - 0.855) ** 2
        for d in (step, -step)
    )
    np.testing.assert_allclose(g, (high - low) / (2.0 * step), rtol=5e-3, atol=1e-9)
    short = np.minimum(1.0, 0.05 / np.abs(g[:-1])) * g[:-1]
    np.testing.assert_allclose(np.diff(b), -2.0 * short, rtol=0, atol=2e-15)


PLAIN = {"rate": 0.5, "steps": 40}
PATHS = [
    ({"w": 5, "b": -2.3, "x0": 0.5}, ("b",), 0.8, 12, 1.0, PLAIN | {"rate": 0.125}),
    ({"w": 5, "b": -2.3, "x0": 0.5}, ("b", "w"), 0.8, 12, 1.0, PLAIN | {"momentum": 0.75}),
    ({"w": 5, "b": -2.55, "x0": 0.5}, ("w", "b"), 0.8, 12, 1.0, PLAIN | {"clip": 0.0625}),
    (
        {"w": 5, "b": -2.55, "x0": 0.5}, ("x0", "b"), 0.8, 9, 0.5,
        PLAIN | {"clip": 0.125, "momentum": 0.5},
    ),
    ({"w": -6, "b": 2.5, "x0": 0.25}, ("x0",), 0.4, 7, 0.75, PLAIN),
    ({"w": -9, "b": 4, "x0": 0.25}, ("b", "w", "x0"), 0.6, 6, 0.5, PLAIN | {"momentum": 0.25}),
]  # fmt: skip


@pytest.mark.each_third
@pytest.mark.parametrize(("start", "learn", "target", "end", "epsilon", "options"), PATHS)
def test_whole_paths_are_those_of_a_naive_loop(start, learn, target, end, epsilon, options):
    """Plain, with momentum and clipped, over b, w and x0."""
    truth = naive_path(start, learn, target, end, epsilon=epsilon, **options)
    options = dict(options)
    rate, steps = options.pop("rate"), options.pop("steps")
    neuron = doya.NeuronMap(start["w"], start["b"], epsilon=epsilon)
    path = doya.train(neuron, start["x0"], end, target, learn, rate, steps, **options)
    np.testing.assert_allclose(as_rows(path), truth, rtol=1e-10, atol=1e-12)
    assert bool(path.clipped.any()) == ("clip" in options)


@pytest.mark.parametrize("learn", [("b",), ("b", "w"), ("x0", "w", "b")])
def test_steps_by_sign_are_irprop_minus(learn):
    """Against a naive loop."""
    start = {"w": 5, "b": -2.2, "x0": 0.5}
    truth = naive_signs(start, learn, 0.8, 10, 0.03125, 40)
    path = doya.train(doya.NeuronMap(5.0, -2.2), 0.5, 10, 0.8, learn, 0.03125, 40, rule="sign")
    np.testing.assert_allclose(as_rows(path), truth, rtol=1e-10, atol=1e-13)


@pytest.mark.each_third
@pytest.mark.parametrize("alpha", [1e-9, 0.2, 0.5, 0.9375, 1.0 - 2.0**-20, 1.0 - 2.0**-40])
@pytest.mark.parametrize("epsilon", [1.0, 0.5])
def test_teacher_forcing_draws_the_state_to_the_target_before_each_step(alpha, epsilon):
    """x <- (1 - alpha) x + alpha target; its loss and derivatives, and the loss without it."""
    start, learn = {"w": 5, "b": -2.375, "x0": 0.5}, ("b", "w", "x0")
    more = {"epsilon": epsilon, "alpha": mpf(alpha), "teacher": mpf(0.8)}
    truth = naive_path(start, learn, 0.8, 10, 0.5, 15, **more)
    path = doya.train(
        doya.NeuronMap(5.0, -2.375, epsilon=epsilon), 0.5, 10, 0.8, learn, 0.5, 15,
        teacher_forcing=alpha,
    )  # fmt: skip
    np.testing.assert_allclose(as_rows(path), truth, rtol=1e-9, atol=1e-11)
    with mp.workdps(60):
        for k in (0, 15):
            at = {name: mpf(float(path.parameters[name][k])) for name in learn}
            free = (state(at, 10, epsilon) - mpf(0.8)) ** 2
            assert path.free_loss[k] == pytest.approx(float(free), rel=1e-10, abs=1e-14)
            exact = slopes(at, learn, mpf(0.8), 10, **more)
            for name in learn:
                assert path.gradient[name][k] == pytest.approx(
                    float(exact[name]), rel=1e-9, abs=1e-13
                )


def test_products_stay_bounded_where_the_teacher_draws_enough():
    """At w = 5 max mu is 5/4: with alpha = 0.2 no product exceeds 1, without it they explode."""
    rng = np.random.default_rng(3)
    neuron = doya.NeuronMap(5.0, rng.uniform(-2.7, -2.3, 50))
    x0, end = rng.uniform(0.2, 0.8, 50), 200
    free = doya.train(doya.NeuronMap(5.0, -2.5), 0.5, end, 0.8, "x0", 1e-9, 0)
    assert abs(free.gradient["x0"]) > 1e15
    for alpha in (0.2, 0.3, 0.5):
        path = doya.train(neuron, x0, end, 0.8, "x0", 1e-9, 0, teacher_forcing=alpha)
        error = np.sqrt(path.loss)
        assert np.all(np.abs(path.gradient["x0"]) <= 2.0 * error * (1.0 + 1e-12))


def test_a_plain_step_on_the_wall_ends_and_a_clipped_one_goes_on():
    """At T = 1e4 the gradient is beyond doubles; its direction is not."""
    neuron = doya.NeuronODE(5.0, -2.5)
    plain = doya.train(neuron, 0.5, 1e4, 0.855)
    assert (plain.status, plain.steps) == (1, 0)
    assert plain.message.startswith(
        "Stopped after 0 steps, because the gradient is not finite. At the end (step 0):"
        " b = -2.5, loss 0.13."
    )
    assert not plain.success
    assert plain.gradient["b"][0] == -math.inf
    assert plain.loss[0] == pytest.approx(0.355**2)
    assert plain.parameters["b"][0] == -2.5
    assert np.isnan(plain.parameters["b"][1:]).all()
    clipped = doya.train(neuron, 0.5, 1e4, 0.855, ("b", "w"), clip=0.05)
    assert (clipped.status, clipped.steps) == (0, 100)
    first = [clipped.parameters[name][1] - clipped.parameters[name][0] for name in ("b", "w")]
    # dx/dw = x dx/db on the wall.
    assert first == pytest.approx([0.05 / math.sqrt(1.25), 0.025 / math.sqrt(1.25)], rel=1e-12)
    assert clipped.loss[-1] < 1e-3
    by_sign = doya.train(neuron, 0.5, 1e4, 0.855, learning_rate=0.01, rule="sign")
    assert (by_sign.status, by_sign.parameters["b"][1]) == (0, -2.49)


def test_a_gradient_as_long_as_the_clip_is_not_clipped():
    """At T = 0 dL/dx0 = 2 (x0 - target), here 1: only a longer one counts as shorter."""
    for clip, clipped in ((1.0, False), (0.999, True)):
        path = doya.train(doya.NeuronODE(), 1.0, 0.0, 0.5, "x0", 0.25, 1, clip)
        assert path.gradient_norm[0] == 1.0
        assert path.clipped[0] == clipped
        assert path.parameters["x0"][1] == pytest.approx(1.0 - 0.25 * clip, rel=1e-15, abs=0.0)


def test_a_parameter_that_leaves_its_range_ends_with_a_status():
    path = doya.train(doya.NeuronODE(5.0, -2.5), 0.5, 50.0, 0.855, learning_rate=1e100)
    assert (path.status, path.steps) == (2, 0)
    assert "left the range from -1e100 to 1e100" in path.message
    far = doya.train(doya.NeuronODE(), 1e98, 0.0, -1e98, "x0", 2.0, 9)
    assert (far.status, far.steps) == (2, 3)
    assert far.parameters["x0"][:4].tolist() == pytest.approx([1e98, -7e98, 1.7e99, -5.5e99])
    assert np.isnan(far.parameters["x0"][4:]).all()


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("kind", "more", "end", "options"),
    [
        (doya.NeuronODE, {}, 50.0, {}),
        (doya.NeuronODE, {}, 50.0, {"clip": 0.05, "momentum": 0.5}),
        (doya.NeuronODE, {}, 2e3, {"u": doya.Pulses([(5.0, 8.0, 0.1)]), "clip": 0.1}),
        (doya.NeuronMap, {"epsilon": 0.5}, 50, {"rule": "sign"}),
        (doya.NeuronMap, {"epsilon": 0.5}, 30, {"teacher_forcing": 0.25}),
    ],
)
def test_an_ensemble_is_its_members_bit_for_bit(kind, more, end, options):
    """Also where some of them fail."""
    rng = np.random.default_rng(11)
    w, x0 = rng.uniform(4.5, 5.5, 7), rng.uniform(0.3, 0.7, (2, 1))
    b = -0.5 * w + rng.uniform(-0.3, 0.3, 7)
    w[0], b[0], x0[0] = 5.0, -2.5, 0.5
    target = np.array([[0.3], [0.855]])
    learn, rate, steps = ("w", "b", "x0"), 0.5, 12
    whole = doya.train(kind(w, b, **more), x0, end, target, learn, rate, steps, **options)
    assert whole.loss.shape == (2, 7, steps + 1)
    for i, j in np.ndindex(2, 7):
        alone = doya.train(
            kind(w[j], b[j], **more), x0[i, 0], end, target[i, 0], learn, rate, steps, **options
        )
        assert alone.status == whole.status[i, j]
        reason = str(whole.message[i, j]).lower().rstrip(".")
        assert alone.status == 0 or reason in alone.message.lower()
        for name in ("loss", "free_loss", "gradient_norm", "clipped"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(whole, name)[i, j])
        for name in learn:
            np.testing.assert_array_equal(alone.parameters[name], whole.parameters[name][i, j])
            np.testing.assert_array_equal(alone.gradient[name], whole.gradient[name][i, j])


def test_what_is_not_reached_has_a_status_and_keeps_where_it_was():
    """Under a function of time derivatives beyond 1e250 are not reached."""
    path = doya.train(doya.NeuronODE(40.0, -20.0), 0.5, 66.0, 0.8, steps=3, u=lambda t: 0.0)
    assert (path.status, path.steps) == (3, 0)
    assert "was not reached" in path.message
    assert path.parameters["b"][0] == -20.0
    assert np.isnan(path.parameters["b"][1:]).all()


def test_a_start_on_the_double_of_the_unstable_equilibrium_has_a_gradient():
    """Computed alone as in an ensemble; this one once divided by zero."""
    neuron = doya.NeuronODE(7.265347581502058, -3.4158577477456524)
    path = doya.train(neuron, 0.43310671495408093, 57.0, 0.8, "b", clip=0.1, steps=1)
    assert path.status == 0
    assert abs(path.gradient["b"][0]) > 1e10


@pytest.mark.parametrize("way", [running.interpret, running.as_machine_code])
def test_each_step_of_a_path_has_the_loss_and_gradient_of_a_path_that_begins_there(way):
    """Bit for bit: a step keeps nothing of the step before but what was learned."""
    learn = ("w", "b", "x0")
    with running.always(way):
        path = doya.train(doya.NeuronODE(5.0, [-2.2, 1.0]), 0.5, [9.0, 4.0], 0.8, learn, steps=6)
        for k in range(7):
            neuron = doya.NeuronODE(path.parameters["w"][:, k], path.parameters["b"][:, k])
            x0 = path.parameters["x0"][:, k]
            new = doya.train(neuron, x0, [9.0, 4.0], 0.8, learn, steps=0)
            np.testing.assert_array_equal(new.loss[:, 0], path.loss[:, k])
            for name in learn:
                np.testing.assert_array_equal(new.gradient[name][:, 0], path.gradient[name][:, k])


def test_progress_rises_to_one_and_no_steps_tell_the_start():
    seen = []
    doya.train(doya.NeuronODE(), 0.4, 5.0, 0.8, steps=4, progress=seen.append)
    assert seen == [0.25, 0.5, 0.75, 1.0]
    start = doya.train(doya.NeuronODE(), 0.4, 5.0, 0.8, steps=0)
    assert start.parameters["b"].tolist() == [-2.5]
    assert (start.steps, start.status) == (0, 0)


ODE, MAP = doya.NeuronODE(), doya.NeuronMap()
WRONG = [
    ((ODE, 0.5, 9.0, 0.8, "epsilon"), {}, "learn must be among b, w, x0, input_weight, got"),
    ((ODE, 0.5, 9.0, 0.8, ()), {}, r"learn must be one or more of b, w, x0, .*got \(\)"),
    ((ODE, 0.5, 9.0, 0.8, 3), {}, "learn must be among b, w, x0, .*got 3"),
    ((ODE, 0.5, 9.0, 0.8, [["b"]]), {}, r"learn must be among b, w, x0, .*got \['b'\]"),
    ((ODE, 0.5, 9.0, 0.8), {"learning_rate": 0.0}, "learning_rate must be .* greater than 0"),
    ((ODE, 0.5, 9.0, 0.8), {"learning_rate": math.nan}, "learning_rate must be .*got nan"),
    ((ODE, 0.5, 9.0, 0.8), {"steps": -1}, "steps must be a whole number from 0 .*got -1"),
    ((ODE, 0.5, 9.0, 0.8), {"steps": 1.5}, "steps must be a whole number .*got 1.5"),
    ((ODE, 0.5, 9.0, 0.8), {"clip": 0.0}, "clip must be a number greater than 0, .*got 0.0"),
    ((ODE, 0.5, 9.0, 0.8), {"momentum": 1.0}, "momentum must be at least 0 and less than 1"),
    ((ODE, 0.5, 9.0, 0.8), {"rule": "adma"}, "rule must be one of gradient, .*adam, got 'adma'"),
    (
        (ODE, 0.5, 9.0, 0.8),
        {"rule": "sign", "clip": 0.1},
        "rule must .* clip=0.1: remove clip",
    ),
    ((ODE, 0.5, 9.0, 0.8), {"rule": "sign", "momentum": 0.1}, "rule must .* momentum=0.1: rem"),
    (
        (ODE, 0.5, 9.0, 0.8),
        {"teacher_forcing": 0.2},
        "teacher_forcing must be 0 for the flow, which has no steps, got 0.2; use a NeuronMap",
    ),
    ((MAP, 0.5, 9, 0.8), {"teacher_forcing": 1.0}, "teacher_forcing must be .* less than 1"),
    ((ODE, 0.5, [1.0, 2.0], [0.8] * 3), {}, "x0 must broadcast with the neuron of shape"),
    ((ODE, 0.5, -1.0, 0.8), {}, "t_end must be a time from 0 to inf, got -1.0"),
    ((MAP, 0.5, 1.5, 0.8), {}, "t_end must be a whole number of steps"),
    ((ODE, math.nan, 9.0, 0.8), {}, "x0 must be finite"),
    ((ODE, 0.5, 9.0, math.inf), {}, "target must be finite, .*got inf"),
    (
        (ODE, [0.1, 0.2], 9.0, [0.1, 0.2, 0.3]),
        {},
        r"x0 must broadcast with .*, got shapes x0 \(2,\), t_end \(\), target \(3,\)",
    ),
    ((ODE, 0.5, 9.0, 0.8), {"u": math.nan}, "u must be finite"),
    ((MAP, 0.5, 9, 0.8), {"u": np.zeros(4)}, "u must have 9 values, one for each step .*, got 4"),
]


@pytest.mark.parametrize(("arguments", "options", "words"), WRONG, ids=[each[2] for each in WRONG])
def test_what_cannot_be_trained_is_refused_in_a_sentence(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        doya.train(*arguments, **options)


def test_a_clipped_step_is_taken_where_the_gradient_is_infinite():
    """On the wall after an infinite time, of b alone and beside a gradient that is finite."""
    for learn in (("b",), ("b", "x0"), ("w", "b")):
        path = doya.train(ODE, 0.5, math.inf, 0.855, learn, 1.0, 3, clip=0.1)
        assert (path.status, path.clipped[0]) == (0, True)
        start = np.array([path.parameters[name][0] for name in learn])
        after = np.array([path.parameters[name][1] for name in learn])
        assert np.linalg.norm(after - start) == pytest.approx(0.1)


def test_paths_that_do_not_fit_in_memory_are_told_with_their_size():
    with pytest.raises(ValueError, match=r"steps .*1000000.* are free"):
        doya.train(doya.NeuronODE(b=np.full(10**6, -2.2)), 0.5, 50.0, 0.855, steps=10**6)


def test_an_ensemble_of_nobody_learns_nothing():
    """Arrays keep their shapes."""
    for shape in ((0,), (0, 2)):
        for kind in (doya.NeuronODE, doya.NeuronMap):
            found = doya.train(kind(np.full(shape, 5.0), -2.0), 0.5, 3, 0.7, steps=4)
            assert found.loss.shape == found.parameters["b"].shape == (*shape, 5)
            assert found.status.shape == shape
