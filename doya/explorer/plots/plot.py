"""Base of the explorer's plots: a figure, its sources, and grey copies of its curves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from doya.explorer.answers import Answer
from doya.explorer.looks import Look
from doya.explorer.view import View

# Room beside the states, as in doya's own pictures; and beside other curves, as a part of them.
ROOM, MARGIN = 0.05, 0.08
POINT, HANDLE = 10, 15

Pair = tuple[float, float]
Changes = dict[str, Any]


class Plot(ABC):
    """One plot: it draws answers, marks the present view, and says what a drag changes.

    Attributes
    ----------
    name : str
        Name of the plot; it is also that of its answer.
    uses : tuple of str
        Answers that it draws.
    """

    name: ClassVar[str]
    uses: ClassVar[tuple[str, ...]]
    label: ClassVar[str]
    tools: ClassVar[str] = "wheel_zoom,reset,save"

    def __init__(self, look: Look, **more: Any) -> None:
        self.look = look
        self.figure = new_figure(look, self.name, self.label, self.tools, **more)
        self._curves: list[tuple[ColumnDataSource, ColumnDataSource]] = []
        self._title, self._is_busy = "", False

    @property
    def root(self) -> Any:
        """Return the model that is placed on the page."""
        return self.figure

    def source(self, *names: str) -> ColumnDataSource:
        """Return an empty source with these columns."""
        return ColumnDataSource({name: np.zeros(0) for name in names})

    @staticmethod
    def put(source: ColumnDataSource, columns: Mapping[str, Any]) -> None:
        """Set the columns of a source, unless they are the same."""
        before = source.data
        if before.keys() != columns.keys() or not all(
            np.array_equal(before[name], each) for name, each in columns.items()
        ):
            source.data = dict(columns)

    def curve(self, **style: Any) -> ColumnDataSource:
        """Return the source of a curve with columns x and y; behind it is its grey copy."""
        source, frozen = self.source("x", "y"), self.source("x", "y")
        grey = {"line_color": self.look.frozen, "line_width": 2.0, "level": "underlay"}
        self.figure.line("x", "y", source=frozen, **{**style, **grey})
        self.figure.line("x", "y", source=source, **{"line_width": 2.5} | style)
        self._curves.append((source, frozen))
        return source

    def freeze(self, *, on: bool) -> None:
        """Keep the present curves in grey, or forget the kept ones."""
        for source, frozen in self._curves:
            empty = {name: np.zeros(0) for name in source.data}
            frozen.data = dict(source.data) if on else empty

    def limits(self, x: Pair | None = None, y: Pair | None = None) -> None:
        """Set the ranges, also those to which the tool `reset` returns."""
        for axis, ends in ((self.figure.x_range, x), (self.figure.y_range, y)):
            if ends is not None and ends != (axis.start, axis.end):
                axis.update(start=ends[0], end=ends[1], reset_start=ends[0], reset_end=ends[1])

    def title(self, text: str) -> None:
        """Set the title; while an answer is computed it says so."""
        self._title = text
        shown = f"{text} \N{EM DASH} computing \N{HORIZONTAL ELLIPSIS}" if self._is_busy else text
        if self.figure.title.text != shown:
            self.figure.title.text = shown

    def busy(self, *, on: bool) -> None:
        """Show, or no longer show, that an answer is being computed."""
        self._is_busy = on
        self.title(self._title)

    @abstractmethod
    def draw(self, view: View, found: Mapping[str, Answer], *, fit: bool) -> None:
        """Draw the answers that have changed; set the ranges where `fit` is true."""

    @abstractmethod
    def mark(self, view: View) -> None:
        """Show where the view is: what can be drawn without an answer."""

    def show_step(self, view: View, step: int) -> None:  # noqa: B027  # most have no descent
        """Draw the descent up to a step."""

    def dragged(self, view: View, x: float, y: float, handle: str) -> Changes:
        """Return the options that change when a handle is dragged to a place."""
        return {}

    def grabbed(self, view: View, x: float, y: float) -> str:
        """Return the handle that a drag from this place moves."""
        return ""

    def nudged(self, view: View, right: float, up: float) -> Changes:
        """Return the options that change when an arrow key moves by this number of steps."""
        return {}


def new_figure(look: Look, name: str, label: str, tools: str, **more: Any) -> Any:
    """Return a figure in the colours of a look, which the keyboard can reach."""
    fig = figure(
        name=name, tools=tools, active_drag=None, active_scroll=None, toolbar_location="above",
        sizing_mode="stretch_both", min_height=200, title="",
        x_range=Range1d(0.0, 1.0), y_range=Range1d(0.0, 1.0),
        background_fill_color=look.paper, border_fill_color=look.paper, outline_line_color=None,
        html_attributes={
            "tabindex": "0", "role": "group", "aria-label": label, "data-doya": name
        },
        **more,
    )  # fmt: skip
    fig.toolbar.logo = None
    fig.toolbar.autohide = True
    fig.title.update(text_color=look.ink, text_font_size="15px", text_font_style="normal")
    for axis in fig.axis:
        axis.update(
            axis_label_text_color=look.ink, axis_label_text_font_size="15px",
            axis_label_text_font_style="italic", major_label_text_color=look.ink,
            major_label_text_font_size="13px", axis_line_color=look.frozen,
            major_tick_line_color=look.frozen, minor_tick_line_color=None,
        )  # fmt: skip
    for grid in fig.grid:
        grid.grid_line_color = look.grid
    return fig


def with_room(values: Any, part: float = MARGIN) -> Pair:
    """Return the range of the finite values, with room on both sides."""
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    room = part * (high - low) or 0.1 * max(abs(low), 1.0)
    return low - room, high + room


def states(*arrays: Any) -> Pair:
    """Return a range for states: from 0 to 1, or as far as they reach, with room."""
    known = np.concatenate([[0.0, 1.0], *(np.ravel(each) for each in arrays)])
    known = known[np.isfinite(known)]
    return float(known.min()) - ROOM, float(known.max()) + ROOM


def with_gaps(pieces: Sequence[Any]) -> Any:
    """Return the pieces of a curve in one array, NaN between them."""
    if not pieces:
        return np.zeros(0)
    return np.concatenate([row for piece in pieces for row in (piece, [np.nan])][:-1])
