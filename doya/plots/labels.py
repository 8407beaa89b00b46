"""Labels that cover nothing: in a row above the axes, with lines to points, or beside curves."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rcParams

from doya.arrays import Floats
from doya.inputs import Input
from doya.neurons import Neuron
from doya.plots.style import MOTION, SYMBOL

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


MINUS = "\N{MINUS SIGN}"
SUPERSCRIPT = dict(zip(map(ord, "-0123456789"), "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))
NAME = {**SYMBOL, "x0": "x₀", "t": "T"}

# Style of the line from a label to its point.
LEADER: dict[str, Any] = {
    "arrowstyle": "-",
    "color": MOTION,
    "linewidth": 0.5,
    "linestyle": ":",
    "shrinkA": 0,
    "shrinkB": 3,
}

# Width and height of a letter of a label, in points.
WIDE, TALL = 3.9, 8.0
# Height of a row of text above axes, in points.
ROW = 11.0
# Corners of the axes, and directions in which a label may stand beside a point.
CORNERS = np.array([(0, 0), (0, 1), (1, 1), (1, 0)])
SIDES = np.array([(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)])


def number(value: float, digits: int = 5) -> str:
    """Return a number for a label, with a true minus sign."""
    return f"{value:.{digits}g}".replace("-", MINUS)


def readable(value: float, digits: int = 5) -> str:
    """Return a number for a label, with a power of ten instead of an e."""
    if math.isinf(value):
        return "\N{INFINITY}" if value > 0.0 else "\u2212\N{INFINITY}"
    return raised(number(value, digits))


def raised(text: str) -> str:
    """Return a number in Python's notation with a power of ten instead of an e."""
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    ten = f"10{str(int(exponent.replace(MINUS, '-'))).translate(SUPERSCRIPT)}"
    return ten if mantissa == "1" else f"{mantissa}\u00d7{ten}"


def power(logarithm: float, position: int | None = None) -> str:
    """Return a whole power of ten as a label."""
    exponent = round(logarithm)
    if abs(exponent) >= 10**7:
        return f"10^{number(logarithm, 2).replace('e+', 'e')}"
    return str(10**exponent) if exponent in (0, 1) else f"10{str(exponent).translate(SUPERSCRIPT)}"


def numbers(values: Sequence[float], width: float) -> list[str]:
    """Return numbers for labels on an axis of this width, with enough digits to differ."""
    largest = max(map(abs, values), default=0.0)
    places = math.ceil(math.log10(largest / width)) if largest > 0.0 else 0
    for digits in range(min(max(5, places + 3), 17), 18):
        texts = [number(value, digits) for value in values]
        if len(set(texts)) == len(set(values)):
            break
    return texts


def label_above(
    ax: Axes, points: Sequence[tuple[float, float]], texts: Sequence[str]
) -> list[Artist]:
    """Write texts above the axes without overlap, in the order of their points' abscissae."""
    left, right = ax.get_xlim()
    rows = sorted(zip(points, texts, strict=True))
    centres = spread(
        [(point[0] - left) / (right - left) for point, _ in rows],
        [0.024 * len(text) + 0.04 for _, text in rows],
    )
    return [
        ax.annotate(
            text,
            point,
            xytext=(centre, 1.03),
            textcoords="axes fraction",
            ha="center",
            va="bottom",
            fontsize="small",
            arrowprops=LEADER,
        )
        for (point, text), centre in zip(rows, centres, strict=True)
    ]


def spread(centres: list[float], widths: list[float]) -> list[float]:
    """Return ascending centres moved apart within [0, 1], by one sweep in each direction."""
    placed = list(centres)
    edge = 0.0
    for k, width in enumerate(widths):
        placed[k] = max(placed[k], edge + 0.5 * width)
        edge = placed[k] + 0.5 * width
    edge = 1.0
    for k in reversed(range(len(widths))):
        placed[k] = min(placed[k], edge - 0.5 * widths[k])
        edge = placed[k] - 0.5 * widths[k]
    return placed


