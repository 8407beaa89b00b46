"""Rows of words above axes: marks of points, a line of text, a legend; and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.text import Annotation, Text

from doya.plots.labels import leader, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

# Distance of the lowest row from the axes, between two rows, and between words in a row, in points.
FOOT, GAP, APART = 3.0, 1.5, 5.0
# Distance of words on the right from the axes, in points.
BESIDE = 6.0
# Part of the height of the panels that rows above them take at most.
MOST = 0.5


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
        frame, pad = ax.get_window_extent(), 3.0 * point_of(ax)
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
        self.words[0].set_position((0.0, foot / point_of(ax)))


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


def spread_beside(ax: Axes, words: Sequence[Annotation], renderer: Any) -> None:
    """Move words on the right of axes apart, each as near as possible to its point's height."""
    low, high = ax.get_ylim()
    frame = ax.get_window_extent()
    rows = sorted(words, key=lambda word: float(word.xy[1]))
    sizes = [1.1 * Text.get_window_extent(word, renderer).height / frame.height for word in rows]
    wanted = [(float(word.xy[1]) - low) / (high - low) for word in rows]
    # Halfway between moving all up and moving all down.
    up = spread(wanted, sizes)
    down = spread([1.0 - height for height in wanted[::-1]], sizes[::-1])
    across = 1.0 + BESIDE * point_of(ax) / frame.width
    for word, one, other in zip(rows, up, down[::-1], strict=True):
        word.set_position((across, 0.5 * (one + 1.0 - other)))


def place_rows(ax: Axes, rows: Sequence[Row], renderer: Any) -> float:
    """Place each row in the lowest place where it has room.

    Return the height of the strip around them, in heights of the axes.
    """
    frame, point = ax.get_window_extent(), point_of(ax)
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


def _are_apart(
    spans: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]], gap: float
) -> bool:
    return all(
        one[1] + gap <= other[0] or other[1] + gap <= one[0] for one in spans for other in others
    )


def point_of(ax: Axes) -> float:
    """Return the pixels of a point."""
    return float(ax.figure.dpi) / 72.0
