"""A naive iteration that leaves out the steps that would change no bit.  Nothing imports doya."""

from __future__ import annotations

import numpy as np

# The bits of a state on a cycle are back after so many steps, if its period divides them.
ROUND = 64


def iterated(step, x, steps, *parameters):
    """The states after some steps x -> step(x, *parameters), of the shape of all broadcast.

    The odd steps are taken first.  Then a state that is the same after ROUND steps has ended.
    """
    x, *rows = np.broadcast_arrays(np.asarray(x, dtype=float), *parameters)
    shape, x, rows = x.shape, x.ravel(), [row.ravel() for row in rows]
    for _ in range(steps % ROUND):
        x = step(x, *rows)
    ended, moving = x.copy(), np.arange(x.size)
    for _ in range(steps // ROUND):
        before = x
        for _ in range(ROUND):
            x = step(x, *rows)
        ended[moving] = x
        still = x != before
        if not still.all():
            x, moving, *rows = (each[still] for each in (x, moving, *rows))
        if not moving.size:
            break
    return ended.reshape(shape)
