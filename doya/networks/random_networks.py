"""Norms of Jacobian products in random deep networks before learning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.checks import check_count, check_one_of
from doya.errors import ArgumentError
from doya.memory import require_memory
from doya.networks.activations import ACTIVATIONS, RECTIFIERS, Activation, Rectifier
from doya.networks.initialisations import SCHEMES, generator
from doya.networks.remedies import every_layer, levels
from doya.results import Result
from doya.scaled import running_sum

# Added to the variance of a batch or a layer, so that nothing is divided by 0.
STABILISER = 1e-5
# Number of arrays as large as the result in memory while the logarithms are added up: Python 3.14
# holds 6.1, others 6.0.
NORMS = 7

UNITS: dict[str, Activation | Rectifier] = {**ACTIVATIONS, **RECTIFIERS}

# The remedies that are compared, by name: the scheme, and further arguments.
COMPARED: dict[str, tuple[str, dict[str, Any]]] = {
    "glorot": ("glorot", {}),
    "kumar": ("kumar", {}),
    "yilmaz_poli": ("yilmaz-poli", {}),
    "glorot_tanh": ("glorot", {"activation": "tanh"}),
    "he_relu": ("he", {"activation": "relu"}),
    "he_leaky_relu": ("he", {"activation": "leaky-relu"}),
    "batch_norm": ("glorot", {"batch": 64}),
    "layer_norm": ("glorot", {"layer_norm": True}),
    "residual": ("glorot", {"residual": True}),
    "binary_tree": ("glorot", {"binary_tree": True}),
}


@dataclass(frozen=True, eq=False, repr=False)
class DeepProducts(Result):
    """The norms of da[k]/da[0] in many random networks of L layers, for k from 0 to L.

    Attributes
    ----------
    log10_norm : ndarray, shape (networks, L + 1)
        The decimal logarithms of the 2-norms, which may have any size; -inf for 0, where every
        rectified unit of a layer is off.
    scheme, activation : str
    units, batch, layer_norm, residual, binary_tree, seed
        The arguments of `deep_products`.
    """

    log10_norm: Floats
    scheme: str
    activation: str
    units: int
    batch: int | None
    layer_norm: bool
    residual: bool
    binary_tree: bool
    seed: int | np.random.Generator

    @property
    def k(self) -> NDArray[np.int64]:
        """Return the numbers of layers, 0 to L."""
        return np.arange(self.log10_norm.shape[1])

    def quantiles(self, parts: Sequence[float] = (0.1, 0.5, 0.9)) -> Floats:
        """Return quantiles of the logarithms over the networks, at each depth.

        Parameters
        ----------
        parts : sequence of float, default (0.1, 0.5, 0.9)
            The quantiles, from 0 (the smallest) to 1 (the largest).

        Returns
        -------
        ndarray, shape (parts, L + 1)
        """
        with np.errstate(invalid="ignore"):
            found: Floats = np.quantile(self.log10_norm, parts, axis=0)
        # Between a logarithm and -inf only -inf is left.
        return np.where(np.isnan(found), -np.inf, found)


def deep_products(
    scheme: str,
    depth: int,
    units: int = 50,
    networks: int = 100,
    *,
    activation: str = "logistic",
    batch: int | None = None,
    layer_norm: bool = False,
    residual: bool = False,
    binary_tree: bool = False,
    seed: int | np.random.Generator = 0,
) -> DeepProducts:
    """Sample random networks of L layers of N units, and return the norms of da[k]/da[0].

    A gradient that passes back through k layers is multiplied by da[k]/da[0].  A layer computes
    its activations a[k] = phi(z[k]) from z[k] = W[k] a[k-1], without biases; its Jacobian is
    diag(phi'(z[k])) W[k].  The weights are random and independent for each layer and network.  The
    inputs a[0] of the network are independent standard normal numbers.

    With batch normalisation z[k] is replaced by (z[k] - m) / s, unit by unit, where m is the mean
    and s**2 is 1e-5 plus the variance over the samples of a batch that passes through the network.
    So z stays where phi' is large, for a W of any size, and the Jacobian of a sample is
    diag(phi'((z[k] - m) / s) / s) W[k].

    With layer normalisation m and s**2 are the mean of z[k] and 1e-5 plus its variance over the
    units of the layer.  With y = (z[k] - m) / s the Jacobian is
    diag(phi'(y) / s) (I - 1 1^T / N - y y^T / N) W[k], where 1 is a column of ones.

    With residual paths a layer computes a[k] = a[k-1] + phi(z[k]), normalised or not.  The identity
    is added to the Jacobian.

    In a balanced binary tree with k + 1 leaves, a path from a leaf to the root has only
    ceil(log2(k + 1)) layers.

    Parameters
    ----------
    scheme : {"glorot", "he", "kumar", "yilmaz-poli"}
        Distribution of the weights, as in `initial_weights`.
    depth : int
        Number of layers L, at least 0; for a tree the number of leaves less 1.
    units : int, default 50
        Number of units N of each layer and of the input, at least 1.
    networks : int, default 100
        Number of networks, at least 1.
    activation : {"logistic", "tanh", "relu", "leaky-relu"}, default "logistic"
        The activation phi.  "relu" is z where z > 0, else 0; "leaky-relu" is z where z > 0, else
        0.01 z.
    batch : int, optional
        Number of samples in a batch, at least 2.  By default there is no batch normalisation.
    layer_norm : bool, default False
        Whether layers are normalised; not together with `batch`.
    residual : bool, default False
        Whether each layer has a residual path.
    binary_tree : bool, default False
        Whether the layers are those of a path through a balanced binary tree, as in
        `chain_product`.
    seed : int or numpy Generator, default 0
        The same number gives the same networks; a generator continues from its state.

    Returns
    -------
    DeepProducts

    Raises
    ------
    ArgumentError
        For an argument outside its range, or for more networks than fit into memory.

    See Also
    --------
    chain_products : All remedies, on one chain.
    initial_weights : Random weights by a published rule.
    plots.draw_deep_products : The picture.

    Notes
    -----
    In training, m and s depend on every sample, and the full Jacobian couples the samples of a
    batch.  The Jacobian here is that of one sample, with m and s held at the values of the batch,
    as when a trained network is used.  The Jacobian with layer normalisation is complete: no other
    sample takes part.  The learnt scale and shift of each unit have their initial values, 1 and 0.

    The residual blocks of He et al. (2016) have two layers or more; here each has one.

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks" (2010).
    S. K. Kumar, "On weight initialization in deep neural networks" (2017).
    A. Yilmaz, R. Poli, "Successfully and efficiently training deep multi-layer perceptrons with
    logistic activation function simply requires initializing the weights with an appropriate
    negative mean" (2022).
    S. Ioffe, C. Szegedy, "Batch normalization: accelerating deep network training by reducing
    internal covariate shift" (2015).
    J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization" (2016).
    K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers: surpassing human-level
    performance on ImageNet classification" (2015).
    K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition" (2016).
    A. Maas, A. Hannun, A. Ng, "Rectifier nonlinearities improve neural network acoustic models"
    (2013).
    F. Morin, Y. Bengio, "Hierarchical probabilistic neural network language model" (2005).

    Examples
    --------
    The median of the decimal logarithm of the norm after 20 layers of logistic units:

    >>> import doya
    >>> for scheme in ("glorot", "kumar"):
    ...     print(scheme, doya.deep_products(scheme, 20, networks=20).quantiles()[1, -1].round(1))
    glorot -11.9
    kumar -4.0
    >>> doya.deep_products("glorot", 20, networks=20, batch=64).quantiles()[1, -1].round(1)
    np.float64(0.3)
    """
    check_one_of("scheme", scheme, SCHEMES)
    check_one_of("activation", activation, UNITS)
    for name, count, least in (("depth", depth, 0), ("units", units, 1), ("networks", networks, 1)):
        check_count(name, count, least)
    if batch is not None:
        check_count("batch", batch, 2)
    if batch is not None and layer_norm:
        raise ArgumentError("layer_norm", f"must be False with a batch, got {layer_norm!r}")
    random = generator(seed)
    samples = 1 if batch is None else batch
    # A layer's matrices and activations, and the norms of all layers with their running sums.
    cells = units * (6 * units + 6 * samples) + NORMS * (depth + 1)
    require_memory("the networks", (networks, cells), 1)
    draw = SCHEMES[scheme].draw
    a = random.standard_normal((networks, units, samples))
    product = np.broadcast_to(np.eye(units), (networks, units, units))
    layers = (levels if binary_tree else every_layer)(np.arange(depth + 1))
    steps = np.zeros((networks, int(layers[-1]) + 1))
    layer = _Layer(UNITS[activation], batch is not None, layer_norm, residual)
    for k in range(1, steps.shape[1]):
        a, jacobian = layer.passed(draw(random, (networks, units, units)), a)
        product = jacobian @ product
        norm = np.linalg.norm(product, 2, axis=(1, 2), keepdims=True)
        product = product / np.where(norm > 0.0, norm, 1.0)
        with np.errstate(divide="ignore"):
            steps[:, k] = np.log10(norm[:, 0, 0])
    return DeepProducts(
        running_sum(steps)[:, layers], scheme, activation, units, batch, layer_norm, residual,
        binary_tree, seed,
    )  # fmt: skip


class _Layer(NamedTuple):
    """A layer of each network: its activation and what is done to its units."""

    phi: Activation | Rectifier
    over_batch: bool
    over_units: bool
    residual: bool

    def passed(self, weights: Floats, before: Floats) -> tuple[Floats, Floats]:
        """Return the activations of all samples, and the Jacobians of the first sample."""
        z, jacobian = weights @ before, weights
        if self.over_batch or self.over_units:
            axis = -1 if self.over_batch else -2
            size = np.sqrt(z.var(axis=axis, keepdims=True) + STABILISER)
            z = (z - z.mean(axis=axis, keepdims=True)) / size
            jacobian = jacobian / size[..., :1]
        if self.over_units:
            y = z[..., :1]
            jacobian = jacobian - jacobian.mean(axis=-2, keepdims=True)
            jacobian -= y * (y.swapaxes(-1, -2) @ jacobian) / y.shape[-2]
        a, jacobian = self.phi.value(z), self.phi.slope(z[..., :1]) * jacobian
        if self.residual:
            a, jacobian = before + a, jacobian + np.eye(weights.shape[-1])
        return self._in_range(a), jacobian

    def _in_range(self, a: Floats) -> Floats:
        """Return rectified activations over a power of two, which changes no later Jacobian."""
        if self.over_batch or self.over_units or not isinstance(self.phi, Rectifier):
            return a
        _, exponent = np.frexp(np.abs(a).max(axis=(1, 2), keepdims=True))
        return np.asarray(np.ldexp(a, -exponent))
