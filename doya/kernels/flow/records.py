"""The named tuples that kernels of the flow exchange; machine code knows them too."""

from __future__ import annotations

from typing import NamedTuple


class Anchor(NamedTuple):
    """A root of f, or 0 or 1, from which states of the flow are measured; see `panels.speed`."""

    w: float
    z: float
    side: float
    rest: float
    lift: float


class Poles(NamedTuple):
    """The poles of 1/f beside a target: -f' there; at two other roots 1/f' and their distance."""

    rate: float
    pull: float
    pole: float
    pull_2: float
    pole_2: float


class Distances(NamedTuple):
    """The distances of a state of the flow from its target, the root beside that, 0 and 1."""

    target: float
    beside: float
    zero: float
    one: float


class Growth(NamedTuple):
    """The part of ln G that is known without nodes, see `legs`; 0 takes nothing out.

    f' at the anchor; the multiple of the time; at a pole of the rest 1/f', times the change of f'
    to there, and its distance from the anchor.
    """

    here: float
    rate: float
    pull: float
    pole: float


class Line(NamedTuple):
    """The line q and the multiples of the time and of ln G that are taken out, see `legs`."""

    start: float
    rise: float
    alpha: float
    beta: float


class Taken(NamedTuple):
    """All that a leg takes out of its integrands: for ln G, and for b and w."""

    growth: Growth
    for_b: Line
    for_w: Line
