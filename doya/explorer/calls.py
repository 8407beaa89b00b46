"""The call of doya's function behind each answer: run for the plot, written out for Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import doya
from doya.arrays import Floats
from doya.explorer.commands import STEPS, TRANSIENT, across
from doya.explorer.view import DEFAULTS, View
from doya.inputs import Pulses
from doya.neurons import Neuron
from doya.tasks.ready import ReadyTask

# Time points of a trajectory of the flow, as in the shell.
TIMES = 201


@dataclass(frozen=True)
class Axis:
    """Evenly spaced values of a parameter."""

    low: float
    high: float
    points: int

    def __repr__(self) -> str:
        return f"np.linspace({self.low!r}, {self.high!r}, {self.points})"

    @property
    def values(self) -> Floats:
        return np.linspace(self.low, self.high, self.points)


@dataclass(frozen=True)
class Call:
    """One call: a function of doya, its neuron and its other arguments."""

    function: str
    neuron: Neuron
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)

    def result(self, **more: Any) -> Any:
        """Return doya's answer, with further arguments."""
        return getattr(doya, self.function)(
            self.neuron,
            *map(_value, self.arguments),
            **{name: _value(value) for name, value in self.named.items()},
            **more,
        )

    def python(self) -> str:
        """Return lines of Python that make the answer, as `result`.

        Examples
        --------
        >>> print(call_of(View(b=-2.5), "phase").python())
        import doya
        <BLANKLINE>
        neuron = doya.NeuronODE(w=5.0, b=-2.5, input_weight=1.0)
        result = doya.equilibria(neuron)
        """
        named = (f"{name}={_text(value)}" for name, value in self.named.items())
        listed = ", ".join(["neuron", *map(_text, self.arguments), *named])
        numpy = "import numpy as np\n" if "np." in listed else ""
        return (
            f"{numpy}import doya\n\nneuron = doya.{self.neuron!r}\n"
            f"result = doya.{self.function}({listed})"
        )


def call_of(view: View, answer: str) -> Call:
    """Return the call behind an answer."""
    function, make = CALLS[answer]
    neuron, arguments, named = view.neuron, *make(view)
    if answer == "descent":
        neuron = neuron.replace(**view.start)
    given = {name: value for name, value in named.items() if value is not None}
    return Call(function, neuron, arguments, given)


def _value(argument: Any) -> Any:
    if isinstance(argument, Mapping):
        return {name: axis.values for name, axis in argument.items()}
    return argument.make() if isinstance(argument, ReadyTask) else argument


def _text(value: Any) -> str:
    return f"doya.{value!r}" if isinstance(value, Pulses) else repr(value)


Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def _end(view: View) -> float | int:
    return int(view.t_end) if view.is_map else view.t_end


def _phase(view: View) -> Arguments:
    return (), {"u": view.input or None}


def _trajectory(view: View) -> Arguments:
    return ([view.x0], _end(view)), {"u": view.u, "points": None if view.is_map else TIMES}


def _swept(view: View) -> Arguments:
    return (view.over, view.between(view.over)), {"points": view.points, "u": view.input or None}


def _orbit(view: View) -> Arguments:
    arguments, named = _swept(view)
    return arguments, named | {"transient": TRANSIENT, "steps": STEPS}


def _regions(view: View) -> Arguments:
    return (view.w_range, view.b_range), {"points": view.points, "u": view.input or None}


def _landscape(view: View, names: tuple[str, ...], points: int) -> Arguments:
    axes = {name: Axis(*view.between(name), points) for name in names}
    task = view.ready_task
    if task:
        return (axes,), {"task": task}
    return (axes, view.x0, _end(view), view.target), {"u": view.u}


def _loss(view: View) -> Arguments:
    return _landscape(view, view.learn[:1], view.points)


def _surface(view: View) -> Arguments:
    return _landscape(view, ("w", "b"), across(view))


def _descent(view: View) -> Arguments:
    task = view.ready_task
    settings = {"clip": view.clip, **({"task": task} if task else {"u": view.u})}
    for name in ("rule", "momentum", "teacher_forcing"):
        value = getattr(view, name)
        settings[name] = value if value != DEFAULTS[name] else None
    learning = {
        "learn": view.learn,
        "learning_rate": view.learning_rate,
        "steps": view.steps,
    }
    own = () if task else (view.x0, _end(view), view.target)
    return own, learning | settings


CALLS: Mapping[str, tuple[str, Callable[[View], Arguments]]] = {
    "diagram": ("bifurcation_diagram", _swept),
    "phase": ("equilibria", _phase),
    "trajectory": ("simulate", _trajectory),
    "loss": ("loss_landscape", _loss),
    "descent": ("train", _descent),
    "regions": ("bifurcation_curves", _regions),
    "surface": ("loss_landscape", _surface),
    "orbit": ("orbit_diagram", _orbit),
}
