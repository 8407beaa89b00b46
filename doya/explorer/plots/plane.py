"""The (w, b) plane: the loss as a heat map, folds and flips, the wall and the descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import ColorBar, LinearColorMapper

from doya.explorer.answers import Answer
from doya.explorer.looks import Look
from doya.explorer.numbers import moved_to, step_of
from doya.explorer.outbox import Outbox
from doya.explorer.plots.plot import (
    HANDLE,
    STILL,
    Changes,
    Plot,
    put_lines,
    put_points,
    with_gaps,
)
from doya.explorer.view import View

# Least loss that has a colour of its own, and the percentiles of the losses that span the colours.
LEAST, DEPTHS = 1e-8, (3.0, 97.0)
ALPHA = 0.75
DASHES = {"LP": "solid", "PD": [2, 3]}


class PlanePlot(Plot):
    """Parameters of the neuron as a plane; the neuron and the start of the descent can be moved."""

    name = "plane"
    uses = ("regions", "surface", "descent")
    label = "Plane of w and b. The arrow keys move the neuron."

    def __init__(self, look: Look, outbox: Outbox) -> None:
        super().__init__(look, outbox)
        fig = self.figure
        fig.xaxis.axis_label, fig.yaxis.axis_label = "w", "b"
        fig.grid.visible = False
        self._image = self.table("image", "x", "y", "dw", "dh")
        self._colours = LinearColorMapper(palette="Cividis256", low=-8.0, high=0.0)
        fig.image(
            "image", x="x", y="y", dw="dw", dh="dh", source=self._image.source, alpha=ALPHA,
            color_mapper=self._colours,
        )  # fmt: skip
        self._bar = ColorBar(
            color_mapper=self._colours, title="log\u2081\u2080 loss", width=12, padding=4,
            title_text_color=look.ink, title_text_font_size="13px", title_text_font_style="normal",
            major_label_text_color=look.ink, major_label_text_font_size="13px",
            major_tick_line_color=look.ink, background_fill_color=look.paper,
            scale_alpha=ALPHA, visible=False,
        )  # fmt: skip
        fig.add_layout(self._bar, "right")
        self._lines = {
            kind: self.curve(line_color=look.ink, line_dash=dash, level=STILL)
            for kind, dash in DASHES.items()
        }
        self._walls = self.curve(line_color=look.wall, line_dash=[6, 4], level=STILL)
        self._special = self.named_marks()
        self._path = self.curve(line_color=look.path, line_width=1.5)
        self.marks(self._path, size=6, fill_color=look.path, line_color=look.paper)
        self._start, self._neuron = self.table("x", "y"), self.table("x", "y")
        for table, marker in ((self._start, "inverted_triangle"), (self._neuron, "diamond")):
            self.marks(
                table, marker=marker, size=HANDLE, fill_color=look.handle, line_color=look.paper,
                line_width=1.5,
            )  # fmt: skip
        self._descent: Any = None

    def draw(self, view: View, found: Mapping[str, Answer], *, fit: bool) -> None:
        if "regions" in found:
            result = found["regions"].result
            for kind, table in self._lines.items():
                put_lines(table, [each for each in result.curves if each.kind == kind], "w", "b")
            put_points(self._special, result.special_points, "w", "b")
        if "surface" in found:
            self._draw_loss(view, found["surface"])
        if "descent" in found:
            self._descent = found["descent"].result
        self.limits(view.w_range, view.b_range)

    def _draw_loss(self, view: View, found: Answer) -> None:
        loss = found.result.loss  # by w, then by b
        height = np.log10(np.maximum(loss, LEAST)).T.astype(np.float32)
        (left, right), (low, high) = view.w_range, view.b_range
        # Each cell is around its value.
        dw, dh = ((b - a) / (n - 1) for (a, b), n in zip(
            ((left, right), (low, high)), loss.shape, strict=True
        ))  # fmt: skip
        self._image.put({
            "image": [height], "x": [left - dw / 2.0], "y": [low - dh / 2.0],
            "dw": [right - left + dw], "dh": [high - low + dh],
        })  # fmt: skip
        finite = height[np.isfinite(height)]
        if finite.size:
            low, high = np.percentile(finite, DEPTHS)  # a few very low cells would hide the rest
            self._bar.visible = True
            self._colours.update(low=float(low), high=max(float(high), float(low) + 1e-6))
        walls = found.marks["walls"]
        self._walls.put({"x": with_gaps(walls["w"]), "y": with_gaps(walls["b"])})

    def show_step(self, view: View, step: int) -> None:
        """Draw the descent up to a step."""
        if self._descent is None:
            return
        size = int(self._descent.steps) + 1
        own = {name: np.full(size, getattr(view, name)) for name in ("w", "b")}
        own |= self._descent.parameters
        self._path.put({"x": own["w"][: step + 1], "y": own["b"][: step + 1]})

    def mark(self, view: View) -> None:
        # Under pulses the search for walls in a plane takes half a minute; tasks have none.
        has_walls = not (view.pulse or view.task)
        marks = "Folds, wall, descent" if has_walls else "Folds and descent, no search for walls"
        self.title(f"Loss over w and b: dark is low. {marks}")
        self._neuron.put({"x": np.array([view.w]), "y": np.array([view.b])})
        start = view.start
        self._start.put({"x": np.array([start["w"]]), "y": np.array([start["b"]])})

    def grabbed(self, view: View, x: float, y: float) -> str:
        """Return "start" where the start of the descent is nearer than the neuron."""
        (left, right), (low, high) = view.w_range, view.b_range

        def distance(w: float, b: float) -> float:
            return float(np.hypot((x - w) / (right - left), (y - b) / (high - low)))

        start = view.start
        is_near = distance(start["w"], start["b"]) < min(distance(view.w, view.b), 0.06)
        return "start" if is_near else "neuron"

    def dragged(self, view: View, x: float, y: float, handle: str) -> Changes:
        place = {"w": moved_to(x, view.w_range), "b": moved_to(y, view.b_range)}
        if handle == "start":
            return {f"start_{name}": place[name] for name in view.learn}
        return place

    def nudged(self, view: View, right: float, up: float) -> Changes:
        steps = {"w": step_of(view.w_range) * right, "b": step_of(view.b_range) * up}
        return {name: getattr(view, name) + by for name, by in steps.items() if by}
