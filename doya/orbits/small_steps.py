"""Maps whose step is so small that rounding x hides their orbits.

Let x* be the only equilibrium of the map with w < 0, and v = w (x - x*).  Then
v' = (1 - eps) v + eps w (sigma(z* + v) - x*).  A step adds at most abs(eps w) to v, but rounding x
to 1e-16 moves v by 1e-16 eps w / eps.  So a neuron with a small eps is replaced by a neuron with a
larger step, the same z* and the same eps w.  The two maps of v differ only in the factor 1 - eps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.equilibria import equilibria
from doya.neurons import NeuronMap, NeuronODE, nondecreasing

# Smaller steps are replaced by this one: here 1 - eps changes v by as much as rounding x does.
LEAST_STEP = 2.0**-27
# Largest change of a Lyapunov exponent that the replacement may cause.
DOUBT = 1e-6


class Enlarged:
    """Neurons in which steps below LEAST_STEP are replaced by larger ones.

    Attributes
    ----------
    neuron : NeuronMap
        The neurons after the replacement.
    which : ndarray of bool
        True where a neuron was replaced.
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
        """Convert states x back to the original neurons, shape (rows, neurons, states)."""
        if not self.which.any():
            return x
        at_rest, shrink = self._x[:, np.newaxis], self._shrink[:, np.newaxis]
        moved = np.clip(at_rest + (x - at_rest) * shrink, 0.0, 1.0)
        return np.where(self.which[:, np.newaxis], moved, x)

    def doubt(self, error: Floats) -> Floats:
        """Return the errors of the Lyapunov exponents with DOUBT added, shape (rows, neurons)."""
        return np.where(self.which, error + DOUBT, error)
