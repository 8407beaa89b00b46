"""Print the largest gradients and the ends of descents that tests expect, in 40 digits.

    python tests/references/largest.py

The flow at w = 5 from 1/2 for the target 0.855 (test_walls.py, test_landscape_command.py,
test_training.py), Pascanu's map from sigma(1/2) for 0.7 (test_landscapes.py), and the map at w = -6
from 1/2 for 0.7 (test_phase_walls.py).  A largest gradient along b, of Pascanu's the norm over w
and b, is found by cutting thirds off an interval in which it rises and then falls.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable

from mpmath import mp, mpf

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import flow_oracle

mp.dps = 40
TARGET, HALF = mpf(855) / 1000, mpf(1) / 2


def flow_slope(b: mpf, horizon: int) -> tuple[mpf, mpf]:
    """x(T) - target and dL/db of the flow."""
    x, _, by_b, _, _ = flow_oracle.flow(mpf(5), b, HALF, mpf(horizon))
    return x - TARGET, 2 * (x - TARGET) * by_b


def map_slope(w: mpf, b: mpf, x: mpf, steps: int) -> tuple[mpf, mpf, mpf]:
    """L, dL/dw and dL/db of the map with epsilon = 1, for the target 0.7."""
    by_w = by_b = mpf(0)
    for _ in range(steps):
        new = 1 / (1 + mp.exp(-w * x - b))
        slope = new * (1 - new)
        x, by_w, by_b = new, slope * (w * by_w + x), slope * (w * by_b + 1)
    off = x - mpf(7) / 10
    return off**2, 2 * off * by_w, 2 * off * by_b


def largest(slope: Callable[[mpf], mpf], low: mpf, high: mpf) -> tuple[mpf, mpf]:
    """The largest size of the slope, and where."""
    for _ in range(60):
        third = (high - low) / 3
        if abs(slope(low + third)) < abs(slope(high - third)):
            low += third
        else:
            high -= third
    return abs(slope(low)), low


def descent(clip: mpf | None) -> tuple[mpf, mpf]:
    """b and the loss of the flow at T = 50 after 100 steps from b = -2.2 with learning rate 2."""
    b = mpf(-2.2)
    for _ in range(100):
        _, slope = flow_slope(b, 50)
        share = clip / abs(slope) if clip and abs(slope) > clip else 1
        b -= 2 * share * slope
    return b, flow_slope(b, 50)[0] ** 2


def main() -> None:
    for horizon in (20, 50, 100):
        reach = 8 * mp.exp(-mpf(horizon) / 4)
        found = largest(lambda b, t=horizon: flow_slope(b, t)[1], mpf(-5) / 2 - reach, mpf(-5) / 2)
        print(f"flow, T = {horizon}:", *(mp.nstr(each, 12) for each in found))
    print("descent:", *(mp.nstr(each, 8) for each in descent(None)))
    print("clipped:", *(mp.nstr(each, 8) for each in descent(mpf(5) / 100)))

    start = 1 / (1 + mp.exp(-HALF))
    for b in (-2.0, -2.7):
        print(f"map, w = 5, b = {b}:", *(mp.nstr(e, 12) for e in map_slope(mpf(5), b, start, 50)))
    for w in (4.5, 5.0, 5.5):
        wall, reach = HALF - start * mpf(w), 40 * (mpf(w) * start * (1 - start)) ** -50
        found = largest(
            lambda b, w=w: mp.hypot(*map_slope(mpf(w), b, start, 50)[1:]), wall - reach, wall
        )
        print(f"map, w = {w}:", *(mp.nstr(each, 12) for each in found))
    for steps, side in ((51, -1), (50, 1)):
        ends = sorted((mpf(3), 3 + side * mpf(10) ** -8))
        found = largest(lambda b, n=steps: map_slope(mpf(-6), b, HALF, n)[2], *ends)
        print(f"map, w = -6, T = {steps}:", *(mp.nstr(each, 17) for each in found))


if __name__ == "__main__":
    main()
