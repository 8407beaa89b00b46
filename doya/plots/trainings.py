"""Gradient descent: the loss and the norm of the gradient against the step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.plots.arguments import check_drawing
from doya.plots.keys import write_key
from doya.plots.labels import box, readable
from doya.plots.layout import drawn, layout_of
from doya.plots.letters import teacher_of, variable_symbol
from doya.plots.limits import falls_off, include
from doya.plots.panels import set_numbers, set_powers, stack
from doya.plots.rows import Line
from doya.plots.theme import Theme, theme
from doya.plots.ticks import Ticks
from doya.training.training import Training

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType


# Sizes whose ratio exceeds this have a logarithmic ordinate.
DECADES = 100.0
# Largest number of steps that are drawn as dots: more would cover their line.
STEPS_DOTTED = 150
CLIPPED: dict[str, Any] = {
    "linestyle": "none",
    "marker": "v",
    "markersize": 4.0,
    "markeredgewidth": 0.8,
    "zorder": 4,
}


def draw_training(
    training: Training, ax: Axes, *, color: ColorType | None = None, label: str | None = None
) -> list[Artist]:
    """Draw the loss against the step, and below it the norm of the gradient.

    An ordinate is logarithmic where its values span more than two decades.  An arrow at the edge
    stands for infinity or, on a logarithmic ordinate, for 0.  Open triangles are clipped steps, and
    a thin line is the threshold of clipping.  In a training with teacher forcing the loss is the
    forced one, and a line above it names alpha.  The abscissa ends at the last step that was taken.

    Parameters
    ----------
    training : Training
        Result of `train`; an ensemble has one curve for each neuron.
    ax : matplotlib Axes
        Axes to draw on.  The limits and labels are set; the axes shrink to make room for those
        below.
    color : color, optional
        Colour of the curves; by default that of matplotlib's text.
    label : str, optional
        Name in a legend.

    Returns
    -------
    list of Artist
        Every artist that was added.

    Raises
    ------
    ArgumentError
        For a result of another type, or an `ax` that is not matplotlib axes.

    Examples
    --------
    >>> import doya
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> neuron = doya.NeuronODE(w=5.0, b=-2.2)
    >>> artists = doya.plots.draw_training(
    ...     doya.train(neuron, 0.5, 50.0, 0.855, learning_rate=2.0, clip=0.05), ax)
    >>> [each.get_ylabel() for each in ax.figure.axes]
    ['L', '|dL/db|']
    """
    check_drawing("training", training, Training, "train", ax)
    look = theme(ax, color)
    clipped = {**CLIPPED, "color": look.accent, "markerfacecolor": look.paper}
    any_cut = bool(training.clipped.any())
    axes = stack(ax, [1.0, 1.0], 1 if any_cut else None)
    # A descent that stopped has no losses behind its last step.
    last = int(np.max(training.steps, initial=0))
    size = slice(last + 1)
    steps, cut = np.arange(last + 1), training.clipped[..., size].reshape(-1, last + 1)
    include(ax, (0.0, max(last, 1.0)))
    ax.xaxis.set_major_locator(Ticks(6, integer=True))
    artists: list[Artist] = [*axes[1:]]
    loss_name = "L, forced" if training.teacher_forcing else "L"
    symbol = variable_symbol(training.learn[0], training.conversion)
    norm_name = f"|dL/d{symbol}|" if len(training.learn) == 1 else "|\u2207L|"
    has_one = any_cut and isinstance(training.clip, float)
    threshold = np.array([training.clip] if has_one else [])
    for each, values, name, more in (
        (axes[0], training.loss, loss_name, np.empty(0)),
        (axes[1], training.gradient_norm, norm_name, threshold),
    ):
        _set_ordinate(each, np.append(values, more))
        each.set_ylabel(name, style="italic")
        layout_of(ax).words.add(each.yaxis.label, name.strip("|").removesuffix(", forced"))
        for row, where in zip(values[..., size].reshape(-1, last + 1), cut, strict=True):
            artists += _row(each, steps, row, look)
            artists += each.plot(steps[where], row[where], clip_on=False, **clipped)
    for clip in threshold.tolist():
        line = axes[1].axhline(clip, color=look.hairline, linewidth=0.6, zorder=1)
        marks = [
            Line2D([], [], label="clipped step", **clipped),
            Line2D([], [], color=look.hairline, linewidth=0.6, label=f"clip = {readable(clip)}"),
        ]
        artists += [line, write_key(axes[1], marks)]
    if label is not None:
        artists += ax.plot([], [], color=look.curve, linewidth=0.7, label=label)
    if teacher := teacher_of(training):
        above = Line(axes[0], teacher)
        layout_of(ax).words.above(axes[0], above)
        artists += above.words
    axes[-1].set_xlabel("step", style="italic")
    return drawn(artists)


def _set_ordinate(ax: Axes, values: Floats) -> None:
    known = np.abs(values[np.isfinite(values) & (values != 0.0)])
    wide = known.size and known.max() > DECADES * known.min()
    (set_powers if wide else set_numbers)(ax, values if wide else np.append(values, 0.0))


def _row(ax: Axes, steps: NDArray[np.int64], row: Floats, look: Theme) -> list[Artist]:
    """Draw a line, with dots if the steps are few, and arrows at the edge for infinity and 0."""
    shown = np.where(np.isfinite(row), row, math.nan)
    style: dict[str, Any] = {"color": look.curve, "clip_on": False, "zorder": 3}
    dots: dict[str, Any] = {"marker": "o", "markersize": 2.2} if steps.size <= STEPS_DOTTED else {}
    line = {**style, "clip_on": falls_off(ax, row)}
    artists: list[Artist] = [*ax.plot(steps, shown, linewidth=0.7, **dots, **line)]
    inset = 3.0 / box(ax)[1]
    zero = (row == 0.0) & (ax.get_yscale() == "log")
    for which, shape, height in ((row == math.inf, "^", 1.0 - inset), (zero, "v", inset)):
        artists += ax.plot(
            steps[which], np.full(which.sum(), height), shape, markersize=3.0,
            transform=ax.get_xaxis_transform(), **style,
        )  # fmt: skip
    return artists
