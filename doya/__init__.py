"""doya: a laboratory for the one-neuron recurrent network."""

from doya.bifurcations import BifurcationPoint, bifurcation_points
from doya.branches import Branch
from doya.curves import BifurcationCurve, BifurcationCurves, Region, bifurcation_curves
from doya.diagrams import BifurcationDiagram, bifurcation_diagram
from doya.equilibria import Equilibria, equilibria
from doya.errors import ConvergenceError
from doya.inputs import Pulses, Table
from doya.landscapes import Landscape, loss_landscape
from doya.neurons import NeuronMap, NeuronODE
from doya.profiles import SensitivityProfile, sensitivity_profile
from doya.sensitivities import (
    Sensitivity,
    finite_difference,
    sensitivity,
)
from doya.settled import settled_sensitivity
from doya.training import Training, train
from doya.trajectories import Trajectory, final_state, simulate
from doya.walls import Wall

__version__ = "0.1.0"

__all__ = [
    "BifurcationCurve",
    "BifurcationCurves",
    "BifurcationDiagram",
    "BifurcationPoint",
    "Branch",
    "ConvergenceError",
    "Equilibria",
    "Landscape",
    "NeuronMap",
    "NeuronODE",
    "Pulses",
    "Region",
    "Sensitivity",
    "SensitivityProfile",
    "Table",
    "Training",
    "Trajectory",
    "Wall",
    "bifurcation_curves",
    "bifurcation_diagram",
    "bifurcation_points",
    "equilibria",
    "final_state",
    "finite_difference",
    "loss_landscape",
    "sensitivity",
    "sensitivity_profile",
    "settled_sensitivity",
    "simulate",
    "train",
]


def __getattr__(name: str) -> object:
    # matplotlib is imported by those who draw.
    if name == "plots":
        import importlib

        return importlib.import_module("doya.plots")
    raise AttributeError(f"module 'doya' has no attribute {name!r}")
