"""An animation: a figure, and the function that moves its artists to any frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from doya.checks import check_count
from doya.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

# Largest number of frames by default: five seconds.
FRAMES = 101
# Seconds that a frame is shown.
PAUSE = 0.05

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Animation:
    """Frames of a result on a figure, numbered from 0.

    Attributes
    ----------
    figure : Figure
        The figure; at first it shows frame 0.
    frames : int
        Number of frames.
    places : ndarray of int, shape (frames,)
        Index of each frame in the result: of a time, a step, or a diagram.
    moving : tuple of Artist
        The artists that differ from frame to frame, from back to front.

    Examples
    --------
    >>> import doya
    >>> from matplotlib.figure import Figure
    >>> result = doya.simulate(doya.NeuronODE(w=5.0, b=-2.5), x0=0.6, t_end=10.0)
    >>> animation = doya.animations.animate_trajectory(result, Figure(), frames=11)
    >>> animation.draw(10)
    >>> [float(result.t[k]) for k in animation.places[[0, 5, 10]]]
    [0.0, 5.0, 10.0]
    """

    figure: Figure
    places: Places
    moving: tuple[Artist, ...]
    _move: Callable[[int], None]

    @property
    def frames(self) -> int:
        """Return the number of frames."""
        return int(self.places.size)

    def draw(self, k: int) -> None:
        """Move the artists to frame k, from 0 to frames - 1; nothing is computed or saved.

        `matplotlib.animation.FuncAnimation(figure, animation.draw, animation.frames)` shows the
        animation in a notebook.
        """
        self._move(check_count("k", k, 0, self.frames - 1))

    def images(self, which: Iterable[int] | None = None) -> Iterator[NDArray[np.uint8]]:
        """Yield frames as arrays of shape (height, width, 3): red, green and blue.

        The resolution is that of the figure, `figure.dpi`.  Artists that do not move are rendered
        once.

        Parameters
        ----------
        which : iterable of int, optional
            Numbers of the frames; all of them by default.
        """
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        canvas: Any = FigureCanvasAgg(self.figure)
        for artist in self.moving:
            artist.set_animated(True)
        try:
            canvas.draw()
            still, renderer = canvas.copy_from_bbox(self.figure.bbox), canvas.get_renderer()
            for k in range(self.frames) if which is None else which:
                self.draw(k)
                canvas.restore_region(still)
                for artist in self.moving:
                    artist.draw(renderer)
                yield np.array(canvas.buffer_rgba())[..., :3]
        finally:
            for artist in self.moving:
                artist.set_animated(False)


def check_frames(frames: int) -> int:
    """Return the largest number of frames; raise an ArgumentError unless it is at least 2."""
    return check_count("frames", frames, 2)


def check_figure(figure: object) -> None:
    """Raise an ArgumentError unless the animation can be drawn on it."""
    from matplotlib.figure import FigureBase

    if not isinstance(figure, FigureBase) or figure.axes:
        raise ArgumentError("figure", "must be a matplotlib Figure without axes")


def evenly(values: Sequence[float] | NDArray[np.float64], frames: int) -> Places:
    """Return the indices of at most `frames` ascending values, as evenly spaced as they are there.

    The first and the last are among them.
    """
    values = np.asarray(values, dtype=float)
    wanted = np.linspace(values[0], values[-1], frames)
    after = np.clip(np.searchsorted(values, wanted), 1, max(values.size - 1, 1))
    after = np.minimum(after, values.size - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.where(wanted - values[before] < values[after] - wanted, before, after)
    return np.unique(np.append(nearer, [0, values.size - 1])).astype(np.int64)