def axis_label(name: str) -> str:
    """Return the label of the axis along which a parameter is swept."""
    return "input u" if name == "u" else NAME[name]


def setting(neuron: Neuron, besides: Collection[str] = (), u: float = 0.0) -> str:
    """Return the parameters that stay constant, as in w = 5, ε = 0.5, and a constant input."""
    names = [name for name in ("w", "b", "epsilon") if name not in besides]
    given = [name for name in names if np.ndim(getattr(neuron, name, [])) == 0]
    texts = [f"{SYMBOL[name]} = {number(getattr(neuron, name))}" for name in given]
    if u != 0.0 and "u" not in besides:
        texts.append(f"u = {readable(u)}")
    if (u != 0.0 or "u" in besides) and neuron.input_weight != 1.0:
        texts.append(f"w\N{PRIME} = {number(float(neuron.input_weight))}")
    return ", ".join(texts)


def conditions(
    neuron: Neuron, x0: Any, t_end: Any, u: Input | None, besides: Collection[str]
) -> str:
    """Return the conditions that a whole picture shares, as in w = 5, x₀ = 0.5, T = 50, u(t)."""
    fixed = setting(neuron, besides)
    texts = [fixed] if fixed else []
    for name, value in (("x0", x0), ("t", t_end)):
        if name not in besides and np.size(value) == 1:
            texts.append(f"{NAME[name]} = {readable(np.asarray(value).item())}")
    if u is not None:
        values = np.asarray(u)
        constant = values.ndim == 0 and values.dtype.kind in "buif"
        texts.append(f"u = {readable(values.item())}" if constant else "u(t)")
        if np.ndim(neuron.input_weight) == 0 and neuron.input_weight != 1.0:
            texts.append(f"w\N{PRIME} = {number(float(neuron.input_weight))}")
    return ", ".join(texts)


def loss_formula(target: Any) -> str:
    """Return L = (0.7 - x(T))², with the number of the target if there is a single one."""
    aim = readable(np.asarray(target).item()) if np.size(target) == 1 else "target"
    return f"L = ({aim} \u2212 x(T))²"


def write_above(ax: Axes, text: str, rows: int = 0) -> Artist:
    """Write the text above the axes, at their right end, above `rows` rows of other texts."""
    # From the right end of the axes to the left edge of the page.
    room = ax.get_position(original=True).x1 * ax.figure.bbox.width * 72.0 / ax.figure.dpi
    size = min(1.0, room / (WIDE * len(text) + 1.0)) * 0.833 * rcParams["font.size"]
    return ax.annotate(
        text, (1.0, 1.0), xycoords="axes fraction", xytext=(0, 4 + ROW * rows),
        textcoords="offset points", ha="right", va="bottom", fontsize=size,
    )  # fmt: skip


def write_setting(ax: Axes, text: str) -> Artist:
    """Write the text below the axes at their left end; at the right end a power may stand.

    The label of the axis makes room for a long text.
    """
    if WIDE * len(text) > 0.5 * box(ax)[0]:
        ax.set_xlabel(ax.get_xlabel(), loc="right")
    return ax.annotate(
        text,
        (0.0, 0.0),
        xycoords="axes fraction",
        xytext=(0, -18),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize="small",
    )


def box(ax: Axes) -> tuple[float, float]:
    """Return the width and height of the axes in points."""
    locator: Any = ax.get_axes_locator()
    where = locator(ax, None) if locator else ax.get_position()
    page, point = ax.figure.bbox, ax.figure.dpi / 72.0
    return where.width * page.width / point, where.height * page.height / point


