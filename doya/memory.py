"""A check that arrays fit in memory, made before they are allocated."""

from __future__ import annotations

import math
import os

from doya.errors import ArgumentError

DOUBLE = 8  # bytes of a double
# Bytes up to which the free memory is not looked up, since that takes 30 us: every machine that
# runs Python has them.
ALWAYS_FREE = 2**24


def require_memory(name: str, shape: tuple[int, ...], arrays: int) -> None:
    """Raise unless the given number of arrays of doubles of this shape fit in free memory."""
    a_cell = DOUBLE * arrays
    needed = a_cell * math.prod(shape)
    if needed <= ALWAYS_FREE:
        return
    free = available_bytes()
    if needed > free:
        cells = " x ".join(map(str, shape))
        raise ArgumentError(
            name,
            f"asks for {cells} cells, which need {in_words(needed)}; only {in_words(free)} are"
            f" free, enough for {free / a_cell:.2g} cells: use fewer cells, or compute them in"
            " parts",
        )


def available_bytes() -> float:
    """Return the free memory of the machine or, if smaller, of this process's control group.

    It is infinite where the system does not report it.
    """
    return min(_of_machine(), _of_group())


def _of_machine() -> float:
    """Return the free bytes of the machine."""
    try:
        for line in _lines("/proc/meminfo"):
            if line.startswith("MemAvailable:"):
                return 1024.0 * float(line.split()[1])
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, AttributeError):
        return math.inf


def _of_group() -> float:
    """Return the free bytes of the Linux control group (version 2); cached files count as free."""
    group = "/sys/fs/cgroup/memory."
    try:
        limit, taken = (_lines(group + name)[0] for name in ("max", "current"))
        stat = dict(line.split() for line in _lines(f"{group}stat"))
        return float(limit) - float(taken) + float(stat["file"])
    except (OSError, ValueError, KeyError, IndexError):  # no limit: the file holds "max"
        return math.inf


def _lines(path: str) -> list[str]:
    """Return the lines of a file."""
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def in_words(number: float) -> str:
    """Return a number of bytes in a readable unit."""
    units = ("bytes", "kB", "MB", "GB", "TB", "PB")
    power = min(int(math.log10(max(number, 1.0)) // 3), len(units) - 1)
    return f"{number / 1000.0**power:.3g} {units[power]}"
