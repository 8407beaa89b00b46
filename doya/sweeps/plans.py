"""The plan of a sweep: neuron, axes, quantities, settings and chunks, with its digest."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from doya import inputs
from doya.arrays import Floats
from doya.bifurcations.points import check_one
from doya.checks import FINITE, FRACTION, STEP, Range, checked, checked_number
from doya.conversions.author import AUTHORS, Author
from doya.conversions.conversion import Conversion, from_letters, in_doya
from doya.errors import ArgumentError
from doya.memory import DOUBLE, require_memory
from doya.neurons import Neuron, NeuronMap, NeuronODE
from doya.sweeps.chunks import LARGEST, Place, grid_of, lengths_of, place_of
from doya.sweeps.differences import CHUNKS, first_difference
from doya.sweeps.quantities import AXES, FEW, QUANTITIES, check_quantities
from doya.sweeps.questions import OF_NEURON, Question, Variable, author_of
from doya.training.rules import LIMIT, RATE
from doya.trajectory_checks import checked_end

STATUS = "status"
# Values of an axis that a plan lists; of a longer one it has a digest, and the store the values.
LISTED = 1000
RANGES = {"epsilon": STEP, "learning_rate": RATE, "clip": LIMIT, "momentum": FRACTION}
# Time of one core for a chunk, about: so much is lost where a run is killed.
SECONDS = 10.0
BYTES = Range(lambda value: 1.0 <= value < math.inf, "a number of bytes, at least 1")
LONG_NAMES = {
    "w": "weight of the neuron onto itself",
    "b": "bias",
    "epsilon": "step of the map",
    "input_weight": "weight of the input",
    "u": "constant input",
    "x0": "state at the start",
    "t_end": "time T",
    "target": "desired value of x(T)",
    "learning_rate": "learning rate",
    "clip": "largest norm of a gradient",
    "momentum": "momentum",
    "level": "level to be crossed",
    "equilibrium": "number of the equilibrium, ascending in x",
    "attractor": "number of the attractor",
}
# Settings that may be lists or dicts.
LISTS = ("wrt", "learn", "penalty")
# Inputs that a plan can hold, besides numbers and lists of numbers.
INPUTS = {kind.__name__: kind for kind in (inputs.Pulses, inputs.Ramp, inputs.Table)}


@dataclass(frozen=True)
class Plan:
    """What a sweep computes.

    `over` holds the values of each axis, in the order of the store's dimensions; `settings` those
    that were given, of all quantities; `lengths` the lengths of the chunks along the axes.
    """

    neuron: Neuron | Conversion
    over: dict[str, Floats]
    quantities: tuple[str, ...]
    settings: dict[str, Any]
    lengths: tuple[int, ...]

    @classmethod
    def of(
        cls,
        neuron: Neuron | Conversion,
        over: Any,
        quantities: Any,
        settings: Mapping[str, Any],
        size: Any,
    ) -> Self:
        """Return the plan after checking each part; raise for parts that do not fit together."""
        check_one(neuron)
        names = check_quantities(quantities, neuron)
        axes = _checked_axes(neuron, over, names)
        _check_settings(neuron, settings, axes, names)
        kept = {name: _normal(name, settings[name]) for name in sorted(settings)}
        plan = cls(neuron, axes, names, kept, ())
        most = checked_number("chunk_bytes", size, BYTES) / plan.working_bytes
        most = min(most, plan._cells_in_time, LARGEST / plan.bytes_a_cell)
        lengths = lengths_of(plan.shape, max(most, 1.0))
        require_memory("chunk_bytes", lengths, math.ceil(plan.bytes_a_cell / DOUBLE))
        return dataclasses.replace(plan, lengths=lengths)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the axes."""
        return tuple(self.over)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(axis.size for axis in self.over.values())

    @property
    def cells(self) -> int:
        return math.prod(self.shape)

    @property
    def grid(self) -> tuple[int, ...]:
        """Return the number of chunks along each axis."""
        return grid_of(self.shape, self.lengths)

    @property
    def chunks(self) -> int:
        return math.prod(self.grid)

    def place(self, chunk: int) -> Place:
        """Return where a chunk is, by its number."""
        index = [int(k) for k in np.unravel_index(chunk, self.grid)]
        return place_of(index, self.shape, self.lengths)

    def question(self, name: str) -> Question:
        """Return the neuron and the settings of one quantity."""
        usual = QUANTITIES[name].usual(self.neuron)
        own = {key: value for key, value in self.settings.items() if key in usual}
        return Question(self.neuron, {**usual, **own})

    @cached_property
    def variables(self) -> dict[str, Variable]:
        """Return the arrays of the store without the status; two quantities may share one."""
        found: dict[str, Variable] = {}
        for name in self.quantities:
            for key, variable in QUANTITIES[name].variables(self.question(name)).items():
                found.setdefault(key, variable)
        return found

    @cached_property
    def bytes_a_cell(self) -> int:
        """Return the bytes of a cell in the store, before compression."""
        return 1 + sum(each.bytes_a_cell for each in self.variables.values())

    @cached_property
    def working_bytes(self) -> float:
        """Return the bytes in use for a cell while a chunk is computed, of its largest quantity."""
        return self.bytes_a_cell + max(QUANTITIES[name].bytes_a_cell for name in self.quantities)

    @property
    def _cells_in_time(self) -> float:
        """Return the cells that one core computes in about `SECONDS`, and at least `FEW`."""
        seconds = sum(map(self.seconds, self.quantities))
        return max(SECONDS / seconds, FEW) if seconds else math.inf

    def seconds(self, name: str) -> float:
        """Return about the time of a core for a cell of one quantity; 0 where it is short."""
        is_map, settings = self.question(name).is_map, self.question(name).settings
        end = np.max(self.over.get("t_end", settings.get("t_end", 0.0))) if is_map else 0.0
        return QUANTITIES[name].seconds(settings, end)

    def as_json(self) -> str:
        """Return the plan as one line of JSON, the same for equal plans."""
        return json.dumps(_encoded(self._parts), separators=(",", ":"), allow_nan=False)

    @cached_property
    def _parts(self) -> dict[str, Any]:
        return {
            "neuron": _neuron_parts(self.neuron, self.over),
            "over": self.over,
            "quantities": list(self.quantities),
            "settings": self.settings,
            CHUNKS: list(self.lengths),
        }

    @classmethod
    def from_json(cls, text: str, axis_of: Callable[[str], Floats]) -> Self:
        """Return the plan that `as_json` has written; `axis_of` returns long axes by name."""
        parts = _decoded(json.loads(text))
        over = {
            name: np.array(axis, dtype=np.float64)
            if isinstance(axis, tuple)
            else _same_axis(axis, axis_of(name))
            for name, axis in parts["over"].items()
        }
        names = tuple(parts["quantities"])
        return cls(
            _neuron_of(parts["neuron"], over), over, names, parts["settings"], tuple(parts[CHUNKS])
        )

    @cached_property
    def digest(self) -> str:
        """Return a digest of the plan, 64 hexadecimal digits."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()

    def difference(self, other: Plan) -> str:
        """Return the first difference in words, this plan's value first; "" for equal plans."""
        return first_difference(self._parts, other._parts)


