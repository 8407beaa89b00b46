"""A bifurcation diagram that unfolds while another parameter moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rcParams
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from doya.animations.animation import Animation, check_figure
from doya.animations.artists import (
    Part,
    grid,
    limits,
    moving_dot,
    moving_line,
    words_above,
)
from doya.bifurcations.curves import bifurcation_curves
from doya.bifurcations.diagrams import BifurcationDiagram
from doya.checks import LARGEST
from doya.errors import ArgumentError
from doya.plots.curves import draw_bifurcation_curves
from doya.plots.diagrams import curves_of, states_of
from doya.plots.labels import MINUS, axis_label, number, numbers, setting
from doya.plots.style import MARKER, SYMBOL
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# A special point this near to a side of the axes has its label on the other side.
EDGE = 0.1
# Decimals of the numbers that change, so that their width does not.
PLACES = 3


def animate_bifurcation_diagrams(
    diagrams: Sequence[BifurcationDiagram], figure: Figure
) -> Animation:
    """Animate bifurcation diagrams of a neuron while one further parameter changes.

    Solid branches are stable, dashed ones unstable, and thin lines are the states of the 2-cycles
    of a map.  Special points carry their kind and value, and
    the range with two stable equilibria is shaded.  With w from 3 to 7 the diagram over b unfolds
    from the cusp at w = 4 into an S.  Where w and b are the two parameters, their plane stands on
    the right with its fold and flip curves, and a line through it shows the diagram of the moment.

    Parameters
    ----------
    diagrams : sequence of BifurcationDiagram
        Results of `bifurcation_diagram` over one parameter and one range, a frame each; w, b or
        epsilon of their neurons differs.
    figure : Figure
        Figure without axes to draw on, in the current style.

    Returns
    -------
    Animation

    Raises
    ------
    ValueError
        For diagrams over different parameters or ranges, fewer than two diagrams, neurons that do
        not differ in exactly one other parameter, or a figure that has axes already.

    References
    ----------
    K. Doya (1993); the cusp of the flow is at w = 4, b = -2, x = 1/2.

    Examples
    --------
    >>> import doya, numpy as np
    >>> from matplotlib.figure import Figure
    >>> diagrams = [doya.bifurcation_diagram(doya.NeuronODE(w), "b", (-5.0, 0.0))
    ...             for w in np.linspace(3.0, 7.0, 5)]
    >>> animation = doya.animations.animate_bifurcation_diagrams(diagrams, Figure())
    >>> animation.frames
    5
    """
    name, values = _changing(diagrams)
    check_figure(figure)
    first = diagrams[0]
    in_plane = {first.over, name} == {"w", "b"}
    columns = grid(figure, 1, 1 + in_plane, width_ratios=(1.5, 1.0)[: 1 + in_plane], wspace=0.3)
    ax = figure.add_subplot(columns[0])
    ax.set_xlim(*first.between)
    ends = [states_of(each) for each in diagrams]
    ax.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))
    ax.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    ax.set_xlabel(axis_label(first.over), style="italic")
    ax.set_ylabel(SYMBOL["x"], style="italic")
    words_above(ax, right=True, text=setting(first.neuron, (first.over, name), first.u))
    words = words_above(ax)
    bands = [_band(ax) for _ in range(max(len(each.bistable()) for each in diagrams))]
    curves = [curves_of(each) for each in diagrams]
    lines = [moving_line(ax, color=theme(ax).ink, zorder=3) for _ in range(max(map(len, curves)))]
    width = rcParams["lines.linewidth"]
    labels = [_label(ax) for _ in range(max(len(each.special_points) for each in diagrams))]
    section = _plane(figure.add_subplot(columns[1]), diagrams, name, values) if in_plane else None
    spans = [each.bistable() for each in diagrams]
    marks = [_marks(each) for each in diagrams]
    texts = [_words(each, name, value) for each, value in zip(diagrams, values, strict=True)]

    def move(k: int) -> None:
        words.set_text(texts[k])
        if section:
            section.move(k)
        for j, band in enumerate(bands):
            low, high = spans[k][j] if j < len(spans[k]) else (0.0, 0.0)
            band.set_visible(low < high)
            band.set_x(low)
            band.set_width(high - low)
        for j, line in enumerate(lines):
            line.set_visible(j < len(curves[k]))
            if j < len(curves[k]):
                line.set_data(curves[k][j].value, curves[k][j].x)
                line.set_linewidth(curves[k][j].width or width)
                line.set_linestyle(curves[k][j].style)
        for j, (points, text) in enumerate(labels):
            shown = j < len(marks[k])
            text.set_visible(shown)
            for kind, point in points.items():
                point.set_visible(shown and marks[k][j]["kind"] == kind)
            if shown:
                mark = marks[k][j]
                points[mark["kind"]].set_data([mark["at"][0]], [mark["at"][1]])
                text.xy = mark["at"]
                text.set_text(mark["kind"])
                text.set_position(mark["beside"])
                text.set_ha(mark["ha"])
                text.set_va(mark["va"])

    move(0)
    moving = [*bands, *lines, *(p for points, _ in labels for p in points.values())]
    moving += [*(text for _, text in labels), words, *(section.artists if section else ())]
    return Animation(figure, np.arange(len(diagrams)), tuple(moving), move)


def _changing(diagrams: Sequence[BifurcationDiagram]) -> tuple[str, list[float]]:
    """Return the parameter of the neurons that changes, and its values."""
    if not all(isinstance(each, BifurcationDiagram) for each in diagrams) or len(diagrams) < 2:
        raise ArgumentError("diagrams", "must be two or more results of doya.bifurcation_diagram")
    if any(each.conversion is not None for each in diagrams):
        raise ArgumentError("diagrams", "must be in Doya's parameters, not in an author's letters")
    over = {(each.over, each.between, each.u, each.neuron.input_to) for each in diagrams}
    if len(over) > 1:
        raise ArgumentError("diagrams", "must be over one parameter and one range, under one input")
    known = [each.neuron.parameters for each in diagrams]
    changing = [
        name
        for name in ("w", "b", "epsilon")
        if name != diagrams[0].over and len({row.get(name) for row in known}) > 1
    ]
    if len(changing) != 1:
        got = " and ".join(changing) or "none"
        words = "must have neurons that differ in one more of w, b and epsilon, got"
        raise ArgumentError("diagrams", f"{words} {got}")
    return changing[0], [float(row[changing[0]]) for row in known]


def _band(ax: Axes) -> Rectangle:
    band = Rectangle(
        (0.0, 0.0), 0.0, 1.0, transform=ax.get_xaxis_transform(), facecolor=theme(ax).shade(0.1),
        linewidth=0.0, zorder=0,
    )  # fmt: skip
    ax.add_patch(band)
    return band


def _label(ax: Axes) -> tuple[dict[str, Any], Any]:
    """Add a mark of each kind of special point, and words beside them."""
    look = theme(ax)
    looks: dict[str, Any] = {
        "color": look.ink, "markerfacecoloralt": look.paper, "linestyle": "none", "markersize": 6.0,
        "zorder": 4, "clip_on": False,
    }  # fmt: skip
    points = {kind: moving_line(ax, **{**looks, **style}) for kind, style in MARKER.items()}
    text = ax.annotate(
        "", (0.0, 0.0), xytext=(0.0, 0.0), textcoords="offset points", color=look.ink, zorder=5,
        annotation_clip=False,
    )  # fmt: skip
    return points, text


def _marks(diagram: BifurcationDiagram) -> list[dict[str, Any]]:
    """Return kind, place and label of each special point, the label where no branch runs.

    Above the middle the branches lie to the right of a fold, below it to the left.
    """
    low, high = diagram.between
    marks = []
    for point in sorted(diagram.special_points, key=lambda point: point.x):
        part = (point.value - low) / (high - low)
        left = (point.x > 0.5 and part > EDGE) or part > 1.0 - EDGE
        marks.append(
            {
                "kind": point.kind, "at": (point.value, point.x),
                "beside": (-8.0 if left else 8.0, 3.0 if point.x > 0.5 else -3.0),
                "ha": "right" if left else "left", "va": "bottom" if point.x > 0.5 else "top",
            }
        )  # fmt: skip
    return marks


def _words(diagram: BifurcationDiagram, name: str, value: float) -> str:
    """Return the parameter that changes, and the values of the special points of each kind."""
    points = sorted(diagram.special_points, key=lambda point: point.value)
    low, high = diagram.between
    found = [point.value for point in points]
    texts = list(map(_fixed, found)) if _are_fixed(found) else numbers(found, high - low)
    kinds = {point.kind: "" for point in points}
    for kind in kinds:
        kinds[kind] = ", ".join(
            text for point, text in zip(points, texts, strict=True) if point.kind == kind
        )
    over = SYMBOL[diagram.over]
    more = [f"    {kind} {over} = {values}" for kind, values in kinds.items()]
    return f"{SYMBOL[name]} = {_fixed(value)}{''.join(more)}"


def _plane(
    ax: Axes, diagrams: Sequence[BifurcationDiagram], name: str, values: list[float]
) -> Part:
    """Draw the (w, b) plane with its curves; the moving line is the diagram of the moment."""
    first = diagrams[0]
    low, high = limits(values, margin=0.1)
    ranges = {first.over: first.between, name: (max(low, -LARGEST), min(high, LARGEST))}
    curves = bifurcation_curves(first.neuron, ranges["w"], ranges["b"], u=first.u)
    draw_bifurcation_curves(curves, ax)
    line = moving_line(ax, linewidth=1.2)
    dots = moving_dot(ax, markersize=4.5)

    def move(k: int) -> None:
        special = [(point.w, point.b) for point in diagrams[k].special_points]
        dots.set_data(*np.array(special).reshape(-1, 2).T)
        ends = np.array(first.between), np.full(2, values[k])
        line.set_data(*(ends if name == "b" else ends[::-1]))

    return Part([line, dots], move)


def _fixed(value: float) -> str:
    """Return a number that is as wide in each frame."""
    return f"{value:.{PLACES}f}".replace("-", MINUS) if _are_fixed([value]) else number(value, 6)


def _are_fixed(values: list[float]) -> bool:
    return all(abs(value) < 1e4 for value in values)
