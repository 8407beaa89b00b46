"""One neuron, many names: other authors' parameters, states and times, and Doya's, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from doya.checks import FINITE, LARGEST, Parameter, Range, broadcast_shape, checked
from doya.conversions.authors import AUTHORS
from doya.errors import ArgumentError
from doya.memory import require_memory
from doya.neurons import Neuron
from doya.results import Result

# Arrays in use, as large as the states, measured.
IN_USE = 12
TIME = Range(lambda t: (abs(t) <= LARGEST) | np.isinf(t), "a time, up to 1e100 in size or infinite")


@dataclass(frozen=True, eq=False, repr=False)
class Conversion(Result):
    """A neuron in an author's letters and in Doya's, and the way from each to the other.

    States are of the same instant: an orbit of the author's equation, put through `to_state`, is
    an orbit of `neuron` without input.

    Parameters belong to the leading axes of an array of states and times to its last.  With
    parameters of shape S, that of the ensemble, states have

    - shape S, one a neuron,
    - shape S + (times,), as `simulate` returns them, or
    - no axes: one number for every neuron.

    A single neuron, S = (), takes states of any shape.  Nothing else broadcasts, so that no neuron
    meets another's time where their numbers happen to agree: with S = (3,) states of shape (3, 3)
    are 3 neurons at 3 times, and those of shape (4, 3) are refused.

    Attributes
    ----------
    author : {"pascanu", "pasemann", "aihara", "beer", "tanh"}
    parameters : dict of float or ndarray
        The author's letters, by name.
    neuron : NeuronMap or NeuronODE
        Doya's neuron.
    """

    author: str
    parameters: dict[str, Parameter]
    neuron: Neuron

    def to_state(self, state: ArrayLike) -> Any:
        """Doya's x, given the author's state.

        Parameters
        ----------
        state : float or array
            a of Pascanu, Pasemann and the tanh neuron, y of Aihara and Beer, from -1e100 to 1e100;
            a number, or of shape S or S + (times,), S that of the parameters.

        Returns
        -------
        float or ndarray
            Of the shape of the states; of shape S for a number.  Within 4 units in the last place
            of the exact x of these doubles, also where its terms cancel.

        Raises
        ------
        ValueError
            For a state outside its range, one whose x would be, or another shape.
        """
        author = AUTHORS[self.author]
        return self._found("x", FINITE, author.to_x, checked(author.variable, state))

    def from_state(self, x: ArrayLike) -> Any:
        """The author's state, given Doya's x.

        Pascanu's and the tanh neuron's are logit(x) and half of it, where x near 1 has lost digits.
        One step later they are w x + b and w (2 x - 1) + h in the author's letters, from any x.

        Parameters
        ----------
        x : float or array
            Dimensionless, from -1e100 to 1e100; for Pascanu and the tanh neuron, whose state is a
            logit of x, greater than 0 and less than 1.  A number, or of shape S or S + (times,), S
            that of the parameters.

        Returns
        -------
        float or ndarray
            Of the shape of x; of shape S for a number.  Within 4 units in the last place of the
            exact state of these doubles, also where its terms cancel.

        Raises
        ------
        ValueError
            For an x outside its range, one whose state would be, or another shape.

        Examples
        --------
        >>> import doya
        >>> beer = doya.from_beer(w=5.0, theta=-3.0, input=[0.0, 0.5, 1.0], tau=1.0)
        >>> x = doya.simulate(beer.neuron, beer.to_state(0.0), 50.0).x
        >>> beer.from_state(x).shape == x.shape
        True
        """
        author = AUTHORS[self.author]
        return self._found(author.variable, FINITE, author.from_x, checked("x", x, author.states))

    def to_time(self, t: ArrayLike) -> Any:
        """Doya's time, given the author's: t / tau for Beer; for the maps a step is a step.

        Parameters
        ----------
        t : float or array
            May be infinite.  With one unit of time, as for the maps and a single tau, of any shape;
            with an array of tau a number, or of shape S or S + (times,), S that of the parameters.

        Returns
        -------
        float or ndarray
            Of the shape of t; of shape S for a number and an array of tau.

        Raises
        ------
        ValueError
            For a time outside its range, -1e100 to 1e100 or infinite, one whose like would be, or
            another shape.
        """
        return self._in_time(lambda t, unit: t / unit, checked("t", t, TIME))

    def from_time(self, t: ArrayLike) -> Any:
        """The author's time, given Doya's: tau t for Beer; for the maps a step is a step.

        Parameters
        ----------
        t : float or array
            May be infinite.  With one unit of time, as for the maps and a single tau, of any shape;
            with an array of tau a number, or of shape S or S + (times,), S that of the parameters.

        Returns
        -------
        float or ndarray
            Of the shape of t; of shape S for a number and an array of tau.

        Raises
        ------
        ValueError
            For a time outside its range, -1e100 to 1e100 or infinite, one whose like would be, or
            another shape.
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

    @property
    def _shape(self) -> tuple[int, ...]:
        """Shape of the ensemble; letters or neuron alone may lack a parameter that has it."""
        return np.broadcast_shapes(broadcast_shape(self.parameters), self.neuron.shape)


def _paired(
    name: str,
    allowed: Range,
    rule: Callable[..., Any],
    argument: Parameter,
    letters: Mapping[str, Parameter],
    shape: tuple[int, ...],
) -> Any:
    """Apply the rule to states or times and the letters of their own neurons."""
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


def from_letters(author: str, letters: Mapping[str, Any]) -> Conversion:
    """Of the author's neuron."""
    parameters = AUTHORS[author].checked_letters(letters)
    return Conversion(author, parameters, AUTHORS[author].neuron_of(parameters))


def from_neuron(author: str, neuron: Neuron) -> Conversion:
    """Of Doya's neuron; a ValueError tells why the author has none like it."""
    return Conversion(author, AUTHORS[author].letters_of(neuron), neuron)
