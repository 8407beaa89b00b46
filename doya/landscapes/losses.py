"""The loss of the geometric model, L = (target - x(T))**2, of one neuron as parameters change."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from doya.arrays import Floats
from doya.checks import Parameter, checked
from doya.errors import ArgumentError
from doya.inputs import Input, Pieces, Ramp, Table, in_pieces
from doya.integrators.ensembles import Ensemble
from doya.integrators.gradients import gradients_of, work_of_gradients
from doya.integrators.sensitivities import formula_of, iteration_of, work_of_formula
from doya.kernels.machinery.registry import Kernel
from doya.kernels.machinery.running import Call, Work, run
from doya.kernels.map import input_sensitivities
from doya.kernels.map import sensitivities as map_sensitivities
from doya.neurons import Neuron, NeuronMap, NeuronODE
from doya.sensitivities.derivatives import under_function
from doya.trajectories import final_state
from doya.trajectory_checks import checked_end, require_finite


@dataclass(frozen=True, eq=False)
class Loss:
    """Loss of one neuron: the neuron, its start x0, the end T, the target, and one input u.

    Only the product w' u counts.  So where u is swept, u and w' change places: the values of "u"
    are weights of the input, and the constant input of the loss is w' (see `over_input`).
    """

    neuron: Neuron
    x0: float
    t_end: float
    target: float
    u: Input | None

    @cached_property
    def pieces(self) -> Pieces | None:
        """Return the input as constant pieces; None for the flow under a function of time."""
        is_map = isinstance(self.neuron, NeuronMap)
        if callable(self.u) and not is_map:
            return None
        pieces = in_pieces(self.u, is_map, self.t_end)
        if pieces.shape:
            return pieces
        if pieces.rise[-1] != 0.0:  # at T the rise ends
            more = (self.t_end, float(pieces.at(np.array([self.t_end]))[0]), 0.0)
            rows = (pieces.start, pieces.value, pieces.rise)
            start, value, rise = map(np.append, rows, more)
            return dataclasses.replace(pieces, start=start, value=value, rise=rise)
        if pieces.rise.any():
            return pieces
        return pieces.of(np.append(True, np.diff(pieces.value) != 0.0))

    def over_input(self) -> Loss:
        """Return the same loss with "u" among the parameters that can be changed."""
        neuron = self.neuron.replace(input_weight=1.0)
        return dataclasses.replace(self, neuron=neuron, u=float(self.neuron.input_weight))

    @cached_property
    def rest_input(self) -> float:
        """Return w' u after the last change of the input; 0 where it is inside sigma."""
        return 0.0 if self.neuron.input_inside else self._last_input

    @cached_property
    def rest_lift(self) -> float:
        """Return what the last input inside sigma adds to the bias, w' u; 0 where it is outside."""
        return self._last_input if self.neuron.input_inside else 0.0

    @property
    def _last_input(self) -> float:
        return float(self.neuron.input_weight) * self.last_value

    @property
    def last_value(self) -> float:
        """Return the last value of the input; w' where u is swept."""
        assert self.pieces is not None
        return float(self.pieces.value[-1])

    @property
    def is_constant(self) -> bool:
        """Return whether the input has one value at all times."""
        return self.pieces is not None and self.pieces.start.size == 1

    def shift(self, values: Mapping[str, Parameter]) -> Any:
        """Return `rest_input` with these parameters changed."""
        if "u" not in values:
            return self.rest_input
        return 0.0 * values["u"] if self.neuron.input_inside else values["u"] * self.last_value

    def lift(self, values: Mapping[str, Parameter]) -> Any:
        """Return `rest_lift` with these parameters changed."""
        if "u" not in values:
            return self.rest_lift
        return values["u"] * self.last_value if self.neuron.input_inside else 0.0 * values["u"]

    @cached_property
    def _group(self) -> Ensemble:
        """Return the neuron with its own parameters, as an ensemble of one."""
        assert self.pieces is not None
        return Ensemble.of(self.neuron, self.x0, self.pieces, (1,))

    def at(self, values: Mapping[str, Parameter]) -> tuple[Neuron, Parameter]:
        """Return the neuron and its start with these parameters changed."""
        changed = {
            "input_weight" if name == "u" else name: value
            for name, value in values.items()
            if name != "x0"
        }
        neuron = self.neuron.replace(**changed) if changed else self.neuron
        return neuron, values.get("x0", self.x0)

    # Whether the parameters are Doya's.
    in_doya: ClassVar[bool] = True

    def state(self, values: Mapping[str, Parameter]) -> Floats:
        """Return the state of the loss, x(T), with these parameters changed."""
        return self.x_at(values)

    def resolution(self, over: str, values: Mapping[str, Parameter]) -> Any:
        """Return the smallest change of a parameter that changes the neuron, as doubles allow."""
        return np.spacing(0.0)

    def x_at(self, values: Mapping[str, Parameter]) -> Floats:
        """Return x(T) with these parameters changed."""
        return final_state(*self.at(values), self.t_end, self.u)

    def rest(self, values: Mapping[str, Parameter]) -> Floats:
        """Return where a neuron with w > 0 settles if the input keeps its last value.

        NaN where the last change of the input is not reached.
        """
        neuron, _ = self.at(values)
        twin = NeuronODE(neuron.w, neuron.b + self.lift(values))
        start = np.asarray(self.last_start(values))
        known = np.nan_to_num(start, nan=0.0)
        x = final_state(twin.replace(input_weight=self.shift(values)), known, math.inf, 1.0)
        return np.where(np.isnan(start), math.nan, x)

    def last_start(self, values: Mapping[str, Parameter]) -> Parameter:
        """Return x at the last change of the input."""
        assert self.pieces is not None
        neuron, x0 = self.at(values)
        begin = float(self.pieces.start[-1])
        if begin == 0.0:
            return x0
        if isinstance(self.u, Ramp):
            return final_state(neuron, x0, begin, self.u)
        return final_state(neuron, x0, begin, Table(self.pieces.start, self.pieces.value))

    def slopes(
        self, values: Mapping[str, Floats], names: Sequence[str]
    ) -> tuple[Floats, dict[str, Floats]]:
        """Return x(T) and its derivatives as doubles, shape (n,); NaN where T was not reached."""
        size = max(value.size for value in values.values())
        x, *rows = np.empty((1 + len(names), size))
        by = dict(zip(names, rows, strict=True))

        def job(part: slice, call: Call) -> None:
            some = {name: value[part] for name, value in values.items()}
            x[part], found = self.slopes_of(some, names, call)
            for name, row in by.items():
                row[part] = found[name]

        run(job, size, self.work(size, {*names, *values}))
        return x, by

    def work(self, size: int, names: Collection[str]) -> Work:
        """Return the work of `slopes` for `size` cells, by the names swept or differentiated."""
        if self.pieces is None:
            return {}
        if not isinstance(self.neuron, NeuronMap):
            return work_of_formula(self._group, size)
        if self._is_plain(names):
            return work_of_gradients(size, int(self.t_end))
        kernels: list[Kernel] = [map_sensitivities.iterate]
        kernels += [input_sensitivities.iterate] if "u" in names else []
        return dict.fromkeys(kernels, size * max(self.t_end, 1.0))

    def slopes_of(
        self, values: Mapping[str, Floats], names: Sequence[str], call: Call
    ) -> tuple[Floats, dict[str, Floats]]:
        """Return x(T) and its derivatives for the cells of one job."""
        if self._is_plain({*names, *values}):
            changes: dict[str, Any] = {**values}
            group: Any = dataclasses.replace(self._group, **changes)
            x, *by = gradients_of(group.writeable(), int(self.t_end), call)
            return x, {name: by["bw".index(name)] for name in names}
        size = max(value.size for value in values.values())
        group = Ensemble.of(*self.at(values), self.pieces or in_pieces(None, False, 0.0), (size,))
        group = group.part(slice(None))
        if self.pieces is None:
            found, _ = under_function(group, np.array([self.t_end]), self.u)
        elif isinstance(self.neuron, NeuronMap):
            found = iteration_of(group, int(self.t_end), "epsilon" in names, call, "u" in names)
        else:
            found = formula_of(group, np.full(size, self.t_end), call, "u" in names)
        keys = ("input_weight" if name == "u" else name for name in names)
        slopes = (found.by[key].numbers() for key in keys)
        return found.x, dict(zip(names, slopes, strict=True))

    def _is_plain(self, names: Collection[str]) -> bool:
        """Return whether the names are b and w alone, of a map under a constant input."""
        return self.is_constant and isinstance(self.neuron, NeuronMap) and {*names} <= {"b", "w"}

    def fill(
        self, states: Floats, by: Mapping[str, Floats], x: Floats, loss: Floats,
        gradients: Sequence[Floats],
    ) -> None:  # fmt: skip
        """Write the states, their loss and its gradient, in the order of `by`, into the arrays."""
        x[:] = states
        error = states - self.target
        np.multiply(error, error, out=loss)
        error += error
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for row, slope in zip(gradients, by.values(), strict=True):
                np.multiply(error, slope, out=row)
                # At the target the gradient is 0, even where dx(T)/dp is infinite.
                row[error == 0.0] = 0.0

    def gradient(self, x: Floats, by: Mapping[str, Floats]) -> dict[str, Floats]:
        """Return dL/dp = 2 (x - target) dx/dp, by the name of p."""
        pull = 2.0 * (x - self.target)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return {name: _product(pull, each) for name, each in by.items()}


def _product(one: Floats, other: Floats) -> Floats:
    """Multiply error and slope; the product is 0 at the target, even if the slope is infinite."""
    product = one * other
    if np.isnan(product).any():
        product[one == 0.0] = 0.0
    return product


def checked_loss(neuron: Neuron, x0: float, t_end: float, target: float, u: Input | None) -> Loss:
    """Return the loss after checking its numbers, each a single one, and its input."""
    values = {"x0": checked("x0", x0), "target": checked("target", target)}
    values["t_end"] = np.asarray(checked_end(neuron, t_end))
    for name, value in values.items():
        if np.ndim(value):
            raise ArgumentError(
                name, f"must be one number, got an array of shape {np.shape(value)}"
            )
    loss = Loss(neuron, **{name: float(value) for name, value in values.items()}, u=u)
    if loss.pieces is None:
        if loss.t_end == math.inf:
            raise ArgumentError("t_end", "must be finite for an input that is a function, got inf")
    elif loss.pieces.shape:
        raise ArgumentError("u", f"must be one input, got inputs of shape {loss.pieces.shape}")
    else:
        require_finite(loss.pieces, loss.t_end)
    return loss
