"""Play, step and rewind of the descent."""

from __future__ import annotations

from typing import Any

from bokeh.layouts import row

from doya.explorer.answers import Answer
from doya.explorer.layout import Layout
from doya.explorer.numbers import short
from doya.explorer.session import Session

# Milliseconds from one picture to the next, and the number of pictures of a long descent.
PAUSE, PICTURES = 80, 100


class Player:
    """The buttons that move along the descent, and the step that is shown."""

    def __init__(self, page: Session, layout: Layout) -> None:
        self._page = page
        self._step = self._last = 0
        self._losses: Any = ()
        self._ticking: Any = None
        button = layout.button
        self._play = button("Play", self.play, "Play the descent")
        self.root = row(
            button("Rewind", self.rewind, "Rewind the descent"),
            button("Step", self.step, "One step of the descent"),
            self._play, layout.line("step"), sizing_mode="stretch_width",
            css_classes=["doya-tools"],
        )  # fmt: skip

    def renew(self, descent: Answer) -> None:
        """Show a new descent, to its end."""
        self._stop()
        self._losses = descent.data["free_loss"]
        self._last = len(self._losses) - 1
        self._go_to(self._last)

    def rewind(self) -> None:
        """Show the start."""
        self._stop()
        self._go_to(0)

    def step(self) -> None:
        """Show one step more; after the end begin again."""
        self._stop()
        self._go_to(self._step + 1 if self._step < self._last else 0)

    def play(self) -> None:
        """Show step after step, or stop; without motion, the end at once."""
        if self._ticking is not None:
            self._stop()
            return
        if self._page.state.calm:
            self._go_to(self._last)
            return
        if self._step >= self._last:
            self._go_to(0)
        self._play.label = "Stop"
        self._ticking = self._page.doc.add_periodic_callback(self._tick, PAUSE)

    def _tick(self) -> None:
        self._go_to(self._step + max(1, round(self._last / PICTURES)))
        if self._step >= self._last:
            self._stop()

    def _stop(self) -> None:
        if self._ticking is not None:
            self._page.doc.remove_periodic_callback(self._ticking)
            self._ticking, self._play.label = None, "Play"

    def _go_to(self, step: int) -> None:
        self._step = min(step, self._last)
        view = self._page.view
        outbox = self._page.outbox
        with outbox.together():
            for name in ("loss", "plane"):
                self._page.plots[name].show_step(view, self._step)
            if len(self._losses):
                loss = short(float(self._losses[self._step]), 3)
                outbox.say("step", f"step {self._step} of {self._last}, loss {loss}")
