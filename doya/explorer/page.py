"""The page of one session: plots, controls and words, which follow one view."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import math
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bokeh.events import DocumentReady, Pan, PanStart, SelectionGeometry, Tap
from bokeh.models import CustomJS

from doya.errors import ArgumentError
from doya.explorer.answers import Answer
from doya.explorer.calls import call_of
from doya.explorer.commands import command, words
from doya.explorer.controls import Controls
from doya.explorer.descents import Player
from doya.explorer.exchange import QUICK, Exchange, Found, needed
from doya.explorer.fields import NoneOr, shown
from doya.explorer.layout import Layout, script
from doya.explorer.looks import LOOKS
from doya.explorer.options import KINDS, OF_TASK, SEVERAL
from doya.explorer.outbox import Outbox
from doya.explorer.plots.diagram import DiagramPlot
from doya.explorer.plots.loss import LossPlot
from doya.explorer.plots.orbit import OrbitPlot
from doya.explorer.plots.phase import PhasePlot
from doya.explorer.plots.plane import PlanePlot
from doya.explorer.plots.plot import Plot
from doya.explorer.plots.trajectory import TrajectoryPlot
from doya.explorer.presets import PRESETS
from doya.explorer.state import State
from doya.explorer.view import View, read
from doya.explorer.words import sentence

# Writes the data or the picture of a command: its words and a suffix to the bytes of the file.
Writer = Callable[[Sequence[str], str], bytes]

PLOTS: tuple[type[Plot], ...] = (
    DiagramPlot, PhasePlot, TrajectoryPlot, LossPlot, PlanePlot, OrbitPlot,
)  # fmt: skip
# Options after whose change the scales do not hold still.
REFIT = {"dynamics", "task", "over", "b_range", "w_range", "second", "fourth", "learn", "input_to"}


class Page:
    """The document's part of one session.

    Parameters
    ----------
    doc : bokeh Document
    view : View
        The view to begin with.
    problems : sequence of (str, str)
        Wrong options of the link, each with the sentence after its name.
    write : callable, optional
        Makes the files to save; without it there are none to save.
    owns_page : bool
        Whether the address bar is this page's; not in a notebook.
    """

    def __init__(
        self,
        doc: Any,
        view: View,
        problems: Sequence[tuple[str, str]] = (),
        write: Writer | None = None,
        *,
        owns_page: bool = True,
    ) -> None:
        self.doc, self.view, self._write = doc, view, write
        self.found: dict[str, Answer] = {}
        self.state = State(owns_page=owns_page, said=[0, view.query(), {}, {}, [], []])
        self.outbox = Outbox(self.state, view.query())
        look = LOOKS[view.style]
        self.plots: Mapping[str, Plot] = {kind.name: kind(look, self.outbox) for kind in PLOTS}
        self.layout = Layout(self, look)
        self.controls = Controls(
            self.ask, self.read, self.begin, lambda: self.view, self.layout.sheets
        )
        self.player = Player(self, self.layout)
        self.controls.groups["training"].children.append(self.player.root)
        self.root = self.layout.whole(self.controls.groups.values())
        self._to_fit = set(self.plots)
        self._handle = ""
        self._is_saving, self._is_open = False, True
        # Documents are changed by one thread only; the others put here what is to be done.
        self._inbox: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._loop = _running_loop()
        self._exchange = Exchange(self._deliver, self._begin, self._rest)
        self._hear()
        self.layout.arrange(view)
        self.controls.sync(view)
        for name in self._shown():
            self.plots[name].mark(view)
        doc.add_root(self.root)
        doc.title = "doya explore"
        doc.on_session_destroyed(lambda context: self.close())
        self.report(problems)
        self._exchange.ask(view)

    @property
    def can_save(self) -> bool:
        """Return whether files can be saved."""
        return self._write is not None

    def ask(self, **changes: Any) -> None:
        """Change some options of the view, or report why that is not possible."""
        if changes.get("task") and not self.view.is_map:
            changes = {"dynamics": "map", **changes}
        if "task" in changes and changes["task"] is None:
            changes = dict.fromkeys(OF_TASK) | changes
        if changes.get("dynamics", self.view.dynamics) != self.view.dynamics:
            changes = self._fitting(changes)
        try:
            view = self.view.replace(**changes)
        except ArgumentError as error:
            self.report([(error.argument, error.words)])
            self.controls.sync(self.view, again=True)
            self.layout.reset(self.view)
            return
        if view == self.view:  # the same number in other digits
            self.controls.sync(view, again=True)
        self.go(view, fit=bool(REFIT & changes.keys()))

    def _fitting(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Return the changes, and those that the other kind of time needs."""
        if changes["dynamics"] == "map":
            return {"t_end": float(round(self.view.t_end)), **changes}
        plots = {"second": "phase", "fourth": "loss"}
        plots = {name: to for name, to in plots.items() if getattr(self.view, name) == "orbit"}
        own = {"epsilon": 1.0, "teacher_forcing": 0.0, **dict.fromkeys(("task", *OF_TASK))}
        return {**own, **plots, **changes}

    def read(self, option: str, word: str) -> None:
        """Change one option to the value of a word, or report what is wrong with it."""
        kind = KINDS[option]
        try:
            if option in SEVERAL:
                value: Any = tuple(map(kind.read, word.split()))
            else:
                is_none = isinstance(kind, NoneOr) and not word.strip()
                value = None if is_none else kind.read(word.strip())
        except ValueError as error:
            self.report([(option, str(error))])
            self.controls.sync(self.view, again=True)
            return
        self.ask(**{option: value})

    def begin(self, preset: str) -> None:
        """Show one of the ready views."""
        kept = {"style": self.view.style, "hide": self.view.hide}
        self.go(View.from_query(PRESETS[preset]).replace(**kept), fit=True)

    def go(self, view: View, *, fit: bool) -> None:
        """Show a view."""
        if fit:
            self._to_fit |= set(self.plots)
        self.view = view
        self.report(())
        self.layout.arrange(view)
        self._exchange.ask(view)

    def report(self, problems: Sequence[tuple[str, str]]) -> None:
        """Show what is wrong with some options, or nothing."""
        self.outbox.say("problem", "  ".join(f"{name} {words}." for name, words in problems))

    def fit(self) -> None:
        """Fit the scales; the range of the diagram shows all folds, flips and the neuron."""
        from doya.bifurcations.diagrams import default_range

        view = self.view
        value = getattr(view, view.over)
        low, high = default_range(view.neuron, view.over, 0.0 if view.pulse else view.input)
        self.ask(**{f"{view.over}_range": (min(low, value), max(high, value))})

    def freeze(self, *, on: bool) -> None:
        """Keep the present curves in grey."""
        with self.outbox.together():
            for plot in self.plots.values():
                plot.freeze(on=on)

    def take(self, answer: str, kind: str) -> None:
        """Copy a command or its Python, or save a file of its data or picture."""
        if kind == "command":
            self.copy(command(self.view, answer))
        elif kind == "python":
            self.copy(call_of(self.view, answer).python())
        elif self._write and not self._is_saving:
            self._is_saving = True
            self.outbox.say("note", f"Writing {answer}.{kind} \N{HORIZONTAL ELLIPSIS}")
            given = (words(self.view, answer), answer, kind)
            threading.Thread(target=self._save, args=given, daemon=True).start()

    def copy(self, text: str) -> None:
        """Have the script copy a text, and show it."""
        self.state.say("copied", text)
        self.outbox.say("note", f"Copied: {text}")

    def _save(self, line: Sequence[str], answer: str, kind: str) -> None:
        assert self._write is not None
        try:
            content, note = self._write(line, f".{kind}"), f"Saved doya-{answer}.{kind}"
        except Exception as error:  # the page shows it, and goes on
            content, note = b"", f"{answer}.{kind} cannot be written: {error}"

        def send() -> None:
            self._is_saving = False
            self.outbox.say("note", note)
            if content:
                text = base64.b64encode(content).decode()
                self.state.say("saved", f"doya-{answer}.{kind}", "application/octet-stream", text)

        self._next_tick(send)

    def _next_tick(self, act: Callable[[], object]) -> None:
        """Have the document's own thread act, in the order of the calls."""
        self._inbox.put(act)
        with contextlib.suppress(RuntimeError):  # the server has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._have_emptied)

    def _have_emptied(self) -> None:
        if self._is_open:
            self.doc.add_next_tick_callback(self.empty_inbox)

    def empty_inbox(self) -> None:
        """Do what the other threads want to be done here."""
        while self._is_open and not self._inbox.empty():
            self._inbox.get()()

    def close(self) -> None:
        """End the threads."""
        self._is_open = False
        self._exchange.close()

    def _deliver(self, number: int, view: View, found: Found) -> None:
        self._next_tick(functools.partial(self._show, number, view, found))

    def _rest(self) -> None:
        self._next_tick(lambda: self.controls.sync(self.view))

    def _begin(self, names: tuple[str, ...]) -> None:
        self._next_tick(functools.partial(self._show_busy, names))

    def _show_busy(self, names: tuple[str, ...]) -> None:
        for plot in self.plots.values():
            plot.busy(on=bool({*names} & {*plot.uses}))
        if not names:
            self._to_fit.clear()

    def _show(self, number: int, view: View, found: Found) -> None:
        """Draw what has changed; this and nothing else is sent."""
        answers = {name: each for name, each in found.items() if isinstance(each, Answer)}
        failed = [each for each in found.values() if isinstance(each, str)]
        self.found |= answers
        with self._held():
            for plot in self.plots.values():
                own = {name: each for name, each in answers.items() if name in plot.uses}
                fit = plot.name in self._to_fit
                if own or fit:
                    plot.draw(view, own, fit=fit)
                if plot.name in self._shown():
                    plot.mark(self.view)  # at once, so that a plot is repainted once
            self._to_fit -= {*QUICK} if answers.keys() <= {*QUICK} else set()
            if "descent" in answers:
                self.player.renew(answers["descent"])
            if failed:
                self.outbox.say("problem", "  ".join(failed))
            kept = {name: each for name, each in self.found.items() if name in needed(view)}
            self.outbox.say("words", sentence(view, kept))
            self.outbox.answer(number, self.view.query(), self.controls.moved(self.view))

    def _shown(self) -> tuple[str, ...]:
        """Return the names of the plots that are on the page."""
        return ("diagram", "trajectory", self.view.second, self.view.fourth)

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """Send the changes of the block together."""
        self.doc.hold("combine")
        try:
            with self.outbox.together():
                yield
        finally:
            self.doc.unhold()

    def _hear(self) -> None:
        """Hear of the page's script, and of what is done in the plots."""
        state = self.state
        state.on_change("drawn", lambda attr, old, new: self._hear_drawn(new))
        state.on_change("moved", lambda attr, old, new: self._move(new))
        state.on_change("asked", lambda attr, old, new: self._come_back(new))
        state.on_change("key", lambda attr, old, new: self._press(new))
        state.on_change("failed", lambda attr, old, new: self.outbox.say("note", f"{new[-1]}"))
        move = CustomJS(args={"state": state}, code="state.move(cb_obj)")
        for plot in self.plots.values():
            plot.figure.on_event(PanStart, functools.partial(self._grab, plot))
            plot.figure.on_event(Tap, functools.partial(self._tap, plot))
            plot.figure.js_on_event(Pan, move)
            plot.figure.on_event(SelectionGeometry, functools.partial(self._box, plot))
        start = CustomJS(args={"state": state}, code=script())
        self.root.js_property_callbacks = {"change:name": [start]}  # keeps the state here
        self.doc.js_on_event(DocumentReady, start)

    def _hear_drawn(self, count: int) -> None:
        self._exchange.drawn(self.outbox.heard(count))

    def _grab(self, plot: Plot, event: Any) -> None:
        if _are_numbers([event.x, event.y]):
            self._handle = plot.grabbed(self.view, event.x, event.y)

    def _move(self, message: Sequence[Any]) -> None:
        """Move the handle of a plot to a place."""
        if len(message) != 4 or not _are_numbers(message[2:]):
            return
        plot = self.plots.get(str(message[1]))
        if plot is not None:
            x, y = message[2:]
            changes = plot.dragged(self.view, x, y, self._handle)
            if changes:
                self.ask(**changes)

    def _tap(self, plot: Plot, event: Any) -> None:
        self._grab(plot, event)
        self._move([0, plot.name, event.x, event.y])

    def _box(self, plot: Plot, event: Any) -> None:
        box = event.geometry or {}
        ends: list[Any] = [box.get("x0"), box.get("x1")]
        if event.final and isinstance(plot, OrbitPlot) and _are_numbers(ends):
            self.ask(**plot.boxed(self.view, min(ends), max(ends)))

    def _come_back(self, message: Sequence[Any]) -> None:
        """Show the view of the address bar, after Back or Forward."""
        view, problems = read(str(message[-1]) if message else "")
        self.go(view, fit=True)
        self.report(problems)

    def _press(self, message: Sequence[Any]) -> None:
        """Move what an arrow key is for: a slider, a field, or the handle of a plot."""
        if len(message) != 4 or not _are_numbers(message[2:]):
            return
        _, target, right, up = message
        kind, _, option = str(target).partition(" ")
        if kind in self.plots:
            changes: Mapping[str, Any] = self.plots[kind].nudged(self.view, right, up)
        elif option in KINDS and isinstance(getattr(self.view, option), float | int):
            step = self.controls.step(option, self.view)
            changes = {option: getattr(self.view, option) + step * (right + up)}
        else:
            self.report([(shown(target), "cannot be moved by keys")])
            return
        if changes:
            self.ask(**{name: round(value, 12) for name, value in changes.items()})


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop of the server that makes this page, if there is one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _are_numbers(values: Sequence[Any]) -> bool:
    """Return whether all are finite numbers; a message may hold anything."""
    return all(isinstance(each, float | int) and math.isfinite(each) for each in values)
