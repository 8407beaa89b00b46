"""Steps of the map's state and of its derivatives, many neurons in lockstep.

See `sensitivities`.  A step in each lane takes P to mu P, and C to mu C + source; mu is not
rounded near 1, see `x_number_sensitivities.propagated`.  Lanes that are led have their states by
`deviations`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.machinery.vectors import use_widest_vectors
from doya.kernels.map.deviations import faded, risen
from doya.kernels.map.led_lanes import (
    DISTANCE,
    DRIVE,
    EPSILON,
    FADE,
    FAR,
    KEEP,
    LANE,
    LANES,
    LED_EPSILON,
    LED_FADE,
    LED_KEEP,
    LED_W,
    NEAR,
    OWN,
    POINT,
    RISE,
    B,
    W,
    X,
)
from doya.kernels.map.x_number_sensitivities import CLOSE, bend, propagated
from doya.kernels.numbers.logistic import levels

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row, Rows

# Rows of the working space besides those of `led_lanes`, one neuron a column: eps w; the state two
# steps ago and at the start of the chunk; sigma(z) and sigma(-z); P, the least factor or product in
# it, and C for b and w, these over epsilon.
STEEP, BEFORE, START, LEVEL, REST, P, LEAST, C_B, C_W = range(OWN, OWN + 9)
# For epsilon: r and its scale, in which it stays during a chunk; r at the start of the chunk; eps w
# as h takes it; sigma(z) and sigma(-z) one step later; C.
RATE, RATE_SCALE, START_RATE, BENT, NEXT_LEVEL, NEXT_REST, C_EPSILON = range(OWN + 9, OWN + 16)
# Whether the lane repeats; for a lane that is led, the distance at the start of the chunk.
REPEATS, START_DISTANCE = OWN + 16, OWN + 17
# For `march_round`: the bias in the next stretch, and by how much it exceeds the present one.
# Before that, room for inputs.
NEXT_B, JUMP = OWN + 18, OWN + 19
ROWS = OWN + 20


def march(steps: int, led: int, quick: bool, by_epsilon: bool, rows: Rows, size: int) -> None:
    """Take steps of x, P, C and r in all lanes; led is how many are.

    `quick` says that FADE is 0 in all lanes: fewer operations with the same bits.
    """
    use_widest_vectors()
    w, b, keep, fade, epsilon, drive = (
        rows[W], rows[B], rows[KEEP], rows[FADE], rows[EPSILON], rows[DRIVE]
    )  # fmt: skip
    steep, x, before, product, least = rows[STEEP], rows[X], rows[BEFORE], rows[P], rows[LEAST]
    c_b, c_w, c_epsilon, level, rest = (
        rows[C_B], rows[C_W], rows[C_EPSILON], rows[LEVEL], rows[REST]
    )  # fmt: skip
    rate, bent = rows[RATE], rows[BENT]
    next_level, next_rest = level, rest
    if by_epsilon:
        next_level, next_rest = rows[NEXT_LEVEL], rows[NEXT_REST]
    for t in range(steps):
        if t == steps - 2:
            for i in range(size):
                before[i] = x[i]
        if quick:
            for i in range(size):  # one loop would keep too much in registers
                slope = level[i] * rest[i]
                mu = keep[i] + steep[i] * slope
                product[i] *= mu
                # With nothing kept, mu is no more exact than the slope.
                least[i] = lesser(least[i], min(abs(product[i]), keep[i] + slope))
                c_b[i] = mu * c_b[i] + slope
                c_w[i] = mu * c_w[i] + slope * x[i]
                x[i] = epsilon[i] * level[i] + (keep[i] * x[i] + drive[i])
        else:
            for i in range(size):
                slope = level[i] * rest[i]
                m = steep[i] * slope - fade[i]
                product[i] = propagated(keep[i], fade[i], m, product[i])
                least[i] = lesser(least[i], min(abs(product[i]), keep[i] + slope))
                c_b[i] = propagated(keep[i], fade[i], m, c_b[i]) + slope
                c_w[i] = propagated(keep[i], fade[i], m, c_w[i]) + slope * x[i]
                gone = x[i] if fade[i] > 0.0 else 0.0
                x[i] = epsilon[i] * (level[i] - gone) + (keep[i] * x[i] + drive[i])
        if led < size:
            for i in range(size):
                next_level[i], next_rest[i] = levels(w[i] * x[i] + b[i])
        if led > 0:
            lead(led, next_level, next_rest, rows)
        if by_epsilon and quick:
            for i in range(size):
                mu = keep[i] + steep[i] * (level[i] * rest[i])
                c_epsilon[i] = mu * c_epsilon[i] + rate[i]
                h, cross = bent[i] * rate[i], next_level[i] * rest[i]
                near = (keep[i] + steep[i] * cross * bend(h)) * rate[i]
                far = keep[i] * rate[i] + (cross - level[i] * next_rest[i])
                rate[i] = near if abs(h) <= CLOSE else far
                level[i], rest[i] = next_level[i], next_rest[i]
        elif by_epsilon:
            for i in range(size):
                m = steep[i] * (level[i] * rest[i]) - fade[i]
                c_epsilon[i] = propagated(keep[i], fade[i], m, c_epsilon[i]) + rate[i]
                h, cross = bent[i] * rate[i], next_level[i] * rest[i]
                m = steep[i] * cross * bend(h) - fade[i]
                near = propagated(keep[i], fade[i], m, rate[i])
                far = (keep[i] - fade[i]) * rate[i] + (cross - level[i] * next_rest[i])
                rate[i] = near if abs(h) <= CLOSE else far
                level[i], rest[i] = next_level[i], next_rest[i]


def march_round(by_epsilon: bool, rows: Rows, size: int) -> None:
    """Take the last step before the bias jumps: sigma(z) and r after it are those of the next bias.

    No lane is led.  r' = (1 - eps) r + sigma(z') - sigma(z) holds, with h = eps w r + the jump.
    """
    use_widest_vectors()
    w, b, keep, fade, epsilon, drive = (
        rows[W], rows[NEXT_B], rows[KEEP], rows[FADE], rows[EPSILON], rows[DRIVE]
    )  # fmt: skip
    steep, x, product, least = rows[STEEP], rows[X], rows[P], rows[LEAST]
    c_b, c_w, c_epsilon, level, rest = (
        rows[C_B], rows[C_W], rows[C_EPSILON], rows[LEVEL], rows[REST]
    )  # fmt: skip
    rate, bent, jump = rows[RATE], rows[BENT], rows[JUMP]
    next_level, next_rest = level, rest
    if by_epsilon:
        next_level, next_rest = rows[NEXT_LEVEL], rows[NEXT_REST]
        for i in range(size):
            m = steep[i] * (level[i] * rest[i]) - fade[i]
            c_epsilon[i] = propagated(keep[i], fade[i], m, c_epsilon[i]) + rate[i]
    for i in range(size):
        slope = level[i] * rest[i]
        m = steep[i] * slope - fade[i]
        product[i] = propagated(keep[i], fade[i], m, product[i])
        least[i] = lesser(least[i], min(abs(product[i]), keep[i] + slope))
        c_b[i] = propagated(keep[i], fade[i], m, c_b[i]) + slope
        c_w[i] = propagated(keep[i], fade[i], m, c_w[i]) + slope * x[i]
        gone = x[i] if fade[i] > 0.0 else 0.0
        x[i] = epsilon[i] * (level[i] - gone) + (keep[i] * x[i] + drive[i])
    for i in range(size):
        next_level[i], next_rest[i] = levels(w[i] * x[i] + b[i])
    if by_epsilon:
        for i in range(size):
            h, cross = bent[i] * rate[i] + jump[i], next_level[i] * rest[i]
            bent_cross = cross * bend(h)
            m = steep[i] * bent_cross - fade[i]
            near = propagated(keep[i], fade[i], m, rate[i]) + bent_cross * jump[i]
            far = (keep[i] - fade[i]) * rate[i] + (cross - level[i] * next_rest[i])
            rate[i] = near if abs(h) <= CLOSE else far
            level[i], rest[i] = next_level[i], next_rest[i]


def lesser(least: float, other: float) -> float:
    """Return the lesser of two numbers that are not negative.

    Without abs, machine code would write to `least` only in lanes where it changes.  Such a store
    takes AMD's processors as long as dozens of plain ones: a step takes a tenth to a half longer.
    """
    return min(abs(least), other)


def lead(led: int, next_level: Row, next_rest: Row, rows: Rows) -> None:
    """Find the states of lanes that are led after a step, and their sigma(z) and sigma(-z)."""
    w, keep, fade, epsilon = rows[LED_W], rows[LED_KEEP], rows[LED_FADE], rows[LED_EPSILON]
    x, lane, point, near, far = rows[X], rows[LANE], rows[POINT], rows[NEAR], rows[FAR]
    distance, rise, size = rows[DISTANCE], rows[RISE], (led + LANES - 1) // LANES * LANES
    for j in range(size):  # loops of few rows, which are made for the lanes
        distance[j] = faded(distance[j], keep[j], fade[j], epsilon[j], rise[j])
    for j in range(size):
        rise[j] = risen(w[j] * distance[j], near[j], far[j])
    for j in range(led):
        i = int(lane[j])
        x[i] = point[j] + distance[j]
        next_level[i], next_rest[i] = near[j] + rise[j], far[j] - rise[j]
