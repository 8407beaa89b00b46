"""One neuron's derivatives s = by B**shift in X-numbers: step by step, or in closed form.

See `sensitivities`: s' = mu s + source, for x0, b, w and, where s is of 4, epsilon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import apart
from doya.kernels.map.iteration import advance
from doya.kernels.map.kept import split
from doya.kernels.numbers.exponential import exp_tail
from doya.kernels.numbers.logistic import levels
from doya.kernels.numbers.x_numbers import ONE, XNumber, exp_x, plus, power, times, x_number

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row

# Up to here `bend` holds.
CLOSE = 0.34
# e**-PLAIN_Z is above 2**-480, the least X-number without a scale.
PLAIN_Z = 332.0
# A cycle of two states whose distance is less, relative to them, is one of rounding.
ROUNDED = 1e-12


def x_levels(z: float) -> tuple[XNumber, XNumber]:
    """sigma(z) and sigma(-z), of any size; with the bits of `levels` up to |z| = PLAIN_Z."""
    if abs(z) <= PLAIN_Z:
        level, rest = levels(z)
        return (level, 0.0), (rest, 0.0)
    e = exp_x(-abs(z))
    return (ONE, e) if z > 0.0 else (e, ONE)


def bend(h: float) -> float:
    """(1 - e**-h) / h."""
    return 1.0 - h * exp_tail(-h)


def propagated(keep: float, fade: float, m: float, s: float) -> float:
    """mu s, where mu = keep + m; m has - fade in it.

    Near 1, and with a small epsilon, mu would be rounded in the same way at each step.  Near 0
    that of mu s is the least.
    """
    return s + m * s if (fade > 0.0) & (abs(m) < 0.5) else (keep + m) * s


def begin(by: Row, shift: Row) -> None:
    """s = (1, 0, 0, 0)."""
    for k in range(len(by)):
        by[k], shift[k] = 1.0 if k == 0 else 0.0, 0.0


def compose(factor: XNumber, added: XNumber, by: Row, shift: Row, k: int) -> None:
    """s[k] becomes factor s[k] + added."""
    by[k], shift[k] = plus(times(factor, (by[k], shift[k])), added)


def scale(factor: XNumber, by: Row, shift: Row) -> None:
    """s[0] becomes factor s[0]."""
    by[0], shift[0] = times(factor, (by[0], shift[0]))


def first_rate(w: float, b: float, epsilon: float, drive: float, x: float) -> XNumber:
    """r = sigma(z) - x + w' u."""
    level, _ = x_levels(w * x + b)
    return plus(plus(level, x_number(-x)), x_number(drive / epsilon))


@apart
def step(
    w: float, b: float, epsilon: float, drive: float, x: float, r: XNumber, by: Row,
    shift: Row,
) -> tuple[float, XNumber]:  # fmt: skip
    """One step of s; the next state and r."""
    kept, fade = split(epsilon)
    keep, less, steep = (kept, 0.0), (-fade, 0.0), times((epsilon, 0.0), x_number(w))
    level, rest = x_levels(w * x + b)
    slope = times(level, rest)
    pull, mu = times((epsilon, 0.0), slope), plus(keep, plus(times(steep, slope), less))
    scale(mu, by, shift)
    compose(mu, pull, by, shift, 1)
    compose(mu, times(pull, x_number(x)), by, shift, 2)
    if len(by) > 3:
        compose(mu, r, by, shift, 3)
    x = advance(x, w, b, kept, fade, epsilon, drive)
    next_level, next_rest = x_levels(w * x + b)
    cross, h = times(next_level, rest), times(steep, r)
    if h[1] < 0.0 or (h[1] == 0.0 and abs(h[0]) <= CLOSE):
        rise = times(steep, times(cross, (bend(h[0] if h[1] == 0.0 else 0.0), 0.0)))
        return x, times(plus(keep, plus(rise, less)), r)
    m, i = times(level, next_rest)
    return x, plus(times(plus(keep, less), r), plus(cross, (-m, i)))


def factor_less_one(w: float, b: float, epsilon: float, x: float) -> float:
    """mu - 1 = epsilon (w sigma'(z) - 1), accurate where it is small."""
    level, rest = levels(w * x + b)
    return epsilon * (w * (level * rest) - 1.0)


def repeat(
    w: float, b: float, epsilon: float, drive: float, x: float, r: XNumber, fixed: bool, steps: int,
    by: Row, shift: Row, cycle_by: Row, cycle_shift: Row,
) -> tuple[float, XNumber]:  # fmt: skip
    """Take steps from a state that repeats after two, bit for bit; return the last state and r.

    If it is `fixed` it stays, but for the rounding of a step.  What a cycle, of one or two steps,
    does to s is found from (1, 0, 0, 0), and then repeated.  At a fixed point, also one around
    which only rounding leads, r fades like s itself.
    """
    kept, fade = split(epsilon)
    rests = fixed or advance(x, w, b, kept, fade, epsilon, drive) == x
    period, stays = 1 if rests else 2, x
    begin(cycle_by, cycle_shift)
    less_one, following = 0.0, r
    for _ in range(period):
        change = factor_less_one(w, b, epsilon, x)
        less_one += change + less_one * change
        x, following = step(w, b, epsilon, drive, x, following, cycle_by, cycle_shift)
    x = stays
    cycle, turns = (cycle_by[0], cycle_shift[0]), steps // period
    if turns > 0:
        factor, terms = power(cycle, less_one, turns)
        scale(factor, by, shift)
        compose(factor, times(terms, (cycle_by[1], cycle_shift[1])), by, shift, 1)
        compose(factor, times(terms, (cycle_by[2], cycle_shift[2])), by, shift, 2)
        if len(by) > 3:
            near = r[1] < 0.0 or (r[1] == 0.0 and epsilon * abs(r[0]) <= ROUNDED * abs(x))
            if -2.0 < less_one < 0.0 and (period == 1 or near):
                r = times(factor, r)
                terms = times(x_number(float(turns)), power(cycle, less_one, turns - 1)[0])
            compose(factor, times(terms, (cycle_by[3], cycle_shift[3])), by, shift, 3)
    return step(w, b, epsilon, drive, x, r, by, shift) if steps % period == 1 else (x, r)
