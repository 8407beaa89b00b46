"""The sensitivities of a state that has settled on a stable equilibrium, in closed form."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from doya.checks import Parameter, checked, checked_names
from doya.equilibria import equilibria
from doya.inputs import Table
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap, NeuronODE, check_neuron, nondecreasing
from doya.scaled import Scaled
from doya.sensitivities.derivatives import Sensitivity
from doya.settings import common_shape
from doya.trajectories import final_state

# Steps after which a map that is not monotone is asked whether it has settled.
SETTLING = 100_000
# Arrays in use, as large as the ensemble, measured.
IN_USE = 17


def settled_sensitivity(
    neuron: Neuron,
    x0: ArrayLike,
    wrt: str | Iterable[str] = ("x0", "b", "w"),
    u: ArrayLike = 0.0,
) -> Sensitivity:
    """The derivatives once the state has settled on a stable equilibrium x*, in closed form.

    dx*/db = sigma'(z) / (1 - w sigma'(z)), which is 1 / (1/(x* (1 - x*)) - w) without input;
    dx*/dw is x* times that.  x* does not depend on x0 or epsilon.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron or an ensemble.
    x0 : float or array
        State at the start, dimensionless: it decides which equilibrium.
    wrt : str or list of str, default ("x0", "b", "w")
        With respect to what; of the map also "epsilon".
    u : float or array, default 0.0
        Constant input, dimensionless, one a neuron.

    Returns
    -------
    Sensitivity
        Of the shape to which neuron, x0 and u broadcast, with t_end infinite; NaN where the state
        settles on no stable equilibrium: from a wall, or on a cycle or chaos of the map.

    Raises
    ------
    ValueError
        For an argument outside its range, or shapes that do not broadcast.

    Notes
    -----
    A map with w >= -4 (1 - eps)/eps is monotone and settles where the flow does.  Others are
    iterated for 100,000 steps, and count as settled if they have come within 1e-9 of x*, or within
    1e-3 and twice as near as after half the steps.

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
    check_neuron(neuron)
    x0 = checked("x0", x0)
    names = checked_names("wrt", wrt, ("x0", *neuron.sweepable))
    u = checked("u", u)
    shape = common_shape(neuron, x0=np.shape(x0), u=np.shape(u))
    require_memory("the ensemble", shape, IN_USE)
    twin = NeuronODE(neuron.w, neuron.b, input_weight=neuron.input_weight)
    found = equilibria(twin, u)
    limit = np.broadcast_to(final_state(twin, x0, math.inf, found.u), shape)[..., np.newaxis]
    away = np.broadcast_to(np.abs(found.x - limit), (*shape, found.x.shape[-1]))
    which = np.nanargmin(away, axis=-1)[..., np.newaxis]
    x, z, eigenvalue = (
        np.take_along_axis(np.broadcast_to(part, away.shape), which, axis=-1)[..., 0]
        for part in (found.x, found.z, found.eigenvalue)
    )
    stable = np.asarray(neuron.is_stable(eigenvalue))
    if isinstance(neuron, NeuronMap):
        stable = stable & _approaches(neuron, x0, x, found.u)
    # sigma'(z) and sigma(z) themselves may be out of range.
    depth = np.abs(z)
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        part = 1.0 / (1.0 + np.exp(-depth))
        by_b = np.where(stable, part * part / -eigenvalue, math.nan)
    alone = (z < 0.0) & (neuron.input_weight * found.u == 0.0)  # x is sigma(z)
    by_w = np.where(alone, part, x) * by_b
    zero = np.where(stable, 0.0, math.nan)
    every = {
        "x0": Scaled(zero, -depth),
        "b": Scaled(by_b, -depth),
        "w": Scaled(by_w, np.where(alone, -2.0 * depth, -depth)),
        "epsilon": Scaled(zero, -depth),
    }
    scaled = {name: every[name] for name in names}
    return Sensitivity(np.where(stable, x, math.nan), neuron, x0, math.inf, scaled)


def _approaches(neuron: NeuronMap, x0: Parameter, x: Any, u: Parameter) -> Any:
    """Whether the map settles where the flow does: always where it is monotone."""
    monotone = nondecreasing(neuron.w, neuron.epsilon)
    if np.all(monotone):
        return True
    constant = Table(np.zeros(1), np.expand_dims(u, -1))
    half, full = (
        np.abs(final_state(neuron, x0, steps, constant) - x) for steps in (SETTLING // 2, SETTLING)
    )
    return monotone | (full <= 1e-9) | ((full <= 0.5 * half) & (full <= 1e-3))
