"""Base of the explorer's plots: a figure, its sources, and grey copies of its curves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from bokeh.models import HoverTool, Range1d
from bokeh.plotting import figure

from doya.explorer.answers import Answer
from doya.explorer.looks import Look
from doya.explorer.outbox import Outbox, Table
from doya.explorer.view import View

# Room beside the states, as in doya's own pictures; and beside other curves, as a part of them.
ROOM, MARGIN = 0.05, 0.08
POINT, HANDLE = 10, 15
# Distance of a handle from the frame, as a part of the axis: the frame would cut a nearer one.
INSET = 0.05

# What moves is drawn on a canvas of its own, above what is still: axes, grid, words, branches.
MOVING, STILL = "overlay", "glyph"

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

    def __init__(self, look: Look, outbox: Outbox, **more: Any) -> None:
        self.look, self._outbox = look, outbox
        self._tables: list[Table] = []
        # The numbers of the point of a curve that is under the mouse.
        self._hover = HoverTool(
            tooltips="@x{%.5g}, @y{%.5g}", formatters={"@x": "printf", "@y": "printf"},
            renderers=[], line_policy="nearest",
        )  # fmt: skip
        self.figure = new_figure(look, self.name, self.label, self.tools, **more)
        self.figure.add_tools(self._hover)
        self._curves: list[tuple[Table, Table]] = []
        self._title, self._is_busy = "", False

    @property
    def root(self) -> Any:
        """Return the model that is placed on the page."""
        return self.figure

    def table(self, *names: str) -> Table:
        """Return a table with these empty columns."""
        made = self._outbox.table(*names)
        self._tables.append(made)
        return made

    def renew(self) -> None:
        """Have everything sent again: the plot comes new onto the page."""
        for each in self._tables:
            each.renew()

    def curve(self, **style: Any) -> Table:
        """Return the table of a curve with columns x and y; behind it is its grey copy."""
        table, frozen = self.table("x", "y"), self.table("x", "y")
        grey = {"line_color": self.look.frozen, "line_width": 2.0, "level": "underlay"}
        self.figure.line("x", "y", source=frozen.source, **{**style, **grey})
        own = {"line_width": 2.5, "level": MOVING} | style
        line = self.figure.line("x", "y", source=table.source, **own)
        self._hover.renderers = [*self._hover.renderers, line]
        self._curves.append((table, frozen))
        return table

    def marks(self, table: Table, **style: Any) -> Any:
        """Draw marks at the columns x and y of a table."""
        return self.figure.scatter("x", "y", source=table.source, **{"level": MOVING} | style)

    def named_marks(self) -> Table:
        """Return the table of special points, drawn as squares with the column kind beside them."""
        table, ink = self.table("x", "y", "kind"), self.look.ink
        self.marks(
            table, marker="square", size=POINT, fill_color=self.look.paper, line_color=ink,
            line_width=2, level=STILL,
        )  # fmt: skip
        self.figure.text(
            "x", "y", text="kind", source=table.source, text_color=ink, x_offset=10, y_offset=-4,
            text_font_size="13px", level=STILL,
        )  # fmt: skip
        return table

    def freeze(self, *, on: bool) -> None:
        """Keep the present curves in grey, or forget the kept ones."""
        for table, frozen in self._curves:
            frozen.put(table.data if on else NOTHING)

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


def put_lines(table: Table, lines: Sequence[Any], x: str, y: str) -> None:
    """Draw several lines as one curve; `x` and `y` are the names of their coordinates."""
    columns = {"x": x, "y": y}
    table.put(
        {name: with_gaps([getattr(each, of) for each in lines]) for name, of in columns.items()}
    )


def put_points(table: Table, points: Sequence[Any], x: str, y: str) -> None:
    """Mark special points; `x` and `y` are the names of their coordinates."""
    columns = {"x": x, "y": y}
    numbers = {
        name: np.array([getattr(each, of) for each in points], dtype=np.float64)
        for name, of in columns.items()
    }
    table.put({**numbers, "kind": [each.kind for each in points]})


NOTHING: Mapping[str, Any] = {"x": np.zeros(0), "y": np.zeros(0)}


def with_gaps(pieces: Sequence[Any]) -> Any:
    """Return the pieces of a curve in one array, NaN between them."""
    if not pieces:
        return np.zeros(0)
    return np.concatenate([row for piece in pieces for row in (piece, [np.nan])][:-1])
