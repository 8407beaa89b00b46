"""Ink, paper, shades and accents of a picture, from the caller's settings of matplotlib.

An accent is readable on the paper, and differs from the ink and the other accents in luminance too.
So a reader can distinguish them in grey, and with any kind of colour blindness.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rcParams
from matplotlib.colors import to_rgb, to_rgba

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType

Rgb = tuple[float, float, float]

# Contrast of lines with the paper, at least: success criterion 1.4.11 of WCAG 2.1.
READABLE = 3.0
# Contrast of two accents with each other and with the ink, at least.
APART = 1.25
# Parts of the ink, or of the paper, that are tried in an accent.
STEPS = np.linspace(0.0, 1.0, 41)
# Colours of Okabe and Ito, for a property cycle with fewer.
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Theme:
    """Colours of one picture.

    Attributes
    ----------
    ink, paper : tuple of float
        Colour of lines and words, and of the ground.
    curve : tuple of float
        Colour of the curves: the one that the caller asks for, otherwise the ink.
    accents : tuple of tuple of float
        Colours for further things: first the one of arrows and marks.
    """

    ink: Rgb
    paper: Rgb
    curve: Rgb
    accents: tuple[Rgb, ...]

    @property
    def accent(self) -> Rgb:
        """Return the first accent."""
        return self.accents[0]

    @property
    def hairline(self) -> Rgb:
        """Return the colour of thin lines behind the curves."""
        return self.shade(0.4)

    @property
    def band(self) -> Rgb:
        """Return the colour of shaded ground."""
        return self.shade(0.08)

    def shade(self, part: float) -> Rgb:
        """Return the paper with this part of the ink, from 0 to 1."""
        return mixed(self.paper, self.ink, part)

    def pale(self, colour: Rgb) -> Rgb:
        """Return the palest readable mixture of the colour with the paper."""
        parts = [
            part
            for part in STEPS
            if contrast(self.paper, mixed(self.paper, colour, part)) >= READABLE
        ]
        return mixed(self.paper, colour, float(parts[0]) if parts else 1.0)


def theme(ax: Axes, color: ColorType | None = None) -> Theme:
    """Return the colours for a picture on `ax`, with curves in `color` unless it is None."""
    paper = _paper(ax)
    wanted = [rcParams["text.color"], rcParams["axes.edgecolor"], *(BLACK, WHITE)]
    ink = next(rgb for rgb in map(to_rgb, wanted) if contrast(rgb, paper) >= READABLE)
    cycle = rcParams["axes.prop_cycle"].by_key().get("color", [])
    colours = list(dict.fromkeys(map(to_rgb, cycle)))
    colours += [rgb for rgb in map(to_rgb, OKABE_ITO) if rgb not in colours]
    # The first colour is the one that matplotlib gives to the caller's own line.
    first, second, *others = colours[: len(OKABE_ITO)]
    accents = separated((second, first, *others), ink, paper)
    return Theme(ink, paper, ink if color is None else to_rgb(color), accents)


def _paper(ax: Axes) -> Rgb:
    """Return the colour of the ground: that of the axes, or of the page behind clear axes."""
    page = ax.figure.get_facecolor()
    behind = mixed(WHITE, to_rgb(page), to_rgba(page)[3])
    ground = ax.get_facecolor()
    return mixed(behind, to_rgb(ground), to_rgba(ground)[3])


@functools.cache
def separated(colours: tuple[Rgb, ...], ink: Rgb, paper: Rgb) -> tuple[Rgb, ...]:
    """Return the colours with as much ink or paper in them as they need to be distinguished.

    Each has the contrast READABLE with the paper, and APART with the ink and the ones before it.
    """
    placed: list[Rgb] = []
    for colour in colours:
        tried = [mixed(colour, other, float(part)) for part in STEPS for other in (ink, paper)]
        known = [each for each in tried if contrast(each, paper) >= READABLE]
        apart = [min(contrast(each, other) for other in (ink, *placed)) for each in known]
        best = next((each for each, far in zip(known, apart, strict=True) if far >= APART), None)
        placed.append(best or known[int(np.argmax(apart))])
    return tuple(placed)


def mixed(one: Rgb, other: Rgb, part: float) -> Rgb:
    """Return a mixture of two colours, with this part of the other one."""
    red, green, blue = (round(a + part * (b - a), 6) for a, b in zip(one, other, strict=True))
    return red, green, blue


def luminance(colour: Rgb) -> float:
    """Return the relative luminance of WCAG 2.1, from 0 (black) to 1 (white)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of WCAG 2.1, from 1 to 21."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)
