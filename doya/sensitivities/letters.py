"""Derivatives of an author's state with respect to its letters, by the chain rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.checks import Parameter, checked, checked_names
from doya.conversions.conversion import (
    Conversion,
    is_late,
    require_determined,
    require_no_input,
    states_of,
)
from doya.conversions.rates import (
    rates_of,
    readout,
    readout_rates,
    start_rates,
    time_rates_of,
)
from doya.errors import ArgumentError
from doya.inputs import Input, in_pieces
from doya.neurons import NeuronMap, NeuronODE
from doya.scaled import Scaled
from doya.sensitivities.records import Sensitivity
from doya.trajectory_checks import checked_end


@dataclass(frozen=True, eq=False)
class InLetters:
    """A neuron in an author's letters, its start and end, and the names of the derivatives.

    The author's state is s = r(x; L), with the letters L; where it is a logit of x(T) it is a
    formula of x(T-1).  Then ds/dL = r_x dx/dL + r_L, and

        dx/dL = sum of dx/dp dp/dL over p = b, w, epsilon, x0, T.

    Attributes
    ----------
    before : ndarray
        The time of the x that the author's state is read from.
    needs : tuple of str
        Doya's names p to differentiate x with respect to.
    """

    conversion: Conversion
    x0: Parameter
    t_end: Any
    end: Floats
    before: Floats
    names: tuple[str, ...]
    needs: tuple[str, ...]
    rates: dict[str, dict[str, Any]]
    speed: Any  # dx/dt at the start, where the unit of time is a name
    late: Any  # where the state is read one step before the end

    @classmethod
    def of(
        cls,
        conversion: Conversion,
        x0: Any,
        t_end: Any,
        wrt: str | Iterable[str] | None,
        u: Input | None,
        order: int = 1,
    ) -> InLetters:
        """Return the problem; raise for a wrong argument.  A t_end of None is a state at rest."""
        rates = rates_of(conversion)
        late = is_late(conversion) & (t_end is not None)
        allowed = ("x0", *conversion.parameters)
        turning = {name for name, each in rates.items() if "epsilon" in each and late.any()}
        wanted = [name for name in allowed if name not in turning] if wrt is None else wrt
        names = checked_names("wrt", wanted, allowed)
        if turning & {*names} and not conversion.shape:
            words = "must not have 'epsilon' at epsilon = 1, where the state is a logit of x"
            raise ArgumentError("wrt", f"{words}, got {names}")
        if order != 1:
            words = f"must be 1 for a Conversion, got {order!r}: use its attribute `neuron`"
            raise ArgumentError("order", words)
        if not conversion.shape:
            require_determined(conversion)
        require_no_input(conversion, u)
        x0 = checked("x0", x0)
        end = np.array(np.inf) if t_end is None else checked_end(conversion.neuron, t_end)
        rates = {name: each for name, each in rates.items() if name in names}
        needs = dict.fromkeys(["x0", *(doya for each in rates.values() for doya in each)])
        speed = 0.0
        if t_end is not None and set(time_rates_of(conversion)) & set(names):
            assert isinstance(conversion.neuron, NeuronODE)
            speed = conversion.neuron.rate(x0, _constant(u, end, names))
        before = np.where(late & (end >= 1.0), end - 1.0, end) if late.any() else end
        ended = end if end.ndim else float(end)
        return cls(conversion, x0, ended, end, before, names, tuple(needs), rates, speed, late)

    def sensitivity(self, plain: Sensitivity) -> Sensitivity:
        """Return the derivatives of the author's state at the end, given those of x before it."""
        x, state = plain.x, None
        stepped = self.late & (self.end >= 1.0)
        if stepped.any():
            assert isinstance(self.conversion.neuron, NeuronMap)
            x = np.where(stepped, self.conversion.neuron.step(x), x)
            ahead = readout(self.conversion, plain.x)
            state = np.where(stepped, ahead, states_of(self.conversion, x))
        by = self.chained(plain)
        at_start = self.end == 0.0
        if at_start.any():
            for name, each in by.items():
                exact = 1.0 if name == "x0" else 0.0
                by[name] = Scaled(
                    np.where(at_start, exact, each.value), np.where(at_start, 0.0, each.shift)
                )
        return self._record(plain, x, self.t_end, by, state)

    def settled(self, plain: Sensitivity) -> Sensitivity:
        """Return the derivatives of the author's state at rest, given those of x there."""
        logits = is_late(self.conversion)
        state = None
        if logits.any():
            own = states_of(self.conversion, plain.x)
            state = np.where(logits, readout(self.conversion, plain.x), own)
        return self._record(plain, plain.x, plain.t_end, self.chained(plain), state)

    def _record(
        self,
        plain: Sensitivity,
        x: Floats,
        t_end: Any,
        by: dict[str, Scaled],
        state: Floats | None,
    ) -> Sensitivity:
        return Sensitivity(
            x, self.conversion.neuron, self.x0, t_end, by, {}, self.conversion, state,
            plain.u, self.names, plain.method,
        )  # fmt: skip

    def chained(self, plain: Sensitivity) -> dict[str, Scaled]:
        """Return the derivatives of the state that is read from x, given those of x."""
        start = start_rates(self.conversion, self.x0)
        read = readout_rates(self.conversion, plain.x)
        unit = time_rates_of(self.conversion)
        by, shape = plain._scaled, plain.x.shape
        found = {}
        for name in self.names:
            if name == "x0":
                total = by["x0"].times_or_0(start.by_state)
            else:
                total = by["x0"].times_or_0(start.by_letter.get(name, 0.0))
                for doya, rate in self.rates[name].items():
                    total = total + by[doya].times_or_0(rate)
                if name in unit:
                    total = total + by["x0"].times_or_0(self._delay(unit[name]))
            total = total.times_or_0(read.by_state)
            if name in read.by_letter:
                more = np.broadcast_to(np.asarray(read.by_letter[name], dtype=np.float64), shape)
                total = total + Scaled(more, np.zeros(shape))
            if "epsilon" in self.rates.get(name, {}):
                total = total.times(np.where(self.late, np.nan, 1.0))
            found[name] = total
        return found

    def _delay(self, unit: Any) -> Any:
        """Return dT/dL dx/dt at T, as a multiple of dx(T)/dx0 = (dx/dt at T) / (dx/dt at 0)."""
        ends = np.asarray(self.end)
        with np.errstate(invalid="ignore"):
            return unit * np.where(np.isinf(ends), 0.0, ends) * self.speed


def _constant(u: Input | None, end: Floats, names: tuple[str, ...]) -> Any:
    """Return the constant input; raise for one that varies, which has a time of its own."""
    if not callable(u):
        pieces = in_pieces(u, False, float(end.max(initial=0.0)))
        if pieces.start.size == 1 and not pieces.rise.any():
            return pieces.value[0]
    raise ArgumentError("wrt", f"must not have the unit of time under an input u(t), got {names}")
