"""The arrangement of the page: header, controls, four places for plots, and lines of words."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterable
from typing import Any

from bokeh.layouts import column, row
from bokeh.models import Button, Div, InlineStyleSheet, Select, Toggle

from doya.explorer.answers import OF_PLOT
from doya.explorer.commands import COMMANDS
from doya.explorer.looks import Look
from doya.explorer.session import Session
from doya.explorer.view import View

HERE = pathlib.Path(__file__).parent
EQUATIONS = {
    "flow": "dx/dt = \u2212x + \u03c3(w x + b) + w\u2032 u",
    "map": "x[t+1] = (1\u2212\u03b5) x[t] + \u03b5 \u03c3(w x[t] + b) + \u03b5 w\u2032 u",
}
# The names of the plots in the lists that choose one.
NAMES = {"phase": "phase line", "plane": "(w, b) plane", "orbit": "orbit diagram", "loss": "loss"}
COPIES = {"command": "copy the command", "python": "copy Python"}
FILES = {
    "csv": "data as CSV", "json": "data as JSON", "npz": "data as NPZ", "svg": "picture as SVG",
    "png": "picture as PNG",
}  # fmt: skip

# A line that screen readers read when it changes.
STATUS = {"role": "status", "aria-live": "polite"}


@functools.cache
def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def script() -> str:
    """Return the script of the page."""
    return _text("paint.js") + _text("page.js")


def background(look: Look) -> str:
    """Return the style of the page around the document."""
    return f"html, body {{ margin: 0; background: {look.paper}; color: {look.ink}; }}"


class Layout:
    """The models of the page that hold others, and its lines of words."""

    def __init__(self, page: Session, look: Look) -> None:
        self._page = page
        colours = "".join(f"--{name}: {value};" for name, value in vars(look).items())
        colours = f":host {{ {colours} }}\n"
        self.sheets = [InlineStyleSheet(css=colours + _text("widgets.css"))]
        self._page_sheets = [InlineStyleSheet(css=colours + _text("page.css"))]
        self._lines = {
            "equation": self._line(
                "equation", ["doya-equation"], {"role": "heading", "aria-level": "1"}
            ),
            "words": self._line("words", ["doya-words", "doya-main"], STATUS),
            "problem": self._line("problem", ["doya-words"], {"role": "alert"}),
            "note": self._line("note", ["doya-words"], STATUS),
            "step": self._line("step", [], {"aria-live": "off"}),
        }
        self._lines["problem"].styles = {"color": look.handle, "font-weight": "600"}
        self._chosen = {
            name: self._choice(name, names)
            for name, names in (
                ("second", ("phase", "plane", "orbit")), ("fourth", ("loss", "plane", "orbit"))
            )
        }  # fmt: skip
        self._takes = {name: self._take(name) for name in OF_PLOT}
        self._arranged: tuple[str, ...] = ()
        self._places = {
            name: column(css_classes=["doya-place"], stylesheets=self._page_sheets)
            for name in ("first", "second", "third", "fourth")
        }

    def arrange(self, view: View) -> None:
        """Put the plots of a view into their places."""
        self._page.outbox.say("equation", EQUATIONS[view.dynamics])
        arranged = (view.dynamics, view.second, view.fourth)
        if arranged == self._arranged:
            return
        self._arranged = arranged
        kinds = {"first": "diagram", "second": view.second, "third": "trajectory"}
        for place, kind in (kinds | {"fourth": view.fourth}).items():
            head = [self._takes[kind]]
            if place in self._chosen:
                chosen = self._chosen[place]
                names = [k for k in chosen.tags if view.is_map or k != "orbit"]
                options = [(each, NAMES[each]) for each in names]
                if chosen.options != options:
                    chosen.options = options
                if chosen.value != kind:
                    chosen.value = kind
                head = [chosen, *head]
            children = [self._row(*head), self._page.plots[kind].root]
            if self._places[place].children[1:] != children[1:]:
                self._places[place].children = children
                self._page.plots[kind].renew()

    def reset(self, view: View) -> None:
        """Have the lists of plots show what is there."""
        for place, chosen in self._chosen.items():
            chosen.value = getattr(view, place)

    def whole(self, groups: Iterable[Any]) -> Any:
        """Return the model of the whole page, with these groups of controls."""
        form = {"role": "form", "aria-label": "Controls"}
        aside = self._held("aside", column(*groups, html_attributes=form))
        main = {"role": "main", "aria-label": "Plots"}
        plots = self._held("plots", column(*self._places.values(), html_attributes=main))
        banner = {"role": "banner"}
        head = self._held(
            "head", row(self._lines["equation"], *self._buttons(), html_attributes=banner)
        )
        body = self._held("body", row(aside, plots))
        lines = [self._lines[name] for name in ("words", "problem", "note")]
        return self._held("page", column(head, *lines, body))

    def _held(self, name: str, model: Any) -> Any:
        model.update(css_classes=[f"doya-{name}"], stylesheets=self._page_sheets)
        return model

    def _row(self, *models: Any) -> Any:
        return self._held("tools", row(*models))

    def _line(self, name: str, classes: list[str], attributes: dict[str, str]) -> Any:
        return Div(
            name=name, text="", render_as_text=True, stylesheets=self.sheets,
            css_classes=classes,
            html_attributes={"data-line": name} | attributes,
        )  # fmt: skip

    def line(self, name: str) -> Any:
        """Return the model of a line of words."""
        return self._lines[name]

    def button(self, label: str, act: Any, name: str = "") -> Any:
        """Return a button."""
        made = Button(
            label=label, stylesheets=self.sheets, html_attributes={"data-label": name or label}
        )
        made.on_click(lambda: act())
        return made

    def _buttons(self) -> list[Any]:
        page = self._page
        freeze = Toggle(
            label="Freeze", stylesheets=self.sheets,
            html_attributes={"data-label": "Freeze the present curves in grey"},
        )  # fmt: skip
        freeze.on_change("active", lambda attr, old, new: page.freeze(on=new))
        made = [freeze, self.button("Fit", page.fit, "Fit the scales")]
        if page.state.owns_page:
            other = "light" if page.view.style == "dark" else "dark"

            def turn() -> None:
                page.state.say("goes", page.view.replace(style=other).query())

            copied = self.button("Copy link", lambda: page.state.say("copied", "link"))
            made += [copied, self.button(other.capitalize(), turn, f"{other} colours")]
        return made

    def _choice(self, name: str, kinds: tuple[str, ...]) -> Any:
        chosen = Select(
            options=[(kind, NAMES[kind]) for kind in kinds], value=kinds[0], width=152,
            stylesheets=self.sheets, tags=[*kinds],
            html_attributes={"data-label": f"{name} plot"},
        )  # fmt: skip

        def change(attr: str, old: str, new: str) -> None:
            if new != getattr(self._page.view, name):
                self._page.ask(**{name: new})

        chosen.on_change("value", change)
        return chosen

    def _take(self, plot: str) -> Any:
        kinds = COPIES | (FILES if self._page.can_save else {})
        options: dict[str, list[tuple[str, str]]] = {"": [("", "copy or save ...")]}
        for answer in OF_PLOT[plot]:
            options[f"doya {COMMANDS[answer]}"] = [
                (f"{answer} {kind}", text) for kind, text in kinds.items()
            ]
        taken = Select(
            options=options, value="", width=164, stylesheets=self.sheets,
            html_attributes={"data-label": f"copy or save: {plot}"},
        )  # fmt: skip

        def change(attr: str, old: str, new: str) -> None:
            answer, _, kind = new.partition(" ")
            if answer in OF_PLOT[plot] and kind in kinds:
                self._page.take(answer, kind)
            taken.value = ""

        taken.on_change("value", change)
        return taken
