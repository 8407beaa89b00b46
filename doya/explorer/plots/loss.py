"""The loss over the learned parameter, with its walls and the descent: drag the start."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from bokeh.core.properties import value

from doya.explorer.answers import Answer
from doya.explorer.looks import Look
from doya.explorer.numbers import moved_to, short, step_of
from doya.explorer.outbox import Outbox
from doya.explorer.plots.plot import HANDLE, POINT, STILL, Changes, Plot, with_room
from doya.explorer.view import View

# Least loss that the logarithmic axis shows.
LEAST = 1e-12


class LossPlot(Plot):
    """The loss in powers of ten; walls are dashed, and steps of the descent are points."""

    name = "loss"
    uses = ("loss", "descent")
    label = "Loss and descent. The arrow keys left and right move the start of the descent."

    def __init__(self, look: Look, outbox: Outbox) -> None:
        super().__init__(look, outbox, y_axis_type="log")
        fig = self.figure
        fig.yaxis.axis_label = "loss"
        self._walls = self.table("x")
        fig.vspan(
            "x", source=self._walls.source, line_color=look.wall, line_dash=value([5, 3]),
            line_width=2, level=STILL,
        )  # fmt: skip
        self._loss = self.curve(line_color=look.ink, level=STILL)
        self._path = self.curve(line_color=look.path, line_width=1.0)
        self.marks(self._path, size=5, fill_color=look.path, line_color=None)
        self._now = self.table("x", "y")
        self.marks(
            self._now, size=POINT + 2, fill_color=look.paper, line_color=look.path, line_width=3
        )
        self._handle = self.table("x", "y")
        self.marks(self._handle, marker="inverted_triangle", size=HANDLE, color=look.handle)
        self._descent: Answer | None = None

    def draw(self, view: View, found: Mapping[str, Answer], *, fit: bool) -> None:
        name = view.learn[0]
        if "loss" in found:
            data = found["loss"].data
            self._loss.put({"x": data[name], "y": np.maximum(data["loss"], LEAST)})
            self._walls.put({"x": np.array(found["loss"].marks["walls"]["value"])})
        if "descent" in found:
            self._descent = found["descent"]
        if fit:
            path = self._descent.data["free_loss"] if self._descent else np.zeros(0)
            low, high = with_room(np.log10(np.maximum([*self._loss.data["y"], *path], LEAST)), 0.05)
            self.limits(view.between(name), (10.0**low, 10.0**high))
        elif "loss" in found:
            self.limits(x=view.between(name))

    def show_step(self, view: View, step: int) -> None:
        """Draw the descent up to a step."""
        if self._descent is None:
            return
        path, learned = self._descent.data, self._descent.result.learn[0]
        x = path[learned][: step + 1]
        y = np.maximum(path["free_loss"][: step + 1], LEAST)
        self._path.put({"x": x, "y": y})
        self._now.put({"x": x[-1:], "y": y[-1:]})
        self._handle.put({"x": np.array([view.start[view.learn[0]]]), "y": y[:1]})

    def mark(self, view: View) -> None:
        name = view.learn[0]
        of = f"({short(view.target)} \N{MINUS SIGN} x(T))\u00b2"
        of = f"of the task {view.task}" if view.task else of
        self.title(f"Loss {of} over {name}, descent")
        self.figure.xaxis.axis_label = name
        start = view.start[name]
        height = self._handle.data["y"]
        if height.size:
            self._handle.put({"x": np.array([start]), "y": height})

    def dragged(self, view: View, x: float, y: float, handle: str) -> Changes:
        name = view.learn[0]
        return {f"start_{name}": moved_to(x, view.between(name))}

    def nudged(self, view: View, right: float, up: float) -> Changes:
        name = view.learn[0]
        step = step_of(view.between(name))
        return {f"start_{name}": view.start[name] + step * right} if right else {}
