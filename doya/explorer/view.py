"""The state of the explorer: one frozen record, from and to the query of a link."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from doya.errors import ArgumentError
from doya.explorer.fields import SPAN, Pair, Triple, shown
from doya.explorer.options import (
    KINDS,
    LONGEST,
    MOST_TASK_STEPS,
    OF_TASK,
    RANGES,
    SEVERAL,
    USUAL_SIZES,
    checked_option,
    option,
    read_option,
)
from doya.inputs import Pulses
from doya.neurons import Neuron, NeuronMap, NeuronODE
from doya.tasks.ready import ReadyTask
from doya.training.rules import WITH_MOMENTUM
from doya.training.usual_rates import usual_rate


@dataclass(frozen=True, kw_only=True)
class View:
    """Everything that the explorer shows, by the names of the shell's options.

    Parameters
    ----------
    dynamics, w, b, epsilon, input_weight, input_to
        The neuron, as in `doya.NeuronODE` and `doya.NeuronMap`.
    input : float
        Constant input u.
    pulse : tuple of (start, stop, amplitude)
        Pulses, in place of a constant input; at most 100.
    x0, t_end : float
        State at the start, and end time T, 0 to 10000; a whole number of steps for the map.
    target, learn, learning_rate, steps, clip, rule, momentum, teacher_forcing
        The descent, as in `doya.train`; at most 10000 steps.  Where no learning rate is given it is
        the usual one of the rule.
    task, seed, sequences, length, noise
        A task of sequences in place of the target, as in `doya train --task`; for the map, with at
        most 100000 steps in all sequences.
    start_b, start_w : float
        Where the descent starts, in the parameters that it learns; the others are the neuron's.
    over : {"b", "w"}
        Parameter of the bifurcation diagram.
    b_range, w_range : (float, float)
        Ranges of the plots over b and w.
    points : int
        Number of points of a curve, 2 to 2000.
    second : {"phase", "plane", "orbit"}
        What the second plot shows: the phase line, the (w, b) plane or the orbit diagram.
    fourth : {"loss", "plane", "orbit"}
        What the fourth plot shows.
    hide : tuple of str
        Groups of controls to leave out: presets, neuron, trajectory, training.
    style : {"light", "dark"}

    Raises
    ------
    ArgumentError
        For a value outside its range, and for values that exclude each other.
    """

    dynamics: str = "flow"
    w: float = 5.0
    b: float = -2.4
    epsilon: float = 1.0
    input: float = 0.0
    input_weight: float = 1.0
    input_to: str = "state"
    pulse: tuple[Triple, ...] = ()
    x0: float = 0.5
    t_end: float = 50.0
    target: float = 0.855
    learn: tuple[str, ...] = ("b",)
    start_b: float = -2.2
    start_w: float = 5.0
    learning_rate: float | None = None
    steps: int = 100
    clip: float | None = None
    rule: str = "gradient"
    momentum: float = 0.0
    teacher_forcing: float = 0.0
    task: str | None = None
    seed: int | None = None
    sequences: int | None = None
    length: int | None = None
    noise: float | None = None
    over: str = "b"
    b_range: Pair = (-3.5, -1.5)
    w_range: Pair = (3.0, 7.0)
    points: int = 200
    second: str = "phase"
    fourth: str = "loss"
    hide: tuple[str, ...] = ()
    style: str = "light"

    def __post_init__(self) -> None:
        if self.learning_rate is None:
            object.__setattr__(self, "learning_rate", usual_rate(self.rule))
        for name in KINDS:
            try:
                value = checked_option(name, getattr(self, name))
            except ValueError as error:
                raise ArgumentError(name, str(error)) from None
            object.__setattr__(self, name, value)
        for name, words in self._conflicts():
            raise ArgumentError(name, words)

    def _conflicts(self) -> Iterator[tuple[str, str]]:
        """Yield each option that another one excludes, and the sentence after its name."""
        if self.is_map and self.t_end % 1.0:
            yield "t_end", f"must be a whole number of steps for the map, got {self.t_end}"
        if self.pulse and self.input:
            yield "input", "must be 0 where there are pulses: both define the input"
        if not self.is_map and self.epsilon != 1.0:
            yield "epsilon", "is the step of the map, and the flow has none: set dynamics to map"
        if not self.is_map and self.teacher_forcing:
            yield "teacher_forcing", "is for the map: set dynamics to map"
        yield from self._conflicts_of_task()
        if self.rule == "sign" and self.clip is not None:
            yield "clip", "has no effect with the rule sign, which uses only the gradient's sign"
        if self.rule not in WITH_MOMENTUM and self.momentum:
            yield "momentum", f"is for the rules {' and '.join(WITH_MOMENTUM)}, not {self.rule}"
        for name in ("second", "fourth"):
            if getattr(self, name) == "orbit" and not self.is_map:
                yield name, "must not be orbit for the flow, which ends in equilibria"
        if self.second == self.fourth:
            yield "fourth", f"must differ from the second plot, got {self.fourth} for both"

    def _conflicts_of_task(self) -> Iterator[tuple[str, str]]:
        if self.task is None:
            for name in OF_TASK:
                if getattr(self, name) is not None:
                    yield name, "is a number of a task, and there is none: set the task too"
            return
        if not self.is_map:
            yield "task", "has inputs at each step of the map: set dynamics to map"
        usual = USUAL_SIZES[self.task]
        size = (self.sequences or usual[0]) * (self.length or usual[1])
        if size > MOST_TASK_STEPS:
            words = f"must give at most {MOST_TASK_STEPS} steps in all sequences, got {size}"
            yield "length" if self.length is not None else "sequences", words
        if self.task == "latch" and self.sequences == 1:
            yield "sequences", "must be at least 2 for the latch, which has two classes"

    @property
    def ready_task(self) -> ReadyTask | None:
        """Return the task that is learned in place of the target."""
        if self.task is None:
            return None
        own = {name: getattr(self, name) for name in ("sequences", "length", "noise")}
        return ReadyTask(name=self.task, seed=self.seed or 0, **own)

    @property
    def is_map(self) -> bool:
        """Return whether time is discrete."""
        return self.dynamics == "map"

    @property
    def neuron(self) -> NeuronODE | NeuronMap:
        """Return the neuron."""
        own: dict[str, Any] = {"input_weight": self.input_weight, "input_to": self.input_to}
        if self.is_map:
            return NeuronMap(self.w, self.b, epsilon=self.epsilon, **own)
        return NeuronODE(self.w, self.b, **own)

    @property
    def u(self) -> float | Pulses | None:
        """Return the input: pulses, a constant other than 0, or None."""
        return Pulses(self.pulse) if self.pulse else self.input or None

    @property
    def start(self) -> dict[str, float]:
        """Return w and b where the descent starts."""
        own = {"w": self.w, "b": self.b}
        return own | {name: getattr(self, f"start_{name}") for name in self.learn}

    def between(self, name: str) -> Pair:
        """Return the range of the plots over b or w."""
        ends: Pair = getattr(self, f"{name}_range")
        return ends

    def replace(self, **changes: Any) -> Self:
        """Return the view with some options changed; a usual learning rate follows the rule."""
        for name in changes.keys() - KINDS.keys():
            raise ArgumentError(name, "is not an option of the explorer")
        if "rule" in changes and self.learning_rate == usual_rate(self.rule):
            changes = {"learning_rate": None, **changes}
        return dataclasses.replace(self, **changes)

    def query(self) -> str:
        """Return the query of this view: w, b, and all that differs from the defaults.

        Examples
        --------
        >>> View(b=-2.5, t_end=30, pulse=[(5, 8, 0.5)]).query()
        'w=5&b=-2.5&pulse=5,8,0.5&t-end=30'
        """
        pairs: list[tuple[str, str]] = []
        for name, kind in KINDS.items():
            value = getattr(self, name)
            usual = usual_rate(self.rule) if name == "learning_rate" else DEFAULTS[name]
            if name == "over":
                pairs += self._ranges()
            elif name in RANGES or (value == usual and name not in ("w", "b")):
                continue
            else:
                values = value if name in SEVERAL else [value]
                pairs += [(option(name), kind.write(each)) for each in values]
        return urlencode(pairs, safe=",")

    def _ranges(self) -> Iterator[tuple[str, str]]:
        """Yield the swept parameter with its range, then the other range, unless they are usual."""
        other = "w" if self.over == "b" else "b"
        is_usual = self.between(other) == DEFAULTS[f"{other}_range"]
        if is_usual and self.over == "b" and self.b_range == DEFAULTS["b_range"]:
            return
        for name in (self.over, other)[: 1 if is_usual else 2]:
            yield "over", f"{name},{SPAN.write(self.between(name))}"

    @classmethod
    def from_query(cls, query: str) -> Self:
        """Return the view of a query; raise an ArgumentError with the first wrong value.

        Examples
        --------
        >>> View.from_query("?w=5&b=-2.5").b
        -2.5
        """
        view, problems = read(query)
        for name, words in problems:
            raise ArgumentError(name, words)
        return cls(**{name: getattr(view, name) for name in KINDS})


DEFAULTS: Mapping[str, Any] = {each.name: each.default for each in dataclasses.fields(View)}


def read(query: str) -> tuple[View, list[tuple[str, str]]]:
    """Return the view of a query, and each wrong option with the sentence after its name.

    A wrong value leaves the default.
    """
    if len(query) > LONGEST:
        return View(), [("query", f"must have at most {LONGEST} characters, got {len(query)}")]
    given: dict[str, list[str]] = {}
    for key, word in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        given.setdefault(key.replace("-", "_"), []).append(word)
    found: dict[str, Any] = {}
    problems = []
    for name, words in given.items():
        try:
            found |= read_option(name, words)
        except ValueError as error:
            problems.append((name if name in KINDS else shown(name), str(error)))
    while True:
        try:
            return View(**found), problems
        except ArgumentError as error:  # of two values that exclude each other, one is left out
            problems.append((error.argument, error.words))
            del found[error.argument]


def of_neuron(neuron: Neuron, **changes: Any) -> View:
    """Return a view of a neuron, with further options."""
    if not isinstance(neuron, (NeuronODE, NeuronMap)) or neuron.shape:
        raise ArgumentError("neuron", f"must be one NeuronODE or NeuronMap, got {neuron!r}")
    own: dict[str, Any] = {**neuron.parameters, "input_to": neuron.input_to}
    return View(**own, dynamics=neuron.dynamics).replace(**changes)
