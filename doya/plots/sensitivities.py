"""Profiles of sensitivities: x(T), exact derivatives, finite differences, and settled values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.neurons import NeuronMap
from doya.plots.arguments import check_drawing
from doya.plots.curve_names import name_curves
from doya.plots.keys import write_key
from doya.plots.labels import box, readable
from doya.plots.layout import drawn, layout_of
from doya.plots.letters import conditions_in, time_unit, variable_symbol
from doya.plots.panels import Panel, abscissa_unit, draw_threshold, stacked
from doya.plots.rows import Line
from doya.plots.theme import theme
from doya.sensitivities.profiles import SensitivityProfile

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType


# The exact line is wide and pale, so that the others are visible on it where they agree.
EXACT: dict[str, Any] = {"linewidth": 2.0, "zorder": 2.5}
NEGATIVE: dict[str, Any] = {**EXACT, "linewidth": 0.7}
SETTLED: dict[str, Any] = {"linewidth": 0.8, "linestyle": (0, (4, 2)), "zorder": 3}
CROSS: dict[str, Any] = {
    "linestyle": "none",
    "marker": "x",
    "markersize": 3.2,
    "markeredgewidth": 0.7,
    "zorder": 4,
}
DOT: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 4.0,
    "markeredgewidth": 0.8,
    "zorder": 2.5,
}
# Distance between crosses along the line, in points.
APART = 7.0
# Largest number of steps of a map whose dots are joined by lines: more would cover the dots.
STEPS_JOINED = 300


class Styles(NamedTuple):
    """Styles of the curves in the colours of one picture."""

    exact: dict[str, Any]
    negative: dict[str, Any]
    dot: dict[str, Any]
    open_dot: dict[str, Any]
    settled: dict[str, Any]
    cross: dict[str, Any]


def styles(ax: Axes, color: ColorType | None = None) -> Styles:
    """Return the styles of the curves on `ax`, with exact derivatives in `color` if it is given."""
    look = theme(ax, color)
    exact = {"color": look.pale(look.accents[1]) if color is None else look.curve}
    return Styles(
        exact={**EXACT, **exact},
        negative={**NEGATIVE, **exact},
        dot={**DOT, **exact},
        open_dot={**DOT, **exact, "markerfacecolor": look.paper},
        settled={**SETTLED, "color": look.ink},
        cross={**CROSS, "color": look.accent},
    )


def draw_sensitivity_profile(
    profile: SensitivityProfile,
    ax: Axes,
    *,
    color: ColorType | None = None,
    label: str | None = None,
) -> list[Artist]:
    """Draw x(T) over a parameter, and below it the size of each derivative, as powers of ten.

    Exact derivatives are wide lines, thin where negative.  Crosses are finite differences.  A
    dashed line is the value at which the derivative settles as T grows.  dx(T)/dx0 has its own
    axes: above the line at 1 a gradient explodes, below it a gradient vanishes.  Each of several
    curves has its name.  An arrow is an infinite derivative.

    In a profile over T, x(T) is not drawn, and the background is shaded while the input is not 0.
    The derivatives of a map are then dots, open where negative.

    Parameters
    ----------
    profile : SensitivityProfile
        Result of `sensitivity_profile`.
    ax : matplotlib Axes
        Axes to draw on.  The limits and labels are set; the axes shrink to make room for those
        below.  All panels are readable on a figure `doya.plots.sensitivities.height(profile)` times
        as tall as the style's.
    color : color, optional
        Colour of the exact curves; by default that of matplotlib's text.
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
    >>> ax = Figure(figsize=(3.3, 4.4)).subplots()
    >>> profile = doya.sensitivity_profile(doya.NeuronODE(w=5.0), x0=0.5, t_end=50.0)
    >>> artists = doya.plots.draw_sensitivity_profile(profile, ax)
    >>> [each.get_ylabel() for each in ax.figure.axes]
    ['x(T)', '|∂x/∂b|', '|∂x/∂x₀|']
    """
    check_drawing("profile", profile, SensitivityProfile, "sensitivity_profile", ax)
    panels = [_panel(profile, name) for name in _order(profile)]
    first = next((k for k, panel in enumerate(panels) if panel.differences.size), None)
    kinds = styles(ax, color)
    stack = stacked(ax, profile, panels, first, _is_dots(profile))

    artists: list[Artist] = [*stack[1:]]
    for each, panel in zip(stack, panels, strict=True):
        artists += _shade_input(each, profile)
        artists += _curves(each, profile, panel, kinds)
        artists += _names(each, profile, panel)
    if first is not None:
        artists.append(_legend(stack[first], profile, panels, kinds))
    if label is not None:
        artists += ax.plot([], [], label=label, **kinds.exact)
    text = conditions_in(
        profile.neuron, profile.conversion, profile.start, profile.t_end, profile.u, (profile.over,)
    )
    line = Line(ax, text)
    layout_of(ax).words.above(ax, line)
    return drawn([*artists, *line.words])


def height(profile: SensitivityProfile) -> float:
    """Return the height at which every panel is readable, as a multiple of the style's height."""
    return 0.3 + 0.48 * len(_order(profile))


