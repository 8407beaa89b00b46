"""The check of the arguments that every drawing function takes: a result, and axes."""

from __future__ import annotations

from matplotlib.axes import Axes

from doya.errors import ArgumentError

# Longest representation of a value that an error quotes.
LONGEST = 40


def check_drawing(
    name: str, result: object, kind: type, maker: str, ax: object, *, solid: bool = False
) -> None:
    """Raise an ArgumentError unless the result is of its kind, and `ax` are axes to draw it on.

    Parameters
    ----------
    name : str
        Name of the argument that is the result.
    result : object
    kind : type
        Class of the result.
    maker : str
        Name of the function of doya that returns such a result.
    ax : object
    solid : bool, default False
        Whether the axes must be three-dimensional; otherwise they must not be.
    """
    if not isinstance(result, kind):
        raise ArgumentError(name, f"must be a result of doya.{maker}, got {_described(result)}")
    if not isinstance(ax, Axes) or (ax.name == "3d") != solid:
        axes = 'Axes3D, made with projection="3d"' if solid else "Axes of two dimensions"
        raise ArgumentError("ax", f"must be matplotlib {axes}, got {_described(ax)}")


def _described(value: object) -> str:
    """Return the value itself if it is short, and its type otherwise."""
    if isinstance(value, (int, float, str, type(None))) and len(repr(value)) <= LONGEST:
        return repr(value)
    return f"an object of type {type(value).__name__}"
