"""Norms of Jacobian products in random deep networks before learning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.checks import check_count, check_one_of
from doya.memory import require_memory
from doya.networks.activations import ACTIVATIONS, Activation
from doya.networks.initialisations import SCHEMES, generator
from doya.results import Result
from doya.scaled import running_sum

# Added to the variance of a batch, so that nothing is divided by 0.
STABILISER = 1e-5
# Number of arrays as large as the result in memory while the logarithms are added up.
NORMS = 6


@dataclass(frozen=True, eq=False, repr=False)
class DeepProducts(Result):
    """The norms of da[k]/da[0] in many random networks of L layers, for k from 0 to L.

    Attributes
    ----------
    log10_norm : ndarray, shape (networks, L + 1)
        The decimal logarithms of the 2-norms, which may have any size.
    scheme, activation : str
    units, batch, seed
        The arguments of `deep_products`.
    """

    log10_norm: Floats
    scheme: str
    activation: str
    units: int
    batch: int | None
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
        return np.quantile(self.log10_norm, parts, axis=0)


def deep_products(
    scheme: str,
    depth: int,
    units: int = 50,
    networks: int = 100,
    *,
    activation: str = "logistic",
    batch: int | None = None,
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

    Parameters
    ----------
    scheme : {"glorot", "kumar", "yilmaz-poli"}
        Distribution of the weights, as in `initial_weights`.
    depth : int
        Number of layers L, at least 0.
    units : int, default 50
        Number of units N of each layer and of the input, at least 1.
    networks : int, default 100
        Number of networks, at least 1.
    activation : {"logistic", "tanh"}, default "logistic"
        The activation phi.
    batch : int, optional
        Number of samples in a batch, at least 2.  By default there is no batch normalisation.
    seed : int or numpy Generator, default 0
        The same number gives the same networks; a generator continues from its state.

    Returns
    -------
    DeepProducts

    Raises
    ------
    ArgumentError
        For an argument outside its range, or for more networks than fit into memory.

    Notes
    -----
    In training, m and s depend on every sample, and the full Jacobian couples the samples of a
    batch.  The Jacobian here is that of one sample, with m and s held at the values of the batch,
    as when a trained network is used.  The learnt scale and shift of each unit have their initial
    values, 1 and 0.

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
    check_one_of("activation", activation, ACTIVATIONS)
    for name, count, least in (("depth", depth, 0), ("units", units, 1), ("networks", networks, 1)):
        check_count(name, count, least)
    if batch is not None:
        check_count("batch", batch, 2)
    random = generator(seed)
    samples = 1 if batch is None else batch
    # A layer's matrices and activations, and the norms of all layers with their running sums.
    cells = units * (6 * units + 4 * samples) + NORMS * (depth + 1)
    require_memory("the networks", (networks, cells), 1)
    draw = SCHEMES[scheme].draw
    a = random.standard_normal((networks, units, samples))
    product = np.broadcast_to(np.eye(units), (networks, units, units))
    steps = np.zeros((networks, depth + 1))
    for k in range(depth):
        weights = draw(random, (networks, units, units))
        a, slope = _layer(weights @ a, ACTIVATIONS[activation], batch is not None)
        product = slope * weights @ product
        norm = np.linalg.norm(product, 2, axis=(1, 2), keepdims=True)
        product = product / norm
        steps[:, k + 1] = np.log10(norm[:, 0, 0])
    return DeepProducts(running_sum(steps), scheme, activation, units, batch, seed)


def _layer(z: Floats, phi: Activation, normalised: bool) -> tuple[Floats, Floats]:
    """Return the activations of all samples, and the slopes of the first sample's activations."""
    if not normalised:
        return phi.value(z), phi.slope(z)
    size = np.sqrt(z.var(axis=-1, keepdims=True) + STABILISER)
    z = (z - z.mean(axis=-1, keepdims=True)) / size
    return phi.value(z), phi.slope(z[..., :1]) / size
