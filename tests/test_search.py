"""Search without gradients: which points are tried, which is the best, and what is refused."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

import doya
from doya.training.search import Search
from doya.training.trials import METHODS, Box

FLOW, MAP = doya.NeuronODE(w=5.0), doya.NeuronMap()
U = np.array([[0.3, -0.2, 0.1, 0.4], [-0.5, 0.2, 0.0, 0.1]])
TASK = doya.Task(U, [[0.9, 0.2], [0.1, math.nan]], x0=[0.4, 0.6], t_end=[2, 4])
BOUNDS = {"w": (1.0, 9.0), "epsilon": (0.2, 1.0), "b": (-4.0, 0.0), "input_weight": (-1.0, 2.0)}


def states(u, x0, w, epsilon, b, input_weight):
    """Return the states of the map, x[0] to x[len(u)], by its equation."""
    x = [x0]
    for each in u:
        activation = 1.0 / (1.0 + math.exp(-(w * x[-1] + b)))
        x.append((1.0 - epsilon) * x[-1] + epsilon * (activation + input_weight * each))
    return x


def loss_of_task(point):
    """Return the loss of `TASK` at a point by a loop."""
    first, second = (states(u, x0, *point) for u, x0 in zip(U, (0.4, 0.6), strict=True))
    return 0.5 * ((first[2] - 0.9) ** 2 + (first[4] - 0.2) ** 2 + (second[2] - 0.1) ** 2)


def loss_at_end(point):
    return (states(U[0], 0.4, *point)[4] - 0.7) ** 2


@pytest.mark.parametrize(
    ("target", "expected", "more"),
    [(TASK, loss_of_task, {}), (0.7, loss_at_end, {"x0": 0.4, "t_end": 4, "u": U[0]})],
    ids=["task", "number"],
)
def test_random_trials_are_those_of_a_loop_with_the_same_generator(target, expected, more):
    """A map with all its parameters in the bounds."""
    found = doya.search(MAP, target, BOUNDS, seed=5, trials=40, **more)
    low, high = np.array(list(BOUNDS.values())).T
    generator = np.random.default_rng(5)
    for k in range(40):
        part = generator.random(4)
        point = [each[k] for each in found.trials.values()]
        np.testing.assert_allclose(point, low + part * (high - low), rtol=0, atol=1e-14)
        assert found.losses[k] == pytest.approx(expected(point), rel=1e-11, abs=1e-15)
    assert list(found.trials) == list(BOUNDS)


def test_points_drawn_in_several_parts_are_those_drawn_at_once(monkeypatch):
    whole = doya.search(MAP, TASK, BOUNDS, trials=20)
    monkeypatch.setattr("doya.training.trials.TOGETHER", 7)
    assert doya.search(MAP, TASK, BOUNDS, trials=20) == whole


@pytest.mark.parametrize("method", METHODS)
def test_the_best_so_far_is_the_least_loss_of_all_trials_so_far(method):
    found = doya.search(FLOW, 0.7, {"b": (-4.0, 0.0), "w": (1.0, 9.0)}, method, trials=90)
    least = math.inf
    for k, loss in enumerate(found.losses):
        least = min(least, loss)
        assert found.best[k] == least
    assert found.loss == least
    at = found.losses.tolist().index(least)
    assert found.parameters == {name: row[at] for name, row in found.trials.items()}
    for name, (low, high) in found.bounds.items():
        assert np.all((found.trials[name] >= low) & (found.trials[name] <= high))


@pytest.mark.each_third
@pytest.mark.parametrize(("method", "within"), [("evolution", 1e-9), ("direct", 1e-6)])
@pytest.mark.parametrize("w", [5.0, -3.0])
def test_evolution_and_boxes_find_the_bias_of_an_equilibrium(method, within, w):
    """b = ln(c / (1 - c)) - w c has the equilibrium c, where the state is after infinite time."""
    found = doya.search(
        FLOW.replace(w=w), 0.9, {"b": (-4.0, 6.0)}, method, trials=1200, t_end=math.inf
    )
    assert found.parameters["b"] == pytest.approx(math.log(9.0) - 0.9 * w, abs=within)


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_repeats_a_search(method):
    """Another seed changes it, except for boxes, where nothing is random."""
    once, again, other = (
        doya.search(MAP, TASK, BOUNDS, method, seed, trials=70) for seed in (3, 3, 4)
    )
    assert once == again
    assert np.array_equal(once.losses, other.losses) == (method == "direct")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("trials", [1, 2, 15, 16, 61])
def test_there_are_as_few_trials_as_asked_for(method, trials):
    found = doya.search(FLOW, 0.7, {"b": (-4.0, 0.0)}, method, trials=trials)
    assert found.losses.shape == found.best.shape == found.trials["b"].shape == (trials,)


def test_evolution_goes_on_where_all_losses_are_equal():
    """At T = 0 the loss is (0.5 - 0)**2 for each b."""
    found = doya.search(MAP, 0.5, {"b": (-4.0, 0.0)}, "evolution", trials=100, x0=0.0, t_end=0)
    assert found.losses.tolist() == [0.25] * 100


def test_the_start_can_be_searched():
    """At T = 0 the loss is (target - x0)**2."""
    found = doya.search(MAP, 0.3, {"x0": (-1.0, 2.0)}, trials=9, t_end=0)
    np.testing.assert_allclose(found.losses, (0.3 - found.trials["x0"]) ** 2, rtol=1e-15)


def hidden_below(level):
    """Return a box with the loss x**2 that is unknown below a level, and infinite at once above."""

    def losses(values):
        x = values["x"]
        known = np.where(x < level, math.nan, x * x)
        return np.where((x >= level) & (x < level + 0.1), math.inf, known)

    return Box({"x": (-1.0, 1.0)}, losses)


@pytest.mark.parametrize("method", METHODS)
def test_losses_that_are_unknown_or_infinite_are_skipped(method):
    """The best trial is the least x above 0.6, where losses are known and finite."""
    box = hidden_below(0.5)
    METHODS[method](box, 300, 1)
    (x,), losses = box.tried(300)
    found = Search({"x": x}, losses, FLOW, box.bounds, method, 1)
    assert np.isnan(losses).any()
    assert np.isinf(losses).any()
    assert found.parameters["x"] == x[x >= 0.6].min()
    assert found.loss == found.parameters["x"] ** 2
    first = int(np.flatnonzero(np.isfinite(losses))[0])
    assert np.isnan(found.best[:first]).all()
    assert np.all(np.diff(found.best[first:]) <= 0.0)


@pytest.mark.parametrize("method", METHODS)
def test_a_search_without_a_known_loss_has_none(method):
    box = hidden_below(2.0)
    METHODS[method](box, 40, 1)
    (x,), losses = box.tried(40)
    found = Search({"x": x}, losses, FLOW, box.bounds, method, 1)
    assert np.isnan([found.loss, found.parameters["x"], *found.best]).all()


def test_letters_of_an_author_are_searched():
    """The tanh unit with its input inside tanh: Doya's w = 4 w, b = 2 h - 2 w (Bengio's neuron)."""
    inside = doya.NeuronMap(input_weight=2.0, input_to="bias")
    bounds = {"w": (-3.0, 3.0), "h": (-1.0, 1.0)}
    found = doya.search(doya.to_tanh(inside), TASK, bounds, trials=30)
    w, h = found.trials["w"], found.trials["h"]
    neurons = inside.replace(w=4.0 * w, b=2.0 * h - 2.0 * w)
    expected = doya.task_gradient(neurons, TASK).loss
    np.testing.assert_allclose(found.losses, expected, rtol=1e-10)
    assert found.conversion == doya.to_tanh(inside)
    weights = doya.search(doya.to_tanh(inside), TASK, {"input_weight": (1.0, 3.0)}, trials=9)
    expected = doya.task_gradient(inside.replace(input_weight=weights.trials["input_weight"]), TASK)
    np.testing.assert_allclose(weights.losses, expected.loss, rtol=1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_arguments_of_a_function_that_returns_a_task_are_searched(method):
    """With w = 0 and epsilon = 1, x(1) = sigma(b) + u: the loss is (sigma(b) + u - 0.9)**2."""

    def task(u):
        return doya.Task([[u]], [0.9])

    bounds = {"u": (-1.0, 1.0), "b": (-2.0, 2.0)}
    found = doya.search(MAP.replace(w=0.0), task, bounds, method, trials=40)
    sigma = 1.0 / (1.0 + np.exp(-found.trials["b"]))
    np.testing.assert_allclose(found.losses, (sigma + found.trials["u"] - 0.9) ** 2, atol=1e-15)
    alone = doya.search(MAP.replace(w=0.0, b=0.0), task, {"u": (-1.0, 1.0)}, method, trials=40)
    np.testing.assert_allclose(alone.losses, (alone.trials["u"] - 0.4) ** 2, atol=1e-15)


def test_a_trial_that_cannot_be_computed_does_not_end_the_search(monkeypatch):
    """`task_gradient` raises for one neuron, and returns NaN in an ensemble."""

    def lost(neuron, *_):
        if not neuron.shape:
            raise doya.ConvergenceError("not reached")
        return SimpleNamespace(loss=np.full(neuron.shape, math.nan))

    monkeypatch.setattr("doya.training.trial_losses.task_gradient", lost)
    for neuron in (MAP, doya.to_tanh(MAP)):
        found = doya.search(neuron, lambda u: TASK, {"u": (0.0, 1.0)}, trials=3)
        assert np.isnan(found.losses).all()


B = {"b": (-1.0, 1.0)}
TANH = doya.to_tanh(MAP)
WRONG = [
    ("neuron", lambda: doya.search(MAP.replace(b=[0.0, 1.0]), TASK, B)),
    ("neuron", lambda: doya.search(doya.from_tanh([1.0, 2.0], 0.0), TASK, {"w": (0.0, 1.0)})),
    ("neuron", lambda: doya.search(5.0, TASK, B)),
    ("method", lambda: doya.search(MAP, TASK, B, "annealing")),
    ("method", lambda: doya.search(MAP, TASK, B, None)),
    ("seed", lambda: doya.search(MAP, TASK, B, seed=-1)),
    ("trials", lambda: doya.search(MAP, TASK, B, trials=0)),
    ("trials", lambda: doya.search(MAP, TASK, B, trials=10**7 + 1)),
    ("bounds", lambda: doya.search(MAP, TASK, {})),
    ("bounds", lambda: doya.search(MAP, TASK, [("b", (-1.0, 1.0))])),
    ("bounds", lambda: doya.search(MAP, TASK, {"c": (-1.0, 1.0)})),
    ("bounds", lambda: doya.search(MAP, TASK, {"x0": (-1.0, 1.0)})),
    ("bounds", lambda: doya.search(MAP, TASK, {3: (-1.0, 1.0)})),
    ("bounds", lambda: doya.search(FLOW, 0.5, {"epsilon": (0.1, 1.0)})),
    ("bounds", lambda: doya.search(MAP, TASK, {"epsilon": (0.0, 1.0)})),
    ("bounds", lambda: doya.search(MAP, TASK, {"epsilon": (0.5, 1.5)})),
    ("bounds", lambda: doya.search(MAP, TASK, {"b": (-1e101, 1.0)})),
    ("bounds", lambda: doya.search(MAP, TASK, {"b": (math.nan, 1.0)})),
    ("bounds", lambda: doya.search(MAP, TASK, {"b": (1.0, 1.0)})),
    ("bounds", lambda: doya.search(MAP, TASK, {"b": (1.0, -1.0)})),
    ("bounds", lambda: doya.search(MAP, TASK, {"b": 1.0})),
    ("bounds", lambda: doya.search(MAP, TASK, {"b": None})),
    ("bounds", lambda: doya.search(MAP, TASK, {"b": (1.0,)})),
    ("bounds", lambda: doya.search(MAP, TASK, {"b": (1.0, 2.0, 3.0)})),
    ("bounds", lambda: doya.search(MAP, TASK, {"b": "up"})),
    ("bounds", lambda: doya.search(MAP, TASK, {"b": ([0.0, 0.1], [1.0, 2.0])})),
    ("bounds", lambda: doya.search(TANH, TASK, B)),
    ("bounds", lambda: doya.search(doya.from_beer(5.0, 0.0, 0.0, 1.0), TASK, {"tau": (1.0, 2.0)})),
    ("bounds", lambda: doya.search(MAP, lambda u: TASK, {"c": (0.0, 1.0)})),
    ("target", lambda: doya.search(MAP, "high", B)),
    ("target", lambda: doya.search(MAP, [0.1, 0.2], B)),
    ("target", lambda: doya.search(MAP, math.nan, B)),
    ("target", lambda: doya.search(TANH, 0.5, {"w": (0.0, 1.0)})),
    ("target", lambda: doya.search(MAP, lambda u: u, {"u": (0.0, 1.0)})),
    ("task", lambda: doya.search(FLOW, TASK, B)),
    ("x0", lambda: doya.search(FLOW, 0.5, B, x0=[0.1, 0.2])),
    ("t_end", lambda: doya.search(FLOW, 0.5, B, t_end=-1.0)),
    ("t_end", lambda: doya.search(FLOW, 0.5, B, t_end=[1.0, 2.0])),
    ("t_end", lambda: doya.search(MAP, 0.5, B, t_end=1.5)),
    ("u", lambda: doya.search(MAP, 0.5, B, t_end=3, u=[0.1, 0.2])),
]  # fmt: skip


@pytest.mark.parametrize(("argument", "call"), WRONG)
def test_a_wrong_argument_is_one_sentence_that_names_it(argument, call):
    with pytest.raises(doya.ArgumentError) as caught:
        call()
    assert caught.value.argument == argument
    words = str(caught.value)
    assert words.startswith(f"{argument} must ")
    assert "\n" not in words
