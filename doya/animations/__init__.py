"""Functions animate_<result>(..., figure) that make a result move on the caller's own figure.

Everything is computed before the first frame; a frame only moves artists, over axes that stay as
they are.  Solid lines and filled points are stable; dashed lines and open points are unstable.
"""

from doya.animations.animation import Animation
from doya.animations.diagrams import animate_bifurcation_diagrams
from doya.animations.gifs import gif
from doya.animations.trainings import animate_training
from doya.animations.trajectories import animate_trajectory

__all__ = [
    "Animation",
    "animate_bifurcation_diagrams",
    "animate_training",
    "animate_trajectory",
    "gif",
]
