"""Functions draw_<result>(result, ax) that draw a result on the caller's own axes.

Solid lines and filled points are stable; dashed lines and open points are unstable.  Special points
carry a label.  Each function returns the artists that it adds; it saves and shows nothing.
"""

from doya.plots.chains import draw_chain_product, draw_chain_products, draw_deep_products
from doya.plots.curves import draw_bifurcation_curves
from doya.plots.diagrams import draw_bifurcation_diagram
from doya.plots.equilibria import draw_equilibria
from doya.plots.initialisation_maps import draw_initialisation_map
from doya.plots.landscapes import draw_landscape
from doya.plots.orbits import draw_orbit_diagram
from doya.plots.products import draw_jacobian_products
from doya.plots.sensitivities import draw_sensitivity_profile
from doya.plots.style import STYLE
from doya.plots.surfaces import draw_landscape_surface
from doya.plots.training_equilibria import draw_training_equilibria
from doya.plots.training_paths import draw_training_path
from doya.plots.trainings import draw_training
from doya.plots.trajectories import draw_trajectory

__all__ = [
    "STYLE",
    "draw_bifurcation_curves",
    "draw_bifurcation_diagram",
    "draw_chain_product",
    "draw_chain_products",
    "draw_deep_products",
    "draw_equilibria",
    "draw_initialisation_map",
    "draw_jacobian_products",
    "draw_landscape",
    "draw_landscape_surface",
    "draw_orbit_diagram",
    "draw_sensitivity_profile",
    "draw_training",
    "draw_training_equilibria",
    "draw_training_path",
    "draw_trajectory",
]
