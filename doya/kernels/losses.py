"""The loss (x - target)**2 and its gradient 2 (x - target) dx/dp, where x is and how it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = list[float] | NDArray[np.float64]


def tell(found: Floats, target: float, x: Floats, loss: Floats) -> None:
    """x and the loss of the states found."""
    for i in range(len(found)):
        error = found[i] - target
        x[i], loss[i] = found[i], error * error


def chain(found: Floats, target: float, slope: Floats, gradient: Floats) -> None:
    """The gradient by the chain rule; at the target 0, however steep x is."""
    for i in range(len(found)):
        pull = 2.0 * (found[i] - target)
        gradient[i] = pull * slope[i] if pull != 0.0 else 0.0
