"""Folds, flips, cusps and walls on the path of a descent: none missing, none invented."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

import doya

PARTS = np.linspace(0.0, 1.0, 401)


def sigma(z):
    return 1.0 / (1.0 + math.exp(-z))


def naive(path, neuron, bias):
    """Return (kind, step) of all sign changes of b - curve on a dense grid of each step.

    The curves w x (1 - x) = kappa, b = ln(x/(1 - x)) - w x are textbooks' quadratic in x.  Steps
    that come within 1e-3 of a curve are returned apart: the grid may miss them.
    """
    found, doubtful = [], set()
    levels = {"LP": 1.0}
    if isinstance(neuron, doya.NeuronMap):
        levels["PD"] = 1.0 - 2.0 / neuron.epsilon
    for k in range(len(next(iter(path.values()))) - 1):
        at = {name: (1 - PARTS) * row[k] + PARTS * row[k + 1] for name, row in path.items()}
        w = np.broadcast_to(at.get("w", neuron.w), PARTS.shape)
        for (kind, kappa), side in itertools.product(levels.items(), (-1.0, 1.0)):
            with np.errstate(invalid="ignore", divide="ignore"):
                x = 0.5 + side * np.sqrt(0.25 - kappa / w)
                away = bias(at, w) - (np.log(x / (1.0 - x)) - w * x)
            signs = np.sign(away)
            found += [(kind, k + 1)] * int((signs[:-1] * signs[1:] < 0.0).sum())
            # Near the curve the grid passes it in one of its steps; a graze is seen by its ends.
            size = np.abs(away)
            graze = (size[1:-1] < 1e-3) & (size[1:-1] < size[:-2]) & (size[1:-1] < size[2:])
            graze &= (signs[:-2] == signs[1:-1]) & (signs[1:-1] == signs[2:])
            tip = np.isnan(size[:-1]) != np.isnan(size[1:])
            short = np.fmin(size[:-1], size[1:])[tip] < 0.05  # near a tip curves are steep
            if graze.any() or short.any():
                doubtful.add((kind, k + 1))
    return found, doubtful


def paths(seed, count):
    """Return results of `train` whose descents are replaced by random walks with long steps."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        is_map = rng.random() < 0.5
        w = rng.uniform(-12.0, -3.0) if is_map else rng.uniform(2.0, 9.0)
        settings = {"epsilon": rng.uniform(0.6, 1.0)} if is_map else {}
        make = doya.NeuronMap if is_map else doya.NeuronODE
        neuron = make(w=w, b=-w / 2 + rng.normal(), **settings)
        learn = [("b",), ("b", "w"), ("w", "x0"), ("b", "w", "x0")][rng.integers(4)]
        path = doya.train(neuron, 0.3, 3, 0.5, learn, steps=8, u=float(rng.choice([0.0, 0.3])))
        walk = {
            name: row[0] + np.append(0.0, np.cumsum(rng.normal(size=8) * rng.uniform(0.1, 1.5)))
            for name, row in path.parameters.items()
        }
        yield dataclasses.replace(path, parameters=walk)


@pytest.mark.long
def test_no_fold_or_flip_is_missing_and_none_is_invented():
    """Against a dense check of 200 random paths, whose formulas share no code."""
    passed = {"LP": 0, "PD": 0}
    for path in paths(7, 200):
        neuron = path.neuron
        expected, doubtful = naive(
            {name: row[: path.steps + 1] for name, row in path.parameters.items()},
            neuron,
            lambda at, w, u=float(path.u), n=neuron: at.get("b", n.b) + w * u,
        )
        mine = [each for each in path.bifurcations if each.kind in passed]
        for kind in passed:
            for step in range(1, path.steps + 1):
                if (kind, step) in doubtful:
                    continue
                here = [each for each in expected if each == (kind, step)]
                found = [each for each in mine if (each.kind, each.step) == (kind, step)]
                assert len(found) == len(here)
                passed[kind] += len(found)
    assert min(passed.values()) > 30