def _neuron_parts(neuron: Neuron | Conversion, over: Mapping[str, Floats]) -> dict[str, Any]:
    """Return what defines the neuron, without the parameters or letters that are swept."""
    model = in_doya(neuron)
    parameters = {name: each for name, each in neuron.parameters.items() if name not in over}
    if isinstance(neuron, Conversion):
        weight = {"input_weight": model.input_weight, "input_to": model.input_to}
        return {"author": neuron.author, **weight, "letters": parameters}
    return {"dynamics": neuron.dynamics, **parameters, "input_to": neuron.input_to}


def _neuron_of(parts: Mapping[str, Any], over: Mapping[str, Floats]) -> Neuron | Conversion:
    """Return the neuron of its parts; swept letters have values of their axes."""
    own = dict(parts)
    if "author" not in own:
        kind = NeuronMap if own.pop("dynamics") == "map" else NeuronODE
        return kind(**own)
    author, letters = AUTHORS[own.pop("author")], own.pop("letters")
    swept = {name: over[name] for name in author.letters if name in over}
    found = _first_neuron(author, letters, swept)
    return dataclasses.replace(found, neuron=found.neuron.replace(**own))


def _first_neuron(
    author: Author, letters: Mapping[str, Any], swept: Mapping[str, Floats]
) -> Conversion:
    """Return a neuron of swept letters: not all of their values need to be of one."""
    ends = [dict.fromkeys([float(each[k]) for k in (0, -1)]) for each in swept.values()]
    most = max((each.size for each in swept.values()), default=0)
    rest = [
        map(float, each[np.linspace(0, each.size - 1, most).astype(int)]) for each in swept.values()
    ]
    for values in itertools.chain(itertools.product(*ends), zip(*rest, strict=True)):
        try:
            return from_letters(author, {**letters, **dict(zip(swept, values, strict=True))})
        except ArgumentError as error:
            refused = error
    raise refused


def _checked_axes(
    neuron: Neuron | Conversion, over: Any, quantities: tuple[str, ...]
) -> dict[str, Floats]:
    """Return the values of each axis; raise for one on which no quantity depends."""
    if not isinstance(over, Mapping) or not over:
        raise ArgumentError("over", f"must be a dict such as {{'b': values}}, got {over!r}")
    axes_of = [name for name in AXES if any(name in QUANTITIES[q].axes for q in quantities)]
    allowed = Question(neuron, {}).depends_on(tuple(axes_of))
    author, axes = author_of(neuron), {}
    ranges = {**RANGES, **(author.letters if author else {})}
    for name, values in over.items():
        if name not in allowed:
            words = f"must be among {', '.join(allowed)} for {' and '.join(quantities)}"
            raise ArgumentError("over", f"{words}, got {name!r}")
        axis = np.asarray(
            checked_end(in_doya(neuron), values) if name == "t_end"
            else checked(name, values, ranges.get(name, FINITE))
        )  # fmt: skip
        if axis.ndim != 1 or not axis.size:
            words = f"must be a list of values in `over`, got an array of shape {axis.shape}"
            raise ArgumentError(name, words)
        if np.unique(axis).size < axis.size:
            raise ArgumentError(name, "must have each value once in `over`, got one twice")
        axes[name] = axis
    return axes


