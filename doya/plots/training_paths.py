"""The path of gradient descent over its landscape."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.text import Text
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.checks import LARGEST
from doya.errors import ArgumentError
from doya.plots.arguments import check_drawing
from doya.plots.labels import TALL, box, readable
from doya.plots.layout import drawn, layout_of
from doya.plots.letters import variable_symbol
from doya.plots.style import MARKER
from doya.plots.theme import theme
from doya.training.training import Training

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
    from matplotlib.typing import ColorType


# A step longer than this part of the axes counts as a throw.
THROW = 0.15
# A gap of this part of a path's range cuts off the places behind it, seen from the start.
FAR = 0.6
# At least this number of places remains, and at least this part of all places.
FEW, MOST_OF = 4, 0.75
# Bifurcations nearer to each other than this part of the axes share a mark.
ALIKE = 0.02
# Largest distance by which a word gives way to others, in points.
AWAY = 30.0
# Largest number of excursions beyond the axes that are marked.
MOST_BEYOND = 3
# Number of points along the path at which we look whether a word covers it.
PLACES = 4000
ARROW: dict[str, Any] = {
    "arrowstyle": "-|>,head_length=0.35,head_width=0.18",
    "linewidth": 0.8,
    "shrinkA": 2.0,
    "shrinkB": 2.0,
}


class Marks(NamedTuple):
    """Styles of the points of a path, of the ground of words, and the colour of the paper."""

    dot: dict[str, Any]
    start: dict[str, Any]
    end: dict[str, Any]
    arrow: dict[str, Any]
    ground: dict[str, Any]
    paper: Any


def marks(ax: Axes, color: ColorType | None = None) -> Marks:
    """Return the marks of a path on `ax`, with its points in `color` if it is given."""
    look = theme(ax, color)
    path = look.accent if color is None else look.curve
    dot: dict[str, Any] = {
        "color": path,
        "linestyle": "none",
        "marker": "o",
        "markersize": 2.8,
        "markeredgewidth": 0.3,
        "markeredgecolor": look.paper,
        "clip_on": False,
        "zorder": 4.5,
    }
    start: dict[str, Any] = {
        **dot,
        "color": look.ink,
        "markersize": 5.0,
        "markeredgewidth": 0.9,
        "markeredgecolor": look.ink,
        "markerfacecolor": look.paper,
        "zorder": 5.5,
    }
    end = {**start, "marker": "s", "markersize": 4.5, "markerfacecolor": look.ink}
    ground = {"facecolor": look.paper, "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
    return Marks(dot, start, end, {**ARROW, "color": path}, ground, look.paper)


def draw_training_path(
    training: Training, ax: Axes, *, color: ColorType | None = None, label: str | None = None
) -> list[Artist]:
    """Draw the path of a training on axes that already show its landscape.

    The points of two learned parameters are joined by lines.  Those of one stand at their loss,
    which is always the loss without teacher forcing.  An open circle is the start, a square the
    end.  An arrow is a step that throws the parameters far; beside it stands the number of the
    step, or how many steps look the same.  A triangle at the edge, with its value, stands for
    points beyond the axes.  Folds (LP), flips (PD) and cusps (CP) that the path crosses are marked:
    where it crosses them, or, for one parameter, on the abscissa.

    Parameters
    ----------
    training : Training
        Result of `train` for one neuron and one or two learned parameters.
    ax : matplotlib Axes
        Axes with the landscape over the same parameters, in the same order.
    color : color, optional
        Colour of the path; by default that of matplotlib's text.
    label : str, optional
        Name in a legend.

    Returns
    -------
    list of Artist
        Every artist that was added.

    Raises
    ------
    ArgumentError
        For an ensemble, more than two learned parameters, a result of another type, or an `ax` that
        is not matplotlib axes.

    Examples
    --------
    >>> import doya, numpy as np
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> neuron = doya.NeuronODE(w=5.0, b=-2.2)
    >>> path = doya.train(neuron, 0.5, 50.0, 0.855, learning_rate=2.0, clip=0.05)
    >>> landscape = doya.loss_landscape(neuron, {"b": np.linspace(-2.6, -2.1, 101)})
    >>> artists = doya.plots.draw_landscape(landscape, ax, gradient=False, powers=True)
    >>> artists = doya.plots.draw_training_path(path, ax)
    >>> [text.get_text() for text in artists if hasattr(text, "get_text")]
    ['', 'start', 'end', '6 steps alike', 'LP']
    """
    check_drawing("training", training, Training, "train", ax)
    if training.loss.ndim > 1 or len(training.learn) > 2:
        raise ArgumentError(
            "training",
            "must be of one neuron that learned one or two parameters, got"
            f" {', '.join(training.learn)} of shape {training.loss.shape[:-1]}",
        )
    size = int(training.steps) + 1
    rows = [training.parameters[name][:size] for name in training.learn]
    single = len(rows) == 1
    points = np.stack([*rows, *[training.free_loss[:size]] * single], axis=-1)
    to_page = ax.transData - ax.transAxes
    with np.errstate(divide="ignore", invalid="ignore"):
        page = np.nan_to_num(to_page.transform(points), nan=-1.0)
    inside = (page > -1e-6) & (page < 1.0 + 1e-6)
    known = inside[:, 0] & (inside[:, 1] | single)  # the foot of a valley may be below the axes
    held = np.clip(page, 0.0, 1.0)
    points = np.where(inside, points, to_page.inverted().transform(held))

    looks = marks(ax, color)
    artists: list[Artist] = []
    if not single:
        style: dict[str, Any] = {"transform": ax.transAxes, "clip_on": False}
        artists += ax.plot(
            *held.T, color=looks.ground["facecolor"], linewidth=1.6, zorder=4, **style
        )
        artists += ax.plot(*held.T, color=looks.dot["color"], linewidth=0.7, zorder=4.1, **style)
    dots = known & (np.arange(size) > 0) & (np.arange(size) < size - 1)
    artists += ax.plot(*points[dots].T, label=label, **looks.dot)
    words: list[tuple[Floats, str]] = []
    for k, word in ((0, "start"), (size - 1, "end"))[: min(size, 2)]:
        if known[k]:
            artists += ax.plot(*points[k : k + 1].T, **(looks.end if k else looks.start))
            words.append((held[k], word))
    for first, last in _runs(~known):
        artists += _beyond(ax, held[first], page[first], looks)
        author = training.conversion
        values = zip(training.learn, rows, strict=True)
        where = ", ".join(
            f"{variable_symbol(name, author)} = {readable(row[last])}" for name, row in values
        )
        end = "end, " if last == size - 1 else ""
        words.append((held[first], f"{end}{where}, from step {first}"))
    arrows, steps = _throws(ax, held, single, looks)
    words += [(held[k + 1], text) for k, text in steps if known[k + 1]]
    crossed, kinds = _crossed(training, ax, looks)
    words += kinds  # the last to be placed
    path = held[:: size // PLACES + 1] if single else _along(held)
    return drawn([*artists, *crossed, *arrows, *_write(ax, words, path, looks)])


def _crossed(
    training: Training, ax: Axes, looks: Marks
) -> tuple[list[Artist], list[tuple[Floats, str]]]:
    """Mark the bifurcations on the path; return the marks, and a place for the name of each kind.

    Those of one kind that would cover each other share a mark.
    """
    artists: list[Artist] = []
    places: list[tuple[Floats, str]] = []
    size = int(training.steps) + 1
    known = all(np.isfinite(training.parameters[name][:size]).all() for name in training.learn)
    for each in training.bifurcations if known else ():
        # Walls are those of the landscape; along an input of a task no place is known.
        if each.kind == "wall" or not {*training.learn} <= {*each.place}:
            continue
        values = [each.place[name] for name in training.learn]
        ends = ax.transData.transform([*values, *[1.0] * (2 - len(values))])
        at = ax.transAxes.inverted().transform(ends)
        at[1] = at[1] if len(values) == 2 else 0.0
        near = any(kind == each.kind and np.hypot(*(at - other)) < ALIKE for other, kind in places)
        if near or not np.all((at >= 0.0) & (at <= 1.0)):
            continue
        places.append((at, each.kind))
        style = {**looks.start, **MARKER[each.kind], "zorder": 5.2}
        style |= {"markerfacecolor": looks.end["color"], "markerfacecoloralt": looks.paper}
        artists += ax.plot(*at, transform=ax.transAxes, **style)
    first = {kind: at for at, kind in reversed(places)}
    return artists, [(at, kind) for kind, at in first.items()]


def visited(values: Floats) -> tuple[float, float]:
    """Return the range of the path with a margin, without a few points far from the start."""
    values = values[np.isfinite(values)]
    if not values.size:
        return -1.0, 1.0
    start = values[0]
    # Places, not steps: after a throw a descent may stay at one place for many steps.
    width = np.ptp(values) or 1.0
    _, first = np.unique(np.round((values - start) / width, 3), return_index=True)
    known = np.sort(values[first])
    places = known.size
    while known.size > FEW:
        gaps = np.diff(known)
        k = int(gaps.argmax())
        part = known[: k + 1] if start <= known[k] else known[k + 1 :]
        if gaps[k] < FAR * np.ptp(known) or part.size < max(FEW, MOST_OF * places):
            break
        known = part
    shown = values[(known[0] - 0.001 * width <= values) & (values <= known[-1] + 0.001 * width)]
    low, high = float(shown.min()), float(shown.max())
    margin = 0.1 * (high - low) if high > low else 0.1 * max(abs(low), 1.0)
    return max(low - margin, -LARGEST), min(high + margin, LARGEST)


def _throws(
    ax: Axes, held: Floats, single: bool, looks: Marks
) -> tuple[list[Artist], list[tuple[int, str]]]:
    """Draw an arrow for each step that throws far; return the arrows, and the steps with texts.

    Such a step is longer than THROW of the axes, and more than 3 times as long as the step before
    (the first step: as the second).  Steps that look the same share an arrow.
    """
    away = np.diff(held, axis=0)
    length = np.abs(away[:, 0]) if single else np.hypot(*away.T)
    before = np.append(length[1:2] if length.size > 1 else 0.0, length)[: length.size]
    far = np.flatnonzero((length > THROW) & (length > 3.0 * before))
    alike: dict[tuple[int, ...], list[int]] = {}
    for k in sorted(far.tolist(), key=lambda k: float(length[k])):
        place = np.round(40.0 * held[k : k + 2].ravel()).astype(int)
        alike.setdefault(tuple(place.tolist()), []).append(k)
    artists: list[Artist] = []
    words = []
    for rank, steps in enumerate(alike.values(), 1):
        bend = _bend(ax, held[steps[0] : steps[0] + 2], min(rank, 3)) if single else 0.0
        artists.append(
            ax.annotate(
                "", held[steps[0] + 1], held[steps[0]], "axes fraction", "axes fraction",
                arrowprops={**looks.arrow, "connectionstyle": f"arc3,rad={bend}"},
                annotation_clip=False, zorder=5,
            )
        )  # fmt: skip
        text = f"step {steps[0] + 1}" if len(steps) == 1 else f"{len(steps)} steps alike"
        words.append((steps[0], text))
    return artists, words


def _bend(ax: Axes, ends: Floats, rank: int) -> float:
    """Return the bend of an arc that is within the axes, and covers none of another rank.

    Its top is above the middle between its ends by half of the bend times their distance.
    """
    page = np.array(box(ax))
    distance = float(np.hypot(*(np.diff(ends, axis=0)[0] * page)))
    room = max(1.0 - float(ends[:, 1].mean()), 0.0) * float(page[1])
    return -rank * min(0.1, 2.0 * room / (3.0 * distance))


def _beyond(ax: Axes, held: Floats, page: Floats, looks: Marks) -> list[Artist]:
    """Draw a triangle at the edge that points outwards."""
    out = page - held
    axis = int(np.abs(out).argmax())
    shape = (("<", ">"), ("v", "^"))[axis][int(out[axis] > 0.0)]
    style = {**looks.end, "marker": shape, "markersize": 5.0}
    return [*ax.plot(*held, transform=ax.transAxes, **style)]


def _runs(which: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first and last index of each of the last runs of True."""
    first = np.flatnonzero(which & ~np.append(False, which[:-1]))
    last = np.flatnonzero(which & ~np.append(which[1:], False))
    return list(zip(first.tolist(), last.tolist(), strict=True))[-MOST_BEYOND:]


