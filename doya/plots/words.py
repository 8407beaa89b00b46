"""The words of a picture: the rows above its panels, and the one rule that shortens and hides.

The rule.  Words are registered in the order of their importance.  For the size that the axes have,
each word takes the longest of its texts that overlaps no word before it and stays inside the cell;
a word without such a text is hidden.  Labels of axes come first, then numbers at ticks.
A title stands above all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.legend import Legend
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from doya.plots.rows import Row, place_rows, point_of, spread_beside
from doya.plots.ticks import shown_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
            spread_beside(ax, words, renderer)
        for ax, rows in self._rows.items():
            strip = self._strips[ax]
            strip.tall = place_rows(ax, rows, renderer)
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
                    if max(extent.width, extent.height) <= room + 4.0 * point_of(ax):
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


def _is_free(extent: Bbox, taken: Sequence[Bbox]) -> bool:
    return not any(extent.overlaps(other) for other in taken)


def _is_within(extent: Bbox, room: Bbox | None) -> bool:
    return room is None or (
        room.x0 - 1.0 <= extent.x0
        and extent.x1 <= room.x1 + 1.0
        and room.y0 - 1.0 <= extent.y0
        and extent.y1 <= room.y1 + 1.0
    )
