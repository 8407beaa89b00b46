"""The itineraries of a bimodal map that may belong to a cycle, by kneading theory.

A word lists the branches that a point visits in turn.  All points with the same word form a lap, on
which F**n is monotone.  F**n maps the ends of the lap to points of the orbits of the two critical
points.  The first step in which the itinerary of such a point differs from the word decides on
which side of the lap's own end the point lies.  So each decision compares numbers of two orbits
that are computed once, and rounding cannot make two words contradict each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from doya.orbits.bimodal import HIGH, LOW, MIDDLE, Bimodal
from doya.orbits.laps import falls, orbit

Word = tuple[int, ...]


class End(NamedTuple):
    """An end of an interval: the point `age` steps after a cut.

    The cuts, numbered by `origin`, are -infinity, -Z, Z and infinity; branch k lies between the
    cuts k and k + 1.
    """

    origin: int
    age: int


class Start(NamedTuple):
    """Step in which the end of a lap is at a critical point z, and the side of the lap."""

    step: int
    z: float
    direction: float


class Lap(NamedTuple):
    """Lap of a word, with those of its ends that fall short.

    An end falls short if its image lies further inside: for example, if the image of the upper end
    of a rising lap is below the upper end.  If no end falls short, there is one fixed point, which
    repels if the lap rises.  If an end falls short, a falling lap has no fixed point.  A rising lap
    may then have an attracting fixed point next to this end.
    """

    word: Word
    short: tuple[Start, ...]


class Kneading:
    """Laps of F**n, computed from the orbits of the critical points."""

    def __init__(self, neuron: Bimodal, period: int) -> None:
        self.period = period
        self.orbits = [
            [-math.inf] * (period + 1),
            orbit(-neuron.critical, period + 1, neuron),
            orbit(neuron.critical, period + 1, neuron),
            [math.inf] * (period + 1),
        ]

    def laps(self) -> Iterator[Lap]:
        """Yield the laps that are not empty, for the smallest rotation of each word.

        A word is primitive, or it is twice a word along which the map falls.
        """
        return self._laps((), 1, End(0, 0), End(3, 0))

    def _laps(self, word: Word, root: int, lower: End, upper: End) -> Iterator[Lap]:
        """Yield the laps of all words that begin with `word`.

        `lower` and `upper` are the ends of the image under F of the points that begin so.  A word
        is the smallest of its rotations if no letter is smaller than the letter `root` places
        before it.  Here `root` is the length of the longest beginning that is smaller than all its
        own rotations [Fredricksen and Maiorana].
        """
        size = len(word)
        if size == self.period:
            if root == size or (2 * root == size and falls(word[:root])):
                yield Lap(word, tuple(self._short(word, lower, upper)))
            return
        least = word[size - root] if word else LOW
        for branch in range(least, HIGH + 1):
            image = self._image(branch, lower, upper)
            if image:
                same = bool(word) and branch == least
                yield from self._laps((*word, branch), root if same else size + 1, *image)

    def _image(self, branch: int, lower: End, upper: End) -> tuple[End, End] | None:
        """Return the image under F of the part of an interval on one branch; None if empty."""
        cuts = End(branch, 0), End(branch + 1, 0)
        lower, upper = max(cuts[0], lower, key=self._at), min(cuts[1], upper, key=self._at)
        if self._at(lower) >= self._at(upper):
            return None
        ends = End(lower.origin, lower.age + 1), End(upper.origin, upper.age + 1)
        return ends[::-1] if branch == MIDDLE else ends

    def _short(self, word: Word, lower: End, upper: End) -> Iterator[Start]:
        """Yield the ends of the lap that fall short."""
        for end, outward in ((lower, -1), (upper, 1)):
            if self._side(word, end) == -outward:
                step = self.period - end.age
                # A branch is above its lower cut.
                direction = 1.0 if word[step] == end.origin else -1.0
                yield Start(step, self.orbits[end.origin][0], direction)

    def _side(self, word: Word, end: End) -> int:
        """Return whether the image of an end of the lap is below (-1), at (0) or above (1) it."""
        points = self.orbits[end.origin]
        upward = 1
        for branch, z in zip(word, points[end.age : -1], strict=False):
            if z < self.orbits[branch][0]:
                return -upward
            if z > self.orbits[branch + 1][0]:
                return upward
            if branch == MIDDLE:
                upward = -upward
        return upward * (int(points[-1] > points[0]) - int(points[-1] < points[0]))

    def _at(self, end: End) -> float:
        return self.orbits[end.origin][end.age]