def _order(profile: SensitivityProfile) -> list[str]:
    """Return the names of the panels from top to bottom."""
    others = [name for name in profile.wrt if name != "x0"]
    return ["x0", *others] if profile.over == "t" else ["x", *others, "x0"]


def _panel(profile: SensitivityProfile, name: str) -> Panel:
    rows = profile.state if name == "x" else profile.log10_abs[name]
    rows = rows.reshape(math.prod(rows.shape[:-1]), rows.shape[-1])
    nothing = np.empty((0, rows.shape[1]))
    if name == "x":
        return Panel(name, rows, np.ones(rows.shape), nothing, nothing)
    compared = [nothing, nothing]
    if name in profile.wrt:
        compared = [
            _logarithm(each[name].reshape(rows.shape))
            for each in (profile.finite_difference, profile.settled)
        ]
    return Panel(name, rows, profile.sign[name].reshape(rows.shape), *compared)


def _logarithm(values: Floats) -> Floats:
    """Return log10 of the size; NaN for 0 and for values that are not finite."""
    with np.errstate(divide="ignore"):
        logarithm = np.log10(np.abs(values))
    return np.where(np.isfinite(logarithm), logarithm, math.nan)


def _is_dots(profile: SensitivityProfile) -> bool:
    return profile.over == "t" and isinstance(profile.neuron, NeuronMap)


def _curves(ax: Axes, profile: SensitivityProfile, panel: Panel, kinds: Styles) -> list[Artist]:
    """Draw the exact rows, their settled values, and finite differences some distance apart."""
    value = profile.value * abscissa_unit(profile)
    artists: list[Artist] = draw_threshold(ax) if panel.name == "x0" else []
    for row, sign in zip(panel.rows, panel.signs, strict=True):
        shown = np.where(np.isfinite(row), row, math.nan)
        artists += (_dots if _is_dots(profile) else _lines)(ax, value, shown, sign < 0.0, kinds)
        infinite = value[row == math.inf]
        if infinite.size:
            artists += ax.plot(
                infinite, np.full(infinite.size, 1.0 - 3.0 / box(ax)[1]), "^",
                color=kinds.settled["color"], transform=ax.get_xaxis_transform(), clip_on=False,
                zorder=4,
            )  # fmt: skip
    for row in {row.tobytes(): row for row in panel.settled}.values():
        artists += ax.plot(value, row, clip_on=False, **kinds.settled)
    for row in panel.differences:
        which = _apart(ax, value, row)
        artists += ax.plot(value[which], row[which], clip_on=False, **kinds.cross)
    return artists


