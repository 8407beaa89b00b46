"""The conversion of parameters, states and times between Doya and another author."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from doya.checks import FINITE, LARGEST, Parameter, Range, broadcast_shape, checked
from doya.conversions.author import AUTHORS, Author
from doya.conversions.duals import Dual
from doya.errors import ArgumentError
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap
from doya.results import Result, short

# Measured number of arrays in memory at once, each as large as the states.
IN_USE = 12
TIME = Range(lambda t: (abs(t) <= LARGEST) | np.isinf(t), "a time, up to 1e100 in size or infinite")


@dataclass(frozen=True, eq=False, repr=False)
class Conversion(Result):
    """One neuron in another author's parameters and in Doya's, with both conversions of its state.

    States are converted at the same instant: `to_state` maps an orbit of the author's equation to
    an orbit of `neuron` without input.

    In an array of states the leading axes belong to the parameters and the last axis to time.  If
    S is the shape of the parameters (of the ensemble), states may have

    - shape S, one state for each neuron,
    - shape S + (times,), as `simulate` returns them, or
    - no axes: one number for all neurons.

    A single neuron, S = (), takes states of any shape.  No other shape is broadcast.  So an axis of
    times is never mistaken for an axis of neurons: for S = (3,) states of shape (3, 3) are 3
    neurons at 3 times, and states of shape (4, 3) are refused.

    Functions that take a neuron take a conversion too.  There the names keep their meaning: x0, x,
    t_end, t, eigenvalues, w and b are Doya's, and x0 may be written as `conversion.to_state(...)`.
    The author's are the letter that `over` names, the values of it, and the `state` of a result,
    which stands beside its x.  Derivatives are those of the author's state, with respect to letters
    and to the author's state at the start, at a fixed time of the author.

    Attributes
    ----------
    author : str
        Name of the author, as in the shell: "pascanu", "wilson-cowan", and so on.
    parameters : dict of float or ndarray
        The author's parameters, by name.
    neuron : NeuronMap or NeuronODE
        The same neuron in Doya's parameters.
    """

    author: str
    parameters: dict[str, Parameter]
    neuron: Neuron

    def __str__(self) -> str:
        letters = ", ".join(f"{name} = {short(each)}" for name, each in self.parameters.items())
        return f"{self.author} {letters}"

    def to_state(self, state: ArrayLike) -> Any:
        """Return Doya's state x for the author's state.

        Parameters
        ----------
        state : float or array
            The state in the author's equation, called a or y, from -1e100 to 1e100.  A number, or
            shape S or S + (times,), where S is the shape of the parameters.

        Returns
        -------
        float or ndarray
            The shape of the states; shape S for a number.  x is within 4 units in the last place
            of its exact value for these doubles, also where terms cancel.

        Raises
        ------
        ArgumentError
            For a state, given or converted, outside its range, or for another shape.
        """
        author = AUTHORS[self.author]
        require_determined(self)
        return self._found("x", FINITE, author.to_x, checked(author.variable, state))

    def from_state(self, x: ArrayLike) -> Any:
        """Return the author's state for Doya's state x.

        A state that is a logit of x loses digits where x is near 1; the author's function, for
        example `from_tanh`, says how to avoid this.

        Parameters
        ----------
        x : float or array
            Doya's state, dimensionless, from -1e100 to 1e100; greater than 0 and less than 1 where
            the author's state is a logit of x.  A number, or shape S or S + (times,), where S is
            the shape of the parameters.

        Returns
        -------
        float or ndarray
            The shape of x; shape S for a number.  The state is within 4 units in the last place of
            its exact value for these doubles, also where terms cancel.

        Raises
        ------
        ArgumentError
            For a state, given or converted, outside its range, or for another shape.

        Examples
        --------
        >>> import doya
        >>> beer = doya.from_beer(w=5.0, theta=-3.0, input=[0.0, 0.5, 1.0], tau=1.0)
        >>> x = doya.simulate(beer.neuron, beer.to_state(0.0), 50.0).x
        >>> beer.from_state(x).shape == x.shape
        True
        """
        author = AUTHORS[self.author]
        return self._found(
            author.variable,
            FINITE,
            author.from_x,
            checked("x", x, author.states(**self.parameters)),
        )

    def to_time(self, t: ArrayLike) -> Any:
        """Return Doya's time for the author's time t: t / tau for a flow, t itself for a map.

        Parameters
        ----------
        t : float or array
            A time, which may be infinite.  For a map or a single tau: any shape.  For an array of
            tau: a number, or shape S or S + (times,), where S is the shape of the parameters.

        Returns
        -------
        float or ndarray
            The shape of t; shape S for a number and an array of tau.

        Raises
        ------
        ArgumentError
            For a time, given or converted, that is neither infinite nor from -1e100 to 1e100, or
            for another shape.
        """
        return self._in_time(lambda t, unit: t / unit, checked("t", t, TIME))

    def from_time(self, t: ArrayLike) -> Any:
        """Return the author's time for Doya's time t: tau t for a flow, t itself for a map.

        Parameters
        ----------
        t : float or array
            A time, which may be infinite.  For a map or a single tau: any shape.  For an array of
            tau: a number, or shape S or S + (times,), where S is the shape of the parameters.

        Returns
        -------
        float or ndarray
            The shape of t; shape S for a number and an array of tau.

        Raises
        ------
        ArgumentError
            For a time, given or converted, that is neither infinite nor from -1e100 to 1e100, or
            for another shape.
        """
        return self._in_time(lambda t, unit: t * unit, checked("t", t, TIME))

    def _in_time(self, rule: Callable[..., Any], t: Parameter) -> Any:
        letter = AUTHORS[self.author].time_unit
        unit = self.parameters[letter] if letter else 1.0
        shape = self._shape if np.ndim(unit) else ()
        return _paired("t", TIME, rule, t, {"unit": unit}, shape)

    def _found(
        self, name: str, allowed: Range, rule: Callable[..., Any], argument: Parameter
    ) -> Any:
        return _paired(name, allowed, rule, argument, self.parameters, self._shape)

    def _doya_at(
        self, letters: Mapping[str, Parameter], start: Any = None, time: Any = None
    ) -> dict[str, Any]:
        """Return Doya's parameters, x0 and T where some letters have other values.

        The start and the time, if they are given, are the author's.
        """
        author = AUTHORS[self.author]
        there = from_letters(author, {**self.parameters, **letters})
        found = {**there.neuron.parameters, "input_weight": self.neuron.input_weight}
        if start is not None:
            with np.errstate(all="ignore"):
                found["x0"] = author.to_x(start, **there.parameters)
        if time is not None and author.time_unit:
            found["t_end"] = time / there.parameters[author.time_unit]
        return found

    def _moved_by(self, names: Collection[str]) -> set[str]:
        """Return which of Doya's parameters, x0 and T some letters move.

        The start and the time are constant in the author's unit.
        """
        author = AUTHORS[self.author]
        letters = {
            name: Dual(each, {name: 1.0} if name in names else {})
            for name, each in self.parameters.items()
        }
        with np.errstate(all="ignore"):
            rules = zip(("w", "b", "epsilon"), author.to_doya(**letters).values(), strict=False)
            found = {name for name, each in rules if isinstance(each, Dual) and each.by}
            state = author.readout(Dual(0.5, {}), **letters)
        # A state that is a logit of x is so without letters, while epsilon is 1.
        if state.by and not (is_late(self).all() and "epsilon" not in found):
            found.add("x0")
        return found | ({"t_end"} if author.time_unit in names else set())

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the ensemble, () for one neuron."""
        return self._shape

    @property
    def _shape(self) -> tuple[int, ...]:
        """Return the shape of the ensemble, from the letters and from the neuron together."""
        return np.broadcast_shapes(broadcast_shape(self.parameters), self.neuron.shape)


