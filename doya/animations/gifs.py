"""GIF files: one palette for all frames, in a loop that rests on the last frame."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from doya.animations.animation import PAUSE, Animation
from doya.errors import ArgumentError

if TYPE_CHECKING:
    from PIL.Image import Image

Codes = NDArray[np.uint32]

# Seconds that the last frame is shown before the loop begins again.
REST = 2.0
# Number of colours; the most frequent ones among them are kept exactly.
COLOURS, EXACT = 240, 160
# Number of frames from which the colours are taken.
SAMPLE = 12
# Number of the palette for a colour that was not met yet.
UNKNOWN = 255


def gif(
    animation: Animation,
    *,
    comment: str = "",
    most_bytes: float | None = None,
    progress: Callable[[float], object] | None = None,
) -> bytes:
    """Return the bytes of a GIF file of an animation; equal animations give equal bytes.

    It loops, and shows its last frame for two seconds.

    Parameters
    ----------
    animation : Animation
    comment : str
        Text that the file carries.
    most_bytes : float, optional
        Largest size of the file; every second frame is left out until it is reached.
    progress : function of a number, optional
        Called with the part that is done, from 0 to 1, after each frame.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If `animation` is no Animation.

    Examples
    --------
    >>> import doya
    >>> from matplotlib.figure import Figure
    >>> result = doya.simulate(doya.NeuronODE(w=5.0, b=-2.5), x0=0.6, t_end=10.0)
    >>> animation = doya.animations.animate_trajectory(result, Figure(dpi=30), frames=3)
    >>> doya.animations.gif(animation)[:6]
    b'GIF89a'
    """
    from PIL import Image

    if not isinstance(animation, Animation):
        raise ArgumentError("animation", "must be an Animation of doya.animations")
    some = range(0, animation.frames, animation.frames // SAMPLE + 1)
    table = _palette(animation.images(some))
    numbers = np.full(2**24, UNKNOWN, dtype=np.uint8)  # of the palette, by code
    drawn = []
    for k, image in enumerate(animation.images(), 1):
        each = Image.fromarray(_numbered(_codes(image), table, numbers), "P")
        each.putpalette(_rgb(table).ravel().tolist())
        drawn.append(each)
        if progress:
            progress(k / animation.frames)
    pause = PAUSE
    while True:
        content = _encoded(drawn, pause, comment)
        if most_bytes is None or len(content) <= most_bytes or len(drawn) <= 2:
            return content
        drawn, pause = [*drawn[:-1:2], drawn[-1]], 2.0 * pause


def _encoded(drawn: Sequence[Image], pause: float, comment: str) -> bytes:
    buffer = io.BytesIO()
    times = [round(1000.0 * each) for each in [pause] * (len(drawn) - 1) + [REST]]
    first, *others = drawn
    first.save(
        buffer, "GIF", save_all=True, append_images=others, duration=times, loop=0, disposal=1,
        optimize=True, comment=comment.encode("utf-8"),
    )  # fmt: skip
    return buffer.getvalue()


def _palette(images: Iterable[NDArray[np.uint8]]) -> Codes:
    """Return colours that suit all of the images: the common ones, and a cut of the others."""
    from PIL import Image

    found = [np.unique(_codes(each), return_counts=True) for each in images]
    colours, where = np.unique(np.concatenate([each for each, _ in found]), return_inverse=True)
    counts = np.bincount(where, weights=np.concatenate([each for _, each in found]))
    common = colours[np.argsort(-counts, kind="stable")[:EXACT]]
    others = np.setdiff1d(colours, common)
    if not others.size:
        return common
    # Each of the others once, so that the colour of a small mark has its place.
    cut = Image.fromarray(_rgb(others)[np.newaxis]).quantize(
        COLOURS - EXACT, method=Image.Quantize.MEDIANCUT
    )
    used = 3 * (int(np.asarray(cut).max()) + 1)
    more = np.array((cut.getpalette() or [])[:used], dtype=np.uint8).reshape(-1, 3)
    return np.concatenate([common, _codes(more)])


def _numbered(codes: Codes, table: Codes, numbers: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the number of the nearest colour of the table for each pixel; keep new ones."""
    found = numbers[codes]
    new = np.unique(codes[found == UNKNOWN])
    if not new.size:
        return found
    for part in np.array_split(new, new.size // 4096 + 1):
        apart = _rgb(part).astype(np.int32)[:, np.newaxis] - _rgb(table).astype(np.int32)
        numbers[part] = (apart**2).sum(axis=-1).argmin(axis=-1)
    return numbers[codes]


def _codes(image: NDArray[np.uint8]) -> Codes:
    """Return one number for the colour of each pixel."""
    codes: Codes = image[..., 0].astype(np.uint32)
    for k in (1, 2):  # in place, which is twice as fast
        codes <<= 8
        codes |= image[..., k]
    return codes


def _rgb(codes: Codes) -> NDArray[np.uint8]:
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1).astype(np.uint8)
