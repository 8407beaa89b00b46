"""Points of a box, tried at random, by evolution, or by dividing the box."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from doya.arrays import Floats

# Points of one generation of the evolution, for each parameter; SciPy's default.
GENERATION = 15
# Points drawn at random whose losses are computed together, to keep memory small.
TOGETHER = 2**16
# Stands for an unknown loss where numbers are compared; its differences stay below 1.8e308.
UNKNOWN = 1e300

Losses = Callable[[dict[str, Floats]], Floats]


class Box:
    """A box of parameters, which computes the losses of its points and keeps them in order."""

    def __init__(self, bounds: Mapping[str, tuple[float, float]], losses_of: Losses) -> None:
        self.bounds, self._losses_of = bounds, losses_of
        self._points: list[Floats] = []
        self._losses: list[Floats] = []

    def losses(self, points: Floats) -> Floats:
        """Return the losses of points, shape (parameters, points); infinite where unknown."""
        losses = self._losses_of(dict(zip(self.bounds, points.copy(), strict=True)))
        self._points.append(points.copy())
        self._losses.append(losses)
        return np.where(np.isfinite(losses), losses, math.inf)

    def tried(self, most: int) -> tuple[Floats, Floats]:
        """Return the first points and their losses, at most `most` of them."""
        points, losses = np.concatenate(self._points, axis=1), np.concatenate(self._losses)
        return points[:, :most], losses[:most]

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """Return the bounds without their names."""
        return list(self.bounds.values())


def at_random(box: Box, trials: int, seed: int) -> None:
    """Try points drawn uniformly from the box."""
    low, high = np.array(box.pairs).T[:, :, np.newaxis]
    generator = np.random.default_rng(seed)
    for first in range(0, trials, TOGETHER):
        part = generator.random((min(TOGETHER, trials - first), low.size)).T
        box.losses(low * (1.0 - part) + high * part)


def by_evolution(box: Box, trials: int, seed: int) -> None:
    """Try points by differential evolution, whole generations until there are enough."""
    from scipy.optimize import differential_evolution

    generations = -(-trials // (GENERATION * len(box.pairs)))
    # A negative tolerance lets a generation of equal losses, as on a plateau, go on.  `seed` is
    # the name of this argument in all versions of SciPy.
    differential_evolution(
        box.losses, box.pairs, seed=np.random.default_rng(seed), popsize=GENERATION, polish=False,
        vectorized=True, updating="deferred", tol=0.0, atol=-1.0, maxiter=generations - 1,
    )  # fmt: skip


def by_boxes(box: Box, trials: int, seed: int) -> None:
    """Try the centres of ever smaller boxes; nothing is random."""
    from scipy.optimize import direct

    def loss(point: Floats) -> float:
        return float(min(box.losses(point[:, np.newaxis])[0], UNKNOWN))

    direct(
        loss, box.pairs, maxfun=trials, maxiter=trials, vol_tol=0.0, len_tol=0.0,
        locally_biased=False,
    )  # fmt: skip


METHODS: dict[str, Callable[[Box, int, int], None]] = {
    "random": at_random, "evolution": by_evolution, "direct": by_boxes,
}  # fmt: skip
