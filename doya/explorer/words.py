"""The line of words above the plots: what the view shows, for all who do not see it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from doya.explorer.answers import Answer
from doya.explorer.numbers import power_of_ten, short
from doya.explorer.view import View

# Numbers that a sentence lists at most.
MOST = 4


def sentence(view: View, found: Mapping[str, Answer]) -> str:
    """Return what the answers say: attractors, walls, the sensitivity and the descent."""
    parts = [
        *_attractors(view, found),
        *_walls(found),
        *_slope(found),
        *_exponent(view, found),
    ]
    descent = found.get("descent")
    verdict = f"  Descent: {_with_minus(descent.result.verdict)}" if descent else ""
    return f"{'; '.join(parts)}.{verdict}"


def _with_minus(words: str) -> str:
    """Return a sentence with the minus signs of the other numbers."""
    return re.sub(r"(?<![\w.])-(?=\d)", "\N{MINUS SIGN}", words)


def _attractors(view: View, found: Mapping[str, Answer]) -> list[str]:
    if "phase" not in found:
        return []
    rest = found["phase"].data
    x = np.asarray(rest["x"])[np.asarray(rest["stable"])]
    name = "stable fixed point" if view.is_map else "attractor"
    if not x.size:
        return [f"no {name}: a cycle or chaos" if view.is_map else f"no {name}"]
    return [f"{x.size} {name}{'s' * (x.size > 1)} {_listed(x)}"]


def _walls(found: Mapping[str, Answer]) -> list[str]:
    if "loss" not in found:
        return []
    loss = found["loss"].result
    if loss.task:
        return []
    walls, over = found["loss"].marks["walls"]["value"], loss.curve.over
    if not len(walls):
        return [f"no wall {'found ' if loss.further_walls else ''}in this range"]
    return [f"wall{'s' * (len(walls) > 1)} at {over} = {_listed(walls)}"]


def _slope(found: Mapping[str, Answer]) -> list[str]:
    if "trajectory" not in found:
        return []
    slope = found["trajectory"].marks["slope"]
    size = power_of_ten(slope["sign"][0], slope["log10_abs"][0])
    final = short(float(found["trajectory"].data["x"][-1]))
    return [f"x(T) = {final}", f"\N{PARTIAL DIFFERENTIAL}x(T)/\N{PARTIAL DIFFERENTIAL}b = {size}"]


def _exponent(view: View, found: Mapping[str, Answer]) -> list[str]:
    """Return the Lyapunov exponent nearest to the neuron, where an orbit diagram is shown."""
    if "orbit" not in found:
        return []
    marks = found["orbit"].marks["exponents"]
    value = np.asarray(marks["value"])
    k = int(np.abs(value - getattr(view, view.over)).argmin())
    exponent, error = float(marks["lyapunov"][k]), float(marks["error"][k])
    name = "chaos" if exponent > error else "no chaos"
    if abs(exponent) <= error < np.inf:  # it is infinite where the exponent is -inf
        name = "0 within its error, so neither chaos nor order is certain"
    return [f"Lyapunov exponent {short(exponent, 3)} near {short(value[k])}: {name}"]


def _listed(values: object) -> str:
    numbers = np.asarray(values, dtype=float)
    some = ", ".join(short(float(each), 3) for each in numbers[:MOST])
    return some + f" and {numbers.size - MOST} more" * (numbers.size > MOST)
