"""A million maps with epsilon = 0.5 over w and b, of which one in nine is chaotic, from x = 0.3.

1,000 steps, none dropped.  Many of the others come to a cycle, which doya does not follow to the
end; so chaotic ones are timed by themselves too.
"""

import functools

import numpy as np
from mpmath import mp

import map_oracle

W, B = map(
    np.ravel,
    np.meshgrid(np.linspace(-100.0, 0.0, 1000), np.linspace(0.0, 50.0, 1000), indexing="ij"),
)
EPSILON, X0, STEPS = 0.5, 0.3, 1000
CHECKED = np.random.default_rng(2026).integers(0, W.size, 20)


@functools.cache
def exact(w, b):
    """ln |dx(1000)/dx(0)| / 1000, in as many digits as chaos takes."""
    product = map_oracle.derivatives(w, b, EPSILON, 0, X0, [0] * STEPS).by_x0
    return mp.log(abs(product)) / STEPS
