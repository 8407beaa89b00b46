"""The bifurcation diagram over b or w: drag to move the neuron along it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from doya.explorer.answers import Answer
from doya.explorer.looks import Look
from doya.explorer.numbers import moved_to, step_of
from doya.explorer.plots.plot import HANDLE, POINT, Changes, Plot, states, with_gaps
from doya.explorer.view import View


class DiagramPlot(Plot):
    """Equilibria against b or w; solid lines are stable, dashed ones unstable."""

    name = "diagram"
    uses = ("diagram", "phase")
    label = "Bifurcation diagram. The arrow keys left and right move the neuron."

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        fig = self.figure
        fig.yaxis.axis_label = "x"
        # The equilibria, and last the handle; the line through them has the colour of the handle.
        self._points = self.source("x", "y", "fill", "marker", "size")
        fig.vspan("x", source=self._points, line_color=look.handle, line_width=1.5)
        self._stable = self.curve(line_color=look.ink)
        self._unstable = self.curve(line_color=look.ink, line_dash=[6, 4])
        self._special = self.source("x", "y", "kind")
        fig.scatter(
            "x", "y", source=self._special, marker="square", size=POINT, fill_color=look.paper,
            line_color=look.ink, line_width=2,
        )  # fmt: skip
        fig.text(
            "x", "y", text="kind", source=self._special, text_color=look.ink, x_offset=10,
            y_offset=-4, text_font_size="13px",
        )  # fmt: skip
        fig.scatter(
            "x", "y", source=self._points, marker="marker", size="size", fill_color="fill",
            line_width=2, line_color=look.handle,
        )  # fmt: skip
        self._rest: Any = {"x": np.zeros(0), "stable": np.zeros(0)}

    def draw(self, view: View, found: Mapping[str, Answer], *, fit: bool) -> None:
        if "diagram" in found:
            self._draw_branches(found["diagram"].result)
        if "phase" in found:
            self._rest = found["phase"].data
        if fit:
            self.limits(view.between(view.over), states(self._rest["x"]))

    def _draw_branches(self, result: Any) -> None:
        for source, is_stable in ((self._stable, True), (self._unstable, False)):
            chosen = [each for each in result.branches if each.stable == is_stable]
            self.put(
                source,
                {
                    "x": with_gaps([each.value for each in chosen]),
                    "y": with_gaps([each.x for each in chosen]),
                },
            )
        points = result.special_points
        self.put(
            self._special,
            {
                "x": np.array([each.value for each in points], dtype=float),
                "y": np.array([each.x for each in points], dtype=float),
                "kind": [each.kind for each in points],
            },
        )

    def mark(self, view: View) -> None:
        value = getattr(view, view.over)
        self.title(f"Equilibria over {view.over}")
        self.figure.xaxis.axis_label = view.over
        states_ = [*self._rest["x"], self.figure.y_range.start]
        fill = [self.look.handle if each else self.look.paper for each in self._rest["stable"]]
        count = len(fill)
        points = {
            "x": np.full(count + 1, value),
            "y": np.array(states_),
            "fill": [*fill, self.look.handle],
            "marker": ["circle"] * count + ["triangle"],
            "size": [POINT] * count + [HANDLE],
        }
        self.put(self._points, points)

    def dragged(self, view: View, x: float, y: float, handle: str) -> Changes:
        return {view.over: moved_to(x, view.between(view.over))}

    def nudged(self, view: View, right: float, up: float) -> Changes:
        step = step_of(view.between(view.over))
        return {view.over: getattr(view, view.over) + step * right} if right else {}