@pytest.mark.long
def test_each_place_is_on_its_curve_and_on_its_step():
    """f = 0 and the multiplier is 1 or -1, to rounding, for the neuron under its input."""
    for path in paths(11, 60):
        for each in path.bifurcations:
            if each.kind == "wall":
                continue
            own = {"b": path.neuron.b, "w": path.neuron.w} | each.place
            x, w, u = each.x, own["w"], float(path.u)
            s = sigma(w * x + own["b"])
            assert abs(s + u - x) < 1e-12 * max(1.0, abs(w))
            level = 1.0 if each.kind == "LP" else 1.0 - 2.0 / path.neuron.epsilon
            # The multiplier is stationary in s at the tip, where x has half the digits.
            assert w * s * (1.0 - s) == pytest.approx(level, rel=1e-6)
            for name, value in each.place.items():
                ends = path.parameters[name][each.step - 1 : each.step + 1]
                assert min(ends) <= value <= max(ends)


def test_a_wall_and_the_folds_around_it_come_in_the_order_of_the_path():
    """b falls from -2.2: the upper fold, then the wall; thrown back it crosses the fold again."""
    path = doya.train(doya.NeuronODE(5.0, -2.2), 0.5, 50.0, 0.855, learning_rate=2.0)
    kinds = [(each.kind, each.step) for each in path.bifurcations]
    # b at w = 5: z - 5 sigma(z) at sigma'(z) = 1/5, x = (1 - sqrt(1/5)) / 2.
    x = (1.0 - math.sqrt(0.2)) / 2.0
    fold = math.log(x / (1.0 - x)) - 5.0 * x
    assert kinds[0] == ("LP", 5)
    assert path.bifurcations[0].place["b"] == pytest.approx(fold, rel=1e-14)
    assert path.bifurcations[0].x == pytest.approx(x, rel=1e-14)
    walls = [each for each in path.bifurcations if each.kind == "wall"]
    assert [each.place["b"] for each in walls] == pytest.approx([-2.5] * 4, rel=1e-12)
    thrown = [each.kind for each in path.bifurcations if each.step == 88]
    assert thrown == ["wall", "LP"]
    assert path.equilibria.count[[0, 10, 100]].tolist() == [1, 3, 1]
    assert all(each.enters is None for each in walls)


def equilibria_at(path, step, part, bias):
    """Return how many zeros sigma(w s + B) - s has, and the steepest of their w sigma'."""
    at = {
        name: (1 - part) * row[step] + part * row[step + 1] for name, row in path.parameters.items()
    }
    w = float(at.get("w", path.neuron.w))
    s = np.linspace(0.0, 1.0, 200_001)
    rate = 1.0 / (1.0 + np.exp(-(w * s + bias(at, w)))) - s
    zeros = s[:-1][rate[:-1] * rate[1:] <= 0.0]
    return zeros.size, float((w * zeros * (1.0 - zeros)).min())


def test_a_crossing_says_on_which_side_there_is_more():
    """Three equilibria at a fold, an unstable fixed point at a flip: counted on both sides."""
    checked = []
    for path in paths(11, 60):
        neuron, u = path.neuron, float(path.u)
        steps = [(each.kind, each.step) for each in path.bifurcations]
        for each in path.bifurcations:
            if each.kind not in ("LP", "PD") or steps.count((each.kind, each.step)) > 1:
                continue  # one crossing in a step: its two ends are on its two sides
            bias = lambda at, w: at.get("b", neuron.b) + w * u  # noqa: B023, E731
            (count, steepest), (after, then) = (
                equilibria_at(path, each.step - 1, part, bias) for part in (0.0, 1.0)
            )
            if each.kind == "LP":
                assert (after - count) * (1 if each.enters else -1) == 2
            else:
                flip = 1.0 - 2.0 / neuron.epsilon
                assert ((then < flip) - (steepest < flip)) == (1 if each.enters else -1)
            checked.append((each.kind, each.enters))
    assert set(checked) == {(kind, enters) for kind in ("LP", "PD") for enters in (True, False)}


