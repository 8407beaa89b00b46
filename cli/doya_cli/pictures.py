"""Figures in the style of doya, and the bytes of their files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from doya_cli.looks import PLAIN, Look, settle

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawn = TypeVar("Drawn")


def prepare() -> None:
    """Import the modules of a picture, while this process waits for others."""
    settle()

    import doya.plots  # noqa: F401


def drawn(draw: Callable[[Figure], Drawn], look: Look = PLAIN) -> tuple[Figure, Drawn]:
    """Return a figure, and the result of drawing on it."""
    settle()
    with look.applied():
        figure = blank(look)
        return figure, draw(figure)


def blank(look: Look) -> Figure:
    """Return a figure in the current style, of the look's own size if it has one."""
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    from doya.plots.pages import Sheet

    size = look.inches(*rcParams["figure.figsize"])
    # Its margins are those of the style: no layout engine moves the axes.
    free: dict[str, Any] = {"layout": "none"}
    return Sheet(*size, **free) if size else Figure(**free)


def saved(
    figure: Figure,
    suffix: str,
    made_by: str,
    title: str | None = None,
    caption: str | None = None,
    look: Look = PLAIN,
) -> bytes:
    """Return the bytes of a file; equal figures give equal bytes, because they hold no dates.

    The file carries the command that makes it, and its title and caption if it has them.
    """
    import matplotlib

    import doya

    maker = f"doya {doya.__version__}, matplotlib {matplotlib.__version__}"
    described = f"{caption}  Command: {made_by}" if caption else made_by
    metadata: dict[str, dict[str, str | None]] = {
        ".png": {"Software": maker, "Comment": made_by, "Description": caption or made_by},
        ".svg": {"Creator": maker, "Description": described, "Date": None},
        ".pdf": {"Creator": maker, "Subject": described, "CreationDate": None},
    }
    named = {"Title": title} if title else {}
    buffer = io.BytesIO()
    with look.applied():
        dpi = look.resolution(*matplotlib.rcParams["figure.figsize"])
        more: dict[str, Any] = {"dpi": dpi} if dpi else {}
        figure.savefig(buffer, format=suffix[1:], metadata={**named, **metadata[suffix]}, **more)
    return buffer.getvalue()
