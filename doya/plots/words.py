"""The words of a picture: the rows above its panels, and the one rule that shortens and hides.

The rule.  Words are registered in the order of their importance.  For the size that the axes have,
each word takes the longest of its texts that overlaps no word before it and stays inside the cell;
a word without such a text is hidden.  Labels of axes come first, then numbers at ticks.
A title stands above all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.legend import Legend
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from doya.plots.labels import leader, spread
from doya.plots.ticks import shown_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Distance of the lowest row from the axes, between two rows, and between words in a row, in points.
FOOT, GAP, APART = 3.0, 1.5, 5.0
# Distance of words on the right from the axes, in points.
BESIDE = 6.0
# Part of the height of the panels that rows above them take at most.
MOST = 0.5


class Words:
    """The words of one picture that may be shortened or hidden, and rows of them above axes."""

    def __init__(self) -> None:
        self._texts: dict[Any, tuple[str, ...]] = {}
        self._rows: dict[Any, list[Row]] = {}
        self._strips: dict[Any, _Strip] = {}
        self._beside: dict[Any, list[Annotation]] = {}
        self._hidden: list[Text] = []

    def add(self, word: Any, *shorter: str) -> None:
        """Register a text with shorter ones for little room, or a legend; later ones give way."""
        full = word.get_text() if isinstance(word, Text) else ""
        self._texts[word] = (full, *shorter)

    def above(self, ax: Axes, row: Row) -> None:
        """Register a row above the axes; it stands in the lowest place where it fits."""
        known = self._rows.setdefault(ax, [])
        known.append(row)
        self._strips.setdefault(ax, _Strip(ax))
        for word, texts in zip(row.words, row.texts, strict=True):
            self.add(word, *texts[1:])

    def beside(self, ax: Axes, word: Annotation) -> None:
        """Register a word on the right of the axes, at the height of its point."""
        self._beside.setdefault(ax, []).append(word)
        self.add(word)

    def reset(self) -> None:
        """Show every word with its full text, unless the caller has changed it."""
        for label in self._hidden:
            label.set_visible(True)
        self._hidden.clear()
        for word, texts in self._texts.items():
            word.set_visible(True)
            if isinstance(word, Text) and word.get_text() in texts:
                word.set_text(texts[0])

    def place_rows(self, renderer: Any, *, room_is_made: bool = False) -> None:
        """Place the rows above all axes, and the words on their right.

        `room_is_made` says that others make room for the words.
        """
        for ax, words in self._beside.items():
            _spread_beside(ax, words, renderer)
        for ax, rows in self._rows.items():
            strip = self._strips[ax]
            strip.tall = _place_rows(ax, rows, renderer)
            if room_is_made or any(ax.get_title(each) for each in ("left", "center", "right")):
                strip.show()

    def strip_above(self, ax: Axes) -> list[Bbox]:
        """Return the box of the rows above the axes, in pixels."""
        strip = self._strips.get(ax)
        return [] if strip is None else [strip.place().transformed(ax.figure.transSubfigure)]

    def shorten_labels(self, panels: Sequence[Axes], renderer: Any) -> None:
        """Take shorter labels of axes where they are longer than their axis."""
        for ax in panels:
            frame = ax.get_window_extent()
            for axis, room in zip(
                _axes_of(ax), (frame.width, frame.height, frame.height), strict=False
            ):
                label = axis.label
                texts = self._texts.get(label, (label.get_text(),))
                if not label.get_text() or label.get_text() not in texts:
                    continue
                for text in texts:
                    label.set_text(text)
                    extent = label.get_window_extent(renderer)
                    if max(extent.width, extent.height) <= room + 4.0 * _point(ax):
                        break

    def settle(self, panels: Sequence[Axes], room: Bbox | None, renderer: Any) -> None:
        """Hide what overlaps words that are more important, or leaves the room."""
        taken: list[Bbox] = []
        labels = [axis.label for ax in panels for axis in _axes_of(ax)]
        offsets = [axis.get_offset_text() for ax in panels for axis in _axes_of(ax)]
        for word in (*labels, *offsets):
            if word.get_visible() and word.get_text():
                taken.append(word.get_window_extent(renderer))
        for word in _every_tick(panels):
            extent = Text.get_window_extent(word, renderer)
            if _is_free(extent, taken):
                taken.append(extent)
            else:
                word.set_visible(False)
                self._hidden.append(word)
        for word, texts in self._texts.items():
            if word not in labels and word.get_visible():
                self._settle_one(word, texts, taken, room, renderer)

    def _settle_one(
        self, word: Any, texts: tuple[str, ...], taken: list[Bbox], room: Bbox | None, renderer: Any
    ) -> None:
        if isinstance(word, Text) and not word.get_text():
            return
        current = word.get_text() if isinstance(word, Text) else ""
        rest = texts[texts.index(current) :] if current in texts else (current,)
        for text in rest:
            if isinstance(word, Text):
                word.set_text(text)
            extents = extents_of(word, renderer)
            if all(_is_free(each, taken) and _is_within(each, room) for each in extents):
                taken += extents
                return
        word.set_visible(False)


class Row:
    """Words that stand together above axes."""

    def __init__(self, words: Sequence[Any], texts: Sequence[Sequence[str]]) -> None:
        self.words = [*words]
        self.texts = [[*each] for each in texts]

    def spans(
        self, ax: Axes, left: float, renderer: Any
    ) -> tuple[list[tuple[float, float]], float]:
        """Choose texts that fit, and return their ranges along the abscissa, and their height.

        All in pixels.  Words between `left` and the right end of the axes fit; no range means that
        the row does not fit.
        """
        raise NotImplementedError

    def move(self, ax: Axes, foot: float) -> None:
        """Move the words to a height above the axes, in pixels."""
        raise NotImplementedError


class Marks(Row):
    """Texts above points, moved apart where they would overlap, with lines to the points."""

    def __init__(
        self, ax: Axes, points: Sequence[tuple[float, float]], texts: Sequence[Sequence[str]]
    ) -> None:
        rows = sorted(zip(points, texts, strict=True), key=lambda row: row[0])
        self.points = [point for point, _ in rows]
        words = [
            ax.annotate(
                each[0], point, xytext=(0.5, 1.03), textcoords="axes fraction", ha="center",
                va="bottom", fontsize="small", arrowprops=leader(ax),
            )
            for point, each in rows
        ]  # fmt: skip
        super().__init__(words, [each for _, each in rows])
        self.centres: list[float] = []

    def spans(
        self, ax: Axes, left: float, renderer: Any
    ) -> tuple[list[tuple[float, float]], float]:
        """Choose the longest texts that fit beside each other within the axes."""
        frame, pad = ax.get_window_extent(), 3.0 * _point(ax)
        for k in range(max(map(len, self.texts), default=0)):
            for word, texts in zip(self.words, self.texts, strict=True):
                word.set_text(texts[min(k, len(texts) - 1)])
            sizes = [Text.get_window_extent(word, renderer) for word in self.words]
            widths = [size.width + pad for size in sizes]
            if sum(widths) <= frame.width:
                places = ax.transData.transform(np.array(self.points).reshape(-1, 2))[:, 0]
                wanted = [float((place - frame.x0) / frame.width) for place in places]
                self.centres = spread(wanted, [width / frame.width for width in widths])
                middles = [frame.x0 + centre * frame.width for centre in self.centres]
                spans = [
                    (middle - 0.5 * width, middle + 0.5 * width)
                    for middle, width in zip(middles, widths, strict=True)
                ]
                return spans, max((size.height for size in sizes), default=0.0)
        return [], 0.0

    def move(self, ax: Axes, foot: float) -> None:
        """Move the texts to this height; their lines still lead to the points."""
        tall = ax.get_window_extent().height
        for word, centre in zip(self.words, self.centres, strict=True):
            word.set_position((centre, 1.0 + foot / tall))


class Line(Row):
    """One text that ends at the right end of the axes."""

    def __init__(self, ax: Axes, text: str) -> None:
        word = ax.annotate(
            text, (1.0, 1.0), xycoords="axes fraction", xytext=(0.0, 4.0),
            textcoords="offset points", ha="right", va="bottom", fontsize="small",
        )  # fmt: skip
        parts = text.split(", ")
        cut = (len(parts) + 1) // 2
        wrapped = [", ".join(parts[:cut]) + ",\n" + ", ".join(parts[cut:])] * (len(parts) > 1)
        super().__init__([word], [[text, *wrapped]])

    def spans(
        self, ax: Axes, left: float, renderer: Any
    ) -> tuple[list[tuple[float, float]], float]:
        """Choose one line, or two."""
        (word,), right = self.words, ax.get_window_extent().x1
        for text in self.texts[0]:
            word.set_text(text)
            extent = Text.get_window_extent(word, renderer)
            if right - extent.width >= left:
                return [(right - extent.width, right)], extent.height
        return [], 0.0

    def move(self, ax: Axes, foot: float) -> None:
        """Move the text to this height."""
        self.words[0].set_position((0.0, foot / _point(ax)))


class Key(Row):
    """A legend above the axes."""

    def __init__(self, legend: Legend, place: str = "right") -> None:
        super().__init__([legend], [[""]])
        self.place = place

    def spans(
        self, ax: Axes, left: float, renderer: Any
    ) -> tuple[list[tuple[float, float]], float]:
        """Return where the legend stands: at one end, or in the middle of the axes."""
        frame, extent = ax.get_window_extent(), self.words[0].get_window_extent(renderer)
        if extent.width > frame.x1 - left:
            return [], 0.0
        start = {
            "left": frame.x0,
            "center": max(0.5 * (frame.x0 + frame.x1 - extent.width), left),
            "right": frame.x1 - extent.width,
        }[self.place]
        start = max(min(start, frame.x1 - extent.width), left)
        self.start = (start - frame.x0) / frame.width
        return [(start, start + extent.width)], extent.height

    def move(self, ax: Axes, foot: float) -> None:
        """Move the legend to this height."""
        tall = ax.get_window_extent().height
        self.words[0].set_loc("lower left")
        self.words[0].set_bbox_to_anchor((self.start, 1.0 + foot / tall), ax.transAxes)


def _spread_beside(ax: Axes, words: Sequence[Annotation], renderer: Any) -> None:
    """Move words on the right of axes apart, each as near as possible to its point's height."""
    low, high = ax.get_ylim()
    frame = ax.get_window_extent()
    rows = sorted(words, key=lambda word: float(word.xy[1]))
    sizes = [1.1 * Text.get_window_extent(word, renderer).height / frame.height for word in rows]
    wanted = [(float(word.xy[1]) - low) / (high - low) for word in rows]
    # Halfway between moving all up and moving all down.
    up = spread(wanted, sizes)
    down = spread([1.0 - height for height in wanted[::-1]], sizes[::-1])
    across = 1.0 + BESIDE * _point(ax) / frame.width
    for word, one, other in zip(rows, up, down[::-1], strict=True):
        word.set_position((across, 0.5 * (one + 1.0 - other)))


