"""doya: a laboratory for the one-neuron recurrent network."""

from doya.bifurcations import BifurcationPoint, bifurcation_points
from doya.branches import Branch
from doya.cascades import CycleBifurcation, cycle_bifurcations
from doya.conversions import Conversion
from doya.curves import BifurcationCurve, BifurcationCurves, Region, bifurcation_curves
from doya.cycles import Cycle, cycles
from doya.diagrams import BifurcationDiagram, bifurcation_diagram
from doya.equilibria import Equilibria, equilibria
from doya.errors import ConvergenceError
from doya.from_authors import from_aihara, from_beer, from_pascanu, from_pasemann, from_tanh
from doya.inputs import Pulses, Table
from doya.landscapes import Landscape, loss_landscape
from doya.lyapunov import lyapunov_exponent
from doya.neurons import NeuronMap, NeuronODE
from doya.orbits import OrbitDiagram, orbit_diagram
from doya.profiles import SensitivityProfile, sensitivity_profile
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
    "BifurcationCurve",
    "BifurcationCurves",
    "BifurcationDiagram",
    "BifurcationPoint",
    "Branch",
    "ConvergenceError",
    "Conversion",
    "Cycle",
    "CycleBifurcation",
    "Equilibria",
    "Landscape",
    "NeuronMap",
    "NeuronODE",
    "OrbitDiagram",
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
    "cycle_bifurcations",
    "cycles",
    "equilibria",
    "final_state",
    "finite_difference",
    "from_aihara",
    "from_beer",
    "from_pascanu",
    "from_pasemann",
    "from_tanh",
    "loss_landscape",
    "lyapunov_exponent",
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
