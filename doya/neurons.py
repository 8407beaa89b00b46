"""Doya's neuron in continuous time, `NeuronODE`, and in discrete time, `NeuronMap`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.checks import Parameter, broadcast_shape, check_one_of, checked
from doya.errors import ArgumentError
from doya.kernels.map.kept import SMALL_STEP
from doya.kernels.numbers.logistic import sigmoid, sigmoid_slope
from doya.memory import require_memory

# Arrays of the size of the answer in use at once, measured.
IN_USE = 4
# Where the input is added: to the state, outside sigma, or to the bias, inside sigma.
INPUT_TO = ("state", "bias")


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Neuron:
    """Base class of `NeuronODE` and `NeuronMap`, which are the ones to use."""

    w: Parameter
    b: Parameter
    input_weight: Parameter
    input_to: str

    dynamics: ClassVar[str]
    sweepable: ClassVar[tuple[str, ...]]

    def _set(self, input_to: str, **parameters: ArrayLike) -> None:
        for name, value in parameters.items():
            object.__setattr__(self, name, checked(name, value))
        check_one_of("input_to", input_to, INPUT_TO)
        object.__setattr__(self, "input_to", str(input_to))
        self.shape  # noqa: B018  # raises unless the shapes broadcast

    def __repr__(self) -> str:
        own = {**self.parameters, "input_to": self.input_to}
        if not self.input_inside:
            del own["input_to"]
        listed = ", ".join(f"{name}={value!r}" for name, value in own.items())
        return f"{type(self).__name__}({listed})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Neuron) or type(self) is not type(other):
            return NotImplemented
        theirs = other.parameters
        return self.input_to == other.input_to and all(
            np.array_equal(value, theirs[name]) for name, value in self.parameters.items()
        )

    def __hash__(self) -> int:
        if self.shape:
            raise TypeError(f"unhashable ensemble of shape {self.shape}: its parameters are arrays")
        return hash((type(self), *self.parameters.values(), self.input_to))

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Return the numbers of the neuron by name: w, b, input_weight, and the map's epsilon."""
        return {name: value for name, value in vars(self).items() if name != "input_to"}

    @property
    def input_inside(self) -> bool:
        """Return whether the input is added to the bias, inside sigma."""
        return self.input_to == "bias"

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the ensemble, () for one neuron."""
        return broadcast_shape(self.parameters)

    def replace(self, **changes: Any) -> Self:
        """Return a copy of the neuron with some parameters changed.

        Parameters
        ----------
        **changes : float, array or str
            New values by name: w, b, input_weight, input_to, and for the map also epsilon.

        Returns
        -------
        NeuronODE or NeuronMap
            A new neuron; this one does not change.

        Raises
        ------
        ArgumentError
            For an unknown name, a value outside its range, or shapes that do not broadcast.

        Examples
        --------
        >>> import doya
        >>> doya.NeuronODE(w=5.0).replace(b=-2.3)
        NeuronODE(w=5.0, b=-2.3, input_weight=1.0)
        """
        for name in changes.keys() - vars(self).keys():
            known = ", ".join(vars(self))
            remedy = "; NeuronMap has it" if name in NeuronMap.sweepable else ""
            words = f"is not a parameter of the {self.dynamics}, which has {known}{remedy}"
            raise ArgumentError(name, words)
        return dataclasses.replace(self, **changes)

    def _driven(self, u: ArrayLike) -> tuple[Any, Any]:
        """Return the bias under the input, and the input that is added outside sigma."""
        given = np.multiply(self.input_weight, u)
        return (self.b + given, 0.0) if self.input_inside else (self.b, given)

    def _states(self, x: ArrayLike, u: ArrayLike = 0.0) -> Floats:
        """Return x as an array; raise where the answer would not fit in memory."""
        states = np.asarray(x, dtype=np.float64)
        require_memory("x", np.broadcast_shapes(self.shape, states.shape, np.shape(u)), IN_USE)
        return states


@dataclass(frozen=True, eq=False, init=False, repr=False)
class NeuronODE(Neuron):
    """The neuron in continuous time, dx/dt = -x + sigma(w x + b) + w' u(t).

    sigma is the logistic function, sigma(z) = 1 / (1 + e**-z).  Time is in units of the neuron's
    own time constant.  Parameters may be arrays that broadcast; the neuron is then an ensemble.

    Doya adds the input to the state, outside sigma.  Most recurrent networks and rate models add
    it to the bias: with input_to="bias" the neuron is dx/dt = -x + sigma(w x + b + w' u(t)).

    Parameters
    ----------
    w : float or array, default 5.0
        Weight of the neuron onto itself, dimensionless, finite, abs(w) <= 1e100.
    b : float or array, default -2.5
        Bias, dimensionless, finite, abs(b) <= 1e100.
    input_weight : float or array, default 1.0
        Weight w' of the input u, dimensionless, finite, abs(w') <= 1e100.
    input_to : {"state", "bias"}, default "state"
        Where the input w' u is added: to the state, outside sigma, or to the bias, inside sigma.
        It is the same for all neurons of an ensemble.

    Raises
    ------
    ArgumentError
        For a parameter outside its range, an unknown input_to, or shapes that do not broadcast.

    See Also
    --------
    NeuronMap : The map.
    equilibria : All equilibria, with their stability.
    simulate : The states at many times.
    train : Gradient descent, to a target or on a task.
    explore : The neuron in the browser or in a notebook.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), section 2.2.

    Examples
    --------
    >>> import doya
    >>> neuron = doya.NeuronODE(w=5.0, b=-2.5)
    >>> float(neuron.rate(0.5))
    0.0
    >>> float(neuron.eigenvalue(0.5))
    0.25
    """

    dynamics: ClassVar[str] = "flow"
    sweepable: ClassVar[tuple[str, ...]] = ("b", "w")

    def __init__(
        self,
        w: ArrayLike = 5.0,
        b: ArrayLike = -2.5,
        *,
        input_weight: ArrayLike = 1.0,
        input_to: str = "state",
    ) -> None:
        self._set(input_to, w=w, b=b, input_weight=input_weight)

    def rate(self, x: ArrayLike, u: ArrayLike = 0.0) -> Any:
        """Return the rate of change dx/dt = -x + sigma(w x + b) + w' u.

        With input_to="bias" it is -x + sigma(w x + b + w' u).

        Parameters
        ----------
        x : float or array
            State, dimensionless; broadcasts against the neuron.
        u : float or array, default 0.0
            Input, dimensionless; broadcasts too.

        Returns
        -------
        ndarray
            dx/dt, per unit of time.
        """
        return flow_rate(self, x, u)

    def eigenvalue(self, x: ArrayLike, u: ArrayLike = 0.0) -> Any:
        """Return lambda = -1 + w sigma'(w x + b), the growth rate of a small deviation from x.

        With input_to="bias" the argument of sigma' is w x + b + w' u.

        Parameters
        ----------
        x : float or array
            State, dimensionless; broadcasts against the neuron.
        u : float or array, default 0.0
            Input, dimensionless; broadcasts too.  It counts only with input_to="bias".

        Returns
        -------
        ndarray
            lambda, per unit of time.
        """
        return flow_eigenvalue(self, x, u)


@dataclass(frozen=True, eq=False, init=False, repr=False)
class NeuronMap(Neuron):
    """The neuron in discrete time, x[t+1] = (1 - eps) x[t] + eps sigma(w x[t] + b) + eps w' u[t].

    It is the forward Euler step of length eps of `NeuronODE`.  Parameters may be arrays that
    broadcast; the neuron is then an ensemble.  With input_to="bias" the input is added to the bias:
    x[t+1] = (1 - eps) x[t] + eps sigma(w x[t] + b + w' u[t]).

    Parameters
    ----------
    w : float or array, default 5.0
        Weight of the neuron onto itself, dimensionless, finite, abs(w) <= 1e100.
    b : float or array, default -2.5
        Bias, dimensionless, finite, abs(b) <= 1e100.
    epsilon : float or array, default 1.0
        Step, dimensionless, 1e-100 <= epsilon <= 1.  With epsilon = 1 the previous state acts only
        through w.
    input_weight : float or array, default 1.0
        Weight w' of the input u, dimensionless, finite, abs(w') <= 1e100.
    input_to : {"state", "bias"}, default "state"
        Where the input w' u is added: to the state, outside sigma, or to the bias, inside sigma.
        It is the same for all neurons of an ensemble.

    Raises
    ------
    ArgumentError
        For a parameter outside its range, an unknown input_to, or shapes that do not broadcast.

    See Also
    --------
    NeuronODE : The flow.
    orbit_diagram : Orbits of the map along a parameter.
    attractors : The attractors of each map of an ensemble.
    train : Gradient descent, to a target or on a task.
    explore : The neuron in the browser or in a notebook.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).

    Examples
    --------
    >>> import doya
    >>> neuron = doya.NeuronMap(w=-6.0, b=3.0, epsilon=0.5)
    >>> float(neuron.step(0.5)), float(neuron.eigenvalue(0.5))
    (0.5, -0.25)
    """

    epsilon: Parameter

    dynamics: ClassVar[str] = "map"
    sweepable: ClassVar[tuple[str, ...]] = ("b", "w", "epsilon")

    def __init__(
        self,
        w: ArrayLike = 5.0,
        b: ArrayLike = -2.5,
        *,
        input_weight: ArrayLike = 1.0,
        epsilon: ArrayLike = 1.0,
        input_to: str = "state",
    ) -> None:
        self._set(input_to, w=w, b=b, input_weight=input_weight, epsilon=epsilon)

    def step(self, x: ArrayLike, u: ArrayLike = 0.0) -> Any:
        """Return the next state, (1 - eps) x + eps sigma(w x + b) + eps w' u.

        With input_to="bias" it is (1 - eps) x + eps sigma(w x + b + w' u).

        Parameters
        ----------
        x : float or array
            State, dimensionless; broadcasts against the neuron.
        u : float or array, default 0.0
            Input, dimensionless; broadcasts too.

        Returns
        -------
        ndarray
            State one step later.
        """
        states = self._states(x, u)
        bias, added = self._driven(u)
        driven = sigmoid(self.w * states + bias) + added
        keep, fade = split_all(self.epsilon)
        return (self.epsilon * driven - fade * states) + keep * states

    def eigenvalue(self, x: ArrayLike, u: ArrayLike = 0.0) -> Any:
        """Return mu = 1 - eps + eps w sigma'(w x + b), the multiplier of a small deviation from x.

        With input_to="bias" the argument of sigma' is w x + b + w' u.

        Parameters
        ----------
        x : float or array
            State, dimensionless; broadcasts against the neuron.
        u : float or array, default 0.0
            Input, dimensionless; broadcasts too.  It counts only with input_to="bias".

        Returns
        -------
        ndarray
            mu, the factor per step, dimensionless.
        """
        return from_flow_eigenvalue(self, flow_eigenvalue(self, x, u))


def flow_rate(neuron: Neuron, x: ArrayLike, u: ArrayLike = 0.0) -> Any:
    """Return -x + sigma(z) plus the input outside sigma, of the map too."""
    states = neuron._states(x, u)
    bias, added = neuron._driven(u)
    return sigmoid(neuron.w * states + bias) - states + added


def flow_eigenvalue(neuron: Neuron, x: ArrayLike, u: ArrayLike = 0.0) -> Any:
    """Return -1 + w sigma'(z), of the map too."""
    states = neuron._states(x, u)
    bias, _ = neuron._driven(u)
    return neuron.w * sigmoid_slope(neuron.w * states + bias) - 1.0


def from_flow_eigenvalue(neuron: Neuron, eigenvalue: Any) -> Any:
    """Return the neuron's own eigenvalue: the flow's, or the map's multiplier."""
    return 1.0 + neuron.epsilon * eigenvalue if isinstance(neuron, NeuronMap) else eigenvalue


def is_stable(neuron: Neuron, flow_eigenvalue: Any) -> Any:
    """Return whether an equilibrium attracts linearly, given the flow's eigenvalue there."""
    if not isinstance(neuron, NeuronMap):
        return flow_eigenvalue < 0.0
    # |1 + epsilon lambda| < 1, written so that a lambda just below 0 is not rounded away.
    change = neuron.epsilon * flow_eigenvalue
    return (change < 0.0) & (change > -2.0)


def split_all(epsilon: Any) -> tuple[Any, Any]:
    """1 - epsilon in two parts, keep - fade, of all neurons: see `kernels.map.kept`."""
    small = np.less(epsilon, SMALL_STEP)
    return np.where(small, 1.0, np.subtract(1.0, epsilon)), np.where(small, epsilon, 0.0)


def check_neuron(neuron: Any) -> None:
    """Raise unless the argument is a neuron."""
    if isinstance(neuron, Neuron):
        return
    if isinstance(getattr(neuron, "neuron", None), Neuron):
        raise ArgumentError(
            "neuron",
            f"must be in Doya's parameters here, got a {type(neuron).__name__}: use its attribute"
            " `neuron`",
        )
    raise ArgumentError("neuron", f"must be a NeuronODE or a NeuronMap, got {neuron!r}")


def nondecreasing(w: Any, epsilon: Any) -> Any:
    """Return whether the map's next state never falls as x rises; every orbit then settles."""
    return w * np.asarray(epsilon) >= -4.0 * (1.0 - np.asarray(epsilon))
