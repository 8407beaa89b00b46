"""The bifurcation diagram over b or w: drag to move the neuron along it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from doya.explorer.answers import Answer
from doya.explorer.looks import Look
from doya.explorer.numbers import moved_to, step_of
from doya.explorer.outbox import Outbox
from doya.explorer.plots.plot import (
    HANDLE,
    INSET,
    MOVING,
    POINT,
    STILL,
    Changes,
    Plot,
    put_lines,
    put_points,
    states,
)
from doya.explorer.view import View


class DiagramPlot(Plot):
    """Equilibria against b or w; solid lines are stable, dashed ones unstable."""

    name = "diagram"
    uses = ("diagram", "phase")
    label = "Bifurcation diagram. The arrow keys left and right move the neuron."

    def __init__(self, look: Look, outbox: Outbox) -> None:
        super().__init__(look, outbox)
        fig = self.figure
        fig.yaxis.axis_label = "x"
        # The equilibria, and last the handle; the line through them has the colour of the handle.
        self._points = self.table("x", "y", "fill", "marker", "size")
        fig.vspan(
            "x", source=self._points.source, line_color=look.handle, line_width=1.5, level=MOVING
        )
        self._stable = self.curve(line_color=look.ink, level=STILL)
        self._unstable = self.curve(line_color=look.ink, line_dash=[6, 4], level=STILL)
        self._special = self.named_marks()
        self.marks(
            self._points, marker="marker", size="size", fill_color="fill", line_width=2,
            line_color=look.handle,
        )  # fmt: skip
        self._rest: Any = {"x": np.zeros(0), "stable": np.zeros(0)}

    def draw(self, view: View, found: Mapping[str, Answer], *, fit: bool) -> None:
        if "diagram" in found:
            result = found["diagram"].result
            for table, is_stable in ((self._stable, True), (self._unstable, False)):
                chosen = [each for each in result.branches if each.stable == is_stable]
                put_lines(table, chosen, "value", "x")
            put_points(self._special, result.special_points, "value", "x")
        if "phase" in found:
            self._rest = found["phase"].data
        if fit:
            low, high = states(self._rest["x"])  # the handle is below the states
            self.limits(view.between(view.over), (low - INSET * (high - low), high))

    def mark(self, view: View) -> None:
        value = getattr(view, view.over)
        self.title(f"{'Fixed points' if view.is_map else 'Equilibria'} over {view.over}")
        self.figure.xaxis.axis_label = view.over
        axis = self.figure.y_range
        states_ = [*self._rest["x"], axis.start + INSET * (axis.end - axis.start)]
        fill = [self.look.handle if each else self.look.paper for each in self._rest["stable"]]
        count = len(fill)
        points = {
            "x": np.full(count + 1, value),
            "y": np.array(states_),
            "fill": [*fill, self.look.handle],
            "marker": ["circle"] * count + ["triangle"],
            "size": [POINT] * count + [HANDLE],
        }
        self._points.put(points)

    def dragged(self, view: View, x: float, y: float, handle: str) -> Changes:
        return {view.over: moved_to(x, view.between(view.over))}

    def nudged(self, view: View, right: float, up: float) -> Changes:
        step = step_of(view.between(view.over))
        return {view.over: getattr(view, view.over) + step * right} if right else {}
