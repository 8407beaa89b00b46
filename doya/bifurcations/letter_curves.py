"""Fold and flip curves over two letters of an author: one moves w, and the other moves b alone.

On the curve w sigma'(z) = kappa the weight is w = 4 kappa cosh(z/2)**2, from which the first letter
follows, and b = z - kappa (1 + e**z), from which the second letter follows.  At the edges of the
window the curves are cut where the lines of the letters meet them, in closed form.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.letter_sweeps import check_letter_range, letter_sweep
from doya.bifurcations.letters import SweptLetter
from doya.bifurcations.points import (
    BifurcationPoint,
    bifurcation_points,
    check_range,
    levels,
    tangencies,
)
from doya.checks import LARGEST
from doya.conversions.author import AUTHORS, Author, Move
from doya.conversions.conversion import Conversion
from doya.conversions.rates import moved, rates_of
from doya.errors import ArgumentError
from doya.neurons import Neuron

Span = tuple[float, float]
# Margin beside the folds of a default window, as a part of their range.
MARGIN = 1.0 / 3.0
# Points of a fold curve from which the default window is measured.
MEASURED = 64


class Piece(NamedTuple):
    """A piece of a curve: its kind, the two letters, Doya's w and b, x, and the state."""

    kind: str
    letters: dict[str, Floats]
    w: Floats
    b: Floats
    x: Floats
    state: Floats


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane of two letters: `across` moves w, and `alone` moves b alone."""

    conversion: Conversion
    across: str
    alone: str

    @property
    def author(self) -> Author:
        """Return the author."""
        return AUTHORS[self.conversion.author]

    @cached_property
    def along(self) -> SweptLetter:
        """Return the line of the letter that moves w."""
        return self._line(self.conversion, self.across)

    def _line(self, conversion: Conversion, letter: str) -> SweptLetter:
        swept = letter_sweep(conversion, letter, 0.0)
        assert isinstance(swept, SweptLetter)
        return swept

    def letters(self, w: Any, b: Any) -> dict[str, Any]:
        """Return both letters of Doya's w and b."""
        p = np.asarray(w) / float(self.along.way.w1)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            across = p if self.along.move is Move.LINE else 1.0 / p
            zero, one = (self._bias(across, value) for value in (0.0, 1.0))
            return {self.across: across, self.alone: (np.asarray(b) - zero) / (one - zero)}

    def _bias(self, across: Any, alone: float) -> Any:
        known = {**self.conversion.parameters, self.across: across, self.alone: alone}
        return list(self.author.to_doya(**known).values())[1]

    def neuron(self, across: Any, alone: Any) -> Neuron:
        """Return the neurons with these letters."""
        return moved(self.conversion, **{self.across: across, self.alone: alone}).neuron

    def state(self, z: Floats, letters: Mapping[str, Any]) -> Floats:
        """Return the author's state at the equilibrium z with these letters."""
        found = self.author.at_rest(z, **{**self.conversion.parameters, **letters})
        return np.broadcast_to(np.asarray(found), z.shape) + 0.0

    def cuts(self, kind: str, window: Mapping[str, Span]) -> dict[float, dict[str, float]]:
        """Return z of each place where a curve meets an edge of the window, and both letters.

        Edges of a letter that the window lacks do not count.
        """
        kinds = ("LP", "CP") if kind == "LP" else (kind,)
        found: dict[float, dict[str, float]] = {}
        for fixed, free in ((self.across, self.alone), (self.alone, self.across)):
            for edge in window.get(fixed, ()):
                line = self._line(moved(self.conversion, **{fixed: edge}), free)
                for at in tangencies(line):
                    if at.kind in kinds and abs(at.value) <= LARGEST:
                        found[at.z] = {fixed: edge, free: at.value}
        return found


def plane_of(conversion: Conversion, names: Sequence[str] | None) -> Plane:
    """Return the plane of two letters, by default of the weight and of the author's drive."""
    author, rates = AUTHORS[conversion.author], rates_of(conversion)
    alone = [name for name in rates if author.moves[name] is Move.LINE and {*rates[name]} == {"b"}]
    across = [
        name
        for name in rates
        if author.moves[name] in (Move.LINE, Move.INVERSE) and name not in alone
    ]
    chosen = (across[0], author.drive) if names is None else tuple(names)
    for name in chosen:
        if name not in (*across, *alone):
            words = " or ".join(map(repr, (*across, *alone)))
            raise ArgumentError("over", f"must have {words} for {author.called}, got {name!r}")
    one, two = [[name for name in chosen if name in group] for group in (across, alone)]
    if len(chosen) != 2 or len(one) != 1 or len(two) != 1:
        words = f"must have one of {', '.join(across)}, which move w, and one of"
        words += f" {', '.join(alone)}, which move b alone, got {' and '.join(chosen)}"
        raise ArgumentError("over", words)
    return Plane(conversion, one[0], two[0])


