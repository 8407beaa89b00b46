"""The loss of a neuron in an author's letters, L = (target - s(T))**2 with the author's state s."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from doya.arrays import Floats
from doya.checks import Parameter
from doya.conversions.conversion import Conversion
from doya.conversions.rates import moved, rates_of, start_of, x_of
from doya.kernels.machinery.running import Call, Work
from doya.landscapes.losses import Loss
from doya.neurons import Neuron
from doya.sensitivities.derivatives import sensitivity
from doya.sensitivities.finite_differences import end_state
from doya.trajectories import final_state


@dataclass(frozen=True, eq=False)
class LetterLoss(Loss):
    """Loss of one neuron without input, from a fixed state of the author, as letters change.

    `x0` is Doya's at the letters of `conversion`, and T is Doya's.  The target is a value of the
    author's state.
    """

    conversion: Conversion
    in_doya: ClassVar[bool] = False

    @property
    def start(self) -> float:
        """Return the author's state at the start."""
        return float(start_of(self.conversion, self.x0))

    def there(self, values: Mapping[str, Parameter]) -> Conversion:
        """Return the neuron with these letters changed."""
        return moved(self.conversion, **values) if values else self.conversion

    def at(self, values: Mapping[str, Parameter]) -> tuple[Neuron, Parameter]:
        """Return the neuron and its start x0 with these letters changed."""
        conversion = self.there(values)
        return conversion.neuron, np.asarray(x_of(conversion, self.start))

    def state(self, values: Mapping[str, Parameter]) -> Floats:
        """Return the author's state at T with these letters changed."""
        return np.asarray(end_state(self.there(values), self.start, np.array(self.t_end), None))

    def x_at(self, values: Mapping[str, Parameter]) -> Floats:
        """Return x(T) with these letters changed."""
        return final_state(*self.at(values), self.t_end)

    def resolution(self, over: str, values: Mapping[str, Parameter]) -> Any:
        """Return the change of a letter that changes w, b or epsilon by an ulp."""
        conversion = self.there(values)
        rates, neuron = rates_of(conversion)[over], conversion.neuron
        with np.errstate(divide="ignore"):
            changes = [
                np.spacing(np.abs(getattr(neuron, name))) / np.abs(rate)
                for name, rate in rates.items()
            ]
        return functools.reduce(np.minimum, changes)

    def work(self, size: int, names: Collection[str]) -> Work:
        """Return no work of a job's own: each job computes its cells by `sensitivity`."""
        return {}

    def slopes_of(
        self, values: Mapping[str, Floats], names: Sequence[str], call: Call
    ) -> tuple[Floats, dict[str, Floats]]:
        """Return the author's state at T and its derivatives for the cells of one job."""
        conversion = self.there(values)
        x0 = np.asarray(x_of(conversion, self.start))
        found = sensitivity(conversion, x0, self.t_end, names)
        return found.state, found.derivative
