"""The controls of the page: a slider and a field for each number, lists for choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bokeh.layouts import column, row
from bokeh.models import Div, Select, Slider, TextInput

from doya.explorer.fields import written
from doya.explorer.numbers import step_of
from doya.explorer.options import DYNAMICS, KINDS, OF_TASK, RULES, SEVERAL, TASKS
from doya.explorer.presets import PRESETS
from doya.explorer.view import View

UNIT = (0.0, 1.0)
# Words of the groups, in the order of the page.
TITLES = {"neuron": "Neuron", "trajectory": "Trajectory", "training": "Training"}


@dataclass(frozen=True)
class Number:
    """A number: its name on the page, its group, and the ends of its slider, if it has one."""

    option: str
    label: str
    group: str
    ends: tuple[float, float] | None = None
    only: str = ""


@dataclass(frozen=True)
class List:
    """A choice: the words of each value."""

    option: str
    label: str
    group: str
    choices: Mapping[str, Any]
    only: str = ""


LESSONS = {"reach the target": None, **{each.replace("_", " "): each for each in TASKS}}
LEARNED = {"b": ("b",), "w": ("w",), "b and w": ("b", "w"), "w and b": ("w", "b")}
CONTROLS: tuple[Number | List, ...] = (
    List("dynamics", "dynamics", "neuron", {each: each for each in DYNAMICS}),
    Number("w", "w", "neuron"),
    Number("b", "b", "neuron"),
    Number("epsilon", "ε", "neuron", (0.01, 1.0), "map"),
    Number("input", "input u", "neuron", (-1.0, 1.0)),
    Number("pulse", "pulses", "neuron"),
    List("input_to", "input to", "neuron", {"state": "state", "bias": "bias"}),
    Number("x0", "x(0)", "trajectory", UNIT),
    Number("t_end", "T", "trajectory", (0.0, 100.0)),
    List("over", "diagram over", "trajectory", {"b": "b", "w": "w"}),
    List("task", "learn to", "training", LESSONS),
    Number("seed", "seed", "training", only="task"),
    Number("sequences", "sequences", "training", only="task"),
    Number("length", "length", "training", only="task"),
    Number("noise", "noise variance", "training", only="task"),
    Number("target", "target", "training", UNIT),
    List("learn", "learn", "training", LEARNED),
    Number("start_b", "start b", "training"),
    Number("start_w", "start w", "training"),
    Number("learning_rate", "rate", "training", (0.0, 10.0)),
    Number("steps", "steps", "training", (0.0, 300.0)),
    Number("clip", "clip at", "training"),
    List("rule", "rule", "training", {each: each for each in RULES}),
    Number("momentum", "momentum", "training", (0.0, 0.95)),
    Number("teacher_forcing", "teacher α", "training", (0.0, 0.95), "map"),
)
WHERE = {"w": "w", "b": "b", "start_w": "w", "start_b": "b"}
# Options whose arrow keys move by 1.
WHOLE = ("steps", "seed", "sequences", "length")
HINTS = {
    "clip": "no limit", "pulse": "start,stop,amplitude ...", **dict.fromkeys(OF_TASK, "usual")
}  # fmt: skip


class Controls:
    """All widgets of the controls; `root` holds them.

    Parameters
    ----------
    ask : callable
        Called with the options that the user changes.
    read : callable
        Called with an option and the word that the user writes.
    go_to_preset : callable
        Called with the name of the preset that the user chooses.
    newest : callable
        Returns the newest view.  A widget that is set to its value asks for nothing.
    """

    def __init__(
        self,
        ask: Callable[..., object],
        read: Callable[[str, str], object],
        go_to_preset: Callable[[str], object],
        newest: Callable[[], View],
        sheets: list[Any],
    ) -> None:
        self._ask, self._read, self._newest = ask, read, newest
        self._sheets = sheets
        self._sliders: dict[str, Any] = {}
        self._fields: dict[str, Any] = {}
        self._lists: dict[str, Any] = {}
        self._rows: dict[str, Any] = {}
        self._shown: View | None = None
        self._moved: View | None = None
        self.presets = Select(
            title="begin with", options=[("", "choose ..."), *((name, name) for name in PRESETS)],
            value="", stylesheets=sheets, sizing_mode="stretch_width",
            html_attributes={"data-label": "begin with"},
        )  # fmt: skip

        def begin(attr: str, old: str, new: str) -> None:
            if new in PRESETS:
                go_to_preset(new)
            self.presets.value = ""

        self.presets.on_change("value", begin)
        made = {each.option: self._made(each) for each in CONTROLS}
        groups = {"presets": column(self.presets, sizing_mode="stretch_width")}
        for group, title in TITLES.items():
            head = Div(
                text=title, render_as_text=True, stylesheets=sheets, css_classes=["doya-group"],
                html_attributes={"role": "heading", "aria-level": "2"},
            )  # fmt: skip
            own = [made[each.option] for each in CONTROLS if each.group == group]
            groups[group] = column(head, *own, sizing_mode="stretch_width")
        self.groups = groups

    def step(self, option: str, view: View) -> float:
        """Return the step of the arrow keys."""
        if option in WHOLE:
            return 1.0
        return step_of(self._ends(option, view))

    def moved(self, view: View) -> dict[str, Any]:
        """Return the value and the word of each number that has changed since the last call.

        The page's script shows them at once; `sync` follows when the hand rests.
        """
        before, self._moved = self._moved, view
        return {
            option: [getattr(view, option), word_of(view, option)]
            for option in self._fields
            if before and getattr(before, option) != getattr(view, option)
        }

    def sync(self, view: View, *, again: bool = False) -> None:
        """Show a view in the widgets of what has changed, or of everything again."""
        before, self._shown = None if again else self._shown, view
        changed = {
            name for name in KINDS if not before or getattr(before, name) != getattr(view, name)
        }
        for option in changed & self._fields.keys():
            _set(self._fields[option], "value", word_of(view, option))
        for option, slider in self._sliders.items():
            if option in changed or f"{WHERE.get(option)}_range" in changed:
                self._sync_slider(option, slider, view)
        for control in CONTROLS:
            if isinstance(control, List) and control.option in changed:
                value = getattr(view, control.option)
                label = next(key for key, each in control.choices.items() if each == value)
                _set(self._lists[control.option], "value", label)
        if changed & {"dynamics", "learn", "task", "hide"}:
            self._show_parts(view)

    def _show_parts(self, view: View) -> None:
        """Show the controls that have an effect, in the groups that are not hidden."""
        for control in CONTROLS:
            is_shown = {"": True, "map": view.is_map, "task": view.task is not None}[control.only]
            if control.option in ("start_b", "start_w"):
                is_shown = control.option[-1] in view.learn
            _set(self._rows[control.option], "visible", is_shown)
        for name, group in self.groups.items():
            _set(group, "visible", name not in view.hide)

    def _ends(self, option: str, view: View) -> tuple[float, float]:
        control = next(each for each in CONTROLS if each.option == option)
        if option in WHERE:
            return view.between(WHERE[option])
        return (isinstance(control, Number) and control.ends) or UNIT

    def _sync_slider(self, option: str, slider: Any, view: View) -> None:
        value = float(getattr(view, option))
        low, high = self._ends(option, view)
        # It reaches as far as the value does.
        ends = {"start": min(low, value), "end": max(high, value)}
        step = 1.0 if option == "steps" else step_of((low, high)) / 10.0
        changes = {"value": value, "step": step, **ends}
        changes = {name: new for name, new in changes.items() if getattr(slider, name) != new}
        if changes:
            slider.update(**changes)

    def _made(self, control: Number | List) -> Any:
        made = self._list(control) if isinstance(control, List) else self._number(control)
        self._rows[control.option] = made
        return made

    def _list(self, control: List) -> Any:
        chosen = Select(
            title=control.label, options=[*control.choices], value=next(iter(control.choices)),
            stylesheets=self._sheets, sizing_mode="stretch_width",
            html_attributes={"data-label": control.label},
        )  # fmt: skip

        def change(attr: str, old: str, new: str) -> None:
            before = getattr(self._newest(), control.option)
            if control.choices.get(new, before) != before:
                self._ask(**{control.option: control.choices[new]})

        chosen.on_change("value", change)
        self._lists[control.option] = chosen
        return chosen

    def _number(self, control: Number) -> Any:
        option = control.option
        has_slider = control.ends is not None or option in WHERE
        field = TextInput(
            name=f"field {option}", title="" if has_slider else control.label, value="",
            placeholder=HINTS.get(option, ""),
            stylesheets=self._sheets, html_attributes={
                "data-doya": f"field {option}", "data-label": f"{control.label}, exact value"
            },
            **({"width": 96} if has_slider else {"sizing_mode": "stretch_width"}),
        )  # fmt: skip

        def write(attr: str, old: str, new: str) -> None:
            if new != word_of(self._newest(), option):
                self._read(option, new)

        field.on_change("value", write)
        self._fields[option] = field
        if not has_slider:
            return field
        slider = Slider(
            name=f"slider {option}", start=0.0, end=1.0, value=0.0, step=0.01, title=control.label,
            show_value=False, stylesheets=self._sheets, sizing_mode="stretch_width",
            html_attributes={"data-doya": f"slider {option}", "data-label": control.label},
        )  # fmt: skip

        def slide(attr: str, old: float, new: float) -> None:
            if new != getattr(self._newest(), option):
                self._ask(**{option: new})

        slider.on_change("value", slide)
        self._sliders[option] = slider
        return row(slider, field, sizing_mode="stretch_width")


def word_of(view: View, option: str) -> str:
    """Return the word of a number in its field."""
    value = getattr(view, option)
    if option in SEVERAL:
        return " ".join(map(KINDS[option].write, value))
    return "" if value is None else written(value)


def _set(model: Any, name: str, value: Any) -> None:
    """Set a property if it differs, so that nothing is sent for nothing."""
    if getattr(model, name) != value:
        setattr(model, name, value)
