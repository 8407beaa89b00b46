"""doya: a laboratory for the one-neuron recurrent network."""

from doya.bifurcations import BifurcationPoint, bifurcation_points
from doya.diagrams import BifurcationDiagram, Branch, bifurcation_diagram
from doya.equilibria import Equilibria, equilibria
from doya.errors import ConvergenceError
from doya.neurons import NeuronMap, NeuronODE

__version__ = "0.1.0"
