"""The number of steps until the map's state is at or beyond a level, one neuron after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel
from doya.kernels.map.iteration import advance
from doya.kernels.map.kept import split

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

# Results that are no numbers of steps.
NEVER, GAVE_UP = -1, -2


def steps_to(
    w: float, b: float, epsilon: float, gain: float, u: Rows, inside: bool, n: int,
    lengths: IntRow, x: float, level: float,
) -> int:  # fmt: skip
    """Return the steps of neuron n; NEVER where its states repeat, GAVE_UP after all lengths."""
    if x == level:
        return 0
    below = x < level
    keep, fade = split(epsilon)
    done, last = 0, len(lengths) - 1
    for p in range(len(lengths)):
        bias, drive = b, gain * u[p][n if len(u[p]) > 1 else 0]
        if inside:
            bias, drive = b + drive, 0.0
        earlier, renewed = x, 1
        for k in range(lengths[p]):
            x = advance(x, w, bias, keep, fade, epsilon, drive)
            done += 1
            if (x >= level) if below else (x <= level):
                return done
            # A cycle of any length comes back to a state kept for that long (Brent 1980).
            if p == last and x == earlier:
                return NEVER
            if k == renewed:
                earlier, renewed = x, 2 * renewed
    return GAVE_UP


@kernel(interpreted=1.2e-6, compiled=10e-9)
def count_steps(
    w: Row, b: Row, epsilon: Row, gain: Row, u: Rows, inside: bool, lengths: IntRow, x0: Row,
    level: Row, steps: IntRow,
) -> None:  # fmt: skip
    """`steps_to` for neurons i = 0, 1, ..., with lengths[p] steps under the input u[p].

    gain, u and inside are those of `iteration.iterate`.
    """
    for i in range(len(w)):
        steps[i] = steps_to(w[i], b[i], epsilon[i], gain[i], u, inside, i, lengths, x0[i], level[i])