def _lines(
    ax: Axes, value: Floats, row: Floats, negative: NDArray[np.bool_], kinds: Styles
) -> list[Artist]:
    """Draw a line, thin where the derivative is negative and beside such values."""
    artists: list[Artist] = []
    artists += ax.plot(value, np.where(negative, math.nan, row), clip_on=False, **kinds.exact)
    if negative.any():
        towards = negative | np.append(negative[1:], False) | np.append(False, negative[:-1])
        thin = np.where(towards, row, math.nan)
        artists += ax.plot(value, thin, clip_on=False, **kinds.negative)
    return artists


def _dots(
    ax: Axes, value: Floats, row: Floats, negative: NDArray[np.bool_], kinds: Styles
) -> list[Artist]:
    """Draw dots, open where the derivative is negative."""
    artists: list[Artist] = []
    if value.size <= STEPS_JOINED:
        artists += ax.plot(value, row, color=theme(ax).shade(0.2), linewidth=0.5, zorder=2)
    size = 4.0 if value.size <= 80 else 2.0
    for which, style in ((~negative, kinds.dot), (negative, kinds.open_dot)):
        small = {**style, "markersize": size}
        artists += ax.plot(value[which], row[which], clip_on=False, **small)
    return artists


def _apart(ax: Axes, value: Floats, row: Floats) -> NDArray[np.intp]:
    """Return the indices of points that stand APART along their line."""
    known = np.flatnonzero(np.isfinite(row))
    (left, right), (low, high), (width, tall) = ax.get_xlim(), ax.get_ylim(), box(ax)
    across = np.diff(value[known]) / (right - left) * width
    along = np.diff(row[known]) / (high - low) * tall
    way = np.append(0.0, np.cumsum(np.hypot(across, along)))[: known.size]
    return known[np.diff(way // APART, prepend=-1.0) > 0.0]


def _legend(ax: Axes, profile: SensitivityProfile, panels: list[Panel], looks: Styles) -> Artist:
    """Draw a legend for the lines above the axes."""
    exact, negative = looks.exact, looks.negative
    if _is_dots(profile):
        exact, negative = looks.dot, looks.open_dot
    kinds = {"exact": exact}
    difference = f"\u0394 = {readable(profile.delta)}"
    if any(np.any(panel.signs < 0.0) for panel in panels):
        kinds |= {"negative": negative, difference: looks.cross}
    else:
        kinds |= {f"difference, {difference}": looks.cross}
    if any(np.isfinite(panel.settled).any() for panel in panels):
        kinds |= {"settled": looks.settled}
    return write_key(ax, [Line2D([], [], label=label, **style) for label, style in kinds.items()])


def _shade_input(ax: Axes, profile: SensitivityProfile) -> list[Artist]:
    """Shade the times at which a piecewise constant input is not 0, in a profile over T."""
    band, unit = theme(ax).band, abscissa_unit(profile)
    return [
        ax.axvspan(start * unit, stop * unit, color=band, linewidth=0, zorder=0)
        for start, stop in profile.driven
    ]


def _names(ax: Axes, profile: SensitivityProfile, panel: Panel) -> list[Artist]:
    """Name the curves by their start or T if there are several, and those that are 0 throughout."""
    author = profile.conversion
    x0, ends = np.atleast_1d(profile.start), np.atleast_1d(profile.t_end) * time_unit(author)
    several = {"x0": x0.size > 1, "T": ends.size > 1}
    names = [
        ", ".join(
            [f"{variable_symbol('x0', author)} = {readable(start)}"] * several["x0"]
            + [f"T = {readable(end)}"] * several["T"]
        )
        for start in x0.tolist()
        for end in ends.tolist()
    ]
    symbol = ax.get_ylabel()
    names = [
        name if np.isfinite(row).any() else f"{name}: 0" if name else f"{symbol} = 0"
        for name, row in zip(names, panel.rows, strict=True)
    ]
    threshold = np.zeros((int(panel.name == "x0"), profile.value.size))
    avoid = [*panel.differences, *panel.settled, *threshold]
    return name_curves(ax, profile.value * abscissa_unit(profile), list(panel.rows), names, avoid)
