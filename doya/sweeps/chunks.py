"""Chunks of a grid: their lengths along each axis, their places, and the blocks of a chunk."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

# Bytes of a chunk in the store, at most: Blosc compresses no array of 2 GiB or more.
LARGEST = 2**31 - 2**16

# Start and stop along each axis.
Place: TypeAlias = tuple[slice, ...]


def lengths_of(shape: Sequence[int], most: float) -> tuple[int, ...]:
    """Return the lengths of chunks of at most `most` cells, as alike along all axes as possible.

    The longest axis is cut into one more even part until a chunk is small enough.  So a plane of
    the grid is read from few chunks, whichever parameters are fixed.
    """
    lengths = list(shape)
    while math.prod(lengths) > most and max(lengths) > 1:
        longest = lengths.index(max(lengths))
        parts = math.ceil(shape[longest] / (lengths[longest] - 1))
        lengths[longest] = math.ceil(shape[longest] / parts)
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
