"""All equilibria of z = w sigma(z) + b, by Newton's method between the folds.

The proof that none is lost.  g(z) = z - w sigma(z) - b has g' = 1 - w sigma'.
For w <= 4 it rises everywhere and has one root.  For w > 4 it rises up to the
fold at -Z, falls to the fold at +Z and rises again, so each of the three
pieces holds at most one root, and which pieces hold one is read off b against
the two fold values.  The reflection (z, b) -> (-z, -w - b) brings every root
to z <= 0, where g is concave (w > 0) or convex (w <= 0) throughout: Newton's
iterates, clamped to the piece, reach the root from one side and cannot leave
it again.  At z <= 0 nothing cancels either: sigma(z) and w sigma(z) keep
their relative accuracy far into the tail.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel
from doya.kernels.numbers.exponential import exp_negative

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

# Neurons solved in lockstep: enough for the vector units, few enough for the first cache.
BLOCK = 64
# Newton takes 3 to 5 steps, near the largest w a dozen; this only bounds the loop.
SWEEPS = 100
HALF_ULP = 2.0**-53
# From w = 4 and from b = -w/2: up to where a neuron counts as beside the cusp, with abs(z) < 0.3.
BESIDE_CUSP_W, BESIDE_CUSP_B = 0.01, 1e-3

# Rows of the working space: one slot a root, solved as its image with z <= 0.
ROWS = 7
W, C, LOWER, UPPER, Z, SIDE, SIGN = range(ROWS)


def tangency(w: float, kappa: float) -> tuple[float, float, float]:
    """Return where w sigma'(z) = kappa, kappa/w in (0, 1/4]: folds at 1, flips at 1 - 2/eps.

    The two points are z = -Z and +Z.  Returns s = tanh(Z/2) = sqrt(1 - 4 kappa/w), Z, and
    w sigma(-Z) = w (1 - s)/2, written without cancellation.
    """
    s = math.sqrt((w - 4.0 * kappa) / w)
    return s, math.log1p(0.5 * s * (1.0 + s) * (w / kappa)), 2.0 * kappa / (1.0 + s)


def fold_values(w: float, big_z: float, level: float) -> tuple[float, float]:
    """b at the folds z = -Z and z = +Z of a neuron with w > 4, from `tangency(w, 1)`.

    They lie symmetric about -w/2.  Beside the cusp their distance from it is a series, as Z and the
    level nearly cancel.
    """
    if w <= 4.0 + BESIDE_CUSP_W:
        away = (0.25 * w - 1.0) * big_z - cusp_bend(w, big_z)
        return away - 0.5 * w, -away - 0.5 * w
    upper = -big_z - level
    return upper, -w - upper


def is_beside_cusp(w: float, b: float) -> bool:
    """Return whether z is so near 0 that it is found by the series of the cusp."""
    return abs(w - 4.0) <= BESIDE_CUSP_W and abs(b + 0.5 * w) <= BESIDE_CUSP_B


def less_tanh(y: float) -> float:
    """y - tanh(y) by its series, to rounding up to abs(y) = 0.17."""
    u = y * y
    tail = 929569 / 638512875 - u * (6404582 / 10854718875 - u * (443861162 / 1856156927625))
    tail = 62 / 2835 - u * (1382 / 155925 - u * (21844 / 6081075 - u * tail))
    return y * u * (1 / 3 - u * (2 / 15 - u * (17 / 315 - u * tail)))


def cusp_bend(w: float, z: float) -> float:
    """(w/2) (z/2 - tanh(z/2)): z - w sigma(z) + w/2 is this less a z, where a = w/4 - 1."""
    return 0.5 * w * less_tanh(0.5 * z)


def cusp_slope(w: float, z: float) -> float:
    """1 - w sigma'(z) = (w/4) tanh(z/2)**2 - a, beside the cusp."""
    s = 0.5 * z - less_tanh(0.5 * z)
    return 0.25 * w * s * s - (0.25 * w - 1.0)


def root_beside_cusp(w: float, bias: float, guess: float, limit: float) -> float:
    """The root of bend - a z = bias below the guess, from which Newton's iterates fall to it.

    bias is b + w/2, which is exact there.  `limit` is the fold between this root and the next one.
    """
    z = guess
    for _ in range(SWEEPS):
        slope = cusp_slope(w, z)
        if slope == 0.0:
            break
        lower = z - ((cusp_bend(w, z) - (0.25 * w - 1.0) * z) - bias) / slope
        if not lower < z:
            break
        if lower <= limit:
            return limit
        z = lower
    return z


def largest_beside_cusp(w: float, bias: float, big_z: float) -> float:
    """The largest root; it is positive.  big_z is the fold's z, 0 up to the cusp."""
    a, cube = 0.25 * w - 1.0, w / 50.0  # the bend is at most z**3 w/48, and above z**3 w/50
    guess = (bias / cube) ** (1.0 / 3.0) if bias > 0.0 else 0.0
    if a > 0.0:
        guess += math.sqrt(a / cube)
    elif a < 0.0:
        guess = min(guess, -bias / a)
    return root_beside_cusp(w, bias, guess, big_z)