def _write(ax: Axes, words: list[tuple[Floats, str]], path: Floats, looks: Marks) -> list[Artist]:
    """Write words beside each place, so that none overlap and the path is seen."""
    labels = [
        ax.annotate(
            text, tuple(place), xycoords="axes fraction", ha="center", va="center",
            fontsize="small", zorder=6, bbox=looks.ground, annotation_clip=False,
        )
        for place, text in words
    ]  # fmt: skip
    layout = layout_of(ax)
    for label in labels:
        layout.words.add(label)
    places = [place for place, _ in words]
    layout.place_by(partial(_place_words, ax, places, labels, path))
    return [*labels]


def _along(held: Floats) -> Floats:
    """Return places all along the path, equally spaced."""
    way = np.append(0.0, np.cumsum(np.hypot(*np.diff(held, axis=0).T)))
    at = np.linspace(0.0, way[-1], PLACES)
    return np.stack([np.interp(at, way, values) for values in held.T], axis=-1)


def _place_words(
    ax: Axes, places: list[Floats], labels: list[Annotation], path: Floats, renderer: Any
) -> None:
    """Move each word beside its place; hide a word without room near it."""
    page = np.array(box(ax))
    taken: list[tuple[Floats, Floats]] = []
    for place, label in zip(places, labels, strict=True):
        extent = Text.get_window_extent(label, renderer)
        half = 0.5 * np.array([extent.width, extent.height]) * 72.0 / ax.figure.dpi + 1.0
        at, fits = _beside(place * page, half, page, path * page, taken)
        label.set_visible(fits)
        if fits:
            taken.append((at, half))
            label.xy = tuple(at / page)
            label.set_position(tuple(at / page))


