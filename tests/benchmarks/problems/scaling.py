"""One question of any number of neurons, for each function that takes ensembles."""

import numpy as np

import doya

SIZES = 1, 10, 100, 300, 1_500, 4_500, 40_000, 100_000, 1_000_000
THREADS = 1, 2, 4, 8, 16
# Neurons beyond which a question takes seconds.
MOST = {"train": 40_000}


def weights(size):
    """Around w = 5; one neuron is a number."""
    return np.linspace(4.5, 5.5, size) if size > 1 else 5.0


def landscape(neuron, size):
    """A loss landscape with a number of cells."""
    b = np.linspace(-3.0, -2.0, max(size, 2))
    return doya.loss_landscape(neuron.replace(w=5.0), {"b": b})


# What is asked of a neuron of either dynamics; sizes are the neuron's own.
QUESTIONS = {
    "equilibria": lambda neuron, size: doya.equilibria(neuron),
    "final_state": lambda neuron, size: doya.final_state(neuron, 0.5, 50),
    "sensitivity": lambda neuron, size: doya.sensitivity(neuron, 0.5, 50),
    "loss_landscape": landscape,
    "train": lambda neuron, size: doya.train(neuron, 0.5, 50, 0.855, steps=10),
    "lyapunov_exponent": lambda neuron, size: doya.lyapunov_exponent(neuron, 0.3, 100, 0),
}
DYNAMICS = {
    "flow": lambda w: doya.NeuronODE(w, -2.4),
    "map": lambda w: doya.NeuronMap(w, -2.4, epsilon=0.7),
}
CASES = [
    (name, dynamics)
    for name in QUESTIONS
    for dynamics in DYNAMICS
    if (name, dynamics) != ("lyapunov_exponent", "flow")
]


def question(name, dynamics, size):
    """The call, and how many neurons it is about."""
    neuron = DYNAMICS[dynamics](weights(size))
    return lambda: QUESTIONS[name](neuron, size)


def sizes(name):
    return [size for size in SIZES if size <= MOST.get(name, SIZES[-1])]
