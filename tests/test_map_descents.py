"""Descents of maps in one kernel: the bits of steps one by one, in any company."""

import numpy as np
import pytest

import doya
from doya.kernels.machinery import running
from doya.kernels.machinery.running import always, as_machine_code, interpret
from doya.training import grouped_ends
from doya.training.map_descents import has_one_kernel

NAMES = ("loss", "free_loss", "gradient_norm", "clipped", "status")


def ensemble(seed, size):
    """Walls, folds, chaos, small steps and biases beyond trust; and starts."""
    rng = np.random.default_rng(seed)
    w = rng.choice([5.0, 5.0, 6.5, -8.0, 3.0, 0.0, 1e-9, 250.0], size)
    b = np.where(w > 0.0, -0.5 * w, 3.0) + rng.uniform(-0.7, 0.7, size)
    b[::17] = rng.choice([150.0, -230.0, 400.0, 1e30], b[::17].size)
    epsilon = rng.choice([1.0, 1.0, 0.8, 0.1, 1e-5], size)
    return doya.NeuronMap(w, b, epsilon=epsilon), rng.uniform(-0.5, 1.5, size)


OPTIONS = [
    {"learning_rate": 0.5},
    {"learning_rate": 40.0, "learn": ("b", "w")},
    {"learning_rate": 3.0, "learn": ("w", "b"), "momentum": 0.9},
    {"learning_rate": 3.0, "learn": "w", "momentum": 0.5, "nesterov": True},
    {"learning_rate": 9.0, "clip": 0.1, "learn": ("w", "b")},
    {"learning_rate": 9.0, "clip": "auto"},
    {"learning_rate": 9.0, "clip": 1.0, "clip_value": 0.05, "learn": ("b", "w")},
    {"learning_rate": 1e99, "learn": ("b", "w")},
]


def answer(monkeypatch, by_one_kernel, neuron, x0, t_end, count=25, **options):
    """What `train` answers with the kernel or without."""
    with monkeypatch.context() as patched:
        if not by_one_kernel:
            patched.setattr(grouped_ends, "has_one_kernel", lambda ends, rule: False)
        return doya.train(neuron, x0, t_end, 0.855, steps=count, **options)


def assert_same(one, other):
    for name in NAMES:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for name in one.learn:
        np.testing.assert_array_equal(one.parameters[name], other.parameters[name])
        np.testing.assert_array_equal(one.gradient[name], other.gradient[name])


@pytest.mark.parametrize("count", [1, 6])
def test_a_descent_at_rest_whose_gradient_is_clipped_is_so_at_each_step_but_the_last(count):
    """Steps of 1e-20 change no bias; there is no step from the last point."""
    neuron = doya.NeuronMap(5.0, -2.2)
    given = {"learning_rate": 1e-17, "clip": 1e-3, "steps": count}
    with always(as_machine_code):
        path = doya.train(neuron, 0.5, 9, 0.855, **given)
    assert path.clipped.tolist() == count * [True] + [False]
    assert np.ptp(path.parameters["b"]) == 0.0


@pytest.mark.parametrize("learn", ["b", "w"])
@pytest.mark.parametrize("by_one_kernel", [True, False])
def test_each_descent_of_a_mixed_ensemble_has_the_bits_of_one_alone(
    monkeypatch, learn, by_one_kernel
):
    """At epsilon = 1 and below, with an input and without: blocks of both kinds."""
    rng = np.random.default_rng(8)
    neuron = doya.NeuronMap(
        rng.uniform(3.0, 6.0, 70), rng.uniform(-3.0, -1.5, 70), epsilon=rng.choice([1.0, 0.8], 70),
        input_weight=rng.choice([0.0, 0.1], 70),
    )  # fmt: skip
    given = {"learn": learn, "learning_rate": 0.5, "count": 5, "u": 1.0}
    with always(as_machine_code):
        whole = answer(monkeypatch, by_one_kernel, neuron, 0.5, 30, **given)
        for n in range(0, 70, 3):
            each = {name: np.asarray(row)[n] for name, row in neuron.parameters.items()}
            one = answer(monkeypatch, by_one_kernel, doya.NeuronMap(**each), 0.5, 30, **given)
            np.testing.assert_array_equal(whole.parameters[learn][n], one.parameters[learn])
            np.testing.assert_array_equal(whole.gradient[learn][n], one.gradient[learn])
            np.testing.assert_array_equal(whole.loss[n], one.loss)


@pytest.mark.each_third
@pytest.mark.parametrize("t_end", [0, 1, 50, 90])
@pytest.mark.parametrize("options", OPTIONS)
def test_same_bits_as_step_by_step(monkeypatch, options, t_end):
    """Descents that end, rest, fail, leave the range of doubles, and are clipped."""
    neuron, x0 = ensemble(t_end, 150)
    with always(as_machine_code):
        one, other = (answer(monkeypatch, way, neuron, x0, t_end, **options) for way in (1, 0))
    assert_same(one, other)