def _beside(
    place: Floats, half: Floats, page: Floats, path: Floats, taken: list[tuple[Floats, Floats]]
) -> tuple[Floats, bool]:
    """Return the middle of a word beside a place, in points, and whether it has room there.

    It gives way to words in `taken`.  Of the four sides with room, one is taken where the word is
    not over its place, then one within the frame, then that which hides least of the path.  Of
    sides that are alike, the one towards the middle and below is taken.
    """
    right = 1.0 if place[0] < 0.5 * page[0] else -1.0
    down = -1.0 if place[1] > 3.0 * TALL else 1.0
    found: list[tuple[tuple[bool, bool, bool, int], Floats]] = []
    for side in ((right, down), (right, -down), (-right, down), (-right, -down)):
        at = place + (half + np.array([3.0, 4.0])) * side
        at = np.clip(at, half, np.maximum(page - half, half))
        wanted = at[1]
        while any(np.all(np.abs(at - other) < half + size) for other, size in taken):
            at[1] += side[1]
        near = abs(at[1] - wanted) <= AWAY
        fits = bool(near and -half[1] <= at[1] <= page[1] + half[1] and 2.0 * half[0] <= page[0])
        over = bool(np.all(np.abs(at - place) < half))
        crosses = not half[1] <= at[1] <= page[1] - half[1]
        hides = int(np.all(np.abs(path - at) < half, axis=-1).sum())
        found.append(((not fits, over, crosses, hides), at))
    (lacks_room, *_), at = min(found, key=lambda each: each[0])
    return at, not lacks_room
