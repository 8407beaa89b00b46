"""doya: a laboratory for the one-neuron recurrent network.

A neuron is NeuronODE(w, b), the flow, or NeuronMap(w, b, epsilon=...), the map; arrays make an
ensemble.  from_pascanu and other functions make it from the parameters of other authors.  Each
function below takes a neuron; help(doya.train), and so for each, explains it with an example.

- equilibria and bifurcations: equilibria, bifurcation_points, bifurcation_diagram,
  bifurcation_curves
- trajectories: final_state, simulate, crossing_time; under an input: a number, Pulses, Ramp, Table
- derivatives of x(T): sensitivity, sensitivity_profile, settled_sensitivity, finite_difference
- the loss and its walls: loss_landscape
- learning: train, initialisation_map, search; of sequences: Task, tasks, task_gradient
- the map: orbit_diagram, cycles, cycle_bifurcations, lyapunov_exponent, attractors
- any number of parameters, on disk: sweep, open_sweep
- N units: SigmoidRNN, jacobian_products, matrix_products, backpropagation, chain_product,
  chain_products, deep_products, initial_weights
- pictures: plots, animations, figures; in a browser or a notebook: explore

Every result has .to_xarray() and .to_pandas().  A wrong argument raises ArgumentError.
"""

import sys

import lazy_loader

# The public names and their homes are in __init__.pyi; a home is imported when one of its names is
# first used, so that `import doya` costs next to nothing.
_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name):
    try:
        return _load(name)
    except AttributeError as error:  # with these Python suggests the name that was meant
        error.name, error.obj = error.name or name, error.obj or sys.modules[__name__]
        raise


__version__ = "0.1.0"