def _paired(
    name: str,
    allowed: Range,
    rule: Callable[..., Any],
    argument: Parameter,
    letters: Mapping[str, Parameter],
    shape: tuple[int, ...],
) -> Any:
    """Return the rule's result for states or times, each with the letters of its own neuron."""
    given = np.shape(argument)
    if given and shape and given != shape:
        if given[:-1] != shape:
            raise ArgumentError(
                "states",
                f"or times must have the shape of the parameters, {shape}, or that and a"
                f" last axis of times, ({', '.join(map(str, shape))}, times); got {given}",
            )
        letters = {
            letter: np.broadcast_to(value, shape)[..., np.newaxis] if np.ndim(value) else value
            for letter, value in letters.items()
        }
    require_memory(name, given or shape, IN_USE)
    with np.errstate(all="ignore"):
        found = rule(argument, **letters)
    checked(name, found, allowed)
    return np.array(np.broadcast_to(found, given or shape))[()]


def states_of(conversion: Conversion, x: Any, z: Any = None, *, axes: int = 0) -> Any:
    """Return the author's states of x, NaN or infinite where there are none.

    `axes` is the number of axes of x behind those of the parameters.  At an equilibrium, z resolves
    the state better than x.
    """
    author = AUTHORS[conversion.author]
    letters = {
        name: np.reshape(each, np.shape(each) + (1,) * axes) if np.ndim(each) else each
        for name, each in conversion.parameters.items()
    }
    with np.errstate(all="ignore"):
        found = author.from_x(x, **letters) if z is None else author.at_rest(z, **letters)
    return np.broadcast_to(found, np.shape(x)) + 0.0