def _place_rows(ax: Axes, rows: Sequence[Row], renderer: Any) -> float:
    """Place each row in the lowest place where it has room.

    Return the height of the strip around them, in heights of the axes.
    """
    frame, point = ax.get_window_extent(), _point(ax)
    ordinate = ax.yaxis.get_tightbbox(renderer)
    left = frame.x0 if ordinate is None else min(ordinate.x0, frame.x0)
    levels: list[tuple[list[tuple[float, float]], float]] = []
    placed: list[tuple[Row, int]] = []
    for row in rows:
        spans, tall = (
            row.spans(ax, left, renderer) if all(w.get_visible() for w in row.words) else ([], 0.0)
        )
        level = next(
            (k for k, (taken, _) in enumerate(levels) if _are_apart(spans, taken, APART * point)),
            len(levels),
        )
        heights = [each for _, each in levels] + [tall] * (level == len(levels))
        room = sum(heights) + FOOT * point + GAP * point * len(heights)
        if not spans or room > max(MOST * frame.height, 1.5 * tall):
            for word in row.words:
                word.set_visible(False)
            continue
        if level == len(levels):
            levels.append(([], 0.0))
        taken, height = levels[level]
        levels[level] = ([*taken, *spans], max(height, tall))
        placed.append((row, level))
    feet = FOOT * point + np.cumsum([0.0, *(height + GAP * point for _, height in levels)])
    for row, level in placed:
        row.move(ax, float(feet[level]))
    return float(feet[-1]) / frame.height if levels else 0.0