def name_curves(
    ax: Axes, value: Floats, rows: Sequence[Floats], names: Sequence[str], avoid: Sequence[Floats]
) -> list[Artist]:
    """Write each name, as T = 50, beside its curve, where it covers no line.

    No other curve is as near to the name.  Curves that look the same share a label.  A curve that
    is nowhere apart from the others gets no label.  The name of a curve without points stands in a
    corner.
    """
    corner, size = np.array([ax.get_xlim(), ax.get_ylim()]).T
    size, page = size - corner, np.array(box(ax))
    every, more = (
        [_dense((np.stack([value, row], axis=-1) - corner) / size * page) for row in each]
        for each in (rows, avoid)
    )
    curves: list[Floats] = []
    texts: list[str] = []
    for curve, name in zip(every, names, strict=True):
        same = [k for k, other in enumerate(curves) if _agree(curve, other)]
        if same:
            texts[same[0]] += ", " + (name.split(" = ")[-1] if name.count("=") == 1 else name)
        elif name:
            curves, texts = [*curves, curve], [*texts, name]

    lines, taken = np.concatenate([np.empty((0, 2)), *every, *more]), np.empty((0, 2, 2))
    artists: list[Artist] = []
    for k, (curve, text) in enumerate(zip(curves, texts, strict=True)):
        half = 0.5 * np.array([WIDE * len(text), TALL])
        others = np.concatenate([np.empty((0, 2)), *curves[:k], *curves[k + 1 :]])
        place = _place(curve, half, page, lines, others, taken)
        if place is not None:
            at, centre = place
            taken = np.append(taken, [[centre, half]], axis=0)
            artists.append(
                ax.annotate(
                    text, at / page * size + corner, xytext=tuple(centre - at),
                    textcoords="offset points", ha="center", va="center", fontsize="small",
                    annotation_clip=False,  # its place on the curve may be just outside the axes
                )
            )  # fmt: skip
    return artists


def _agree(one: Floats, other: Floats) -> bool:
    """Return True if the two curves look the same: every point of each is near the other."""
    if not (one.size and other.size) or np.abs(one[[0, -1]] - other[[0, -1]]).max() > 2.0:
        return False
    apart = [_distance(a, np.zeros(2), b).max() for a, b in ((one, other), (other, one))]
    return bool(max(apart) < 1.5)


def _dense(points: Floats) -> Floats:
    """Return points close together on the line through the given ones, and none across a gap."""
    known = np.flatnonzero(np.isfinite(points).all(axis=-1))
    parts = []
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        part = points[run]
        way = np.append(0.0, np.cumsum(np.hypot(*np.diff(part, axis=0).T)))[: run.size]
        if run.size:
            at = np.linspace(0.0, way[-1], min(int(way[-1] / 2.0), 1000) + 2)
            parts.append(np.stack([np.interp(at, way, each) for each in part.T], axis=-1))
    return np.concatenate([np.empty((0, 2)), *parts])


def _place(
    curve: Floats, half: Floats, page: Floats, lines: Floats, others: Floats, taken: Floats
) -> tuple[Floats, Floats] | None:
    """Return a point of the curve and the centre of a label beside it; None if there is no room."""
    anchors, sides, away = curve[:: curve.shape[0] // 60 + 1], SIDES, 3.0
    if not curve.size:
        anchors, sides, away = CORNERS * page, 1.0 - 2.0 * CORNERS, 4.0
    at = np.repeat(anchors, len(sides), axis=0)
    centres = at + np.tile(sides * (half + away), (anchors.shape[0], 1))
    good = np.all((centres >= half + 1.0) & (centres <= page - half - 1.0), axis=-1)
    at, centres = at[good], centres[good]
    for centre, size in taken:
        clear = np.any(np.abs(centres - centre) > half + size + 1.0, axis=-1)
        at, centres = at[clear], centres[clear]
    clear = _distance(centres, half, lines) > 1.5
    at, centres = at[clear], centres[clear]
    own = _distance(centres, half, curve) if curve.size else 0.0
    ahead = _distance(centres, half, others) - own
    if not np.any(ahead > 3.0):
        return None
    best = int(np.argmax(np.minimum(ahead, 20.0)))
    return at[best], centres[best]


def _distance(centres: Floats, half: Floats, points: Floats) -> Floats:
    """Return the distance from each label to the nearest of the points."""
    beyond = np.maximum(np.abs(centres[:, np.newaxis] - points) - half, 0.0)
    distance: Floats = np.hypot(beyond[..., 0], beyond[..., 1]).min(axis=-1, initial=1e6)
    return distance
