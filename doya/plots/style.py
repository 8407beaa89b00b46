"""The style sheet, symbols and markers that all pictures share."""

from __future__ import annotations

import pathlib
from typing import Any

# matplotlib.rc_context(fname=STYLE), or pyplot.style.use("doya.plots.paper").
STYLE = pathlib.Path(__file__).with_name("paper.mplstyle")

# Symbols are plain italic text: mathtext would take as long as the whole rest of a picture.
SYMBOL = {"b": "b", "w": "w", "epsilon": "\N{GREEK SMALL LETTER EPSILON}", "x": "x", "u": "u"}

# Line of a wall: the start lies on the boundary of two basins, its attractor vanishes in a fold, or
# it lies between two phases of a cycle.
WALL = {
    "boundary": (0, (3.5, 1.8)),
    "fold": (0, (1.0, 1.2)),
    "phase": (0, (4.0, 1.2, 1.0, 1.2)),
}

# Special points differ by shape: LP is a fold, PD a flip (period doubling), CP the cusp, and BP a
# crossing of branches.  A fold is half stable, so its circle is half filled.
MARKER: dict[str, dict[str, Any]] = {
    "LP": {"marker": "o", "fillstyle": "left"},
    "PD": {"marker": "D", "fillstyle": "none"},
    "CP": {"marker": "s", "fillstyle": "full"},
    "BP": {"marker": "^", "fillstyle": "full"},
}
# What legends call them.
CALLED = {"LP": "fold (LP)", "PD": "flip (PD)", "CP": "cusp (CP)"}
# Arrows from data point to data point, of the same width at any resolution.
ARROW: dict[str, Any] = {
    "angles": "xy",
    "scale_units": "xy",
    "scale": 1.0,
    "units": "inches",
    "width": 0.011,
    "headwidth": 4.5,
    "headlength": 5.0,
    "headaxislength": 4.5,
    "minlength": 0.0,
}
