"""Products of Jacobians of networks, and of any matrices: their singular values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Floats
from doya.checks import check_count, checked
from doya.errors import ArgumentError
from doya.kernels import products as kernels
from doya.kernels.machinery.running import Call, run
from doya.memory import require_memory
from doya.networks.activations import ACTIVATIONS
from doya.networks.sigmoid_rnn import SigmoidRNN
from doya.results import Result

Progress: TypeAlias = Callable[[float], object]

# Work of a step in addition to N**3.
OVERHEAD = 8
# Work of some tenths of a second: the machine code reports progress and can be interrupted between
# blocks of this size.
BLOCK = 20_000_000


@dataclass(frozen=True, eq=False, repr=False)
class MatrixProducts(Result):
    """The singular values of the products of the first k factors, for all k from 0 to K.

    Attributes
    ----------
    log10_singular_values : ndarray, shape (K + 1, N)
        Decimal logarithms.  Row k has the singular values of the product of k factors, the largest
        first; -inf stands for 0, also where a factor is singular to rounding.
    log10_bound : ndarray, shape (K + 1,)
        Decimal logarithms of the product of the bounds of the factors.  The norm does not exceed
        it, except by rounding errors, which grow with k.
    """

    log10_singular_values: Floats
    log10_bound: Floats

    @property
    def k(self) -> NDArray[np.int64]:
        """Return the numbers of factors, 0 to K."""
        return np.arange(len(self.log10_singular_values))

    @property
    def log10_norm(self) -> Floats:
        """Return the decimal logarithms of the 2-norms, which are the largest singular values."""
        return self.log10_singular_values[:, 0]


@dataclass(frozen=True, eq=False, repr=False)
class JacobianProducts(MatrixProducts):
    """The singular values of da[T]/da[T-k] for all k from 0 to T.

    Attributes
    ----------
    log10_singular_values : ndarray, shape (T + 1, N)
        Decimal logarithms.  Row k has the singular values of da[T]/da[T-k], the largest first; -inf
        stands for 0, and for a W_rec that is singular to rounding.
    log10_bound : ndarray, shape (T + 1,)
        k log10(network.factor).  The norm does not exceed it, except by rounding errors, which grow
        with k.
    network : SigmoidRNN
        The network.
    states : ndarray, shape (T + 1, N)
        The states a[0] to a[T].
    """

    network: SigmoidRNN
    states: Floats


def jacobian_products(
    network: SigmoidRNN,
    a0: ArrayLike,
    steps: int,
    u: ArrayLike | None = None,
    *,
    progress: Progress | None = None,
) -> JacobianProducts:
    """Return the singular values of the Jacobians da[T]/da[T-k], for all k from 0 to T = steps.

    The Jacobian is the effect at the end of a change k steps earlier.  It is
    J[T-1] J[T-2] ... J[T-k] with J[t] = W_rec diag(phi'(a[t])).  On its way back a gradient grows
    by at most the largest singular value (the norm) and by at least the smallest.  The norm is at
    most factor**k, except for rounding errors, which grow with k.

    Parameters
    ----------
    network : SigmoidRNN
        The network.
    a0 : float or array, shape (N,)
        State at the start, dimensionless, from -1e100 to 1e100.
    steps : int
        Number of steps T, at least 0.
    u : array, shape (steps, inputs), optional
        Inputs, by default 0: row t - 1 drives a[t].
    progress : callable, optional
        Called repeatedly with the finished part of the work, up to 1.

    Returns
    -------
    JacobianProducts

    Raises
    ------
    ArgumentError
        For an argument outside its range, for shapes that do not fit, or for more steps than fit
        into memory.

    See Also
    --------
    matrix_products : The same for matrices of any origin.
    backpropagation : The gradient, split by the steps that it goes back.
    SigmoidRNN : A network of N units.
    plots.draw_jacobian_products : The picture.

    Notes
    -----
    Singular values of any size are computed, also beside others that are larger by any factor: the
    notes of `matrix_products` apply.  Slopes below the range of a double, of units far in
    saturation, are allowed too.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), section 2.1.
    Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient descent is
    difficult" (1994).

    Examples
    --------
    >>> import doya
    >>> network = doya.SigmoidRNN([[3.0, 1.0], [-1.0, 3.0]], b=-2.0)
    >>> products = doya.jacobian_products(network, a0=0.0, steps=1000)
    >>> products.log10_norm[[0, 10, 1000]].round(3)
    array([   0.   ,   -3.026, -327.778])
    >>> products.log10_bound[[0, 10, 1000]].round(3)
    array([   0.   ,   -1.021, -102.06 ])
    """
    steps = check_count("steps", steps, 0)
    require_memory("the network", (steps + 1, network.units), 8)
    states = network.simulate(a0, steps, u)
    values, exponents = ACTIVATIONS[network.activation].scaled_slope(states[-2::-1])
    found = _log10_singular_values(network.W_rec[np.newaxis], values, exponents, progress)
    with np.errstate(divide="ignore"):
        bounds = np.append(0.0, np.arange(1.0, steps + 1.0) * np.log10(network.factor))
    return JacobianProducts(found, bounds, network, states)


def matrix_products(
    matrices: ArrayLike, slopes: ArrayLike, *, progress: Progress | None = None
) -> MatrixProducts:
    """Compute the singular values of M[1] D[1] ... M[k] D[k], each D[j] diagonal, for k = 0 to K.

    Parameters
    ----------
    matrices : array, shape (N, N) or (K, N, N)
        One matrix M for all factors, or one for each factor; finite, from -1e100 to 1e100.
    slopes : array, shape (K, N)
        The diagonals of D[j], finite, from 0 to 1e100.
    progress : callable, optional
        Called repeatedly with the finished part of the work, up to 1.

    Returns
    -------
    MatrixProducts
        The singular values of the products.  The bound of a factor is the norm of M[j] times the
        largest of slopes[j].

    Raises
    ------
    ArgumentError
        For an argument outside its range, for shapes that do not fit, or for more factors than fit
        into memory.

    See Also
    --------
    jacobian_products : The products through which gradients go back.
    initial_weights : Random weights by a published rule.

    Notes
    -----
    The singular values are updated from factor to factor by Jacobi rotations, each with its own
    exponent.  So the singular values, and the slopes, may differ by any factor.  They are exact for
    matrices that differ from the given ones by rounding errors, about 1e-15 of the size of each
    column.

    The rank of a matrix is found after its rows and columns are divided by their largest entries.
    If it is r < N to rounding, the N - r smallest singular values count as 0, for this product and
    for all longer ones.  This can happen to a matrix of determinant 1: an example is
    the triangular matrix with 1 on and -1 above the diagonal for N = 60.

    Within a singular vector of a product a part below 1e-300 of the largest counts as 0.

    References
    ----------
    J. Demmel, K. Veselic, "Jacobi's method is more accurate than QR" (1992).
    S. Oliveira, D. E. Stewart, "Exponential splittings of products of matrices and accurately
    computing singular values of long products" (2000).

    Examples
    --------
    The spectral radius of [[0, 2], [0.6, 0]] is above 1.  Yet gradients may vanish or explode:

    >>> import doya
    >>> for c in (0.9, 0.95):
    ...     products = doya.matrix_products([[0.0, 2.0], [0.6, 0.0]], [[c, c]] * 1000)
    ...     print(products.log10_norm[-1].round(6))
    -6.166868
    17.314228
    """
    diagonals = np.asarray(checked("slopes", slopes))
    if diagonals.ndim != 2 or not diagonals.shape[1]:
        raise ArgumentError("slopes", f"must be of shape (K, N), got {diagonals.shape}")
    if (diagonals < 0.0).any():
        raise ArgumentError("slopes", f"must be at least 0, got {diagonals.min()}")
    factors = np.asarray(checked("matrices", matrices))
    count, n = diagonals.shape
    if factors.shape not in ((n, n), (count, n, n)):
        raise ArgumentError(
            "matrices",
            f"must be of shape {(n, n)} or {(count, n, n)}, got {factors.shape}",
        )
    factors = factors if factors.ndim == 3 else factors[np.newaxis]
    require_memory("the products", (count + 1, n), 9)
    values, exponents = np.frexp(diagonals)
    found = _log10_singular_values(factors, values, exponents.astype(np.float64), progress)
    norms = np.linalg.norm(factors, 2, axis=(1, 2))
    with np.errstate(divide="ignore"):
        bounds = np.append(0.0, np.cumsum(np.log10(norms) + np.log10(diagonals.max(axis=1))))
    return MatrixProducts(found, bounds)


def _log10_singular_values(
    matrices: Floats, slopes: Floats, exponents: Floats, progress: Progress | None
) -> Floats:
    """Return the logarithms of the singular values, a row for each number of factors.

    The factors have one matrix, or one for each row, and the diagonals slopes 2**exponents.
    """
    count, n = slopes.shape
    work = n**3 + OVERHEAD
    log10, rank = np.zeros((count + 1, n)), n
    vectors, f, u, turns, e = 0.5 * np.eye(n), np.ones(n), *np.empty((2, n, n)), np.empty(n)
    single = _transposed(matrices) if len(matrices) == 1 else None
    size = max(BLOCK // work, 1)

    def job(_: slice, call: Call) -> None:
        nonlocal rank
        for begin in range(0, count, size):
            block = slice(begin, begin + size)
            transposed, ranks = single or _transposed(matrices[block])
            rank = call(
                kernels.follow, rank, np.array(transposed, order="C"), ranks,
                np.array(slopes[block]), np.array(exponents[block]), log10[1:][block],
                vectors, f, u, turns, e,
            )  # fmt: skip
            if progress:
                progress(min(begin + size, count) / count)

    run(job, 1, {kernels.follow: count * work})
    return log10


def _transposed(matrices: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return the transposed matrices and their ranks."""
    return matrices.transpose(0, 2, 1), _ranks(matrices)


def _ranks(matrices: Floats) -> NDArray[np.int64]:
    """Return ranks to rounding; rows and columns may differ in size."""
    balanced = matrices
    for axis in (2, 1):  # once each: dividing columns leaves a 1 in every row
        sizes = np.abs(balanced).max(axis=axis, keepdims=True)
        balanced = balanced / np.where(sizes == 0.0, 1.0, sizes)
    return np.asarray(np.linalg.matrix_rank(balanced), dtype=np.int64)
