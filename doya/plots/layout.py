"""Places the panels and the words of a picture, anew whenever matplotlib locates its axes.

A `Layout` is the axes locator of all panels of a picture.  Under a layout engine ("constrained" or
"tight") it leaves the room to the engine, which knows all words: they are artists of the axes, or
stand above them on a child axes that pushes a title upwards.  Without an engine it shrinks the
panels until their words are inside the cell of the grid.  It then places the words for the size
that the axes have, and hides those that do not fit (see `doya.plots.words`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import Collection
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.transforms import Bbox, BboxBase

from doya.errors import ArgumentError
from doya.plots.ticks import thin
from doya.plots.words import Words, extents_of

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.gridspec import GridSpecBase, SubplotSpec

# Rounds of shrinking the panels: ticks may change with the size, and then need other room.
ROUNDS = 3
# Part of the cell, in each direction, that shrinking leaves to the panels at least.
LEAST = 0.3
# Distance of words from the edge of the page, in points.
MARGIN = 1.0
# Parts of the gap between two cells that belong to the left and to the lower one: numbers and
# labels of the ordinate stand on the left of axes.
LEFT_SHARE, LOWER_SHARE = 0.2, 0.5


class Layout:
    """Panels one below another, their words, and the functions that place these.

    Attributes
    ----------
    panels : list of Axes
        The given axes, and the ones below.
    words : Words
        The words that may be shortened or hidden.
    placers : list of callable
        Functions that place words for the current size of the panels, given matplotlib's renderer.
    """

    def __init__(self, ax: Axes) -> None:
        self.panels = [ax]
        self.words = Words()
        self.placers: list[Callable[[Any], object]] = []
        self._before: Any = ax.get_axes_locator()
        self._cell: SubplotSpec | BboxBase | None = None
        self._shares: list[float] = [1.0]
        self._gaps: list[float] = []
        self._places: list[Any] = []
        self._known: Any = None
        self._page: Any = None
        self._is_busy = False
        ax.set_axes_locator(self)

    def split(self, shares: Sequence[float], gaps: Sequence[float]) -> list[Axes]:
        """Return panels with these shares of the height; the gaps above the lower ones in points.

        The panels are made once; a further result on the same axes is drawn on the same panels.
        """
        if len(self.panels) > 1 and len(self.panels) != len(shares):
            raise ArgumentError(
                "ax", f"must be without panels, or have {len(shares)}, got {len(self.panels)}"
            )
        ax, figure = self.panels[0], self.panels[0].figure
        if len(self.panels) == len(shares):
            return self.panels
        spec, place = ax.get_subplotspec(), ax.get_position(original=True)
        self._cell, self._shares, self._gaps = spec or place, [*shares], [*gaps]
        if spec is None:
            others = [figure.add_axes(place.bounds, sharex=ax) for _ in shares[1:]]
        else:
            constrained = _is_placed(figure)
            tall = 72.0 * place.height * figure.bbox.height / figure.dpi
            room = max(tall - sum(gaps), 0.5 * tall) / len(shares)
            grid = spec.subgridspec(
                len(shares), 1, height_ratios=[*shares],
                hspace=None if constrained else float(np.mean(gaps)) / room,
            )  # fmt: skip
            ax.set_subplotspec(grid[0])
            others = [figure.add_subplot(grid[k], sharex=ax) for k in range(1, len(shares))]
        if ax in figure.axes:
            figure.sca(ax)  # still pyplot's current axes
        self.panels = [ax, *others]
        for each in self.panels:
            each.set_axes_locator(self)
            each.tick_params(labelbottom=each is self.panels[-1])
        if spec is not None:
            figure.align_ylabels(self.panels)
        self._apply(self._base())
        return self.panels

    def place_by(self, placer: Callable[[Any], object]) -> None:
        """Place words by this function, now and whenever the size of the axes changes."""
        self.placers.append(placer)
        self._known = None
        placer(None)

    def get_subplotspec(self) -> SubplotSpec | None:
        """Return the place in a grid, which `tight_layout` asks of the locator."""
        return self.panels[0].get_subplotspec()

    def __call__(self, ax: Any, renderer: Any) -> Any:
        """Return the place of one of the panels, after everything has been placed."""
        if not self._is_busy:
            known = self._state()
            if known != self._known:
                self._is_busy = True
                try:
                    self._arrange(renderer)
                finally:
                    self._is_busy = False
                self._known = self._state()
        # matplotlib 3.9.0 asks for inset axes by the axes around them: those are the first panel.
        return self._places[self.panels.index(ax) if ax in self.panels else 0]

    def _state(self) -> Any:
        """Return all that the places depend on."""
        figure, base = self.panels[0].figure, self._base()
        words = [
            (
                ax.get_xlim(), ax.get_ylim(), ax.get_xlabel(), ax.get_ylabel(), len(ax.texts),
                *(ax.get_title(loc) for loc in ("left", "center", "right")),
            )
            for ax in self.panels
        ]  # fmt: skip
        engine = type(figure.get_layout_engine()).__name__
        return [each.bounds for each in base], figure.bbox.bounds, figure.dpi, engine, words

    def _arrange(self, renderer: Any) -> None:
        """Place the panels and the words."""
        base = self._base()
        inset = np.zeros(4)
        self._apply(base)
        for _ in range(ROUNDS if self._is_free() else 1):
            self._place_words(renderer)
            if not self._is_free():
                break
            over = self._overflow(renderer)
            if not np.any(over > 0.5):
                break
            inset += np.maximum(over, 0.0)
            self._apply(self._base(inset))
        else:
            self._place_words(renderer)
        self.words.settle(self.panels, self._territory() if self._is_free() else None, renderer)

    def _place_words(self, renderer: Any) -> None:
        # An engine changes the size several times.  It leaves room for the ticks that it has seen,
        # so their number must not rise between its last look and the drawing.
        figure = self.panels[0].figure
        page = figure.bbox.bounds, figure.dpi, [ax.viewLim.bounds for ax in self.panels]
        anew = self._is_free() or page != self._page
        self._page = page
        for ax in self.panels:
            thin(ax, renderer, anew=anew)
        self.words.reset()
        self.words.shorten_labels(self.panels, renderer)
        for placer in self.placers:
            placer(renderer)
        self.words.place_rows(renderer, room_is_made=not self._is_free())

    def _apply(self, places: list[Any]) -> None:
        self._places = places
        for ax, place in zip(self.panels, places, strict=True):
            ax.apply_aspect(place)

    def _is_free(self) -> bool:
        """Return whether nobody else makes room for the words."""
        return self.panels[0].figure.get_layout_engine() is None and self._before is None

    def _base(self, inset: Any = None) -> list[Any]:
        """Return the places of the panels in a cell that is smaller by these pixels.

        They are left, bottom, right and top.
        """
        first = self.panels[0]
        figure: Any = first.figure
        cell = self._cell if self._before is None else self._before(first, None)
        if _is_placed(figure) and not isinstance(cell, BboxBase):
            return [ax.get_position(original=True) for ax in self.panels]
        if cell is None:
            cell = first.get_position(original=True)
        elif not isinstance(cell, BboxBase):
            cell = cell.get_position(figure)
        tall = figure.bbox.height
        left, bottom, right, top = cell.extents
        if inset is not None:
            page = np.tile(figure.bbox.size, 2)
            size = np.tile([cell.width, cell.height], 2)
            part = inset / page / size
            both = part[:2] + part[2:]
            part *= np.tile(np.minimum(1.0, (1.0 - LEAST) / np.maximum(both, 1e-9)), 2)
            left, bottom, right, top = cell.extents + part * size * [1.0, 1.0, -1.0, -1.0]
        gaps = np.array([0.0, *self._gaps]) * figure.dpi / 72.0 / tall
        gaps *= min(1.0, 0.5 * (top - bottom) / max(gaps.sum(), 1e-9))
        heights = np.array(self._shares) / sum(self._shares) * (top - bottom - gaps.sum())
        edges = top - np.cumsum(gaps) - np.append(0.0, np.cumsum(heights)[:-1])
        return [
            Bbox.from_extents(left, edge - height, right, edge)
            for edge, height in zip(edges, heights, strict=True)
        ]

    def _overflow(self, renderer: Any) -> Any:
        """Return by how many pixels the words leave the territory: left, bottom, right and top."""
        boxes: list[Any] = []
        for ax in self.panels:
            others = [
                each
                for each in (*ax.artists, ax.get_legend(), *ax.child_axes)
                if each is not None and each.get_visible() and each.get_in_layout()
            ]
            boxes.append(ax.get_tightbbox(renderer, bbox_extra_artists=others))
            boxes += self.words.strip_above(ax)
            # The line of a label ends inside the axes, and is slow to measure.
            for word in ax.texts:
                if word.get_visible() and word.get_in_layout():
                    boxes += extents_of(word, renderer)
        whole, room = Bbox.union([box for box in boxes if box is not None]), self._territory()
        return np.array([
            room.x0 - whole.x0, room.y0 - whole.y0, whole.x1 - room.x1, whole.y1 - room.y1
        ])  # fmt: skip

    def _territory(self) -> Bbox:
        """Return the part of the page, in pixels, in which the words may stand."""
        first = self.panels[0]
        figure = first.figure
        spec = first.get_subplotspec() if self._cell is None else self._cell
        page = Bbox.from_extents(0.0, 0.0, 1.0, 1.0)
        part = page if spec is None or isinstance(spec, BboxBase) else _part(spec, figure)
        margin = MARGIN * figure.dpi / 72.0
        whole = part.transformed(figure.transSubfigure)
        return whole.padded(-margin)


def layout_of(ax: Axes) -> Layout:
    """Return the layout of the picture on these axes; it is made for the first one."""
    locator: Any = ax.get_axes_locator()
    return locator if isinstance(locator, Layout) else Layout(ax)


def _is_placed(figure: Any) -> bool:
    """Return whether a layout engine has placed all panels, not only the cells of the outer grid.

    So does "constrained".  While a file is written matplotlib puts another engine in its place,
    which alike does not permit to adjust the grid.
    """
    engine = figure.get_layout_engine()
    return engine is not None and not engine.adjust_compatible


def drawn(artists: list[Artist]) -> list[Artist]:
    """Return the artists of a picture; layout engines leave no room for its lines.

    Lines and marks are inside the axes or touch them.  Without this, matplotlib would count a line
    without points as one at the corner of the page.
    """
    for each in artists:
        if isinstance(each, (Line2D, Collection, PathPatch)):
            each.set_in_layout(False)
    return artists


def _part(spec: SubplotSpec, figure: Any) -> Bbox:
    """Return the part of the page that belongs to a cell of a grid, with its share of the gaps."""
    grid: GridSpecBase = spec.get_gridspec()
    outer: Any = getattr(grid, "_subplot_spec", None)
    whole = Bbox.from_extents(0.0, 0.0, 1.0, 1.0) if outer is None else _part(outer, figure)
    rows, columns = grid.get_geometry()
    bottoms, tops, lefts, rights = grid.get_grid_positions(figure)
    (first, last), (start, stop) = (
        (each.start, each.stop - 1) for each in (spec.rowspan, spec.colspan)
    )

    def between(low: float, high: float, share: float) -> float:
        return low + share * (high - low)

    return Bbox.from_extents(
        between(rights[start - 1], lefts[start], LEFT_SHARE) if start else whole.x0,
        between(bottoms[last], tops[last + 1], 1.0 - LOWER_SHARE) if last < rows - 1 else whole.y0,
        between(rights[stop], lefts[stop + 1], LEFT_SHARE) if stop < columns - 1 else whole.x1,
        between(bottoms[first - 1], tops[first], 1.0 - LOWER_SHARE) if first else whole.y1,
    )  # fmt: skip
