"""The papers' figures, computed and drawn by recipes, as in FIGURES["bifurcation"].draw(figure)."""

from doya.figures.basin_crossing import basin_crossing
from doya.figures.bifurcation import bifurcation
from doya.figures.chaos import chaos
from doya.figures.chaos_gradient import chaos_gradient
from doya.figures.clipping import clipping
from doya.figures.cobweb import cobweb
from doya.figures.composition import composition
from doya.figures.curvature import curvature
from doya.figures.cusp import cusp
from doya.figures.driven import driven
from doya.figures.error_flow import error_flow
from doya.figures.error_surface import error_surface
from doya.figures.firing_rate import firing_rate
from doya.figures.ghost import ghost
from doya.figures.gradient_explosion import gradient_explosion
from doya.figures.hysteresis import hysteresis
from doya.figures.initialisation import initialisation
from doya.figures.latch_task import latch_task
from doya.figures.latching import latching
from doya.figures.learning import learning
from doya.figures.loss_wall import loss_wall
from doya.figures.lyapunov_map import lyapunov_map
from doya.figures.memory import memory
from doya.figures.population import population
from doya.figures.recipes import Recipe
from doya.figures.regularizer import regularizer
from doya.figures.remedies import remedies
from doya.figures.sensitivity import sensitivity
from doya.figures.set_time import set_time
from doya.figures.spectrum import spectrum
from doya.figures.teacher_forcing import teacher_forcing
from doya.figures.tree_depth import tree_depth
from doya.figures.vanishing import vanishing

# In the order of the documentation.
FIGURES: dict[str, Recipe] = {
    each.name: each
    for each in (
        bifurcation,
        basin_crossing,
        driven,
        error_surface,
        clipping,
        loss_wall,
        sensitivity,
        gradient_explosion,
        memory,
        cusp,
        latching,
        ghost,
        chaos,
        lyapunov_map,
        vanishing,
        remedies,
        hysteresis,
        cobweb,
        composition,
        curvature,
        teacher_forcing,
        set_time,
        error_flow,
        chaos_gradient,
        firing_rate,
        population,
        tree_depth,
        regularizer,
        spectrum,
        latch_task,
        learning,
        initialisation,
    )
}  # fmt: skip

__all__ = ["FIGURES", "Recipe"]
