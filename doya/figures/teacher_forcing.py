"""Teacher forcing: it takes the wall out of the gradient, and leaves it in the neuron."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.figures.marks import beside, move_label, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.landscapes.loss_landscape import loss_landscape
from doya.neurons import NeuronMap
from doya.plots.labels import number, power, write_above
from doya.plots.pages import several
from doya.plots.style import SYMBOL
from doya.training.descent import train

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from doya.training.training import Training

Part = dict[str, Any]

NEURON, X0, T, TARGET = NeuronMap(w=5.0, b=-2.2, epsilon=1.0), 0.5, 50, 0.855
ALPHA = {"free": 0.0, "forced": 0.2}
BETWEEN, RATE, STEPS = (-2.8, -2.1), 1.0, 100
# Distances from the wall at which the curves are computed in addition.
NEAR = 0.3 * 2.0 ** -np.arange(0.0, 24.0, 0.5)
LINE: dict[str, Part] = {
    "free": {"color": "ink", "linewidth": 1.3, "linestyle": "-"},
    "forced": {"color": "accent", "linewidth": 1.3, "linestyle": (0, (3.5, 1.5))},
}


@recipe(
    source="K. Doya (1992), teacher forcing; F. Hess, Z. Monfared, M. Brenner, D. Durstewitz"
    " (2023), generalised teacher forcing",
    departs="The figure is ours: it applies the method to one neuron and the wall of its loss.",
)
def teacher_forcing(figure: Figure) -> Data:
    """Teacher forcing takes the wall out of the gradient, but the neuron still has it.

    The loss is L = (0.855 - x(T))² of Doya's map x[t+1] = σ(w x[t] + b) at w = 5, from x(0) = 0.5,
    T = 50.  Black, solid: free.  Coloured, dashed: forced; before each step x is replaced by (1 -
    α) x + 0.855 α with α = 0.2.  This multiplies the derivative of each step by 1 - α, which makes
    it at most 1.  Top: L over b; the free loss has a wall at b = -2.5 (dotted), the forced one is
    smooth.  Middle: the size of dL/db.  At the wall the free gradient is larger than 10000.
    Bottom: b in two descents from b = -2.2 with the learning rate 1.  The free one comes to the
    wall, and its next step ends far beyond the panel (arrow).  The forced one crosses the wall
    without noticing and stops at b = -2.5006, where a fixed point is the target and the forced loss
    is 0.  The free neuron with this b is behind the wall: it goes to the other attractor, and its
    loss is 0.50.
    """
    upper, middle, lower = several(figure, 2.1, (1.0, 1.0, 1.0))
    wall = _wall()
    parts: dict[str, Part] = {}
    for name, alpha in ALPHA.items():
        b = np.unique([*np.linspace(*BETWEEN, 141), wall, *(wall - NEAR), *(wall + NEAR)])
        found = _descent(b, alpha, 0)
        parts[f"{name}, curve"] = _part(b, found)
        parts[f"{name}, descent"] = _path(_descent(float(NEURON.b), alpha, STEPS))
        look = LINE[name]
        upper.plot(b, found.loss[:, 0], **painted(upper, look))
        middle.plot(b, np.abs(found.gradient["b"][:, 0]), **painted(middle, look))
    _draw_paths(lower, parts, wall)
    for ax in (upper, middle):
        ax.axvline(wall, **painted(ax, {"color": "hairline", "linewidth": 0.8, "linestyle": ":"}))
        ax.set_xlim(*BETWEEN)
        ax.set_xlabel(SYMBOL["b"], style="italic")
    _label(upper, middle, parts, wall)
    return stacked(parts)


def _wall() -> float:
    (wall,) = loss_landscape(NEURON, {"b": BETWEEN}, X0, T, TARGET).walls
    return float(wall.values["b"][0])


def _descent(b: Any, alpha: float, steps: int) -> Training:
    """Return a descent from each b, forced with this alpha; without steps only its first loss."""
    return train(
        NEURON.replace(b=b), X0, T, TARGET, learning_rate=RATE, steps=steps, teacher_forcing=alpha
    )


def _part(b: Any, found: Training) -> Part:
    """Return the curve of a descent without steps."""
    return {
        "step": np.nan, "b": b, "loss": found.loss[:, 0], "free_loss": found.free_loss[:, 0],
        "gradient_b": found.gradient["b"][:, 0],
    }  # fmt: skip


def _path(found: Training) -> Part:
    return {
        "step": np.arange(STEPS + 1), "b": found.parameters["b"], "loss": found.loss,
        "free_loss": found.free_loss, "gradient_b": found.gradient["b"],
    }  # fmt: skip


def _draw_paths(ax: Axes, parts: dict[str, Part], wall: float) -> None:
    """Draw b against the step in both descents; the free one up to the step that leaves."""
    low, high = -2.56, -2.15
    ax.set(xlim=(0, STEPS), ylim=(low, high))
    ax.axhline(wall, **painted(ax, {"color": "hairline", "linewidth": 0.8, "linestyle": ":"}))
    for name, look in LINE.items():
        path = parts[f"{name}, descent"]
        b = path["b"]
        inside = (b > low) & (b < high)
        stop = int(np.argmin(inside)) if not inside.all() else b.size
        ax.plot(path["step"][:stop], b[:stop], **painted(ax, look))
        if stop < b.size:
            start = (stop - 1, float(b[stop - 1]))
            edge = high if b[stop] > high else low
            ax.annotate("", (stop - 0.6, edge), start, arrowprops=painted(
                ax, {"arrowstyle": "-|>,head_length=0.3,head_width=0.15", "color": "ink",
                     "linewidth": 1.0, "shrinkA": 0.0, "shrinkB": 0.0}))  # fmt: skip
            text = f"step {stop} to b = {number(float(b[stop]), 3)}"
            beside(ax, text, (stop - 0.6, edge), (4, -6), ha="left")
    last = parts["forced, descent"]
    end, loss = number(float(last["b"][-1])), f"{last['free_loss'][-1]:.2f}"
    words = f"forced, to b = {end};\nthe free loss there is {loss}"
    beside(ax, words, (STEPS, float(last["b"][-1])), (0, 6), ha="right", va="bottom")
    free = parts["free, descent"]
    beside(ax, "free", (16.0, float(free["b"][16])), (-6, -4), ha="right")
    ax.set_xlabel("step of the descent")
    ax.set_ylabel(SYMBOL["b"], style="italic")


def _label(upper: Axes, middle: Axes, parts: dict[str, Part], wall: float) -> None:
    """Label axes and curves."""
    upper.set_ylabel("L", style="italic")
    upper.set_ylim(-0.02, 0.6)
    middle.set_ylabel("|dL/db|", style="italic")
    middle.set(yscale="log", ylim=(1e-6, 1e5))
    decades = (-6, -3, 0, 3)
    middle.set_yticks([10.0**k for k in decades], [power(k) for k in decades])
    middle.set_yticks([], minor=True)
    places = ((upper, "loss", -8, 8), (middle, "gradient_b", 8, -8))
    for ax, column, *away in places:
        for name, below in zip(ALPHA, away, strict=True):
            curve = parts[f"{name}, curve"]
            at = abs(float(np.interp(-2.66, curve["b"], curve[column])))
            beside(ax, name, (-2.66, at), (0, below))
    beside(
        middle,
        "wall",
        (wall, 1.0),
        (4, -3),
        ha="left",
        va="top",
        xycoords=("data", "axes fraction"),
    )
    for ax in (upper, middle):
        move_label(ax, 26.0)
    setting = f"w = 5, ε = 1, x(0) = {number(X0)}, T = {T}, α = {number(ALPHA['forced'])}"
    write_above(upper, setting)
