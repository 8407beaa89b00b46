"""Figures in the style of doya, and the bytes of their files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawn = TypeVar("Drawn")


def settle() -> None:
    """Of what the user set up for matplotlib nothing matters here, nor is it told of."""
    import logging
    import os

    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    os.environ["MPLBACKEND"] = "agg"  # read when it is imported, and refused if unknown


def prepare() -> None:
    """Import what a picture takes, while other processes keep this one waiting."""
    settle()

    import doya.plots  # noqa: F401


def drawn(draw: Callable[[Figure], Drawn]) -> tuple[Figure, Drawn]:
    """A figure, and what its drawing returned."""
    settle()
    import matplotlib
    from matplotlib.figure import Figure

    from doya.plots import STYLE

    with matplotlib.rc_context(fname=STYLE):
        figure = Figure()
        return figure, draw(figure)


def saved(figure: Figure, suffix: str, made_by: str, title: str | None = None) -> bytes:
    """A file's bytes: the same ones for the same figure, as there are no dates in them."""
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