def test_a_step_through_the_cusp_along_w_enters_or_leaves_the_folds():
    """b = -w/2 goes through the cusp at w = 4, b = -2."""
    for ends, enters in ((3.5, 4.5), True), ((4.5, 3.5), False):
        path = doya.train(doya.NeuronODE(5.0, -2.5), 0.5, 1.0, 0.5, ("w", "b"), steps=1)
        walk = {"w": np.array(ends), "b": -np.array(ends) / 2.0}
        (cusp,) = dataclasses.replace(path, parameters=walk).bifurcations
        assert (cusp.kind, cusp.enters) == ("CP", enters)


def test_a_descent_through_the_cusp_names_the_cusp_alone():
    """w = 4 and b through -2, where both folds end."""
    path = doya.train(doya.NeuronODE(4.0, -1.9), 0.5, 3.0, 0.1, steps=3, learning_rate=4.0)
    assert [(each.kind, each.place) for each in path.bifurcations] == [("CP", {"b": -2.0})]
    assert path.bifurcations[0].enters is None


def test_a_learned_step_of_the_map_crosses_its_flips():
    """At b = 3, w = -6 the map has w sigma'(1/2) = -1.5: its flip is at 2/epsilon = 2.5."""
    neuron = doya.NeuronMap(-6.0, 3.0, epsilon=0.75)
    path = doya.train(neuron, 0.5001, 4, 0.6, "epsilon", 1e3, steps=2, clip=0.2)
    flips = [each for each in path.bifurcations if each.kind == "PD"]
    low, high = sorted(path.parameters["epsilon"][:2])
    assert low < 0.8 < high
    assert [(each.step, each.x) for each in flips[:1]] == [(1, 0.5)]
    assert flips[0].place["epsilon"] == pytest.approx(0.8, rel=1e-12)


def test_a_step_along_the_end_of_a_range_stays_in_it():
    """epsilon is held at 1e-100, below which rounding would lead the places between."""
    neuron = doya.NeuronMap(5.0, -2.6)
    path = doya.train(neuron, 0.5, 50, 0.855, "epsilon", 2.0, steps=3, rule="sign")
    assert path.parameters["epsilon"][1] == path.parameters["epsilon"][2] == 1e-100
    assert all(each.place["epsilon"] >= 1e-100 for each in path.bifurcations)


def test_an_ensemble_has_no_single_path():
    path = doya.train(doya.NeuronODE(5.0, [-2.2, -2.1]), 0.5, 5.0, 0.8, steps=2)
    with pytest.raises(ValueError, match="has no single path"):
        _ = path.bifurcations


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_step_that_cuts_a_fold_curve_twice_has_both_folds(side):
    """A line parallel to b = ln(x/(1 - x)) - w x at w = 6, slope -x, and a little beyond it."""

    def fold(w):
        x = 0.5 + side * math.sqrt(0.25 - 1.0 / w)
        return x, math.log(x / (1.0 - x)) - w * x

    x, b = fold(6.0)
    line = {w: b - side * 0.01 - x * (w - 6.0) for w in (4.5, 8.0)}
    path = doya.train(doya.NeuronODE(4.5, line[4.5]), 0.3, 3.0, 0.5, ("b", "w"), steps=1)
    walk = {"b": np.array([*line.values()]), "w": np.array([*line])}
    found = dataclasses.replace(path, parameters=walk).bifurcations
    places = [each.place for each in found if each.kind == "LP"]
    assert len(places) == 2
    assert places[0]["w"] < 6.0 < places[1]["w"]
    for place in places:
        assert place["b"] == pytest.approx(fold(place["w"])[1], abs=1e-12)


def test_a_step_that_leaves_a_fold_crosses_it_and_one_that_ends_on_it_does_not():
    """b at w = 5 from above to the fold itself, and on; and back from it."""
    x = (1.0 - math.sqrt(0.2)) / 2.0
    fold = math.log(x / (1.0 - x)) - 5.0 * x
    path = doya.train(doya.NeuronODE(5.0, -2.2), 0.3, 3.0, 0.5, "b", steps=2)

    def steps_of(*b):
        walk = {"b": np.array(b)}
        found = dataclasses.replace(path, parameters=walk).bifurcations
        return [each.step for each in found if each.kind == "LP"]

    assert steps_of(-2.2, fold, -2.4) == [2]
    assert steps_of(fold, -2.4, -2.41) == [1]
    assert steps_of(fold, -2.2, fold) == [1]
