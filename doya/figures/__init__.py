"""The papers' figures, computed and drawn by recipes, as in FIGURES["bifurcation"].draw(figure)."""

from doya.figures.basin_crossing import basin_crossing
from doya.figures.bifurcation import bifurcation
from doya.figures.chaos import chaos
from doya.figures.clipping import clipping
from doya.figures.cusp import cusp
from doya.figures.driven import driven
from doya.figures.error_surface import error_surface
from doya.figures.ghost import ghost
from doya.figures.gradient_explosion import gradient_explosion
from doya.figures.latching import latching
from doya.figures.loss_wall import loss_wall
from doya.figures.lyapunov_map import lyapunov_map
from doya.figures.memory import memory
from doya.figures.recipes import Recipe
from doya.figures.remedies import remedies
from doya.figures.sensitivity import sensitivity
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
    )
}  # fmt: skip

__all__ = ["FIGURES", "Recipe"]
