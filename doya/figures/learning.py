"""Attractors against the step of a descent, with the bifurcations that it meets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.figures.marks import beside, move_label, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.neurons import NeuronMap
from doya.plots.labels import power
from doya.plots.pages import several
from doya.plots.style import MARKER
from doya.plots.training_equilibria import draw_training_equilibria
from doya.tasks.oscillations import oscillate
from doya.tasks.task import Task
from doya.training.descent import train

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from doya.training.training import Training

Part = dict[str, Any]

STEPS = 200
# The memory: the length of its sequences, and the pulse at their start.
LENGTH, PULSE = 10, 1.0
STARTS = {"memory": NeuronMap(w=3.0, b=-1.0), "oscillation": NeuronMap(w=-2.0, b=0.5)}
RATES = {"memory": 0.5, "oscillation": 0.1}
LEVELS = {"memory": (0.85, 0.15), "oscillation": (0.9, 0.1)}
LINE: dict[str, Part] = {
    "memory": {"color": "ink", "linewidth": 1.3, "linestyle": "-"},
    "oscillation": {"color": "accent 1", "linewidth": 1.3, "linestyle": (0, (3.5, 1.5))},
}
TARGET: Part = {"color": "hairline", "linewidth": 0.8, "linestyle": ":", "zorder": 1}


def task(name: str) -> Task:
    """Return what is learned: to keep the sign of a pulse, or to alternate."""
    if name == "oscillation":
        return oscillate(levels=LEVELS[name][::-1], x0=LEVELS[name][1])
    inputs = np.zeros((2, LENGTH))
    inputs[:, 0] = PULSE, -PULSE
    return Task(inputs, LEVELS[name])


def descent(name: str) -> Training:
    """Return the descent that learns the memory or the oscillation."""
    return train(
        STARTS[name], task=task(name), learn=("b", "w"), learning_rate=RATES[name], steps=STEPS
    )


@recipe(
    source="A. H. Ribeiro, K. Tiels, L. A. Aguirre, T. B. Schön (2020), for attractors against the"
    " step of training; K. Doya (1993), for bifurcations in learning",
    departs="The source draws networks; ours is one neuron, so that each attractor and each"
    " bifurcation is exact.  The tasks, the starts and the learning rates are our choice.",
)
def learning(figure: Figure) -> Data:
    """Learning a memory crosses a fold, and learning an oscillation crosses a flip.

    Two descents of Doya's map x[t+1] = σ(w x[t] + b) + u[t] that learn w and b with the exact
    gradient.  Memory: the input u[0] is 1 in one sequence and -1 in another, then 0; the targets
    after 10 steps are x = 0.85 and 0.15, from x(0) = 0.5.  Start w = 3, b = -1, learning rate 0.5.
    Oscillation: without input x shall alternate between 0.9 and 0.1 for 20 steps, from x(0) = 0.1.
    Start w = -2, b = 0.5, learning rate 0.1.  Top and middle: the fixed points of the map without
    input at each step of the descent, solid where stable and dashed where unstable; thin lines: the
    two states of its 2-cycle; dotted: the targets.  At the fold (LP, half-filled circle) two fixed
    points meet and appear: from there on the map has two attractors, and can keep a bit.  At the
    flip (PD, diamond) the fixed point loses its stability to a 2-cycle, whose states are far apart
    already one step later.  The marks are in the middle of the step of the descent that crosses the
    bifurcation.  Bottom: the losses of the
    memory (solid) and of the oscillation (dashed), with the same marks.  At first each descent is
    on a plateau: the map forgets its start and goes to about 0.5, and the losses are a little below
    0.35² = 0.1225 and 20 · 0.4² = 3.2.  The loss of the oscillation falls most steeply at the flip.
    That of the memory falls before the fold: 10 steps are too few to leave the range of x in which
    two fixed points are about to appear.
    """
    *above, lowest = several(figure, 2.1, (1.0, 1.0, 1.0))
    parts: dict[str, Part] = {}
    for ax, name in zip(above, STARTS, strict=True):
        path = descent(name)
        for level in LEVELS[name]:
            ax.axhline(level, **painted(ax, TARGET))
        draw_training_equilibria(path, ax)
        ax.set(ylim=(0.0, 1.0), yticks=(0.0, 0.5, 1.0))
        corner: Part = {"xycoords": "axes fraction", "va": "bottom", "ha": "left"}
        beside(ax, name, (0.0, 1.0), (0, 4), fontsize="medium", **corner)
        parts |= {f"{name}, {each}": part for each, part in _parts(path).items()}
        _draw_loss(lowest, name, parts)
    upper, middle = above
    for ax, text, at, height in (
        (upper, "targets", (STEPS, LEVELS["memory"][0]), "bottom"),
        (upper, "unstable", _end(parts["memory, equilibrium 2"]), "top"),
        (middle, "unstable", _end(parts["oscillation, equilibrium 1"]), "top"),
        (middle, "2-cycle", _end(parts["oscillation, 2-cycle, low"]), "bottom"),
    ):
        beside(ax, text, at, (0, 3 if height == "bottom" else -3), ha="right", va=height)
    decades = range(-4, 1, 2)
    lowest.set_yticks([10.0**k for k in decades], [power(k) for k in decades])
    lowest.set_yticks([], minor=True)
    for ax in (*above, lowest):
        ax.set_xlabel("step of the descent", style="normal")
        move_label(ax, 26.0)
    return stacked(parts)


def _parts(path: Training) -> dict[str, Part]:
    """Return the neurons with their losses, their equilibria and 2-cycles, and the bifurcations."""
    steps, (w, b) = np.arange(STEPS + 1), (path.parameters[name] for name in ("w", "b"))
    neurons = {"step": steps, "w": w, "b": b}
    found, cycles = path.equilibria, path.two_cycles
    parts = {"loss": _part(**neurons, loss=path.loss)}
    for k in range(found.x.shape[1]):
        if np.isfinite(found.x[:, k]).any():
            stable = np.where(np.isfinite(found.x[:, k]), found.stable[:, k], np.nan)
            parts[f"equilibrium {k + 1}"] = _part(**neurons, x=found.x[:, k], stable=stable)
    for which, x in (("low", cycles.low), ("high", cycles.high)):
        if np.isfinite(x).any():
            parts[f"2-cycle, {which}"] = _part(**neurons, x=x, stable=np.abs(cycles.multiplier) < 1)
    for each in path.bifurcations:
        at = {"step": each.step - 0.5, **each.place}
        parts[each.kind] = _part(**at, x=each.x)
    return parts


def _draw_loss(ax: Axes, name: str, parts: dict[str, Part]) -> None:
    loss = parts[f"{name}, loss"]
    ax.plot(loss["step"], loss["loss"], **painted(ax, LINE[name]))
    for kind in ("LP", "PD"):
        if f"{name}, {kind}" in parts:
            at = parts[f"{name}, {kind}"]["step"]
            height = float(np.exp(np.interp(at, loss["step"], np.log(loss["loss"]))))
            mark: Part = {"color": "accent", "markerfacecoloralt": "paper", "markersize": 5.0}
            ax.plot(at, height, **painted(ax, mark, **MARKER[kind], zorder=4))
    middle = STEPS // 2
    away, across, along = {
        "memory": ((-3, -3), "right", "top"), "oscillation": ((3, 3), "left", "bottom"),
    }[name]  # fmt: skip
    beside(ax, name, (middle, float(loss["loss"][middle])), away, ha=across, va=along)
    ax.set(yscale="log", xlim=(0, STEPS), xticks=range(0, STEPS + 1, 50))
    ax.set_ylabel("L", style="italic")


def _end(part: Part) -> tuple[float, float]:
    """Return the state at the last step, and the step."""
    return float(STEPS), float(part["x"][-1])


def _part(
    step: Any, w: Any, b: Any, x: Any = np.nan, stable: Any = np.nan, loss: Any = np.nan
) -> Part:
    return {"step": step, "w": w, "b": b, "x": x, "stable": stable, "loss": loss}