def partner(conversion: Conversion, name: str) -> str:
    """Return the letter of a plane besides this one."""
    author, rates = AUTHORS[conversion.author], rates_of(conversion)
    if {*rates.get(name, {})} != {"b"}:
        return author.drive
    return plane_of(conversion, None).across


def checked_window(
    plane: Plane, over: Mapping[str, Sequence[float] | None], weights: Span
) -> dict[str, Span]:
    """Return the window of both letters, where None is a range that shows the folds and flips."""
    conversion, window = plane.conversion, {}
    given = over.get(plane.across)
    if given is None:
        window[plane.across] = _default_across(plane, weights)
    else:
        check_range(conversion, plane.across, given)
        window[plane.across] = check_letter_range(conversion, plane.across, given)
    given = over.get(plane.alone)
    if given is None:
        window[plane.alone] = _default_alone(plane, window[plane.across])
    else:
        check_range(conversion, plane.alone, given)
        window[plane.alone] = check_letter_range(conversion, plane.alone, given)
    return window


def _default_across(plane: Plane, weights: Span) -> Span:
    """Return the range of the letter that corresponds to this range of w."""
    if plane.along.move is not Move.LINE:
        words = f"must have a range of {plane.across}, which has no default"
        raise ArgumentError("over", words)
    ends = sorted(np.asarray(weights) / float(plane.along.way.w1))
    least, most = plane.author.letters[plane.across].ends
    low, high = (min(max(float(end), least), most) for end in ends)
    return low, high


def _default_alone(plane: Plane, across: Span) -> Span:
    """Return a range that holds the curves within a range of the other letter, with a margin."""
    values = [0.0]
    for kind, kappa in levels(plane.conversion.neuron):
        reach = [abs(z) for z in plane.cuts(kind, {plane.across: across})]
        z = np.linspace(-max(reach, default=0.0), max(reach, default=0.0), MEASURED)
        found = plane.letters(*on_curve(float(kappa), z))
        inside = (across[0] <= found[plane.across]) & (found[plane.across] <= across[1])
        values += found[plane.alone][inside].tolist()
    low, high = min(values), max(values)
    size = max(high - low, 1.0)
    return float(f"{low - MARGIN * size:.2g}"), float(f"{high + MARGIN * size:.2g}")


def on_curve(level: float, z: Floats) -> tuple[Floats, Floats]:
    """Return w and b on the curve w sigma'(z) = level."""
    with np.errstate(over="ignore", invalid="ignore"):
        return 4.0 * level * np.cosh(0.5 * z) ** 2, z - level * (1.0 + np.exp(z))


def pieces(plane: Plane, window: Mapping[str, Span], points: int) -> Iterator[Piece]:
    """Yield the pieces of each curve, cut at its tip and at the edges of the window."""
    for kind, kappa in levels(plane.conversion.neuron):
        level = float(kappa)
        cuts = plane.cuts(kind, window)
        tip = plane.letters(*on_curve(level, np.zeros(())))
        cuts.setdefault(0.0, {name: float(value) for name, value in tip.items()})
        for start, stop in itertools.pairwise(sorted(cuts)):
            middle = plane.letters(*on_curve(level, np.array(0.5 * (start + stop))))
            if all(low <= middle[name] <= high for name, (low, high) in window.items()):
                z = np.linspace(start, stop, points)
                yield _piece(plane, kind, level, z, window, [cuts[start], cuts[stop]])


def _piece(
    plane: Plane,
    kind: str,
    level: float,
    z: Floats,
    window: Mapping[str, Span],
    ends: list[dict[str, float]],
) -> Piece:
    """Return one piece, whose ends are known exactly."""
    w, b = on_curve(level, z)
    letters = plane.letters(w, b)
    for name, values in letters.items():
        values[[0, -1]] = [end[name] for end in ends]
        np.clip(values, *window[name], out=values)
    x = 1.0 / (1.0 + np.exp(-z))
    return Piece(kind, letters, w, b, x, plane.state(z, letters))


def cusp(plane: Plane, window: Mapping[str, Span]) -> Iterator[BifurcationPoint]:
    """Yield the cusp, as a point along the letter that moves w, if it is in the window."""
    letters = plane.letters(*on_curve(1.0, np.zeros(())))
    if not all(low <= letters[name] <= high for name, (low, high) in window.items()):
        return
    neuron = plane.conversion.neuron.replace(w=4.0, b=-2.0)
    for point in bifurcation_points(neuron, "b", (-3.0, -1.0)):
        if point.kind == "CP":
            state = float(plane.state(np.zeros(()), letters))
            value = float(letters[plane.across])
            yield dataclasses.replace(point, parameter=plane.across, value=value, state=state)