def _check_settings(
    neuron: Neuron | Conversion, settings: Mapping[str, Any], axes: Mapping[str, Floats],
    quantities: tuple[str, ...],
) -> None:  # fmt: skip
    known = dict.fromkeys(key for name in quantities for key in QUANTITIES[name].settings)
    for key in settings:
        if key in OF_NEURON or key in neuron.parameters:
            raise ArgumentError(key, "is a parameter of the neuron: set it there, or sweep it")
        if key not in known:
            has = f"which {'has' if len(quantities) == 1 else 'have'} {', '.join(known)}"
            raise ArgumentError(key, f"is not a setting of {' and '.join(quantities)}, {has}")
        if key in axes:
            raise ArgumentError(key, "is swept: remove it from the settings or from `over`")
        _check_setting(in_doya(neuron), key, settings[key], quantities)
    _check_input(in_doya(neuron), settings.get("u"), quantities)
    for name in quantities:
        for key in QUANTITIES[name].required:
            if key not in settings and key not in axes:
                raise ArgumentError(key, f"must be given or swept for {name!r}")


def _check_setting(neuron: Neuron, key: str, value: Any, quantities: tuple[str, ...]) -> None:
    """Raise for a setting that is not one number, where it is a number, or outside its range."""
    usual = [QUANTITIES[name].settings.get(key, 0) for name in quantities]
    if key in (*LISTS, "u") or (value is None and None in usual):
        return
    if np.ndim(value):
        words = "must be one number, or an axis in `over`" if key in AXES else "must be one number"
        raise ArgumentError(key, f"{words}, got {value!r}")
    if key == "t_end":
        checked_end(neuron, value)
    elif key in AXES and (key, value) != ("clip", "auto"):
        checked_number(key, value, RANGES.get(key, FINITE))


def _check_input(neuron: Neuron, u: Any, quantities: tuple[str, ...]) -> None:
    """Raise for a function of time, inputs of an ensemble, and pulses where u is one number."""
    constant = [name for name in quantities if QUANTITIES[name].settings["u"] is not None]
    if callable(u):
        raise ArgumentError("u", "must not be a function in a sweep: give its values as a Table")
    if isinstance(u, tuple(INPUTS.values())):
        if constant:
            raise ArgumentError("u", f"must be one number for {' and '.join(constant)}")
        shape = inputs.every_piece(u, isinstance(neuron, NeuronMap), math.inf).shape
    else:
        if constant and u is not None:
            checked_number("u", u, FINITE)
        shape = np.shape(u)[: np.ndim(u) - isinstance(neuron, NeuronMap)] if np.ndim(u) else ()
    if shape:
        raise ArgumentError("u", f"must be one input in a sweep, got inputs of shape {shape}")


def _normal(name: str, value: Any) -> Any:
    """Return a setting as JSON can hold it; an input by its kind."""
    if isinstance(value, Mapping):
        return {str(key): _normal(name, each) for key, each in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return tuple(_normal(name, each) for each in value)
    if value is None or isinstance(value, (bool, int, float, str, *INPUTS.values())):
        return value
    words = "must be a number, a text, or a list of these in a sweep"
    raise ArgumentError(name, f"{words}, got {value!r}")


def _encoded(value: Any) -> Any:
    """Return a value without what JSON lacks: inputs as dicts, infinities as text in a list."""
    if isinstance(value, tuple(INPUTS.values())):
        return {"input": type(value).__name__, **_encoded(vars(value))}
    if isinstance(value, Mapping):
        return {name: _encoded(each) for name, each in value.items()}
    if isinstance(value, np.ndarray):
        return _encoded(value.tolist()) if value.size <= LISTED else _digested(value)
    if isinstance(value, (list, tuple)):
        return [_encoded(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    return value


def _digested(axis: Floats) -> dict[str, Any]:
    """Return what stands for a long axis, whose values the store has in an array."""
    values = np.ascontiguousarray(axis, dtype="<f8")
    return {"size": axis.size, "sha256": hashlib.sha256(values.tobytes()).hexdigest()}


def _same_axis(known: Mapping[str, Any], axis: Floats) -> Floats:
    """Return a long axis; raise ValueError if it is not the one of the plan."""
    if _digested(axis) != known:
        raise ValueError("the axis is another one")
    return axis


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_decoded(each) for each in value)
    if not isinstance(value, dict):
        return value
    if value.keys() == {"number"}:
        return float(value["number"])
    found = {name: _decoded(each) for name, each in value.items()}
    is_input = isinstance(found.get("input"), str)  # else it is a letter of an author
    return INPUTS[found.pop("input")](**found) if is_input else found
