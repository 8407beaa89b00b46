"""Maps whose step is so small that rounding x hides their orbits.

In v = w (x - x*) the map with w < 0 is v' = (1 - eps) v + eps w (sigma(z* + v) - x*), where x* is
its only equilibrium.  At most abs(eps w) is added to v, but x is rounded to 1e-16, which moves v by
1e-16 eps w / eps.  So for a small eps an orbit goes on as another neuron's with a larger step, the
same z* and the same eps w: it differs in the factor 1 - eps alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.equilibria import equilibria
from doya.neurons import NeuronMap, NeuronODE, nondecreasing

# The step that takes the place of smaller ones: there 1 - eps changes v by as much as rounding x.
LEAST_STEP = 2.0**-27
# What that may change of a Lyapunov exponent.
DOUBT = 1e-6


class Enlarged:
    """The neurons of which some have got a larger step.

    Attributes
    ----------
    neuron : NeuronMap
        With those in their places.
    which : ndarray of bool
        Where they are.
    """

    def __init__(self, neuron: NeuronMap) -> None:
        shape = neuron.shape
        w, b, epsilon = (
            np.array(np.broadcast_to(each, shape)) for each in (neuron.w, neuron.b, neuron.epsilon)
        )
        self.which: NDArray[np.bool_] = (epsilon < LEAST_STEP) & ~nondecreasing(w, epsilon)
        self.neuron, self._x, self._shrink = neuron, np.zeros(shape), np.ones(shape)
        if not self.which.any():
            return
        small = self.which
        rest = equilibria(NeuronODE(w[small], b[small]))
        self._x[small], self._shrink[small] = rest.x[:, 0], epsilon[small] / LEAST_STEP
        w[small] *= self._shrink[small]
        b[small] = rest.z[:, 0] - w[small] * rest.x[:, 0]
        epsilon[small] = LEAST_STEP
        self.neuron = NeuronMap(w, b, epsilon=epsilon)

    def own(self, x: Floats) -> Floats:
        """The states of the neurons asked for, of shape (rows, neurons, states)."""
        if not self.which.any():
            return x
        at_rest, shrink = self._x[:, np.newaxis], self._shrink[:, np.newaxis]
        moved = np.clip(at_rest + (x - at_rest) * shrink, 0.0, 1.0)
        return np.where(self.which[:, np.newaxis], moved, x)

    def doubt(self, error: Floats) -> Floats:
        """The errors of their exponents, of shape (rows, neurons)."""
        return np.where(self.which, error + DOUBT, error)
