"""Second derivatives along a sweep of sensitivities, their tables and their columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from doya import Sensitivity, SensitivityProfile


def curves(profile: SensitivityProfile) -> list[tuple[float, float]]:
    """Return start and end of each curve, in the order of the profile's rows."""
    import numpy as np

    starts, ends = np.atleast_1d(profile.start), np.atleast_1d(profile.t_end)
    if profile.conversion:
        ends = profile.conversion.from_time(ends)
    return [(start, end) for start in starts.tolist() for end in ends.tolist()]


def largest(row: Any) -> int:
    """Return its place; the middle of several, as if the width of a wall is below rounding."""
    import numpy as np

    known = np.where(np.isnan(row), -math.inf, row)
    tops = np.flatnonzero(known == known.max())
    return int(tops[tops.size // 2])


def second_of(profile: SensitivityProfile, u: Any) -> list[Sensitivity]:
    """Return the second derivatives of each curve: along the sweep, or at T."""
    import doya

    over, found = profile.over, []
    neuron, at = profile.neuron, profile.value
    if over in ("b", "w", "epsilon"):
        neuron = neuron.replace(**{over: at})
    for start, end in curves(profile):
        x0 = at if over == "x0" else start
        drive = at if over == "u" else u
        if over == "u" and profile.neuron.dynamics == "map":
            drive = doya.Table([0.0], at[:, None])
        names = tuple(profile.derivative)
        found.append(doya.sensitivity(neuron, x0, end, names, drive, order=2))
    return found


def _pairs(bent: list[Sensitivity]) -> list[tuple[str, str]]:
    """Return each pair of names once."""
    return list(dict.fromkeys((min(pair), max(pair)) for pair in bent[0].second)) if bent else []


def listed(profile: SensitivityProfile, bent: list[Sensitivity]) -> dict[str, Any]:
    """Return the second derivatives, their signs and logarithms, by pairs as "b,w"."""
    import numpy as np

    if not bent:
        return {}
    shape = profile.x.shape[:-1] + (() if profile.over == "t" else profile.value.shape)
    return {
        kind: {
            ",".join(pair): np.array([getattr(each, kind)[pair] for each in bent]).reshape(shape)
            for pair in _pairs(bent)
        }
        for kind in ("second", "second_sign", "second_log10_abs")
    }


def columns_of(bent: list[Sensitivity]) -> dict[str, Any]:
    """Return the second derivatives curve after curve."""
    import numpy as np

    return {
        f"second_{'_'.join(pair)}": np.concatenate([each.second[pair] for each in bent])
        for pair in _pairs(bent)
    }


def tables_of(profile: SensitivityProfile, bent: list[Sensitivity]) -> list[str]:
    """Return a table of the second derivatives, at T or where they are largest; or none."""

    from doya_cli.tables import size, table

    if not bent:
        return []
    over = profile.over
    header, lines = ["x0", "T", *(f"d2x/d{p}d{q}" for p, q in _pairs(bent))], []
    if over != "t":
        header = ["x0", "T", "pair", "largest |d2x|", f"at {over}"]
    for (start, end), each in zip(curves(profile), bent, strict=True):
        line: list[Any] = [start, end]
        for pair in _pairs(bent):
            logarithm, value = each.second_log10_abs[pair], each.second[pair]
            if over != "t":
                at = largest(logarithm)
                shown = size(logarithm[at], abs(value[at]))
                lines.append([None if over == "x0" else start, end, ",".join(pair), shown])
                lines[-1].append(profile.value[at])
            else:
                sign = "-" * int(each.second_sign[pair] < 0)
                line.append(sign + size(float(logarithm), abs(float(value))))
        if over == "t":
            lines.append(line)
    return [table(header, lines)]
