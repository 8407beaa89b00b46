"""The phase line of the flow, or the map with its cobweb: drag to move x(0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import Span

from doya.explorer.answers import Answer
from doya.explorer.looks import Look
from doya.explorer.numbers import moved_to, step_of
from doya.explorer.outbox import Outbox
from doya.explorer.plots.plot import HANDLE, NOTHING, POINT, Changes, Plot, states, with_room
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

    def __init__(self, look: Look, outbox: Outbox) -> None:
        super().__init__(look, outbox)
        fig = self.figure
        fig.xaxis.axis_label = "x"
        fig.add_layout(Span(location=0.0, dimension="width", line_color=look.frozen))
        self._diagonal = self.table("x", "y")
        fig.line("x", "y", source=self._diagonal.source, line_color=look.frozen)
        self._curve = self.curve(line_color=look.ink)
        self._cobweb = self.curve(line_color=look.state, line_width=1.2)
        # Arrows of motion, the equilibria, and last the handle at x(0).
        self._points = self.table("x", "y", "angle", "marker", "size", "fill", "line")
        self.marks(
            self._points, angle="angle", marker="marker", size="size", fill_color="fill",
            line_color="line", line_width=2,
        )  # fmt: skip
        self._found: Answer | None = None

    def draw(self, view: View, found: Mapping[str, Answer], *, fit: bool) -> None:
        if "phase" in found:
            self._draw_line(view, found["phase"])
        if "trajectory" in found:
            self._cobweb.put(_cobweb(found["trajectory"].data["x"]) if view.is_map else NOTHING)
        if fit:
            self._fit(view)

    def _draw_line(self, view: View, found: Answer) -> None:
        x, change = found.marks["line"]["x"], found.marks["line"]["change"]
        self._found = found
        self._curve.put({"x": x, "y": x + change if view.is_map else change})
        ends = np.array([x[0], x[-1]])
        self._diagonal.put({"x": ends, "y": ends} if view.is_map else NOTHING)

    def _fit(self, view: View) -> None:
        x, y = self._curve.data["x"], self._curve.data["y"]
        reach = states(self._cobweb.data["x"], [view.x0])
        reach = (min(reach[0], float(x[0])), max(reach[1], float(x[-1]))) if len(x) else reach
        self.limits(reach, reach if view.is_map else with_room([0.0, *y], LARGE))

    def mark(self, view: View) -> None:
        self.title("Next state, and cobweb from x(0)" if view.is_map else "Phase line, and x(0)")
        self.figure.yaxis.axis_label = "x[t+1]" if view.is_map else "dx/dt"
        self._points.put(self._marks(view))

    def _marks(self, view: View) -> dict[str, Any]:
        """Return the arrows, the equilibria and the handle as one table."""
        ink, look = self.look.ink, self.look
        rows = [(view.x0, view.x0, 0.0, "diamond", HANDLE, look.handle, look.handle)]
        if self._found is not None:
            rest = self._found.data
            points = zip(rest["x"], rest["stable"], strict=True)
            rows = [
                (x, x, 0.0, "circle", POINT, ink if s else look.paper, ink) for x, s in points
            ] + rows
            line = self._found.marks["line"]
            if not view.is_map:
                rows = [*_arrows(rest["x"], line["x"], line["change"], look.state), *rows]
        x, y, *others = zip(*rows, strict=True)
        names = ("angle", "marker", "size", "fill", "line")
        height = np.array(y) if view.is_map else np.zeros(len(y))
        return {"x": np.array(x), "y": height, **dict(zip(names, map(list, others), strict=True))}

    def dragged(self, view: View, x: float, y: float, handle: str) -> Changes:
        low, high = self.figure.x_range.start, self.figure.x_range.end
        return {"x0": moved_to(x, (low, high))}

    def nudged(self, view: View, right: float, up: float) -> Changes:
        return {"x0": view.x0 + step_of(UNIT) * right} if right else {}


def _arrows(rest: Any, x: Any, change: Any, colour: str) -> list[tuple[Any, ...]]:
    """Return an arrow between each two equilibria, and beside the outer ones."""
    edges = np.array([x[0], *np.sort(rest), x[-1]])
    middle = 0.5 * (edges[1:] + edges[:-1])
    angle = -np.sign(np.interp(middle, x, change)) * np.pi / 2.0
    return [
        (at, 0.0, turn, "triangle", POINT, colour, colour)
        for at, turn in zip(middle.tolist(), angle.tolist(), strict=True)
    ]


def _cobweb(states: Any) -> dict[str, Any]:
    """Return the staircase from the diagonal to the curve and back, for each step."""
    kept = states[: MOST_STEPS + 1]
    x = np.repeat(kept, 2)[:-1]
    y = np.concatenate([kept[:1], np.repeat(kept[1:], 2)])
    return {"x": x, "y": y}
