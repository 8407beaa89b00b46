"""Names of curves, each beside its curve, where it covers no line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.text import Text

from doya.arrays import Floats
from doya.plots.labels import box
from doya.plots.layout import layout_of

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

# A name is nearer to its own curve than to any other one by more than this, in points.
CLEAR = 1.0
# Points beyond this distance do not matter, in points.
FAR = 1e6
# Corners of the axes, and directions in which a label may stand beside a point.
CORNERS = np.array([(0, 0), (0, 1), (1, 1), (1, 0)])
SIDES = np.array([(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)])


def name_curves(
    ax: Axes, value: Floats, rows: Sequence[Floats], names: Sequence[str], avoid: Sequence[Floats]
) -> list[Artist]:
    """Write each name, as T = 50, beside its curve, where it covers no line.

    No other curve is as near to the name.  Curves that look the same share a label.  A curve that
    is nowhere apart from the others gets no label.  The name of a curve without points stands in a
    corner.  The places are found anew when the size of the axes changes.
    """
    layout = layout_of(ax)
    labels = [
        ax.annotate(
            name, (0.0, 0.0), xytext=(0.0, 0.0), textcoords="offset points", ha="center",
            va="center", fontsize="small",
            annotation_clip=False,  # its place on the curve may be just outside the axes
        )
        for name in names
        if name
    ]  # fmt: skip
    for label in labels:
        layout.words.add(label)
    layout.place_by(partial(_place_names, ax, value, rows, names, avoid, labels))
    return [*labels]


def _place_names(
    ax: Axes,
    value: Floats,
    rows: Sequence[Floats],
    names: Sequence[str],
    avoid: Sequence[Floats],
    labels: Sequence[Annotation],
    renderer: Any,
) -> None:
    """Move the labels to their places, and hide those without one."""
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
    for label in labels:
        label.set_visible(False)
    for k, (curve, text) in enumerate(zip(curves, texts, strict=True)):
        label = labels[k]
        label.set_visible(True)
        label.set_text(text)
        half = 0.5 * np.array(_extent(label, renderer))
        others = np.concatenate([np.empty((0, 2)), *curves[:k], *curves[k + 1 :]])
        place = _place(curve, half, page, lines, others, taken)
        label.set_visible(place is not None)
        if place is not None:
            at, centre = place
            taken = np.append(taken, [[centre, half]], axis=0)
            label.xy = tuple(at / page * size + corner)
            label.set_position(tuple(centre - at))


def _extent(label: Text, renderer: Any) -> tuple[float, float]:
    """Return the width and height of a visible label in points."""
    extent = Text.get_window_extent(label, renderer)
    points = 72.0 / label.figure.dpi
    return extent.width * points, extent.height * points


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
    if not np.any(ahead > CLEAR):
        return None
    best = int(np.argmax(np.minimum(ahead, 20.0)))
    return at[best], centres[best]


def _distance(centres: Floats, half: Floats, points: Floats) -> Floats:
    """Return the distance from each label to the nearest of the points, FAR at most."""
    squares = np.zeros((centres.shape[0], points.shape[0]))
    for k in range(2):
        beyond = np.subtract.outer(centres[:, k], points[:, k])
        np.abs(beyond, out=beyond)
        beyond -= half[k]
        np.clip(beyond, 0.0, FAR, out=beyond)  # its square is finite
        beyond *= beyond
        squares += beyond
    distance: Floats = np.sqrt(squares.min(axis=-1, initial=FAR**2))
    return distance
