"""A descent that moves over its landscape, and its loss that grows step by step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from doya.animations.animation import FRAMES, Animation, check_figure, check_frames, evenly
from doya.animations.artists import grid, moving_dot, moving_line, words_above
from doya.arrays import Floats
from doya.errors import ArgumentError
from doya.landscapes.landscape import Landscape
from doya.plots.labels import NAME, readable
from doya.plots.landscapes import draw_landscape, name_free
from doya.plots.limits import falls_off
from doya.plots.panels import set_numbers, set_powers
from doya.plots.theme import theme
from doya.training.training import Training

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Losses whose ratio exceeds this have a logarithmic ordinate.
DECADES = 100.0
# Marks of a point beyond the axes, by the axis and the side.
BEYOND = (("<", ">"), ("v", "^"))
# A step longer than this part of the axes has a line from where it began.
THROW = 0.15


def animate_training(
    training: Training, landscape: Landscape, figure: Figure, *, frames: int = FRAMES
) -> Animation:
    """Animate a descent over its landscape, with the loss against the step below it.

    The landscape has its walls, and the point leaves its way behind it.  A triangle at the edge is
    a point beyond the axes; the words above give its place.

    Parameters
    ----------
    training : Training
        Result of `train` for one neuron and one or two learned parameters.
    landscape : Landscape
        Result of `loss_landscape` over the same parameters, in the same order.
    figure : Figure
        Figure without axes to draw on, in the current style.
    frames : int, default 101
        Largest number of frames, at least 2.  Each shows a step of the descent.

    Returns
    -------
    Animation

    Raises
    ------
    ValueError
        For an ensemble, other parameters than those of the landscape, frames < 2, or a figure that
        has axes already.

    Examples
    --------
    >>> import doya, numpy as np
    >>> from matplotlib.figure import Figure
    >>> neuron = doya.NeuronODE(w=5.0, b=-2.2)
    >>> path = doya.train(neuron, 0.5, 50.0, 0.855, learning_rate=2.0, steps=20)
    >>> landscape = doya.loss_landscape(neuron, {"b": np.linspace(-2.6, -2.1, 101)})
    >>> doya.animations.animate_training(path, landscape, Figure(figsize=(6.4, 4.2))).frames
    21
    """
    _check(training, landscape)
    frames = check_frames(frames)
    check_figure(figure)
    size = int(training.steps) + 1
    places = evenly(np.arange(size, dtype=float), frames)
    rows = grid(figure, 2, 1, height_ratios=(1.9, 1.0), hspace=0.42)
    upper, lower = figure.add_subplot(rows[0]), figure.add_subplot(rows[1])
    draw_landscape(landscape, upper, gradient=False, powers=True)
    loss = training.free_loss[:size]
    path = [training.parameters[name][:size] for name in training.learn]
    at, beyond, thrown = _held(upper, path if len(path) == 2 else [*path, loss])

    joined: dict[str, Any] = {"linewidth": 0.9} if len(path) == 2 else {"linestyle": "none"}
    outline = (
        moving_line(upper, color=theme(upper).paper, linewidth=2.0) if len(path) == 2 else None
    )
    way = moving_line(upper, marker="o", markersize=2.6, clip_on=False, **joined)
    throw = moving_line(upper, linewidth=0.9, linestyle=":", clip_on=False)
    dot = moving_dot(upper, markersize=8.0)
    words = words_above(lower)
    _set_loss(lower, loss)
    if training.teacher_forcing:
        name_free(lower)
        if not landscape.teacher_forcing:
            name_free(upper)
    least = lower.get_ylim()[0] if falls_off(lower, loss) else -math.inf
    heights = np.maximum(loss, least)  # a loss of 0 has none on a logarithmic ordinate
    line = moving_line(lower, color=theme(lower).ink, linewidth=0.9, clip_on=False)
    mark = moving_dot(lower)
    cut = training.clipped[:size]
    steps = np.arange(size)
    texts = [_words(training, path, loss, step, cut) for step in places]

    def move(k: int) -> None:
        place = places[k]
        visited = slice(0, place + 1)
        for each in (outline, way):
            if each is not None:
                each.set_data(at[visited, 0], at[visited, 1])
        last = slice(place - 1, place + 1) if thrown[place] else slice(0, 0)
        throw.set_data(at[last, 0], at[last, 1])
        dot.set_data(at[place : place + 1, 0], at[place : place + 1, 1])
        dot.set_marker(beyond[place])
        line.set_data(steps[visited], heights[visited])
        mark.set_data(steps[place : place + 1], heights[place : place + 1])
        words.set_text(texts[k])

    move(0)
    moving = [each for each in (outline, way, throw, dot, line, mark, words) if each is not None]
    return Animation(figure, places, tuple(moving), move)


def _check(training: object, landscape: object) -> None:
    if not isinstance(training, Training):
        raise ArgumentError("training", "must be a result of doya.train")
    if training.conversion is not None:
        raise ArgumentError("training", "must be in Doya's parameters, got a descent in letters")
    if not isinstance(landscape, Landscape):
        raise ArgumentError("landscape", "must be a result of doya.loss_landscape")
    if training.loss.ndim > 1 or len(training.learn) > 2:
        raise ArgumentError("training", "must be of one neuron that learned one or two parameters")
    if tuple(landscape.axes) != tuple(training.learn):
        raise ArgumentError(
            "landscape",
            f"must be over the learned parameters {', '.join(training.learn)}, got one over"
            f" {', '.join(landscape.axes)}",
        )


def _held(ax: Axes, path: list[Floats]) -> tuple[Floats, list[str], Any]:
    """Return the places of the path, held within the axes, with marks, and long steps to each."""
    to_page = ax.transData - ax.transAxes
    with np.errstate(divide="ignore", invalid="ignore"):
        page = np.nan_to_num(to_page.transform(np.stack(path, axis=-1)), nan=0.0)
    held = np.clip(page, 0.0, 1.0)
    out = page - held
    axis = np.abs(out).argmax(axis=-1)
    marks = [
        "o" if np.abs(row).max() < 1e-6 else BEYOND[k][int(row[k] > 0.0)]
        for row, k in zip(out, axis.tolist(), strict=True)
    ]
    long = np.append(False, np.abs(np.diff(held[:, 0])) > THROW)
    return to_page.inverted().transform(held), marks, long


def _set_loss(ax: Axes, loss: Floats) -> None:
    known = loss[np.isfinite(loss) & (loss > 0.0)]
    if known.size and known.max() > DECADES * known.min():
        set_powers(ax, loss)
    else:
        set_numbers(ax, np.append(loss, 0.0))
    ax.set_xlim(0.0, max(loss.size - 1, 1))
    ax.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10], integer=True))
    ax.set_xlabel("step", style="italic")
    ax.set_ylabel("L", style="italic")


def _words(training: Training, path: list[Floats], loss: Floats, step: int, cut: Any) -> str:
    """Return the step, the parameters and the loss in words."""
    values = zip(training.learn, path, strict=True)
    where = "    ".join(f"{NAME[name]} = {readable(float(row[step]))}" for name, row in values)
    clipped = "    clipped" if cut[step] else ""
    return f"step {step}    {where}    L = {readable(float(loss[step]), 3)}{clipped}"
