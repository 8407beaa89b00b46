"""The records of the bifurcation set in a plane of two parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from doya.arrays import Floats
from doya.bifurcations.letter_curves import plane_of
from doya.bifurcations.points import BifurcationPoint
from doya.conversions.conversion import Conversion
from doya.neurons import Neuron
from doya.results import Result

Span: TypeAlias = tuple[float, float]


@dataclass(frozen=True, eq=False, repr=False)
class BifurcationCurve(Result):
    """A piece of a fold or flip curve, cut at its tip and at the edges of the window.

    Attributes
    ----------
    kind : {"LP", "PD"}
        "LP" for a fold, "PD" for a flip.
    w, b : ndarray, shape (n,)
        Parameters on the curve, dimensionless, in the order of ascending x.
    x : ndarray, shape (n,)
        The equilibrium that bifurcates there, of the neuron with its input, dimensionless.
    letters : dict of ndarray
        Both letters on the curve, for a `Conversion`; otherwise empty.
    """

    kind: str
    w: Floats
    b: Floats
    x: Floats
    letters: dict[str, Floats] = field(default_factory=dict)
    _state: Floats | None = None

    _hidden: ClassVar[tuple[str, ...]] = ("_state",)

    @property
    def state(self) -> Floats:
        """Return the equilibrium in the author's state; x itself in Doya's parameters."""
        return self.x if self._state is None else self._state

    @property
    def places(self) -> list[Floats]:
        """Return the values along both axes of the window: w and b, or both letters."""
        return list(self.letters.values()) or [self.w, self.b]


@dataclass(frozen=True, eq=False, repr=False)
class Region(Result):
    """A part of the window: enclosed by one kind of curve, or the rest, which has no outline.

    Attributes
    ----------
    name : {"between the folds", "between the flips", "elsewhere"}
        Name of the region.
    equilibria, stable : int
        Number of equilibria, and number of stable ones, counted at the point `inside`.
    inside : pair of float
        (w, b), or both letters, of a point in the region, where it is widest in b.
    w, b : ndarray, shape (n,)
        The outline, dimensionless, or both letters of it; empty for "elsewhere".
    """

    name: str
    equilibria: int
    stable: int
    inside: tuple[float, float]
    w: Floats
    b: Floats


@dataclass(frozen=True, eq=False, repr=False)
class BifurcationCurves(Result):
    """The bifurcation set of a neuron within a window of the (w, b) plane.

    Attributes
    ----------
    curves : tuple of BifurcationCurve
        Fold curves and, for the map, flip curves.
    special_points : tuple of BifurcationPoint
        The cusp, if it is in the window.
    regions : tuple of Region
        The regions that the curves enclose, and the rest of the window.
    neuron : NeuronODE or NeuronMap
        The neuron.
    w, b : pair of float
        The window, dimensionless.
    u : float
        The constant input.
    conversion : Conversion or None
        The neuron in the author's letters.
    over : dict of pair of float
        The window in both letters, for a `Conversion`: first the one that moves w.  Then w and b
        are the ranges of Doya's parameters in the window.
    """

    _first: ClassVar[tuple[str, ...]] = ("special_points",)

    curves: tuple[BifurcationCurve, ...]
    special_points: tuple[BifurcationPoint, ...]
    regions: tuple[Region, ...]
    neuron: Neuron
    w: Span
    b: Span
    u: float
    conversion: Conversion | None = None
    over: dict[str, Span] = field(default_factory=dict)

    @property
    def window(self) -> dict[str, Span]:
        """Return the ranges along both axes: of w and b, or of both letters."""
        return self.over or {"w": self.w, "b": self.b}

    def place_of(self, point: BifurcationPoint) -> dict[str, float]:
        """Return the place of a special point: w and b, or both letters.

        Parameters
        ----------
        point : BifurcationPoint
            One of `special_points`.

        Returns
        -------
        dict of float
        """
        if self.conversion is None:
            return {"w": point.w, "b": point.b}
        letters = plane_of(self.conversion, tuple(self.over)).letters(point.w, point.b)
        return {name: float(value) for name, value in letters.items()}