def require_no_input(conversion: Conversion | None, u: Any) -> None:
    """Raise if there is an input and it has no place in the author's equation.

    Where the state is a logit of x, an input inside sigma changes the author's bias, but no input
    of the author's equation is one that is added outside sigma.
    """
    if conversion is None or u is None or conversion.neuron.input_inside or not np.any(u):
        return
    if is_late(conversion).any():
        author = AUTHORS[conversion.author]
        given = f"got {u}" if isinstance(u, (int, float, np.number)) else "got an input"
        raise ArgumentError(
            "u",
            f"must be 0 for {author.called}, {given}: the equation has no input outside sigma; use"
            " the neuron in Doya's parameters, or one with input_to='bias'",
        )


def is_late(conversion: Conversion) -> Any:
    """Return where the author's state after a step is a formula of Doya's state before it.

    There the author's state is a logit of x, and z = w x + b of the step before.
    """
    neuron = conversion.neuron
    if not AUTHORS[conversion.author].steepness or not isinstance(neuron, NeuronMap):
        return np.asarray(False)
    return np.asarray(np.equal(neuron.epsilon, 1.0))


def require_determined(conversion: Conversion) -> None:
    """Raise if the author's state does not determine x."""
    author = AUTHORS[conversion.author]
    lost = author.lost(**conversion.parameters)
    if np.any(lost):
        words = f"other than 0 where {author.variable} is converted to x, which it does not"
        words += " determine otherwise"
        checked(author.loses, np.where(lost, 0.0, 1.0), Range(lambda value: value != 0.0, words))


def in_doya(neuron: Neuron | Conversion) -> Neuron:
    """Return the neuron in Doya's parameters, whether it is one or a conversion."""
    return neuron.neuron if isinstance(neuron, Conversion) else neuron


def conversion_of(neuron: Neuron | Conversion) -> Conversion | None:
    """Return the conversion, or None for a neuron in Doya's parameters."""
    return neuron if isinstance(neuron, Conversion) else None


def from_letters(author: Author, letters: Mapping[str, Any]) -> Conversion:
    """Convert the author's neuron to Doya's parameters."""
    parameters = author.checked_letters(letters)
    return Conversion(author.name, parameters, author.neuron_of(parameters))


def from_neuron(author: Author, neuron: Neuron) -> Conversion:
    """Convert Doya's neuron to the author's parameters, or raise an ArgumentError."""
    return Conversion(author.name, author.letters_of(neuron), neuron)
