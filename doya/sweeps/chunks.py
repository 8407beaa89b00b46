"""Chunks of a grid: their lengths along each axis, their places, and the blocks of a chunk."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

# Start and stop along each axis.
Place: TypeAlias = tuple[slice, ...]


def lengths_of(
    shape: Sequence[int], most: float, whole: int | None = None, least: int = 64
) -> tuple[int, ...]:
    """Return the lengths of chunks of at most `most` cells, as alike along all axes as possible.

    The longest axis is cut into one more even part until a chunk is small enough.  The axis
    `whole` is not cut below `least` cells while others can be cut.
    """
    lengths = list(shape)
    while math.prod(lengths) > most and max(lengths) > 1:
        long = [k for k, n in enumerate(lengths) if n > (2 * least - 1 if k == whole else 1)]
        k = max(long or range(len(shape)), key=lambda k: (lengths[k], -k))
        parts = math.ceil(shape[k] / (lengths[k] - 1))
        lengths[k] = math.ceil(shape[k] / parts)
    return tuple(lengths)


def grid_of(shape: Sequence[int], lengths: Sequence[int]) -> tuple[int, ...]:
    """Return the number of chunks along each axis."""
    return tuple(math.ceil(n / length) for n, length in zip(shape, lengths, strict=True))


def place_of(index: Sequence[int], shape: Sequence[int], lengths: Sequence[int]) -> Place:
    """Return where a chunk is, by its number along each axis."""
    return tuple(
        slice(k * length, min((k + 1) * length, n))
        for k, n, length in zip(index, shape, lengths, strict=True)
    )


def blocks_of(place: Place, most: int) -> Iterator[Place]:
    """Yield parts of a place with at most `most` cells each; the last axes stay whole if possible.

    A part of one cell may be more than `most`.
    """
    sizes = [part.stop - part.start for part in place]
    axis = next((k for k, size in enumerate(sizes) if size > 1), None)
    if axis is None or math.prod(sizes) <= most:
        yield place
        return
    step = max(int(most * sizes[axis] // math.prod(sizes)), 1)
    for start in range(place[axis].start, place[axis].stop, step):
        part = slice(start, min(start + step, place[axis].stop))
        yield from blocks_of((*place[:axis], part, *place[axis + 1 :]), most)