def refine(w: float, c: float, lower: float, upper: float, z: float) -> tuple[float, float, float]:
    """One Newton step for z = w sigma(z) + c, z <= 0, clamped to [lower, upper].

    A root that is found closes its interval, so that further steps leave it as it is: what a
    neuron gets does not depend on the neurons solved beside it.  It is found when the residual is
    below its own rounding, or when Newton's next correction would be.
    """
    e = exp_negative(z)
    x = e / (1.0 + e)
    slope_x = x / (1.0 + e)
    residual = (z - c) - w * x
    slope = 1.0 - w * slope_x
    slope = slope if slope != 0.0 else HALF_ULP
    rounding = HALF_ULP * (abs(c) + abs(w * x))
    stay = abs(residual) <= rounding

    target = z - residual / slope
    target = target if target > lower else lower
    target = target if target < upper else upper
    target = z if stay else target
    step = target - z
    # Over so short a step |g''| stays below twice this, also where it vanishes, at z = 0.  Clamped
    # steps are no shorter than they should be: Newton leaves the piece only from the wrong side.
    curvature = abs(w * slope_x) * (abs(1.0 - 2.0 * x) + 0.5 * abs(step))
    curvature = curvature if abs(step) <= 0.5 else math.inf
    found = stay | (curvature * step * step <= rounding + HALF_ULP * abs(z * slope))
    return (target if found else lower), (target if found else upper), target


def outer_root(
    c: float, fold: float, s: float, big_z: float, level: float
) -> tuple[float, float, float, float]:
    """Sign of the eigenvalue, bracket and first guess of the root left of the fold at -Z.

    There b = fold >= c, and with depth = fold - c the root lies sqrt(2 depth / s) from the fold
    beside it (g'' = -s there) and depth + level from it far away; the guess blends the two.
    """
    depth = fold - c
    near = math.sqrt(2.0 * depth / s) / level
    guess = -big_z - (depth + level * near / (1.0 + near))
    return -1.0, c, min(-big_z, c + level), guess


def middle_root(
    w: float, c: float, fold: float, s: float, big_z: float
) -> tuple[float, float, float, float]:
    """Sign of the eigenvalue, bracket and first guess of the root from the fold at -Z to 0.

    c >= -w/2.  Far from the fold sigma is exponential, and e**t - 1 - t = depth gives the guess t.
    """
    if c == -0.5 * w:
        return 1.0, 0.0, 0.0, 0.0
    depth = fold - c
    guess = min(0.0, math.log1p(depth + math.sqrt(2.0 * depth / s)) - big_z)
    return 1.0, -big_z, 0.0, guess


def single_root(w: float, c: float) -> tuple[float, float, float, float]:
    """Sign of the eigenvalue, bracket and first guess of the only root; w <= 4, c <= -w/2.

    t = -z solves t - (w/2) tanh(t/2) = depth; its slope at 0, its cubic term (all there is at the
    cusp, w = 4) and its limit far away each bound or estimate t.
    """
    depth = -0.5 * w - c
    if w <= 0.0:
        least = max(depth / (1.0 - 0.25 * w), -c)
        t = max(least, min(depth, math.log1p(-w / (1.0 + (least + c)))))
        t = max(least, min(depth, math.log1p(-w / (1.0 + (t + c)))))
        return -1.0, c + 0.5 * w, min(c, 0.0), -t
    t = min(depth + 0.5 * w, (48.0 * depth / w) ** (1.0 / 3.0))
    if w < 4.0:
        t = min(t, depth / (1.0 - 0.25 * w))
    return -1.0, c, c + 0.5 * w, -t


def report(w: float, z: float, side: float, sign: float) -> tuple[float, float, float]:
    """z, x and eigenvalue of a root, turned back from its mirror image.

    The piece proves the eigenvalue's sign, which rounding beside a fold could not; its size is
    not resolved below HALF_ULP there.  On a fold or the cusp itself it is 0.
    """
    e = exp_negative(z)
    rest = 1.0 / (1.0 + e)
    slope = abs(1.0 - w * (e * rest) * rest)
    slope = slope if slope > HALF_ULP else HALF_ULP
    return side * z, (e * rest if side > 0.0 else rest), sign * slope


def put(
    slots: Rows, m: int, w: float, c: float, side: float, root: tuple[float, float, float, float]
) -> int:
    """Lay a root down in slot m; returns the next free slot."""
    slots[W][m] = w
    slots[C][m] = c
    slots[SIDE][m] = side
    slots[SIGN][m], slots[LOWER][m], slots[UPPER][m], slots[Z][m] = root
    return m + 1


def put_found(slots: Rows, m: int, w: float, z: float, sign: float) -> int:
    """Lay down a root that no step shall change; returns the next free slot."""
    image = -abs(z)
    return put(slots, m, w, 0.0, 1.0 if z <= 0.0 else -1.0, (sign, image, image, image))


