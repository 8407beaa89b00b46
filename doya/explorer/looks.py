"""The colours of the explorer, light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """Colours that differ in luminance too; each also has its own mark or line.

    `scheme` is the one of the browser's own parts.  `ink` is for branches, lines and words, `paper`
    for the ground; `state` for trajectories, `handle` for what is dragged, `aim` for the target,
    `wall` for walls, `path` for the descent, `frozen` for curves that are kept, and `grid` for the
    lines behind everything.
    """

    scheme: str
    ink: str
    paper: str
    state: str
    handle: str
    aim: str
    wall: str
    path: str
    frozen: str
    grid: str


LOOKS: Mapping[str, Look] = {
    "light": Look(
        scheme="light",
        ink="#1b1f23", paper="#ffffff", state="#0063a0", handle="#c24a00", aim="#00755a",
        wall="#9c3f78", path="#0063a0", frozen="#8d949b", grid="#e4e7ea",
    ),
    "dark": Look(
        scheme="dark",
        ink="#eceff1", paper="#15191d", state="#6cc3f5", handle="#ffb04d", aim="#3fd1a7",
        wall="#e79cc4", path="#6cc3f5", frozen="#7d868f", grid="#2b3137",
    ),
}  # fmt: skip
