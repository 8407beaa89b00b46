"""The map n times over, F^n, with its first and second derivatives by the state and a parameter."""

from __future__ import annotations

from doya.kernels.machinery.registry import kernel
from doya.kernels.map.kept import split
from doya.kernels.numbers.logistic import both_levels

# Parameters by number, as kernels take them.
PARAMETERS = ("b", "w", "epsilon")
B, W = range(2)


@kernel(interpreted=3e-6, compiled=15e-9)
def returned(
    x: float, w: float, b: float, epsilon: float, steps: int, over: int
) -> tuple[float, float, float, float, float]:
    """F^n(x), its derivatives by x and by the parameter p, and those of the first by x and by p.

    With A = dF^n/dx and B = dF^n/dp, one step more makes of them mu A and mu B + F_p, and of their
    derivatives mu A_x + F_xx A**2 and mu A_p + (F_xx B + F_xp) A.
    """
    by_x, by_p, by_xx, by_xp = 1.0, 0.0, 0.0, 0.0
    keep, fade = split(epsilon)
    for _ in range(steps):
        z = w * x + b
        level, rest = both_levels(z)
        slope = level * rest
        bend = slope * (rest - level)
        mu = keep + (epsilon * w * slope - fade)
        mu_x = epsilon * w * w * bend
        if over == B:
            step_p, mu_p = epsilon * slope, epsilon * w * bend
        elif over == W:
            step_p, mu_p = epsilon * slope * x, epsilon * (slope + w * x * bend)
        else:
            step_p, mu_p = level - x, w * slope - 1.0
        by_xx, by_xp = mu * by_xx + mu_x * by_x * by_x, mu * by_xp + (mu_x * by_p + mu_p) * by_x
        by_x, by_p = mu * by_x, mu * by_p + step_p
        x = (epsilon * level - fade * x) + keep * x
    return x, by_x, by_p, by_xx, by_xp
