"""One neuron, many names: other authors' parameters, states and times, and Doya's, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from doya.checks import FINITE, LARGEST, Parameter, Range, broadcast_shape, checked
from doya.conversions.authors import AUTHORS
from doya.neurons import Neuron

TIME = Range(lambda t: (abs(t) <= LARGEST) | np.isinf(t), "a time, up to 1e100 in size or infinite")


@dataclass(frozen=True, eq=False)
class Conversion:
    """A neuron in an author's letters and in Doya's, and the way from each to the other.

    States are of the same instant: an orbit of the author's equation, put through `to_state`, is
    an orbit of `neuron` without input.

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
            broadcasts against the parameters.

        Returns
        -------
        float or ndarray

        Raises
        ------
        ValueError
            For a state outside its range, or one whose x would be.
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
            logit of x, greater than 0 and less than 1.  Broadcasts against the parameters.

        Returns
        -------
        float or ndarray

        Raises
        ------
        ValueError
            For an x outside its range, or one whose state would be.
        """
        author = AUTHORS[self.author]
        return self._found(author.variable, FINITE, author.from_x, checked("x", x, author.states))

    def to_time(self, t: ArrayLike) -> Any:
        """Doya's time, given the author's: t / tau for Beer; for the maps a step is a step.

        Parameters
        ----------
        t : float or array
            Broadcasts against the parameters; may be infinite.

        Returns
        -------
        float or ndarray

        Raises
        ------
        ValueError
            For a time outside its range, -1e100 to 1e100 or infinite, or one whose like would be.
        """
        unit = self._time_unit
        return self._found("t", TIME, lambda t, **letters: t / unit, checked("t", t, TIME))

    def from_time(self, t: ArrayLike) -> Any:
        """The author's time, given Doya's: tau t for Beer; for the maps a step is a step.

        Parameters
        ----------
        t : float or array
            Broadcasts against the parameters; may be infinite.

        Returns
        -------
        float or ndarray

        Raises
        ------
        ValueError
            For a time outside its range, -1e100 to 1e100 or infinite, or one whose like would be.
        """
        unit = self._time_unit
        return self._found("t", TIME, lambda t, **letters: t * unit, checked("t", t, TIME))

    @property
    def _time_unit(self) -> Parameter:
        letter = AUTHORS[self.author].time_unit
        return self.parameters[letter] if letter else 1.0

    def _found(
        self, name: str, allowed: Range, rule: Callable[..., Any], argument: Parameter
    ) -> Any:
        """What the rule makes of the argument, within its range and of the common shape."""
        shape = broadcast_shape({**self.parameters, "state or time": argument})
        with np.errstate(all="ignore"):
            found = rule(argument, **self.parameters)
        checked(name, found, allowed)
        return np.array(np.broadcast_to(found, shape))[()]


def from_letters(author: str, letters: Mapping[str, Any]) -> Conversion:
    """Of the author's neuron."""
    parameters = AUTHORS[author].checked_letters(letters)
    return Conversion(author, parameters, AUTHORS[author].neuron_of(parameters))


def from_neuron(author: str, neuron: Neuron) -> Conversion:
    """Of Doya's neuron; a ValueError tells why the author has none like it."""
    return Conversion(author, AUTHORS[author].letters_of(neuron), neuron)