class _Strip:
    """The strip that rows of words take above axes, and the locator of a child axes there.

    The engines make room for this child, and a title stands above it.  Axes take long to make, so
    there is no child without an engine or a title.
    """

    def __init__(self, ax: Axes) -> None:
        self.ax, self.tall, self._is_shown = ax, 0.0, False

    def place(self) -> Bbox:
        """Return the strip as a part of the page."""
        place = self.ax.get_position()
        return Bbox.from_bounds(place.x0, place.y1, place.width, self.tall * place.height)

    def show(self) -> None:
        """Make the child axes, once."""
        if not self._is_shown:
            child = self.ax.inset_axes((0.0, 1.0, 1.0, 0.0))
            child.set_axis_off()
            child.set_label("words")
            child.set_axes_locator(self)
            self._is_shown = True

    def __call__(self, child: Any, renderer: Any) -> Bbox:
        return self.place()


def extents_of(word: Any, renderer: Any = None) -> list[Bbox]:
    """Return the boxes of a visible word on the page, without the line of a label to its point."""
    if isinstance(word, Legend):
        return [word.get_window_extent(renderer)]
    if isinstance(word, Annotation):
        if not _is_in_sight(word):
            return []
        if renderer is None:
            word.get_window_extent()  # places it with a renderer of its own
        else:
            word.update_positions(renderer)
    return [Text.get_window_extent(word, renderer)] if word.get_text() else []


