"""Figures in the style of doya, and the bytes of their files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawn = TypeVar("Drawn")


def settle() -> None:
    """Ignore the user's settings of matplotlib, and its warnings about them."""
    import logging
    import os

    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    os.environ["MPLBACKEND"] = "agg"  # read when it is imported, and refused if unknown


def prepare() -> None:
    """Import the modules of a picture, while this process waits for others."""
    settle()

    import doya.plots  # noqa: F401


def drawn(draw: Callable[[Figure], Drawn]) -> tuple[Figure, Drawn]:
    """Return a figure, and the result of drawing on it."""
    settle()
    import matplotlib
    from matplotlib.figure import Figure

    from doya.plots import STYLE

    with matplotlib.rc_context(fname=STYLE):
        figure = Figure()
        return figure, draw(figure)


def saved(figure: Figure, suffix: str, made_by: str, title: str | None = None) -> bytes:
    """Return the bytes of a file; equal figures give equal bytes, because they hold no dates."""
    import matplotlib

    import doya
    from doya.plots import STYLE

    maker = f"doya {doya.__version__}, matplotlib {matplotlib.__version__}"
    metadata: dict[str, dict[str, str | None]] = {
        ".png": {"Software": maker, "Comment": made_by},
        ".svg": {"Creator": maker, "Description": made_by, "Date": None},
        ".pdf": {"Creator": maker, "Subject": made_by, "CreationDate": None},
    }
    named = {"Title": title} if title else {}
    buffer = io.BytesIO()
    with matplotlib.rc_context(fname=STYLE):
        figure.savefig(buffer, format=suffix[1:], metadata={**named, **metadata[suffix]})
    return buffer.getvalue()
