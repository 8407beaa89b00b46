"""The singular values of long products M[1] D[1] M[2] D[2] ... M[k] D[k], where D are diagonal.

They are those of the transpose, which a factor D M' more multiplies from the left.  So far it is
V S Y' with orthonormal columns in V and in Y, S diagonal.  Y is not needed: the singular values of
D M' V S Y' are those of D M' V S, whose own V and S are found by turning rows, two at a time.  As
the sizes of S spread beyond all doubles, and those of D may, each row has a power of two of its
own, and each column, that of S.

- First turns make the rows triangular, each about the largest entry left.  So small singular
  values come from the remainder after large ones are eliminated, and not from their rounding, and
  where D or S has a 0 the rows left over are 0.
- Then turns make the rows orthogonal: one-sided Jacobi, after which S is the sizes of the rows.

With rows 2**e p and 2**f q a turn by the angle of tangent t = tau 2**(f - e) leaves

    2**e (p + t 2**(f - e) q) / sqrt(1 + t**2)  and  2**f (q - tau p) / sqrt(1 + t**2),

which stays finite, and becomes Gram-Schmidt's subtraction, as 2**(f - e) goes to 0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel
from doya.kernels.numbers.exponential import LOG10_2

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows, Stack

# The cosine of the angle of rows that count as orthogonal, over their length.
ORTHOGONAL = 2.0**-52
# More sweeps than Jacobi's method takes, up to 9 for 40 rows; the limit of LAPACK's dgesvj.
SWEEPS = 30
# Powers of two beyond which one row is nothing beside another; 2**FAR is a double, and its inverse.
FAR = 1020.0
# What counts as 0 beside 1; its inverse is a double.
TINY = 1e-307


def two_to(exponent: float) -> float:
    """2**exponent of a whole number, which above FAR counts as that; 0 below all doubles."""
    return math.ldexp(1.0, int(max(min(exponent, FAR), -2.0 * FAR)))


def dot(p: Row, q: Row) -> float:
    total = 0.0
    for j in range(len(p)):
        total += p[j] * q[j]
    return total


def squares(p: Row, q: Row) -> tuple[float, float, float]:
    """p p, q q and p q, which do not wait for one another."""
    a, b, product = 0.0, 0.0, 0.0
    for j in range(len(p)):
        a += p[j] * p[j]
        b += q[j] * q[j]
        product += p[j] * q[j]
    return a, b, product


def exchange(p: int, q: int, u: Rows, turns: Rows, e: Row) -> None:
    """Rows p and q change places."""
    e[p], e[q] = e[q], e[p]
    for j in range(len(u)):
        u[p][j], u[q][j] = u[q][j], u[p][j]
        turns[p][j], turns[q][j] = turns[q][j], turns[p][j]


def turn(p: int, q: int, tau: float, u: Rows, turns: Rows, e: Row) -> None:
    """Rows p and q by the angle whose tangent is tau 2**(e[q] - e[p])."""
    ratio = two_to(e[q] - e[p])
    tangent = tau * ratio
    cosine = 1.0 / math.sqrt(1.0 + tangent * tangent)
    combine(u[p], u[q], cosine, cosine * (tangent * ratio), cosine * tau)
    combine(turns[p], turns[q], cosine, cosine * tangent, cosine * tangent)


def combine(p: Row, q: Row, cosine: float, more: float, less: float) -> None:
    for j in range(len(p)):
        p[j], q[j] = cosine * p[j] + more * q[j], cosine * q[j] - less * p[j]


def normalise(row: Row) -> int:
    """Its largest entry becomes one from 1/2 to 1; the power of two that was taken out."""
    largest = 0.0
    for j in range(len(row)):
        largest = max(largest, abs(row[j]))
    power = math.frexp(largest)[1]
    for j in range(len(row)):
        row[j] = math.ldexp(row[j], -power)
    return power


def multiply(matrix: Rows, slopes: Row, vectors: Rows, u: Rows, e: Row) -> None:
    """2**e u becomes D M' V; matrix is M', D is slopes 2**e as e comes in."""
    for i in range(len(u)):
        for j in range(len(u)):
            u[i][j] = dot(matrix[i], vectors[j])
        e[i] += normalise(u[i])
        for j in range(len(u)):
            u[i][j] *= slopes[i]


def pivot(p: int, u: Rows, e: Row, f: Row) -> tuple[int, int]:
    """Row and column of the largest entry, to a factor 2, from row and column p on; -1 if all 0."""
    row, column, largest = -1, -1, 0.0
    for i in range(p, len(u)):
        for j in range(p, len(u)):
            if abs(u[i][j]) > TINY:
                size = math.frexp(u[i][j])[1] + (e[i] + f[j])
                if row < 0 or size > largest:
                    row, column, largest = i, j, size
    return row, column


def triangularise(most: int, u: Rows, turns: Rows, e: Row, f: Row) -> int:
    """Make 2**e u 2**f triangular; return the number of rows, at most `most`, that are not 0."""
    for p in range(most):
        row, column = pivot(p, u, e, f)
        if row < 0:
            return p
        exchange(p, row, u, turns, e)
        f[p], f[column] = f[column], f[p]
        for i in range(len(u)):
            u[i][p], u[i][column] = u[i][column], u[i][p]
        for i in range(p + 1, len(u)):
            if abs(u[i][p]) > TINY:
                turn(p, i, u[i][p] / u[p][p], u, turns, e)
            u[i][p] = 0.0
    return most


def spread(rank: int, u: Rows, e: Row, f: Row) -> None:
    """The powers of two of the columns go into the triangular rows."""
    for p in range(rank):
        for j in range(p, len(u)):
            # Upwards without overflow: no entry is larger than the pivot, to a small factor.
            u[p][j] = math.ldexp(u[p][j], int(max(min(f[j] - f[p], 2.0 * FAR), -2.0 * FAR)))
        e[p] += f[p] + normalise(u[p])


def orthogonalise(rank: int, u: Rows, turns: Rows, e: Row) -> None:
    """One-sided Jacobi; rows end in order of size, the largest first."""
    for _ in range(SWEEPS):
        largest = 0.0
        for p in range(rank - 1):
            for q in range(p + 1, rank):
                largest = max(largest, separate(p, q, u, turns, e))
        if largest <= ORTHOGONAL * len(u):
            break


def separate(p: int, q: int, u: Rows, turns: Rows, e: Row) -> float:
    """Make rows p and q orthogonal, the larger first; the cosine of their angle before."""
    a, b, product = squares(u[p], u[q])
    ratio = two_to(e[q] - e[p])
    if a < ratio * (ratio * b):
        exchange(p, q, u, turns, e)
        a, b, ratio = b, a, 1.0 / ratio
    cosine = abs(product) / math.sqrt(a * b) if a * b > 0.0 else 0.0
    if cosine > 0.25 * ORTHOGONAL:
        half = 0.5 * (a - ratio * (ratio * b))
        across = ratio * product
        turn(p, q, product / (half + math.sqrt(half * half + across * across)), u, turns, e)
    return cosine


@kernel(interpreted=0.4e-6, compiled=1e-9)
def follow(
    rank: int,
    matrices: Stack,
    ranks: IntRow,
    slopes: Rows,
    exponents: Rows,
    log10: Rows,
    vectors: Rows,
    f: Row,
    u: Rows,
    turns: Rows,
    e: Row,
) -> int:
    """log10[k] receives those of the singular values of k + 1 more factors, the largest first.

    So far V S is the columns vectors[j] 2**f[j], of which `rank` are not 0; at the start half the
    unit vectors, with 2**1.  Both are left as they are after all factors, and the rank is returned.

    matrices are the M', one for each factor or one for all, and ranks theirs.  The diagonal of
    D[k + 1] is slopes[k] 2**exponents[k], where slopes are 0 or from 1/2 to 1.  The rest is room:
    two matrices and a row.
    """
    n = len(e)
    for k in range(len(slopes)):
        for i in range(n):
            e[i] = exponents[k][i]
            for j in range(n):
                turns[i][j] = 1.0 if i == j else 0.0
        factor = k if len(matrices) > 1 else 0
        multiply(matrices[factor], slopes[k], vectors, u, e)
        rank = triangularise(min(rank, ranks[factor]), u, turns, e, f)
        spread(rank, u, e, f)
        orthogonalise(rank, u, turns, e)
        for i in range(n):
            size, power = math.frexp(math.sqrt(dot(u[i], u[i])) if i < rank else 0.0)
            f[i] = e[i] + power
            for j in range(n):
                vectors[i][j] = size * turns[i][j]
            log10[k][i] = math.log10(size) + f[i] * LOG10_2 if size > 0.0 else -math.inf
    return rank