def _is_in_sight(word: Annotation) -> bool:
    """Return whether a label is drawn: matplotlib leaves out those whose points are outside."""
    clip = word.get_annotation_clip()
    if clip is None:
        clip = word.xycoords == "data"
    axes: Any = word.axes
    return not clip or axes.contains_point(axes.transData.transform(word.xy))


def _axes_of(ax: Any) -> list[Any]:
    return [ax.xaxis, ax.yaxis, *([ax.zaxis] if ax.name == "3d" else [])]


def _every_tick(panels: Sequence[Axes]) -> Iterable[Any]:
    """Yield the labels of ticks of all panels, and of the axes beside them."""
    for ax in panels:
        for each in (ax, *ax.child_axes):
            if ax.name == "3d":
                for axis in _axes_of(ax):
                    ticks = axis.majorTicks[: len(axis.get_majorticklocs())]
                    yield from (tick.label1 for tick in ticks if tick.label1.get_text())
            elif each.axison:
                for axis in (each.xaxis, each.yaxis):
                    yield from shown_labels(axis)


def _are_apart(
    spans: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]], gap: float
) -> bool:
    return all(
        one[1] + gap <= other[0] or other[1] + gap <= one[0] for one in spans for other in others
    )


def _is_free(extent: Bbox, taken: Sequence[Bbox]) -> bool:
    return not any(extent.overlaps(other) for other in taken)


def _is_within(extent: Bbox, room: Bbox | None) -> bool:
    return room is None or (
        room.x0 - 1.0 <= extent.x0
        and extent.x1 <= room.x1 + 1.0
        and room.y0 - 1.0 <= extent.y0
        and extent.y1 <= room.y1 + 1.0
    )


def _point(ax: Axes) -> float:
    """Return the pixels of a point."""
    return float(ax.figure.dpi) / 72.0
