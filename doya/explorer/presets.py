"""Views to begin with, each by its query."""

from __future__ import annotations

from collections.abc import Mapping

PRESETS: Mapping[str, str] = {
    "One-bit memory": "b=-2.5&pulse=5,8,0.5&pulse=25,28,-0.5&x0=0.145&t-end=40",
    "Beside a fold": "b=-2.34&x0=0&t-end=100&over=b,-2.8,-2.2",
    "Cusp": "w=4.5&b=-2.25&over=w,3,6&over=b,-3.5,-1.5&second=plane",
    "Pascanu's surface": (
        "dynamics=map&w=5&b=-2.6&x0=0.6224593312018546&target=0.7&learn=w&learn=b"
        "&start-w=5.2&start-b=-2.3&learning-rate=0.1&clip=1&over=b,-2.9,-1.9&over=w,4.5,5.5"
        "&second=plane"
    ),
    "Descent at a wall, clipped": "b=-2.5&clip=0.05",
    "Teacher forcing": "dynamics=map&b=-2.45&learning-rate=1&teacher-forcing=0.2",
    "A task: latch": (
        "dynamics=map&w=7&b=-3&input-weight=2&input-to=bias&learn=w&learn=b&start-b=-3"
        "&start-w=7&learning-rate=0.2&rule=adam&task=latch&sequences=20&length=50"
        "&over=b,-8,2&over=w,0,12&second=plane"
    ),
    "Chaos": (
        "dynamics=map&w=-100&b=10&epsilon=0.5&x0=0.3&t-end=40&over=w,-160,10&over=b,-10,20"
        "&second=orbit"
    ),
}