def pose_beside_cusp(slots: Rows, m: int, w: float, b: float) -> int:
    """`pose` where rounding of w sigma(z) would hide the cube of z that decides."""
    bias = b + 0.5 * w
    if w <= 4.0:
        z = math.copysign(largest_beside_cusp(w, abs(bias), 0.0), bias)
        return put_found(slots, m, w, z, 0.0 if w == 4.0 and bias == 0.0 else -1.0)
    _, big_z, level = tangency(w, 1.0)
    fold, lower_fold = fold_values(w, big_z, level)
    between = (lower_fold < b < fold) or bias == 0.0
    if between or b < fold:
        m = put_found(slots, m, w, -largest_beside_cusp(w, -bias, big_z), -1.0)
    elif b == fold:
        m = put_found(slots, m, w, -big_z, 0.0)
    if between:
        middle = root_beside_cusp(w, abs(bias), 0.0, -big_z)
        m = put_found(slots, m, w, -middle if bias < 0.0 else middle, 1.0)
    if between or b > lower_fold:
        m = put_found(slots, m, w, largest_beside_cusp(w, bias, big_z), -1.0)
    elif b == lower_fold:
        m = put_found(slots, m, w, big_z, 0.0)
    return m


def pose(slots: Rows, m: int, w: float, b: float) -> int:
    """Lay down every root of one neuron, ascending; returns the next free slot.

    A root with z > 0 is posed as its mirror image (side = -1).
    """
    if is_beside_cusp(w, b):
        return pose_beside_cusp(slots, m, w, b)
    mirrored = -w - b
    if w <= 4.0:
        if b <= mirrored:
            return put(slots, m, w, b, 1.0, single_root(w, b))
        return put(slots, m, w, mirrored, -1.0, single_root(w, mirrored))

    s, big_z, level = tangency(w, 1.0)
    fold, lower_fold = fold_values(w, big_z, level)
    on_fold = 0.0, -big_z, -big_z, -big_z
    between = lower_fold < b < fold
    if between or b < fold:
        m = put(slots, m, w, b, 1.0, outer_root(b, fold, s, big_z, level))
    elif b == fold:
        m = put(slots, m, w, b, 1.0, on_fold)
    if between and b >= mirrored:
        m = put(slots, m, w, b, 1.0, middle_root(w, b, fold, s, big_z))
    elif between:
        m = put(slots, m, w, mirrored, -1.0, middle_root(w, mirrored, fold, s, big_z))
    if between or b > lower_fold:
        m = put(slots, m, w, mirrored, -1.0, outer_root(mirrored, fold, s, big_z, level))
    elif b == lower_fold:
        m = put(slots, m, w, mirrored, -1.0, on_fold)
    return m


@kernel(interpreted=20e-6, compiled=0.1e-6)
def solve(w: Row, b: Row, z: Row, x: Row, eigenvalue: Row, count: IntRow, slots: Rows) -> int:
    """Equilibria of neurons i = 0, 1, ..., ascending: z, x = sigma(z), eigenvalue -1 + w sigma'(z).

    Neuron i owns z[3 i], z[3 i + 1], z[3 i + 2], the first count[i] are filled; x and
    eigenvalue likewise.  `slots` is room: ROWS rows of 3 * BLOCK numbers, fewer for fewer neurons.
    Returns how many roots had not settled after SWEEPS steps; no neuron is known to have one.
    """
    slot_w, slot_c, slot_z = slots[W], slots[C], slots[Z]
    slot_lower, slot_upper = slots[LOWER], slots[UPPER]
    slot_side, slot_sign = slots[SIDE], slots[SIGN]
    missed = 0
    for first in range(0, len(w), BLOCK):
        last = min(first + BLOCK, len(w))
        m = 0
        for i in range(first, last):
            start = m
            m = pose(slots, m, w[i], b[i])
            count[i] = m - start

        open_slots = m
        for _ in range(SWEEPS):
            open_slots = 0
            for j in range(m):
                slot_lower[j], slot_upper[j], slot_z[j] = refine(
                    slot_w[j], slot_c[j], slot_lower[j], slot_upper[j], slot_z[j]
                )
                open_slots += slot_lower[j] < slot_upper[j]
            if open_slots == 0:
                break
        missed += open_slots

        for j in range(m):
            slot_z[j], slot_lower[j], slot_upper[j] = report(
                slot_w[j], slot_z[j], slot_side[j], slot_sign[j]
            )
        j = 0
        for i in range(first, last):
            for k in range(3 * i, 3 * i + count[i]):
                z[k], x[k], eigenvalue[k] = slot_z[j], slot_lower[j], slot_upper[j]
                if eigenvalue[k] != 0.0 and is_beside_cusp(w[i], b[i]):
                    eigenvalue[k] = math.copysign(cusp_slope(w[i], z[k]), eigenvalue[k])
                j += 1
    return missed
