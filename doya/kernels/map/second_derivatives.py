"""Second derivatives of the map's state with respect to x0, b, w and epsilon, step by step.

With z_p = dz/dp = w s_p + (0, 1, x, 0) for p = x0, b, w, epsilon, a step of the first derivatives s
and the second ones S is, g being sigma(z) - x + w' u,

    S'_pq = mu S_pq + eps (sigma'' z_p z_q + sigma' (s_q for p = w, + s_p for q = w))
            + (dg/dq for p = epsilon, + dg/dp for q = epsilon),   dg/dp = sigma' z_p - s_p.

All are X-numbers, as products of many factors leave the range of doubles.  The first derivatives
go as in `x_number_sensitivities`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel
from doya.kernels.map.input_jumps import jump_of_rate
from doya.kernels.map.inputs import input_of
from doya.kernels.map.kept import split
from doya.kernels.map.x_number_sensitivities import begin, first_rate, step, x_levels
from doya.kernels.numbers.x_numbers import ZERO, XNumber, plus, report, times, x_number

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

# The names by their numbers, and the second derivatives: 00, 01, 11, 02, 12, 22, 03, ....
X0, B, W, EPSILON = range(4)
# Rows of the room: dz/dp, dg/dp, each of numbers and scales.
LEAN, LEAN_SCALE, RATE, RATE_SCALE, BY, SHIFT = range(6)
ROWS, COLUMNS = 6, 4


def of(row: Row, scale: Row, k: int) -> XNumber:
    """Return the number at a place."""
    return row[k], scale[k]


def bend(
    w: float, b: float, epsilon: float, x: float, names: int, rows: Rows, second: Row, scale: Row
) -> None:  # fmt: skip
    """Take one step of the second derivatives, from the state x and the first ones, in `rows`."""
    kept, fade = split(epsilon)
    level, rest = x_levels(w * x + b)
    slope, step_x = times(level, rest), (epsilon, 0.0)
    turn = times(slope, plus(rest, (-level[0], level[1])))
    steep = times(step_x, x_number(w))
    mu = plus((kept, 0.0), plus(times(steep, slope), (-fade, 0.0)))
    slope_x, turn_x = times(step_x, slope), times(step_x, turn)
    lean, lean_scale, rate, rate_scale = rows[LEAN], rows[LEAN_SCALE], rows[RATE], rows[RATE_SCALE]
    by, shift = rows[BY], rows[SHIFT]
    for p in range(names):
        s = of(by, shift, p)
        z = times(x_number(w), s)
        if p == B:
            z = plus(z, (1.0, 0.0))
        elif p == W:
            z = plus(z, x_number(x))
        lean[p], lean_scale[p] = z
        rate[p], rate_scale[p] = plus(times(slope, z), (-s[0], s[1]))
    k = 0
    for q in range(names):
        for p in range(q + 1):
            value = times(mu, of(second, scale, k))
            across = times(of(lean, lean_scale, p), of(lean, lean_scale, q))
            value = plus(value, times(turn_x, across))
            for one, other in ((p, q), (q, p)):
                if one == W:
                    value = plus(value, times(slope_x, of(by, shift, other)))
                elif one == EPSILON:
                    value = plus(value, of(rate, rate_scale, other))
            second[k], scale[k] = value
            k += 1


@kernel(interpreted=120e-6, compiled=1e-6)
def iterate_jets(
    w: Row,
    b: Row,
    epsilon: Row,
    gain: Row,
    u: Rows,
    inside: bool,
    lengths: IntRow,
    x: Row,
    by: Rows,
    shift: Rows,
    second: Rows,
    scale: Rows,
    rows: Rows,
) -> None:
    """Take lengths[p] steps from the states x under the input u[p], as `sensitivities.iterate`.

    x receives the last states; `by` and `second` their derivatives, in units of e**shift and
    e**scale.  `by` has a column for each of x0, b, w and, if it is wanted, epsilon; `second` one
    for each pair.  `rows` is room: ROWS of COLUMNS.
    """
    for i in range(len(x)):
        names, state, r, before = len(by[i]), x[i], ZERO, -1
        now, now_shift = rows[BY], rows[SHIFT]
        begin(now, now_shift)
        for k in range(len(second[i])):
            second[i][k], scale[i][k] = 0.0, 0.0
        for p in range(len(lengths)):
            if lengths[p] == 0:
                continue
            bias, drive = b[i], gain[i] * input_of(u, p, i)
            if inside:
                bias, drive = b[i] + drive, 0.0
            if before < 0:
                r = first_rate(w[i], bias, epsilon[i], drive, state)
            else:
                more = jump_of_rate(
                    w[i], b[i], gain, u, inside, epsilon[i], state, before, p, i
                )  # fmt: skip
                r = plus(r, x_number(more[0], more[1]))
            before = p
            for _ in range(lengths[p]):
                bend(w[i], bias, epsilon[i], state, names, rows, second[i], scale[i])
                state, r = step(w[i], bias, epsilon[i], drive, state, r, now, now_shift)
        x[i] = state
        for k in range(names):
            by[i][k], shift[i][k] = report((now[k], now_shift[k]))
        for k in range(len(second[i])):
            second[i][k], scale[i][k] = report((second[i][k], scale[i][k]))
