"""The orbit diagram of the map, and below it the Lyapunov exponent: draw a box to look closer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.layouts import column
from bokeh.models import Span

from doya.explorer.answers import Answer
from doya.explorer.looks import Look
from doya.explorer.numbers import moved_to, step_of
from doya.explorer.outbox import Outbox
from doya.explorer.plots.plot import MOVING, STILL, Changes, Plot, new_figure, states, with_room
from doya.explorer.view import View


class OrbitPlot(Plot):
    """The states in which orbits end, and the exponent: above 0 is chaos."""

    name = "orbit"
    uses = ("orbit",)
    label = "Orbit diagram. The arrow keys left and right move the neuron."
    tools = "box_select,wheel_zoom,reset,save"

    def __init__(self, look: Look, outbox: Outbox) -> None:
        super().__init__(look, outbox)
        fig = self.figure
        fig.yaxis.axis_label = "x"
        fig.toolbar.active_drag = fig.toolbar.tools[0]
        fig.xaxis.visible = False
        self._states = self.table("x", "y")
        dots = self.marks(self._states, size=1.5, color=look.ink, alpha=0.5, level=STILL)
        dots.nonselection_glyph = None
        dots.selection_glyph = None
        self._below = new_figure(look, "lyapunov", "Lyapunov exponent", "reset,save")
        self._below.update(x_range=fig.x_range, toolbar_location=None, min_height=90)
        self._below.yaxis.axis_label = "\u03bb"
        self._below.yaxis[0].ticker.desired_num_ticks = 3
        self._below.add_layout(Span(location=0.0, dimension="width", line_color=look.frozen))
        self._exponent = self.table("x", "y")
        self._below.line(
            "x", "y", source=self._exponent.source, line_color=look.wall, line_width=1.5
        )
        self._marks = [
            Span(
                location=0.0, dimension="height", line_color=look.handle, line_width=1.5,
                level=MOVING,
            )
            for _ in range(2)
        ]  # fmt: skip
        for each, mark in zip((fig, self._below), self._marks, strict=True):
            each.add_layout(mark)
        self._root = column(
            fig, self._below, sizing_mode="stretch_both", css_classes=["doya-orbit"],
            styles={"--below": "30%"},
        )  # fmt: skip
        fig.styles = {"flex": "7 1 0", "min-height": "0"}
        self._below.styles = {"flex": "3 1 0", "min-height": "0"}

    @property
    def root(self) -> Any:
        return self._root

    def draw(self, view: View, found: Mapping[str, Answer], *, fit: bool) -> None:
        if "orbit" not in found:
            return
        data, exponents = found["orbit"].data, found["orbit"].marks["exponents"]
        self._states.put({
            "x": data[view.over].astype(np.float32), "y": data["x"].astype(np.float32)
        })  # fmt: skip
        self._exponent.put({"x": exponents["value"], "y": exponents["lyapunov"]})
        self.limits(view.between(view.over))
        if fit:
            self.limits(y=states(data["x"]))
            known = exponents["lyapunov"]
            low, high = with_room([0.0, *known[known > -5.0]])
            self._below.y_range.update(start=low, end=high)

    def mark(self, view: View) -> None:
        self.title(f"Orbits over {view.over}, and Lyapunov exponent \u03bb: chaos above 0")
        self._below.xaxis.axis_label = view.over
        for mark in self._marks:
            mark.location = getattr(view, view.over)

    def boxed(self, view: View, low: float, high: float) -> Changes:
        """Return the range that a box chooses."""
        ends = view.between(view.over)
        return {f"{view.over}_range": tuple(moved_to(each, ends) for each in (low, high))}

    def nudged(self, view: View, right: float, up: float) -> Changes:
        step = step_of(view.between(view.over))
        return {view.over: getattr(view, view.over) + step * right} if right else {}
