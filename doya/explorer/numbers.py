"""Numbers as the page shows them, and as a drag sets them."""

from __future__ import annotations

import math

# A drag moves by this part of the range at least: finer than a pixel of a wide screen.
FINEST = 1.0 / 2000.0
# Power of ten from which a number is given by its power alone, as its other digits are not known.
FAR = 1e7


def short(value: float, digits: int = 4) -> str:
    """Return a number in few digits, with a minus sign.

    Examples
    --------
    >>> short(2.5), short(268336.287), short(0.85520589)
    ('2.5', '2.683e5', '0.8552')
    """
    text = f"{value:.{digits}g}"
    if "e" in text:
        head, _, power = text.partition("e")
        text = f"{head}e{int(power)}"
    return text.replace("-", "\N{MINUS SIGN}")


def power_of_ten(sign: float, log10_abs: float) -> str:
    """Return a number of any size in few digits.

    Examples
    --------
    >>> power_of_ten(1.0, 5.42868), power_of_ten(1.0, 4000.5), power_of_ten(0.0, -math.inf)
    ('2.7e5', '3.2e4000', '0')
    >>> power_of_ten(1.0, 1.0857e102)
    '10^1.1e102'
    """
    if sign == 0.0 or math.isinf(log10_abs):
        return "0" if sign == 0.0 or log10_abs < 0.0 else "infinite"
    if math.isnan(log10_abs):
        return "unknown"
    if -3.0 <= log10_abs < 4.0:
        return short(math.copysign(10.0**log10_abs, sign), 2)
    minus = "-" if sign < 0.0 else ""
    if abs(log10_abs) >= FAR:
        return f"{minus}10^{short(log10_abs, 2)}".replace("-", "\N{MINUS SIGN}")
    power = math.floor(log10_abs)
    head = f"{10.0 ** (log10_abs - power):.2g}"
    if head == "10":
        head, power = "1", power + 1
    return f"{minus}{head}e{power}".replace("-", "\N{MINUS SIGN}")


def moved_to(value: float, ends: tuple[float, float]) -> float:
    """Return the place of a drag within a range, rounded to no more digits than can be seen.

    Examples
    --------
    >>> moved_to(-2.4567891, (-3.5, -1.5)), moved_to(9.0, (0.0, 1.0))
    (-2.457, 1.0)
    """
    low, high = ends
    digits = max(-math.floor(math.log10((high - low) * FINEST)), 0)
    return min(max(round(value, digits), low), high)


def step_of(ends: tuple[float, float]) -> float:
    """Return the step of an arrow key: a hundredth of the range, rounded to 1, 2 or 5.

    Examples
    --------
    >>> step_of((-3.5, -1.5)), step_of((0.0, 100.0))
    (0.02, 1.0)
    """
    size = (ends[1] - ends[0]) / 100.0
    power = math.floor(math.log10(size) + 1e-9)
    head = next(each for each in (5.0, 2.0, 1.0) if size >= each * 10.0**power * (1.0 - 1e-9))
    return float(f"{head}e{power}")
