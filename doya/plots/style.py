"""What every picture shares: the style sheet, colours, labels and markers."""

from __future__ import annotations

import pathlib
from typing import Any

# matplotlib.rc_context(fname=STYLE), or pyplot.style.use("doya.plots.paper").
STYLE = pathlib.Path(__file__).with_name("paper.mplstyle")

CURVE = "black"
MOTION = "0.6"
BAND = "0.92"
ACCENT = "#D55E00"
# With ACCENT from the colours of Okabe and Ito, which the colour-blind tell apart.
BLUE, SKY, GREEN, PURPLE, ORANGE = "#0072B2", "#56B4E9", "#009E73", "#CC79A7", "#E69F00"

# Symbols are plain text, set in italics: mathtext would take as long as all the rest of a picture.
SYMBOL = {"b": "b", "w": "w", "epsilon": "\N{GREEK SMALL LETTER EPSILON}", "x": "x"}

# Walls: where the start meets the boundary of two basins, where its attractor vanishes, and where
# it lies between two phases of a cycle.
WALL = {
    "boundary": (0, (3.5, 1.8)),
    "fold": (0, (1.0, 1.2)),
    "phase": (0, (4.0, 1.2, 1.0, 1.2)),
}

# Special points differ by shape: a fold is half stable, so its circle is half filled.
MARKER: dict[str, dict[str, Any]] = {
    "LP": {"marker": "o", "fillstyle": "left"},
    "PD": {"marker": "D", "fillstyle": "none"},
    "CP": {"marker": "s", "fillstyle": "full"},
}
# Arrows from data point to data point, as thin at any resolution.
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
