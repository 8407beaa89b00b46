"""The part of its state that the map keeps in a step, 1 - eps, without a rounding that counts."""

# Below this epsilon, 1 - epsilon may be rounded by more than epsilon / 2**52.
SMALL_STEP = 0.25


def split(epsilon: float) -> tuple[float, float]:
    """keep and fade, for which keep - fade is 1 - epsilon.

    A state that is multiplied by the rounded 1 - epsilon drifts by that rounding over epsilon.
    Large epsilons, 1 above all, keep nothing of x that sigma(z) would have to cancel.
    """
    if epsilon < SMALL_STEP:
        return 1.0, epsilon
    return 1.0 - epsilon, 0.0
