"""Figures that move: a ramp over the folds, the S that unfolds from the cusp, a wall, a descent.

Each function draws on a figure without axes and returns an animation, whose largest number of
frames is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from doya_cli.looks import Look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from doya.animations import Animation

# Number of frames of each: three seconds.
FRAMES = 61
# Half the time of the ramp of b, and the distance that b goes from -2.5 on each side.
HALF, LARGEST = 90.0, 0.7
LONGEST = 40.0


def hysteresis(figure: Figure, frames: int) -> Animation:
    """Animate x while the input rises and falls at 1/64 in a unit of time, across both folds."""
    import numpy as np

    from doya.animations import animate_trajectory
    from doya.equilibria import equilibria
    from doya.neurons import NeuronODE
    from doya.trajectories import simulate

    def ramp(t: float) -> float:
        return LARGEST * (1.0 - 2.0 * abs(t / HALF - 1.0))

    neuron = NeuronODE(w=5.0, b=-2.5, input_to="bias")
    x0 = float(np.asarray(equilibria(neuron, ramp(0.0)).x)[0])
    return animate_trajectory(
        simulate(neuron, x0, 2.0 * HALF, ramp, points=10 * frames), figure, frames=frames
    )


def cusp(figure: Figure, frames: int) -> Animation:
    """Animate the diagram over b, which unfolds into an S while w grows past the cusp at 4."""
    import numpy as np

    from doya.animations import animate_bifurcation_diagrams
    from doya.bifurcations.diagrams import bifurcation_diagram
    from doya.neurons import NeuronODE

    weights = np.linspace(3.0, 7.0, frames).tolist()
    diagrams = [bifurcation_diagram(NeuronODE(w=w), "b", (-5.0, 0.0)) for w in weights]
    return animate_bifurcation_diagrams(diagrams, figure)


def loss_wall(figure: Figure, frames: int) -> Animation:
    """Animate the loss of the geometric model over b while T grows from 1 to 40."""
    import numpy as np

    from doya.animations import Animation
    from doya.animations.artists import grid, moving_line, words_above
    from doya.neurons import NeuronODE
    from doya.plots.theme import theme
    from doya.trajectories import final_state

    times = np.linspace(1.0, LONGEST, frames)
    b = -2.5 + np.sinh(np.linspace(-16.0, 16.0, 801)) / np.sinh(16.0) * 0.5
    loss = (0.855 - final_state(NeuronODE(w=5.0, b=b), 0.5, times[:, np.newaxis])) ** 2
    ax = figure.add_subplot(grid(figure, 1, 1)[0])
    ax.set(xlim=(b[0], b[-1]), ylim=(-0.02, 0.66), xlabel="b", ylabel="L = (0.855 \u2212 x(T))²")
    words_above(ax, right=True, text="w = 5, x(0) = 0.5")
    words = words_above(ax)
    line = moving_line(ax, color=theme(ax).ink)

    def move(k: int) -> None:
        line.set_data(b, loss[k])
        words.set_text(f"T = {times[k]:.1f}")

    move(0)
    return Animation(figure, np.arange(frames), (line, words), move)


def learning(figure: Figure, frames: int) -> Animation:
    """Animate a descent that learns a memory: the map with its fixed points, and their course."""
    import numpy as np
    from scipy.special import expit

    from doya.animations import Animation
    from doya.animations.artists import equilibrium_marks, grid, moving_line, words_above
    from doya.figures.learning import descent
    from doya.plots.theme import theme

    path = descent("memory")
    states, stability = path.equilibria.x.copy(), path.equilibria.stable.copy()
    (fold,) = path.bifurcations  # it adds the two lower fixed points
    states[: fold.step] = states[: fold.step, ::-1]
    stability[: fold.step] = stability[: fold.step, ::-1]
    steps = np.round(np.linspace(0.0, int(path.steps), frames)).astype(int)
    x = np.linspace(0.0, 1.0, 201)
    places = grid(figure, 1, 2, wspace=0.3)
    left, right = (figure.add_subplot(places[k]) for k in range(2))
    left.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0), xlabel="x[t]", ylabel="x[t+1]")
    left.plot(x, x, color=theme(left).hairline, linewidth=0.8)
    right.set(xlim=(0, steps[-1]), ylim=(0.0, 1.0), xlabel="step", ylabel="x")
    for ax in (left, right):
        ax.set_box_aspect(1.0)
    curve = moving_line(left)
    dots = equilibrium_marks(left)
    course = [moving_line(right, color=theme(right).ink, linestyle=each) for each in ("-", "--")]
    words, kind = words_above(left), words_above(right)

    def move(k: int) -> None:
        step = steps[k]
        w, b = (float(path.parameters[name][step]) for name in ("w", "b"))
        curve.set_data(x, expit(w * x + b))
        for dot, line, stable in zip(dots, course, (True, False), strict=True):
            shown = np.where(stability == stable, states, np.nan)[: step + 1]
            dot.set_data(shown[-1], shown[-1])
            line.set_data(
                np.tile([*np.arange(step + 1.0), np.nan], shown.shape[1]),
                np.pad(shown, ((0, 1), (0, 0)), constant_values=np.nan).T.ravel(),
            )
        words.set_text(f"w = {w:.2f}, b = {b:.2f}".replace("-", "\u2212"))
        kind.set_text(f"step {step}, after the fold" if step >= fold.step else f"step {step}")

    move(0)
    return Animation(figure, steps, (curve, *course, *dots, words, kind), move)


# By the name of the figure.
MOVING: dict[str, Callable[[Figure, int], Animation]] = {
    "hysteresis": hysteresis,
    "cusp": cusp,
    "loss-wall": loss_wall,
    "learning": learning,
}


def made(names: Iterable[str], look: Look, progress: Callable[[float], object]) -> dict[str, bytes]:
    """Return the bytes of a GIF file of each figure, by the name of the file."""
    from doya_cli.motions import filmed

    chosen = list(dict.fromkeys(names))
    found = {}
    for k, name in enumerate(chosen):

        def tell(part: float, k: int = k) -> None:
            progress((k + part) / len(chosen))

        command = f"doya figures --animate {name}{look.words}"
        found[f"{name}.gif"] = filmed(MOVING[name], ".gif", command, look, FRAMES, tell)
    return found
