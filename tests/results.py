"""A small result for each drawing function, computed once; and pictures of them."""

import functools

import numpy as np
from matplotlib.figure import Figure

import doya
from doya import plots

FLOW, MAP = doya.NeuronODE(w=5.0), doya.NeuronMap(b=10.0, epsilon=0.5)
NETWORK = doya.SigmoidRNN([[3.0, 1.0], [-1.0, 3.0]], b=-2.0)
PULSES = doya.Pulses([(5.0, 8.0, 0.5), (25.0, 28.0, -0.5)])
B, W = np.linspace(-3.0, -2.0, 41), np.linspace(4.5, 5.5, 21)


def _training():
    neuron = FLOW.replace(b=-2.2)
    return doya.train(neuron, 0.5, 50.0, 0.855, learning_rate=2.0, clip=0.05, steps=20)


EXAMPLES = {
    name: functools.cache(make)
    for name, make in {
        "draw_bifurcation_curves": lambda: doya.bifurcation_curves(FLOW),
        "draw_bifurcation_diagram": lambda: doya.bifurcation_diagram(FLOW),
        "draw_chain_product": lambda: doya.chain_product("gru", 50, 2.0, 0.0),
        "draw_equilibria": lambda: doya.equilibria(FLOW),
        "draw_initialisation_map": lambda: doya.initialisation_map(
            FLOW, {"b": B, "w": W}, 0.5, 50.0, 0.855, learning_rate=2.0, steps=20
        ),
        "draw_jacobian_products": lambda: doya.jacobian_products(NETWORK, a0=0.0, steps=40),
        "draw_landscape": lambda: doya.loss_landscape(FLOW, {"b": B}),
        "draw_landscape_surface": lambda: doya.loss_landscape(FLOW, {"b": B, "w": W}),
        "draw_orbit_diagram": lambda: doya.orbit_diagram(
            MAP, "w", (-60.0, -10.0), points=60, transient=200, steps=64, kept=64
        ),
        "draw_sensitivity_profile": lambda: doya.sensitivity_profile(FLOW, 0.5, 20.0, points=40),
        "draw_training": _training,
        "draw_training_equilibria": _training,
        "draw_training_path": _training,
        "draw_trajectory": lambda: doya.simulate(FLOW, [0.145, 0.5], 45.0, PULSES),
        "draw_chain_products": lambda: doya.chain_products(
            50, remedies=["logistic", "tanh", "relu", "gru_3", "lstm_0"]
        ),
        "draw_deep_products": lambda: doya.deep_products("he", 20, 8, 9, activation="leaky-relu"),
    }.items()
}


def axes_for(name, figure=None):
    """Return axes for a drawing function, on a new figure unless one is given."""
    solid = {"projection": "3d"} if name == "draw_landscape_surface" else {}
    return (figure or Figure()).add_subplot(**solid)


def draw(name, ax, **options):
    """Draw the example on `ax`; a path is drawn on its landscape."""
    if name == "draw_training_path":
        plots.draw_landscape(EXAMPLES["draw_landscape"](), ax, gradient=False, powers=True)
    return getattr(plots, name)(EXAMPLES[name](), ax, **options)


def drawn_on(name, figure=None):
    """Return a figure with the example of a drawing function."""
    ax = axes_for(name, figure)
    draw(name, ax)
    return ax.figure
