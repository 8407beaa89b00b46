"""Sensitivities of a state that has settled on a stable equilibrium, in closed form."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from doya.checks import Parameter, checked, checked_names
from doya.conversions.conversion import Conversion
from doya.equilibria import equilibria
from doya.inputs import Table
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap, NeuronODE, check_neuron, is_stable, nondecreasing
from doya.scaled import Scaled
from doya.sensitivities.letters import InLetters
from doya.sensitivities.records import WRT, Sensitivity
from doya.trajectories import final_state
from doya.trajectory_checks import common_shape

# Steps after which a map that is not monotone is tested for having settled.
SETTLING = 100_000
# Arrays of the size of the ensemble in use at once, measured.
IN_USE = 17


def settled_sensitivity(
    neuron: Neuron | Conversion,
    x0: ArrayLike,
    wrt: str | Iterable[str] | None = None,
    u: ArrayLike = 0.0,
) -> Sensitivity:
    """Compute the derivatives of the stable equilibrium x* on which the state settles.

    In closed form dx*/db = sigma'(z) / (1 - w sigma'(z)), and dx*/dw = x* dx*/db.  Without input
    dx*/db = 1 / (1/(x* (1 - x*)) - w).  That with respect to the input's weight is
    u / (1 - w sigma'(z)), or u dx*/db with input_to="bias".  The derivatives with respect to x0 and
    epsilon are 0.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron or an ensemble.  With a `Conversion` the derivatives are those of the author's
        state, with respect to its letters; x0 is Doya's.
    x0 : float or array
        State at the start, dimensionless, from -1e100 to 1e100.  It decides on which equilibrium
        the state settles.
    wrt : str or list of str, default ("x0", "b", "w")
        Names of the variables to differentiate with respect to: these and "input_weight"; the map
        also has "epsilon".  With a `Conversion`: "x0" and its letters, by default all of them.
    u : float or array, default 0.0
        Constant input, dimensionless, finite, one value per neuron.

    Returns
    -------
    Sensitivity
        Its arrays have the shape to which neuron, x0 and u broadcast, and its t_end is infinite.
        They are NaN where the state does not settle on a stable equilibrium: it starts at a wall,
        or the map goes to a cycle or to chaos.

    Raises
    ------
    ArgumentError
        For an argument outside its range, or shapes that do not broadcast.

    See Also
    --------
    sensitivity : The derivatives of x(T), with order=2 also the second.

    Notes
    -----
    A map with w >= -4 (1 - eps)/eps is nondecreasing and settles on the same equilibrium as the
    flow. Other maps are iterated for 100,000 steps.  They count as settled if the distance to x* is
    then at most 1e-9, or if it is at most 1e-3 and at most half the distance that remained after
    50,000 steps.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).

    Examples
    --------
    >>> import doya
    >>> neuron = doya.NeuronODE(w=5.0, b=-2.5)
    >>> doya.settled_sensitivity(neuron, x0=[0.2, 0.8]).derivative["b"].round(10)
    array([0.32513268, 0.32513268])
    """
    if isinstance(neuron, Conversion):
        own = InLetters.of(neuron, x0, None, wrt, u)
        return own.settled(settled_sensitivity(neuron.neuron, own.x0, own.needs, u))
    check_neuron(neuron)
    x0 = checked("x0", x0)
    names = checked_names(
        "wrt", WRT if wrt is None else wrt, ("x0", *neuron.sweepable, "input_weight")
    )
    u = checked("u", u)
    shape = common_shape(neuron, x0=np.shape(x0), u=np.shape(u))
    require_memory("the ensemble", shape, IN_USE)
    twin = NeuronODE(neuron.w, neuron.b, input_weight=neuron.input_weight, input_to=neuron.input_to)
    found = equilibria(twin, u)
    limit = np.broadcast_to(final_state(twin, x0, math.inf, found.u), shape)[..., np.newaxis]
    away = np.broadcast_to(np.abs(found.x - limit), (*shape, found.x.shape[-1]))
    which = np.nanargmin(away, axis=-1)[..., np.newaxis]
    x, z, eigenvalue = (
        np.take_along_axis(np.broadcast_to(part, away.shape), which, axis=-1)[..., 0]
        for part in (found.x, found.z, found.eigenvalue)
    )
    stable = np.asarray(is_stable(neuron, eigenvalue))
    if isinstance(neuron, NeuronMap):
        stable = stable & _approaches(neuron, x0, x, found.u)
    # Scaled by e**-abs(z), since sigma'(z) and sigma(z) themselves may be out of range.
    depth = np.abs(z)
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        part = 1.0 / (1.0 + np.exp(-depth))
        by_b = np.where(stable, part * part / -eigenvalue, math.nan)
    outside = not neuron.input_inside
    shifted = neuron.input_weight * found.u if outside else 0.0
    alone = (z < 0.0) & (shifted == 0.0)  # x is sigma(z)
    by_w = np.where(alone, part, x) * by_b
    zero = np.where(stable, 0.0, math.nan)
    every = {
        "x0": Scaled(zero, -depth),
        "b": Scaled(by_b, -depth),
        "w": Scaled(by_w, np.where(alone, -2.0 * depth, -depth)),
        "epsilon": Scaled(zero, -depth),
    }
    if outside:
        with np.errstate(divide="ignore", invalid="ignore"):
            by_input = Scaled(np.where(stable, found.u / -eigenvalue, math.nan), np.zeros_like(z))
    else:
        by_input = every["b"].times(np.asarray(found.u))
    every["input_weight"] = by_input
    scaled = {name: every[name] for name in names}
    settled_x = np.where(stable, x, math.nan)
    return Sensitivity(
        settled_x, neuron, x0, math.inf, scaled, u=found.u, wrt=tuple(names), method="settled"
    )


def _approaches(neuron: NeuronMap, x0: Parameter, x: Any, u: Parameter) -> Any:
    """Return whether the map approaches x; a monotone map always does, as the flow does."""
    monotone = nondecreasing(neuron.w, neuron.epsilon)
    if np.all(monotone):
        return True
    constant = Table(np.zeros(1), np.expand_dims(u, -1))
    half, full = (
        np.abs(final_state(neuron, x0, steps, constant) - x) for steps in (SETTLING // 2, SETTLING)
    )
    return monotone | (full <= 1e-9) | ((full <= 0.5 * half) & (full <= 1e-3))
