"""Products of Jacobians against depth in a chain of layers of one unit, with each remedy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Floats
from doya.checks import STEP, Parameter, broadcast_shape, check_count, check_one_of, checked
from doya.memory import require_memory
from doya.networks.remedies import REMEDIES, Remedy, Unit
from doya.results import Result
from doya.scaled import Scaled, running_sum

# Names of earlier versions, which are still accepted.
FORMER = {"leak": "leaky-integrator"}
# Numbers in each array while the factors of a block of layers are computed.
BLOCK = 4096


@dataclass(frozen=True, eq=False, repr=False)
class ChainProduct(Result):
    """The Jacobian products dx[k]/dx[0] of a chain of layers of one unit, for k from 0 to L.

    Attributes
    ----------
    kind : str
        Name of the remedy.
    state : ndarray, shape (..., L + 1)
        The states x[0] to x[L], for an LSTM those of its cell c; infinite beyond the range of a
        double.
    w, b, epsilon, negative_slope, forget_bias, update_bias : float or ndarray
        Parameters of each layer's unit; a kind uses only those that it has.
    """

    _hidden: ClassVar[tuple[str, ...]] = ("_scaled",)

    kind: str
    state: Floats
    w: Parameter
    b: Parameter
    epsilon: Parameter
    negative_slope: Parameter
    forget_bias: Parameter
    update_bias: Parameter
    _scaled: Scaled  # value e**shift of each factor, which the products come from

    @property
    def k(self) -> NDArray[np.int64]:
        """Return the numbers of factors, 0 to L."""
        return np.arange(self.state.shape[-1])

    @property
    def formula(self) -> str:
        """Return the formulas of a layer and of its factor."""
        return REMEDIES[self.kind].formula

    @property
    def source(self) -> str:
        """Return the authors of the remedy and the year."""
        return REMEDIES[self.kind].source

    @cached_property
    def factor(self) -> Floats:
        """Return dx[k]/dx[k-1] for k from 1 to L; 0 where it is below all doubles."""
        return self._scaled.numbers()

    @cached_property
    def sign(self) -> Floats:
        """Return the signs of the products: -1, 0 or 1."""
        return self._from_first(1.0, np.cumprod(self._scaled.sign(), axis=-1, dtype=np.float64))

    @cached_property
    def log10_abs(self) -> Floats:
        """Return the decimal logarithms of the sizes of the products, of any size; -inf for 0."""
        return self._from_first(0.0, running_sum(self._scaled.log10_abs()))

    def _from_first(self, first: float, later: Floats) -> Floats:
        """Return the values for k = 0 and, after it, for k from 1."""
        return np.concatenate([np.full((*later.shape[:-1], 1), first), later], axis=-1)


def chain_product(
    kind: str,
    depth: int,
    w: ArrayLike = 1.0,
    b: ArrayLike = 0.0,
    x0: ArrayLike = 0.5,
    *,
    epsilon: ArrayLike = 0.1,
    negative_slope: ArrayLike = 0.01,
    forget_bias: ArrayLike = 1.0,
    update_bias: ArrayLike = 1.0,
) -> ChainProduct:
    """Return the product of Jacobians of one unit against depth, with a remedy.

    A gradient that passes back through k layers of one unit is multiplied by dx[k]/dx[0], the
    product of the layers' factors dx[k]/dx[k-1].  With z = w x + b and sigma the logistic function:

    ==================  ================================  ===================================
    kind                next state                        factor
    ==================  ================================  ===================================
    "logistic"          sigma(z)                          w sigma'(z)
    "tanh"              tanh(z)                           w (1 - tanh(z)**2)
    "relu"              z where z > 0, else 0             w where z > 0, else 0
    "leaky-relu"        z where z > 0, else s z           w where z > 0, else s w
    "leaky-integrator"  (1 - eps) x + eps sigma(z)        1 - eps + eps w sigma'(z)
    "residual"          x + sigma(z)                      1 + w sigma'(z)
    "lstm"              f c + i g                         f + a term of the gates, see Notes
    "gru"               u h + (1 - u) g                   u + terms of the gates, see Notes
    "binary-tree"       sigma(z), at a new level only     w sigma'(z) at a new level, else 1
    "clipping"          sigma(z)                          w sigma'(z), as for "logistic"
    ==================  ================================  ===================================

    Gradient clipping bounds the step of the descent.  The product stays that of the logistic chain,
    to the last bit: clipping is a remedy for exploding steps, not for vanishing gradients.

    Parameters
    ----------
    kind : str
        Name of the remedy, from the table; "logistic" and "tanh" are chains without one.  "leak",
        the former name of "leaky-integrator", is accepted too.
    depth : int
        Number of layers L, at least 0; for "binary-tree" the number of leaves less 1.
    w : float or array, default 1.0
        Weight from layer to layer, dimensionless, from -1e100 to 1e100.
    b : float or array, default 0.0
        Bias, dimensionless, from -1e100 to 1e100.
    x0 : float or array, default 0.5
        State before the first layer, for an LSTM the cell c, dimensionless, from -1e100 to 1e100.
    epsilon : float or array, default 0.1
        The eps of "leaky-integrator", from 1e-100 to 1; at 1 it is the logistic chain.
    negative_slope : float or array, default 0.01
        The slope s of "leaky-relu" where z < 0, dimensionless, from 1e-100 to 1; at 1 it is linear.
    forget_bias : float or array, default 1.0
        The bias b_f of the forget gate of "lstm", dimensionless, from -1e100 to 1e100.
    update_bias : float or array, default 1.0
        The bias b_u of the update gate of "gru", dimensionless, from -1e100 to 1e100.  A large one
        keeps the state.

    Returns
    -------
    ChainProduct
        Its arrays have the shape to which x0 and all parameters broadcast, and a last axis for k.

    Raises
    ------
    ArgumentError
        For an unknown kind, for an argument outside its range, for shapes that do not broadcast, or
        for more layers than fit into memory.

    See Also
    --------
    chain_products : All remedies, on one chain.
    deep_products : Remedies in random networks.
    initial_weights : Random weights by a published rule.
    plots.draw_chain_product : The picture.

    Notes
    -----
    The LSTM cell has one unit, no input and an open output gate: f = sigma(w h + b_f),
    i = sigma(w h + b), g = tanh(w h + b), h = tanh(c).  Its factor is the full derivative,
    f + w (1 - h**2) (f (1 - f) c + i (1 - i) g + i (1 - g**2)).  The original algorithms truncate
    it to 1 (the cell of 1997, which has no forget gate) or to f.

    The GRU has one unit and no input: u = sigma(w h + b_u), r = sigma(w h + b), and
    g = tanh(w r h + b).  As in its first source, the update gate u near 1 keeps the state.  Its
    factor is u + w u (1 - u) (h - g) + w (1 - u) (1 - g**2) (r + w r (1 - r) h).

    A path from a leaf of a balanced binary tree to its root joins k + 1 leaves over only
    ceil(log2(k + 1)) levels, where a chain has k layers.  So the product falls like a power of k.
    Each level of "binary-tree" is a logistic unit, and b includes the input from its other branch.
    Morin and Bengio's hierarchical softmax finds one of V words by such a path of about log2(V)
    decisions.

    Normalisation of layers needs several units: a single unit minus its mean is 0.  It is an option
    of `deep_products`.

    All layers share w and b.  So "logistic" is `NeuronMap` with epsilon = 1, "leaky-integrator" is
    `NeuronMap` with any epsilon, and the product is the derivative with respect to x0.

    The relative error of a product is the sum of the relative errors of its factors, each for the
    computed state.  That of a factor is about 1e-15 while w x and b are of order 1, and grows in
    proportion to them.  It is larger where the terms of a factor have opposite signs and nearly
    cancel.  Factors may have any size.

    References
    ----------
    S. Hochreiter, J. Schmidhuber, "Long short-term memory" (1997).
    F. Gers, J. Schmidhuber, F. Cummins, "Learning to forget" (2000).
    X. Glorot, A. Bordes, Y. Bengio, "Deep sparse rectifier neural networks" (2011).
    A. Maas, A. Hannun, A. Ng, "Rectifier nonlinearities improve neural network acoustic models"
    (2013).
    K. Cho, B. van Merrienboer, C. Gulcehre, D. Bahdanau, F. Bougares, H. Schwenk, Y. Bengio,
    "Learning phrase representations using RNN encoder-decoder for statistical machine translation"
    (2014).
    F. Morin, Y. Bengio, "Hierarchical probabilistic neural network language model" (2005).
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), section 3.2.
    K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition" (2016).
    H. Jaeger, M. Lukosevicius, D. Popovici, U. Siewert, "Optimization and applications of echo
    state networks with leaky-integrator neurons" (2007).

    Examples
    --------
    >>> import doya
    >>> for kind in ("logistic", "leaky-integrator", "residual", "binary-tree"):
    ...     print(kind, doya.chain_product(kind, depth=1000).log10_abs[-1].round(3))
    logistic -648.363
    leaky-integrator -35.041
    residual 0.253
    binary-tree -6.458
    >>> doya.chain_product("lstm", depth=1000, forget_bias=[0.0, 3.0]).log10_abs[:, -1].round(3)
    array([-100.596,   -7.441])
    """
    kind = FORMER.get(kind, kind) if isinstance(kind, str) else kind
    check_one_of("kind", kind, REMEDIES)
    depth = check_count("depth", depth, 0)
    given = {
        "w": w, "b": b, "epsilon": epsilon, "negative_slope": negative_slope,
        "forget_bias": forget_bias, "update_bias": update_bias,
    }  # fmt: skip
    ranges = {"negative_slope": STEP}
    unit = Unit(**{name: checked(name, value, ranges.get(name)) for name, value in given.items()})
    start = checked("x0", x0)
    shape = broadcast_shape({**unit._asdict(), "x0": start})
    # States, values and exponents; and several arrays of a block, which may have a single layer.
    require_memory("the chain", (depth + 1, *shape), 16)
    remedy = REMEDIES[kind]
    layers = remedy.layers(np.arange(depth + 1))
    states = np.empty((int(layers[-1]) + 1, *shape))
    states[0] = start
    with np.errstate(over="ignore"):  # a rectified unit may grow without bound
        for k in range(len(states) - 1):
            states[k + 1] = remedy.step(states[k], unit)
        factors = _factors(remedy, states[:-1], unit)
    if len(states) <= depth:  # some distances have the same path
        added = np.diff(layers) > 0
        factors = _among_ones(factors, added)
        states = states[layers]
    return ChainProduct(
        kind, _depth_last(states), *unit,
        Scaled(_depth_last(factors.value), _depth_last(factors.shift)),
    )  # fmt: skip


def _factors(remedy: Remedy, states: Floats, unit: Unit) -> Scaled:
    """Return the factors of all layers, computed in blocks for the sake of memory."""
    found = Scaled(np.empty(states.shape), np.empty(states.shape))
    rows = max(BLOCK // max(states[:1].size, 1), 1)
    for begin in range(0, len(states), rows):
        block = slice(begin, begin + rows)
        found.put(block, remedy.factor(states[block], unit))
    return found


def _among_ones(factors: Scaled, places: NDArray[np.bool_]) -> Scaled:
    """Return the factors at the places, and 1 elsewhere."""
    shape = (places.size, *factors.value.shape[1:])
    found = Scaled.constant(1.0, shape)
    found.put(places, factors)
    return found


def _depth_last(rows: Floats) -> Floats:
    return np.moveaxis(rows, 0, -1)
