"""The phase line of the flow, or the map with its cobweb: drag to move x(0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import Span

from doya.explorer.answers import Answer
from doya.explorer.looks import Look
from doya.explorer.numbers import moved_to, step_of
from doya.explorer.plots.plot import HANDLE, POINT, Changes, Plot, states, with_room
from doya.explorer.view import View

# Steps of the map that the cobweb shows at most.
MOST_STEPS = 200
UNIT = (0.0, 1.0)
# Room above and below the rate of change, which moves up and down with b.
LARGE = 0.5


class PhasePlot(Plot):
    """The rate of change against the state; for the map the next state, with a cobweb."""

    name = "phase"
    uses = ("phase", "trajectory")
    label = "Phase line. The arrow keys left and right move the start x(0)."

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        fig = self.figure
        fig.xaxis.axis_label = "x"
        fig.add_layout(Span(location=0.0, dimension="width", line_color=look.frozen))
        self._diagonal = self.source("x", "y")
        fig.line("x", "y", source=self._diagonal, line_color=look.frozen)
        self._curve = self.curve(line_color=look.ink)
        self._cobweb = self.curve(line_color=look.state, line_width=1.2)
        self._arrows = self.source("x", "y", "angle")
        fig.scatter(
            "x", "y", angle="angle", source=self._arrows, marker="triangle", size=POINT,
            color=look.state,
        )  # fmt: skip
        self._rest = self.source("x", "y", "fill")
        fig.scatter(
            "x", "y", source=self._rest, size=POINT, fill_color="fill", line_color=look.ink,
            line_width=2,
        )  # fmt: skip
        self._handle = self.source("x", "y")
        fig.scatter("x", "y", source=self._handle, marker="diamond", size=HANDLE, color=look.handle)

    def draw(self, view: View, found: Mapping[str, Answer], *, fit: bool) -> None:
        if "phase" in found:
            self._draw_line(view, found["phase"])
        if "trajectory" in found:
            self.put(
                self._cobweb, _cobweb(found["trajectory"].data["x"]) if view.is_map else NOTHING
            )
        if fit:
            self._fit(view)

    def _draw_line(self, view: View, found: Answer) -> None:
        x, change = found.marks["line"]["x"], found.marks["line"]["change"]
        rest, stable = np.asarray(found.data["x"]), found.data["stable"]
        self.put(self._curve, {"x": x, "y": x + change if view.is_map else change})
        ends = np.array([x[0], x[-1]])
        self.put(self._diagonal, {"x": ends, "y": ends} if view.is_map else NOTHING)
        self.put(
            self._rest,
            {
                "x": rest,
                "y": rest if view.is_map else np.zeros(rest.size),
                "fill": [self.look.ink if each else self.look.paper for each in stable],
            },
        )
        edges = np.array([x[0], *np.sort(rest), x[-1]])
        middle = 0.5 * (edges[1:] + edges[:-1])
        sign = np.sign(np.interp(middle, x, change))
        self.put(
            self._arrows,
            NOTHING | {"angle": np.zeros(0)}
            if view.is_map
            else {"x": middle, "y": np.zeros(middle.size), "angle": -sign * np.pi / 2.0},
        )

    def _fit(self, view: View) -> None:
        x, y = self._curve.data["x"], self._curve.data["y"]
        reach = states(self._cobweb.data["x"], [view.x0])
        reach = (min(reach[0], float(x[0])), max(reach[1], float(x[-1]))) if len(x) else reach
        self.limits(reach, reach if view.is_map else with_room([0.0, *y], LARGE))

    def mark(self, view: View) -> None:
        self.title("Next state, and cobweb from x(0)" if view.is_map else "Phase line, and x(0)")
        self.figure.yaxis.axis_label = "x[t+1]" if view.is_map else "dx/dt"
        self.put(
            self._handle,
            {
                "x": np.array([view.x0]),
                "y": np.array([view.x0 if view.is_map else 0.0]),
            },
        )

    def dragged(self, view: View, x: float, y: float, handle: str) -> Changes:
        low, high = self.figure.x_range.start, self.figure.x_range.end
        return {"x0": moved_to(x, (low, high))}

    def nudged(self, view: View, right: float, up: float) -> Changes:
        return {"x0": view.x0 + step_of(UNIT) * right} if right else {}


NOTHING = {"x": np.zeros(0), "y": np.zeros(0)}


def _cobweb(states: Any) -> dict[str, Any]:
    """Return the staircase from the diagonal to the curve and back, for each step."""
    kept = states[: MOST_STEPS + 1]
    x = np.repeat(kept, 2)[:-1]
    y = np.concatenate([kept[:1], np.repeat(kept[1:], 2)])
    return {"x": x, "y": y}
