"""Whether arrays fit in memory, before they are made."""

from __future__ import annotations

import math
import os
import pathlib

from doya.errors import ArgumentError

DOUBLE = 8  # bytes of a double
# Bytes for which the system is not asked, which takes 30 us: a machine without them can do nothing.
ALWAYS_FREE = 2**24


def require_memory(name: str, shape: tuple[int, ...], arrays: int) -> None:
    """Raise a ValueError with the size where so many arrays of doubles are too large."""
    a_cell = DOUBLE * arrays
    needed = a_cell * math.prod(shape)
    if needed <= ALWAYS_FREE:
        return
    free = available_bytes()
    if needed > free:
        cells = " x ".join(map(str, shape))
        raise ArgumentError(
            name,
            f"asks for {cells} cells, which need {_size(needed)}; {_size(free)} are free,"
            f" enough for {free / a_cell:.2g} cells: ask for fewer, or for one part after another",
        )


def available_bytes() -> float:
    """What the machine, or the group of processes that this one is confined to, has left.

    Infinite where the system does not tell.
    """
    return min(_of_machine(), _of_group())


def _of_machine() -> float:
    try:
        for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * float(line.split()[1])
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, AttributeError):
        return math.inf


def _of_group() -> float:
    """Of Linux's control groups, version 2; what files have cached can be given up."""
    group = pathlib.Path("/sys/fs/cgroup")
    try:
        limit, taken = ((group / f"memory.{name}").read_text() for name in ("max", "current"))
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return float(limit) - float(taken) + float(stat["file"])
    except (OSError, ValueError, KeyError):  # no such limit: "max"
        return math.inf


def _size(number: float) -> str:
    """Of so many bytes, for people."""
    units = ("bytes", "kB", "MB", "GB", "TB", "PB")
    power = min(int(math.log10(max(number, 1.0)) // 3), len(units) - 1)
    return f"{number / 1000.0**power:.3g} {units[power]}"
