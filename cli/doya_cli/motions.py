"""Animations as files: GIF by Pillow, which matplotlib brings; MP4 and WebM by ffmpeg."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from doya_cli.looks import PLAIN, Look, settle

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from doya.animations import Animation

Animate = Callable[["Figure", int], "Animation"]

MOTION_SUFFIXES = (".gif", ".mp4", ".webm")
VIDEO_SUFFIXES = MOTION_SUFFIXES[1:]
# Largest number of frames by default, and at all.
FRAMES, MOST_FRAMES = 101, 1000
# Page in inches, and its pixels per inch: 960 by 640 pixels.
PAGE, DPI = (6.4, 4.267), 150
# Largest side of a frame in pixels, and the largest number of pixels of all frames.
MOST_PIXELS, MOST_TOGETHER = 3840, 1_000_000_000
# Size of a GIF file in bytes, at most, where neither --size nor --dpi is given.
MOST_BYTES = 3e6


def are_moving(outputs: Sequence[str]) -> bool:
    """Return whether one of the outputs is an animation."""
    return any(_suffix(path) in MOTION_SUFFIXES for path in outputs)


def check(outputs: Sequence[str], look: Look, frames: int) -> None:
    """Raise an error for an animation that cannot be made, before any work is done."""
    if not are_moving(outputs):
        return
    videos = [path for path in outputs if _suffix(path) in VIDEO_SUFFIXES]
    if videos and shutil.which("ffmpeg") is None:
        raise click.ClickException(
            f"{videos[0]!r} needs the program ffmpeg, which is not installed: install ffmpeg, or"
            f" write {str(pathlib.PurePath(videos[0]).with_suffix('.gif'))!r}, which needs no other"
            " program."
        )
    across, along = _pixels(look)
    if max(across, along) > MOST_PIXELS:
        raise click.UsageError(
            f"an animation of {across} x {along} pixels is too large: each side must be at most"
            f" {MOST_PIXELS} pixels; choose a smaller --size or --dpi."
        )
    if across * along * frames > MOST_TOGETHER:
        most = max(MOST_TOGETHER // (across * along), 2)
        raise click.UsageError(
            f"an animation of {across} x {along} pixels may have at most {most} frames: choose"
            f" --frames {most} or less, or a smaller --size."
        )


def filmed(
    animate: Animate,
    suffix: str,
    made_by: str,
    look: Look = PLAIN,
    frames: int = FRAMES,
    progress: Callable[[float], object] = lambda part: None,
) -> bytes:
    """Return the bytes of the animation; those of a GIF file are the same in each run.

    `animate` makes an animation of at most so large a number of frames on a figure.
    """
    settle()
    with look.applied():
        animation = animate(stage(look), frames)
        if suffix in VIDEO_SUFFIXES:
            return _video(animation, suffix, made_by, progress)
        from doya.animations import gif

        most = None if look.size or look.dpi else MOST_BYTES
        return gif(animation, comment=made_by, most_bytes=most, progress=progress)


def stage(look: Look) -> Figure:
    """Return a figure for an animation in the current style."""
    from matplotlib.figure import Figure

    dpi = look.resolution(*PAGE) or DPI
    free: dict[str, Any] = {"layout": "none"}
    return Figure(figsize=look.inches(*PAGE) or PAGE, dpi=dpi, **free)


def _pixels(look: Look) -> tuple[int, int]:
    dpi = look.resolution(*PAGE) or DPI
    across, along = look.inches(*PAGE) or PAGE
    return int(across * dpi), int(along * dpi)


def _suffix(path: str) -> str:
    return pathlib.PurePath(path).suffix.lower()


def _video(
    animation: Animation, suffix: str, made_by: str, progress: Callable[[float], object]
) -> bytes:
    """Return the bytes that ffmpeg makes of the frames; the last one is held as in a GIF file."""
    from doya.animations.animation import PAUSE
    from doya.animations.gifs import REST

    rate = round(1.0 / PAUSE)
    images = animation.images()
    image = next(images)
    height, width, _ = image.shape
    with tempfile.TemporaryDirectory(prefix="doya-") as folder:
        path = pathlib.Path(folder) / f"video{suffix}"
        words = [
            *("ffmpeg", "-loglevel", "error", "-nostdin", "-y"),
            *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(rate)),
            *("-i", "pipe:0", "-an", "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"),  # sides must be even
            *("-pix_fmt", "yuv420p", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
            *("-metadata", f"comment={made_by}"),
            # Reading can begin at the first bytes; and the encoder of WebM is slow by default.
            *(("-movflags", "+faststart") if suffix == ".mp4" else ("-cpu-used", "5")),
            str(path),
        ]
        with _running(words) as feed:
            for k in range(animation.frames):
                image = image if k == 0 else next(images)
                feed(image.tobytes())
                progress((k + 1) / animation.frames)
            for _ in range(round(rate * REST)):
                feed(image.tobytes())
        return path.read_bytes()


@contextlib.contextmanager
def _running(words: list[str]) -> Iterator[Callable[[bytes], object]]:
    """Run a program and yield the function that feeds it; raise an error if it fails.

    If the block ends early, the program is ended too.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
        )
        assert process.stdin is not None
        failed = False
        try:
            try:
                yield process.stdin.write
                process.stdin.close()
            except BrokenPipeError:  # it has ended before the last frame
                failed = True
            failed = process.wait() != 0 or failed
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        if failed:
            said.seek(0)
            lines = said.read().decode(errors="replace").split("\n")
            reason = next((line.strip() for line in reversed(lines) if line.strip()), "no reason")
            raise click.ClickException(
                f"ffmpeg has failed: {reason.rstrip('.')}. A .gif needs no other program."
            )