@pytest.mark.parametrize("options", OPTIONS[::2])
def test_same_bits_interpreted(monkeypatch, options):
    """Seven descents, more steps than fit in one call of the kernel."""
    neuron, x0 = ensemble(5, 7)
    with always(interpret):
        one = answer(monkeypatch, True, neuron, x0, 30, 6, **options)
    monkeypatch.setattr("doya.training.map_descents.IN_A_CALL", 7 * 30 * 2)
    with always(as_machine_code):
        other = answer(monkeypatch, True, neuron, x0, 30, 6, **options)
    assert_same(one, other)


def test_same_bits_in_any_company_and_number_of_threads(monkeypatch):
    """Alone, in another order, and on three threads."""
    neuron, x0 = ensemble(6, 300)
    with always(as_machine_code):
        many = answer(monkeypatch, True, neuron, x0, 50)
        monkeypatch.setenv("DOYA_NUM_THREADS", "3")
        monkeypatch.setattr(running, "WORTH_IN_A_ROW", 1e-9)
        monkeypatch.setattr(running, "LONGEST_PART", 1e-5)
        assert_same(many, answer(monkeypatch, True, neuron, x0, 50))
        for i in (0, 17, 299):
            alone = neuron.replace(w=neuron.w[i], b=neuron.b[i], epsilon=neuron.epsilon[i])
            path = answer(monkeypatch, True, alone, x0[i], 50)
            np.testing.assert_array_equal(path.loss, many.loss[i])


@pytest.mark.parametrize("place", ["bias", "state"])
def test_with_an_input_and_settings_of_each_neuron(monkeypatch, place):
    """A constant input, and a learning rate and a momentum for each neuron."""
    neuron, x0 = ensemble(7, 100)
    neuron = neuron.replace(input_weight=np.linspace(-1.0, 1.0, 100), input_to=place)
    rates, momentum = np.linspace(0.1, 5.0, 100), np.linspace(0.0, 0.9, 100)
    options = {"u": 0.7, "learning_rate": rates, "momentum": momentum}
    with always(as_machine_code):
        one, other = (answer(monkeypatch, way, neuron, x0, 40, **options) for way in (1, 0))
    assert_same(one, other)


def test_which_descents_have_one_kernel(monkeypatch):
    """Plain maps with the rule "gradient" and no penalty."""
    asked = []

    def ask(ends, rule):
        asked.append(has_one_kernel(ends, rule))
        return asked[-1]

    monkeypatch.setattr(grouped_ends, "has_one_kernel", ask)
    start = (0.5, 5, 0.8)
    neuron = doya.NeuronMap(5.0, -2.5)
    doya.train(neuron, *start, steps=1)
    doya.train(neuron, *start, "w", steps=1, penalty={"l2": 0.1})
    doya.train(neuron, *start, steps=1, rule="adam")
    doya.train(neuron, *start, "x0", steps=1)
    doya.train(neuron, *start, steps=1, u=[0.0, 0.1, 0.0, 0.0, 0.0])
    doya.train(neuron, *start, steps=1, teacher_forcing=0.1)
    doya.train(doya.NeuronODE(5.0, -2.5), *start, steps=1)
    assert asked == [True] + 6 * [False]


def test_progress_of_one_descent(monkeypatch):
    """Told after each call of the kernel, and after each step beyond its numbers, up to 1."""
    monkeypatch.setattr("doya.training.map_descents.IN_A_CALL", 500)
    told = []
    doya.train(doya.NeuronMap(5.0, -2.5), 0.5, 50, 0.8, steps=40, progress=told.append)
    assert told == sorted(told)
    assert (told[0], told[-1], len(told)) == (0.05, 1.0, 6)


def test_descents_of_b_stay_on_the_wall_where_they_start_there():
    """At b = -w/2 and x0 = 1/2 the state rests on the unstable fixed point; as with w learned."""
    w = np.random.default_rng(8).uniform(4.5, 8.0, 300)
    neuron = doya.NeuronMap(w, -w / 2.0)
    one, two = (
        doya.train(neuron, 0.5, 200, 0.855, learn, 1e-300, 1) for learn in ("b", ("b", "w"))
    )
    np.testing.assert_allclose(one.loss[:, 0], (0.855 - 0.5) ** 2, rtol=1e-12)
    np.testing.assert_allclose(one.gradient["b"], two.gradient["b"], rtol=1e-12)


def test_momentum_grows_also_where_single_steps_are_too_small():
    """Steps of a fifth of the last bit move nothing until their sum does."""
    b = np.array([-2.3, -2.6, -2.4])
    maps = doya.NeuronMap(5.0, b)
    slope = doya.train(maps, 0.5, 3, 0.855, "b", 1e-300, 1).gradient["b"][:, 0]
    rate = 0.2 * np.spacing(2.3) / np.abs(slope)
    path = doya.train(maps, 0.5, 3, 0.855, "b", rate, 40, momentum=0.9).parameters["b"]
    now, velocity = b.copy(), np.zeros(3)
    for _ in range(40):
        velocity = 0.9 * velocity - rate * slope
        now = now + velocity
    assert np.all(path[:, 1] == b)
    assert np.array_equal(path[:, -1], now)
