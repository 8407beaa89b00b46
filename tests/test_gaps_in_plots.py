"""Every drawing function, given curves that are nowhere finite, have one point, or none."""

import dataclasses
import math

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

import doya
from doya import plots
from doya.plots.curve_names import name_curves
from doya.plots.training_paths import visited
from shell import doya_

ODE, MAP = doya.NeuronODE(), doya.NeuronMap(-60.0, 20.0, epsilon=0.5)
NETWORK = doya.SigmoidRNN([[1.0, 2.0], [0.5, -1.0]], [[1.0], [1.0]])
PULSES = doya.Pulses([(1.0, 2.0, 0.5)])
B, W = np.linspace(-3.0, -2.0, 5), np.linspace(4.5, 5.5, 4)
PROFILE = ("x", "derivative", "log10_abs", "finite_difference", "settled")
LOSS, TRAINING = ("loss", "x", "gradient"), ("loss", "gradient", "free_loss")
STEPS = {"x0": 0.5, "t_end": 50.0, "target": 0.855, "learning_rate": 2.0, "steps": 5}


def draw_path(training, ax):
    plots.draw_landscape(doya.loss_landscape(ODE, {"b": B}), ax, gradient=False)
    plots.draw_training_path(training, ax)


# What draws, what it draws, and the arrays of that in which values may be missing.
DRAWN = {
    "profile": (plots.draw_sensitivity_profile, lambda: profile([0.3, 0.5]), PROFILE),
    "profile over time": (
        plots.draw_sensitivity_profile, lambda: profile([0.3, 0.5], over="t"), PROFILE,
    ),
    "landscape": (plots.draw_landscape, lambda: doya.loss_landscape(ODE, {"b": B}), LOSS),
    "heat map": (plots.draw_landscape, lambda: doya.loss_landscape(ODE, {"w": W, "b": B}), LOSS),
    "surface": (
        plots.draw_landscape_surface, lambda: doya.loss_landscape(ODE, {"w": W, "b": B}), LOSS,
    ),
    "training": (
        plots.draw_training, lambda: doya.train(ODE.replace(b=[-2.2, -2.3]), **STEPS), TRAINING,
    ),
    "path": (draw_path, lambda: doya.train(ODE, **STEPS), ("parameters", "free_loss")),
    "flow": (plots.draw_trajectory, lambda: doya.simulate(ODE, [0.4, 0.6], 9.0), ("x", "u")),
    "endless": (
        plots.draw_trajectory, lambda: doya.simulate(ODE, [0.4, 0.6], math.inf, PULSES), ("x", "u"),
    ),
    "map": (plots.draw_trajectory, lambda: doya.simulate(MAP, [0.4, 0.6], 9), ("x", "u")),
    "orbits": (
        plots.draw_orbit_diagram, lambda: doya.orbit_diagram(MAP, points=9),
        ("x", "lyapunov", "lyapunov_error"),
    ),
    "products": (
        plots.draw_jacobian_products, lambda: doya.jacobian_products(NETWORK, a0=0.0, steps=3),
        ("log10_singular_values", "log10_bound"),
    ),
}  # fmt: skip


def profile(x0, **options):
    return doya.sensitivity_profile(ODE, x0, 50.0, points=9, **options)


def filled(result, names, value, which):
    """The result with that value at some places of the arrays of these names."""

    def put(array):
        array = np.array(array, dtype=np.float64)
        array[which] = value
        return array

    parts = {name: getattr(result, name) for name in names}
    return dataclasses.replace(
        result,
        **{
            name: {key: put(each) for key, each in part.items()}
            if isinstance(part, dict)
            else put(part)
            for name, part in parts.items()
        },
    )


def drawn(draw, result):
    with matplotlib.rc_context(fname=plots.STYLE):
        figure = Figure(figsize=(3.3, 4.4))
        three = {"projection": "3d"} if draw is plots.draw_landscape_surface else {}
        artists = draw(result, figure.add_subplot(**three))
        figure.draw_without_rendering()
    return artists


# All values, the first curve alone, and all but the first value, in turn of either sign.
PLACES = {"all": ..., "one curve": 0, "but one point": (..., slice(1, None))}
EMPTY = [
    *((math.nan, place) for place in PLACES),
    (math.inf, "all"),
    (math.inf, "but one point"),
    (-math.inf, "one curve"),
]


@pytest.mark.each_third
@pytest.mark.parametrize("subject", DRAWN)
def test_what_is_nowhere_finite_or_in_one_point_alone_is_drawn_all_the_same(subject):
    """NaN or infinite: all values at once, the first curve alone, and all but the first value."""
    draw, make, names = DRAWN[subject]
    result = make()
    for value, place in EMPTY:
        drawn(draw, filled(result, names, value, PLACES[place]))


@pytest.mark.long
def test_a_single_value_of_the_abscissa_is_drawn():
    """And none at all, where a result may have none."""
    found = profile([0.3, 0.5])
    arrays = {name: getattr(found, name) for name in (*PROFILE, "sign", "value")}
    for size in (1, 0):
        part = {
            name: {key: row[..., :size] for key, row in each.items()}
            if isinstance(each, dict)
            else each[..., :size]
            for name, each in arrays.items()
        }
        drawn(plots.draw_sensitivity_profile, dataclasses.replace(found, **part))
    drawn(plots.draw_training, doya.train(ODE, **{**STEPS, "steps": 0}))
    drawn(plots.draw_trajectory, doya.simulate(ODE, 0.4, 0.0, points=2))
    drawn(plots.draw_jacobian_products, doya.jacobian_products(NETWORK, a0=0.0, steps=0))
    curves = doya.bifurcation_curves(ODE)
    for size in (1, 0):
        one = curves.curves[0]
        short = dataclasses.replace(one, w=one.w[:size], b=one.b[:size], x=one.x[:size])
        few = dataclasses.replace(curves, curves=[short], special_points=[])
        drawn(plots.draw_bifurcation_curves, few)


def test_a_curve_without_points_has_its_name_in_a_corner_beside_one_that_has_some():
    """In either order, and where neither has any."""
    value, line, none = np.linspace(0.0, 1.0, 9), np.linspace(0.0, 1.0, 9), np.full(9, math.nan)
    for rows in ([line, none], [none, line], [none, none], [line[:1], none[:1]], [none, line * 0]):
        ax = Figure().subplots()
        at = value[: rows[0].size]
        texts = name_curves(ax, at, rows, ["one", "other"], [])
        assert sorted(text.get_text() for text in texts) == ["one", "other"]


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, -math.inf]])
def test_a_path_that_is_nowhere_finite_has_a_range(values):
    low, high = visited(np.array(values))
    assert low < high


def test_the_sensitivity_to_epsilon_is_drawn_from_the_shell(here):
    """On an equilibrium it is 0 throughout: a curve of no finite logarithm beside others."""
    done = doya_("sensitivity --dynamics map --wrt epsilon")
    assert (done.exit_code, done.stderr) == (0, "Wrote doya-sensitivity.png\n")
