"""The state over time, with the input and the target: drag to move x(0)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from bokeh.models import LinearAxis, Range1d, Span

from doya.explorer.answers import Answer
from doya.explorer.looks import Look
from doya.explorer.numbers import moved_to, short, step_of
from doya.explorer.outbox import Outbox
from doya.explorer.plots.plot import (
    HANDLE,
    INSET,
    MOVING,
    NOTHING,
    Changes,
    Plot,
    states,
    with_room,
)
from doya.explorer.view import View

UNIT = (0.0, 1.0)


class TrajectoryPlot(Plot):
    """x(t) from x(0); the input is a dotted line with its own axis."""

    name = "trajectory"
    uses = ("trajectory",)
    label = "State over time. The arrow keys up and down move the start x(0)."

    def __init__(self, look: Look, outbox: Outbox) -> None:
        super().__init__(look, outbox)
        fig = self.figure
        fig.xaxis.axis_label, fig.yaxis.axis_label = "t", "x"
        self._aim = Span(
            location=0.0, dimension="width", line_color=look.aim, line_dash=[8, 3, 2, 3],
            line_width=2, level=MOVING,
        )  # fmt: skip
        fig.add_layout(self._aim)
        fig.extra_y_ranges = {"u": Range1d(0.0, 1.0)}
        self._axis = LinearAxis(
            y_range_name="u", axis_label="u", axis_label_text_color=look.ink,
            major_label_text_color=look.ink, axis_line_color=look.frozen,
            major_tick_line_color=look.frozen, minor_tick_line_color=None, visible=False,
        )  # fmt: skip
        fig.add_layout(self._axis, "right")
        self._input = self.table("x", "y")
        fig.step(
            "x", "y", source=self._input.source, mode="after", y_range_name="u",
            line_color=look.ink, line_dash=[2, 3], line_width=2,
        )  # fmt: skip
        self._line = self.curve(line_color=look.state)
        self._points = self.marks(self._line, size=5, color=look.state)
        self._handle = self.table("x", "y")
        self.marks(self._handle, marker="diamond", size=HANDLE, color=look.handle)

    def draw(self, view: View, found: Mapping[str, Answer], *, fit: bool) -> None:
        if "trajectory" in found:
            data = found["trajectory"].data
            self._line.put({"x": data["t"], "y": data["x"]})
            is_driven = bool(np.any(data["u"]))
            self._input.put({"x": data["t"], "y": data["u"]} if is_driven else NOTHING)
            self._axis.visible = is_driven
            self._points.visible = view.is_map and data["t"].size < 300
            low, high = with_room([0.0, *data["u"]])
            # The input keeps to the lower part, so that it hides no state.
            self.figure.extra_y_ranges["u"].update(start=low, end=high + 1.5 * (high - low))
        if fit:
            self.limits(y=states(self._line.data["y"], [view.target, view.x0]))
        end = max(view.t_end, 1e-9)
        self.limits(x=(-INSET * end, (1.0 + INSET) * end))

    def mark(self, view: View) -> None:
        aimed = "" if view.task else f", and the target {short(view.target)}"
        self.title(f"x(t) from x(0){aimed}")
        self._aim.location, self._aim.visible = view.target, not view.task
        self._handle.put({"x": np.array([0.0]), "y": np.array([view.x0])})

    def dragged(self, view: View, x: float, y: float, handle: str) -> Changes:
        low, high = self.figure.y_range.start, self.figure.y_range.end
        return {"x0": moved_to(y, (low, high))}

    def nudged(self, view: View, right: float, up: float) -> Changes:
        return {"x0": view.x0 + step_of(UNIT) * up} if up else {}
