"""The gradient of a network's loss, split by how many steps back its terms come from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.checks import check_count, check_one_of
from doya.errors import ArgumentError
from doya.memory import require_memory
from doya.networks.activations import ACTIVATIONS
from doya.networks.sigmoid_rnn import SigmoidRNN, inputs_of, inputs_per_step, of_units
from doya.results import Result
from doya.scaled import ScaledRows, times_two_to


@dataclass(frozen=True, eq=False, repr=False)
class Backpropagation(Result):
    """A loss at the end of a run, its gradient, and the terms from each step back in time.

    Attributes
    ----------
    loss : float
        L, the sum of (target - phi(a[T]))**2 over the units.
    gradient : dict of ndarray
        dL/dW_rec, dL/db, dL/da0 and, if there are inputs, dL/dW_in, by name.  Each has the shape
        of its parameter; entries are infinite or 0 beyond the range of a double.
    log10_norm : dict of ndarray, shape (T,)
        For "W_rec", "W_in" and "b": the decimal logarithms of the sizes of the terms k from 0 to
        T - 1; -inf for 0.  The size of a term is the root of the sum of the squares of
        its entries.
    log10_adjoint : ndarray, shape (T + 1,)
        The decimal logarithms of the sizes of dL/da[T-k], for k from 0 to T.  The last one is that
        of the gradient with respect to a0.
    network : SigmoidRNN
        The network.
    states : ndarray, shape (T + 1, N)
        The states a[0] to a[T].
    target : ndarray, shape (N,)
        The target of phi(a[T]).
    """

    loss: float
    network: SigmoidRNN
    states: Floats
    target: Floats
    # Row k is dL/da[T-k]; term k is its outer product with row k of the source.
    _adjoint: ScaledRows
    _sources: Mapping[str, ScaledRows]

    @cached_property
    def gradient(self) -> dict[str, Floats]:
        """Return the gradient with respect to each parameter and to a0, by name."""
        found = {name: self._total(name) for name in self._sources}
        return {**found, "a0": times_two_to(self._adjoint.exponents[-1], self._adjoint.values[-1])}

    @cached_property
    def log10_adjoint(self) -> Floats:
        """Return the decimal logarithms of the sizes of dL/da[T-k], for k from 0 to T."""
        return self._adjoint.log10_sizes()

    @cached_property
    def log10_norm(self) -> dict[str, Floats]:
        """Return the decimal logarithms of the sizes of the terms, by name of the parameter."""
        sizes = self.log10_adjoint[:-1]
        return {name: sizes + source.log10_sizes() for name, source in self._sources.items()}

    def term(self, name: str, k: int) -> Floats:
        """Return the term that the state k steps before the end adds to the gradient.

        It is dL/da[T] da[T]/da[T-k] times the derivative of a[T-k] for a fixed a[T-k-1].

        Parameters
        ----------
        name : {"W_rec", "W_in", "b"}
            Parameter of the gradient.
        k : int
            Number of steps before the end, from 0 to T - 1.

        Returns
        -------
        ndarray
            The shape of the parameter; entries are infinite or 0 beyond the range of a double.
        """
        self._check(name)
        steps = len(self.states) - 1
        k = check_count("k", k, 0, steps - 1)
        adjoint, source = self._adjoint, self._sources[name]
        product = np.outer(adjoint.values[k], source.values[k])
        return self._shaped(name, product, float(adjoint.exponents[k] + source.exponents[k]))

    def horizon(self, part: float = 0.99, name: str = "W_rec") -> int:
        """Return how many of the last terms make up a part of the gradient.

        It is a part of the sum of the sizes of all terms, whose logarithms are in `log10_norm`.

        Parameters
        ----------
        part : float, default 0.99
            The part, above 0 and at most 1.
        name : {"W_rec", "W_in", "b"}, default "W_rec"
            Parameter of the gradient.

        Returns
        -------
        int
            Number of terms, from 0 to T; 0 if every term is 0.
        """
        self._check(name)
        if not 0.0 < part <= 1.0:
            raise ArgumentError("part", f"must be above 0 and at most 1, got {part!r}")
        sizes = self.log10_norm[name]
        largest = sizes.max(initial=-math.inf)
        if largest == -math.inf:
            return 0
        sums = np.cumsum(10.0 ** (sizes - largest))
        return int(np.searchsorted(sums, part * sums[-1])) + 1

    def _check(self, name: str) -> None:
        check_one_of("name", name, self._sources)

    def _total(self, name: str) -> Floats:
        """Return the sum of all terms; they are added in units of the largest power of two."""
        values, source = self._adjoint.values[:-1], self._sources[name]
        present = values.any(axis=1) & source.values.any(axis=1)
        powers = np.where(present, self._adjoint.exponents[:-1] + source.exponents, -math.inf)
        top = powers.max(initial=-math.inf)
        if top == -math.inf:
            return np.zeros_like(getattr(self.network, name))
        terms = times_two_to((powers - top)[:, np.newaxis], values)
        return self._shaped(name, terms.T @ source.values, top)

    def _shaped(self, name: str, values: Floats, exponent: float) -> Floats:
        """Return values 2**exponent in the shape of the parameter."""
        return times_two_to(exponent, values).reshape(getattr(self.network, name).shape)


def backpropagation(
    network: SigmoidRNN,
    a0: ArrayLike,
    target: ArrayLike,
    steps: int,
    u: ArrayLike | None = None,
) -> Backpropagation:
    """Backpropagate L = sum (target - phi(a[T]))**2, and split its gradient by steps back in time.

    The derivative with respect to a parameter p is the sum over k from 0 to T - 1 of

        dL/da[T] da[T]/da[T-k] d+a[T-k]/dp,

    where d+ is the derivative for a fixed a[T-k-1]: it is phi(a[T-k-1]) for W_rec, the input u[T-k]
    for W_in, and 1 for b.  Where the products da[T]/da[T-k] vanish only the last terms count, and
    the network cannot learn from earlier events.

    Parameters
    ----------
    network : SigmoidRNN
        The network.
    a0 : float or array, shape (N,)
        State at the start, dimensionless, from -1e100 to 1e100.
    target : float or array, shape (N,)
        Target of phi(a[T]), dimensionless, from -1e100 to 1e100.
    steps : int
        Number of steps T, at least 0.
    u : array, shape (steps, inputs), optional
        Inputs, by default 0: row t - 1 drives a[t].

    Returns
    -------
    Backpropagation

    Raises
    ------
    ArgumentError
        For an argument outside its range, for shapes that do not fit, or for more steps than fit
        into memory.

    See Also
    --------
    jacobian_products : The products through which gradients go back.
    chain_products : All remedies, on one chain.
    SigmoidRNN : A network of N units.

    Notes
    -----
    Terms of any size have their logarithms, also where phi(a) equals its limit or the target to
    rounding.  Within dL/da[T-k], and within phi(a) and u of a step, the part of a unit counts as 0
    if it is below 1e-300 of the largest part.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), equations 3 to 5.
    P. J. Werbos, "Backpropagation through time: what it does and how to do it" (1990).

    Examples
    --------
    Each step back halves the terms:

    >>> import doya
    >>> network = doya.SigmoidRNN([[2.0]], b=-1.0)
    >>> found = doya.backpropagation(network, a0=0.0, target=1.0, steps=1000)
    >>> found.loss, found.gradient["b"].tolist(), found.term("b", 2).tolist()
    (0.25, [-0.5], [-0.0625])
    >>> found.horizon(), found.log10_adjoint[-1].round(3)
    (7, np.float64(-301.632))
    """
    steps = check_count("steps", steps, 0)
    require_memory("the network", (steps + 1, network.units + inputs_per_step(network)), 17)
    states, phi = network.simulate(a0, steps, u), ACTIVATIONS[network.activation]
    aim = of_units(network, "target", target)
    away, power = phi.scaled_value(states[-1], aim)
    slopes, powers = phi.scaled_slope(states[::-1])
    adjoint = ScaledRows(np.empty_like(states), np.empty(steps + 1))
    row = ScaledRows.of(2.0 * away * slopes[0], power + powers[0])
    adjoint.values[0], adjoint.exponents[0] = row.values, row.exponents
    for k in range(steps):
        row = ScaledRows.of(slopes[k + 1] * (network.W_rec.T @ row.values), powers[k + 1])
        adjoint.values[k + 1] = row.values
        adjoint.exponents[k + 1] = adjoint.exponents[k] + row.exponents
    sources = {"W_rec": ScaledRows.of(*phi.scaled_value(states[-2::-1]))}
    sources["b"] = ScaledRows(np.full((steps, 1), 0.5), np.ones(steps))
    if (inputs := inputs_of(network, u, steps)) is not None:
        sources["W_in"] = ScaledRows.of(inputs[::-1], np.zeros_like(inputs))
    distance = times_two_to(power, away)
    return Backpropagation(float(distance @ distance), network, states, aim, adjoint, sources)
