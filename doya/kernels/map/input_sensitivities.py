"""The derivative of the map's state with respect to the input's weight, step by step.

s' = mu s + source from s = 0, where mu = 1 - eps + eps w sigma'(z).  The source is eps u where the
input is added to the state, and eps sigma'(z) u where it is inside sigma.  s is an X-number, as
products of many factors leave the range of doubles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel
from doya.kernels.map.iteration import advance
from doya.kernels.map.kept import split
from doya.kernels.map.x_number_sensitivities import x_levels
from doya.kernels.numbers.x_numbers import ZERO, plus, report, times, x_number

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows
    from doya.kernels.numbers.x_numbers import XNumber


def changed(
    w: float, bias: float, epsilon: float, x: float, u: float, inside: bool, s: XNumber
) -> XNumber:
    """Return s after a step from x."""
    keep, fade = split(epsilon)
    level, rest = x_levels(w * x + bias)
    pull = times((epsilon, 0.0), times(level, rest))
    source = times(pull if inside else (epsilon, 0.0), x_number(u))
    m = plus(times(x_number(w), pull), (-fade, 0.0))
    if fade > 0.0:  # 1 + m would be rounded in the same way at each step
        return plus(s, plus(times(m, s), source))
    return plus(times(plus((keep, 0.0), m), s), source)


@kernel(interpreted=15e-6, compiled=80e-9)
def iterate(
    w: Row,
    b: Row,
    epsilon: Row,
    gain: Row,
    u: Rows,
    inside: bool,
    lengths: IntRow,
    x: Row,
    by: Row,
    shift: Row,
) -> None:
    """Take lengths[p] steps from the states x under the input u[p], stretch after stretch p.

    gain and u are those of `iteration.iterate`.  x receives the last states, by e**shift the
    derivatives.
    """
    for i in range(len(w)):
        now, s = x[i], ZERO
        keep, fade = split(epsilon[i])
        for p in range(len(lengths)):
            given = u[p][i if len(u[p]) > 1 else 0]
            bias, drive = b[i], gain[i] * given
            if inside:
                bias, drive = b[i] + drive, 0.0
            for _ in range(lengths[p]):
                later = changed(w[i], bias, epsilon[i], now, given, inside, s)
                after = advance(now, w[i], bias, keep, fade, epsilon[i], drive)
                if after == now and later[0] == s[0] and later[1] == s[1]:
                    break  # both stay
                now, s = after, later
        x[i] = now
        by[i], shift[i] = report(s)
