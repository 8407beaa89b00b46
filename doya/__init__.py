"""doya: a laboratory for the one-neuron recurrent network."""

from doya.backpropagation import Backpropagation, backpropagation
from doya.bifurcations import BifurcationPoint, bifurcation_points
from doya.branches import Branch
from doya.cascades import CycleBifurcation, cycle_bifurcations
from doya.chains import ChainProduct, chain_product
from doya.conversions import Conversion
from doya.curves import BifurcationCurve, BifurcationCurves, Region, bifurcation_curves
from doya.cycles import Cycle, cycles
from doya.diagrams import BifurcationDiagram, bifurcation_diagram
from doya.equilibria import Equilibria, equilibria
from doya.errors import ConvergenceError
from doya.from_authors import from_aihara, from_beer, from_pascanu, from_pasemann, from_tanh
from doya.initialisations import initial_weights
from doya.inputs import Pulses, Table
from doya.landscapes import Landscape, loss_landscape
from doya.lyapunov import lyapunov_exponent
from doya.networks import SigmoidRNN
from doya.neurons import NeuronMap, NeuronODE
from doya.orbits import OrbitDiagram, orbit_diagram
from doya.products import JacobianProducts, MatrixProducts, jacobian_products, matrix_products
from doya.profiles import SensitivityProfile, sensitivity_profile
from doya.random_networks import DeepProducts, deep_products
from doya.sensitivities import (
    Sensitivity,
    finite_difference,
    sensitivity,
)
from doya.settled import settled_sensitivity
from doya.to_authors import to_aihara, to_beer, to_pascanu, to_pasemann, to_tanh
from doya.training import Training, train
from doya.trajectories import Trajectory, final_state, simulate
from doya.walls import Wall

__version__ = "0.1.0"

__all__ = [
    "Backpropagation",
    "BifurcationCurve",
    "BifurcationCurves",
    "BifurcationDiagram",
    "BifurcationPoint",
    "Branch",
    "ChainProduct",
    "ConvergenceError",
    "Conversion",
    "Cycle",
    "CycleBifurcation",
    "DeepProducts",
    "Equilibria",
    "JacobianProducts",
    "Landscape",
    "MatrixProducts",
    "NeuronMap",
    "NeuronODE",
    "OrbitDiagram",
    "Pulses",
    "Region",
    "Sensitivity",
    "SensitivityProfile",
    "SigmoidRNN",
    "Table",
    "Training",
    "Trajectory",
    "Wall",
    "backpropagation",
    "bifurcation_curves",
    "bifurcation_diagram",
    "bifurcation_points",
    "chain_product",
    "cycle_bifurcations",
    "cycles",
    "deep_products",
    "equilibria",
    "final_state",
    "finite_difference",
    "from_aihara",
    "from_beer",
    "from_pascanu",
    "from_pasemann",
    "from_tanh",
    "initial_weights",
    "jacobian_products",
    "loss_landscape",
    "lyapunov_exponent",
    "matrix_products",
    "orbit_diagram",
    "sensitivity",
    "sensitivity_profile",
    "settled_sensitivity",
    "simulate",
    "to_aihara",
    "to_beer",
    "to_pascanu",
    "to_pasemann",
    "to_tanh",
    "train",
]


def __getattr__(name: str) -> object:
    # matplotlib is imported by those who draw.
    if name in ("figures", "plots"):
        import importlib

        return importlib.import_module(f"doya.{name}")
    raise AttributeError(f"module 'doya' has no attribute {name!r}")
