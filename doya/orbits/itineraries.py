"""Which itineraries of a bimodal map may belong to a cycle: kneading.

The points that visit given branches one after another, a word, make a lap, on which F**n is
monotone.  F**n takes the ends of the lap to points of the orbits of the two critical points; on
which side of the lap's own ends those lie is told by the first step in which their itinerary leaves
the word.  So every decision compares numbers of two orbits, each computed once, and rounding cannot
let two words contradict each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from doya.kernels.bimodal import HIGH, LOW, MIDDLE, Bimodal
from doya.kernels.laps import falls, orbit

Word = tuple[int, ...]


class End(NamedTuple):
    """An end of an interval: the point `age` steps after a cut.

    The cuts, numbered by `origin`, are -infinity, -Z, Z and infinity; branch k lies between the
    cuts k and k + 1.
    """

    origin: int
    age: int


class Start(NamedTuple):
    """The step in which the end of a lap is at a critical point z, and the side of the lap."""

    step: int
    z: float
    direction: float


class Lap(NamedTuple):
    """A word, and the ends of its lap that fall short.

    An end falls short where the upper end of the image, say, is lower than the end of the lap that
    it comes from.  Where none does, there is one fixed point, which repels if the lap rises.  Where
    one does, a falling lap has no fixed point, and a rising one may have an attracting one next to
    that end.
    """

    word: Word
    short: tuple[Start, ...]


class Kneading:
    """The laps of F**n, by the orbits of the critical points."""

    def __init__(self, neuron: Bimodal, period: int) -> None:
        self.period = period
        self.orbits = [
            [-math.inf] * (period + 1),
            orbit(-neuron.critical, period + 1, neuron),
            orbit(neuron.critical, period + 1, neuron),
            [math.inf] * (period + 1),
        ]

    def laps(self) -> Iterator[Lap]:
        """Those that are not empty, for one rotation of each word, the least.

        Words are primitive, or twice a word on which the map falls.
        """
        return self._laps((), 1, End(0, 0), End(3, 0))

    def _laps(self, word: Word, root: int, lower: End, upper: End) -> Iterator[Lap]:
        """The laps of words that begin so, given what F makes of the points that do.

        No rotation of a word is less than it if no letter is less than that `root` before it, where
        `root` is the length of the longest beginning that is less than all its own rotations
        [Fredricksen and Maiorana].
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
        """What F makes of the part of an interval that is on the branch."""
        cuts = End(branch, 0), End(branch + 1, 0)
        lower, upper = max(cuts[0], lower, key=self._at), min(cuts[1], upper, key=self._at)
        if self._at(lower) >= self._at(upper):
            return None
        ends = End(lower.origin, lower.age + 1), End(upper.origin, upper.age + 1)
        return ends[::-1] if branch == MIDDLE else ends

    def _short(self, word: Word, lower: End, upper: End) -> Iterator[Start]:
        for end, outward in ((lower, -1), (upper, 1)):
            if self._side(word, end) == -outward:
                step = self.period - end.age
                # A branch is above its lower cut.
                direction = 1.0 if word[step] == end.origin else -1.0
                yield Start(step, self.orbits[end.origin][0], direction)

    def _side(self, word: Word, end: End) -> int:
        """On which side of the end of the lap its image is: -1, 0 or 1."""
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
