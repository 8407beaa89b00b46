"""Recipes: functions that compute a figure, draw it, and return its data."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Columns of equal length, or arrays of any shape, by name.
Data = Mapping[str, Any]


@dataclass(frozen=True)
class Recipe:
    """A figure with its texts, and the function that draws it.

    Attributes
    ----------
    name : str
        Name of the figure and of its files.
    title, caption : str
        Description of the picture, in one sentence and in full.
    source : str
        Author, year and figure of the original.
    departs : str
        Differences from the source, and their reasons; empty if there are none.
    draw : function
        Computes the data, draws them on a figure without axes in the current style, and returns
        them.
    """

    name: str
    title: str
    caption: str
    source: str
    departs: str
    draw: Callable[[Figure], Data]


def recipe(source: str, departs: str = "") -> Callable[[Callable[[Figure], Data]], Recipe]:
    """Make a recipe from a function; its docstring is the caption, its first line the title."""

    def make(draw: Callable[[Figure], Data]) -> Recipe:
        words = inspect.getdoc(draw) or _docstring_in_source(draw)
        name, title = draw.__name__.replace("_", "-"), words.partition("\n")[0]
        caption, own = (" ".join(text.split()) for text in (words, departs))
        return Recipe(name, title, caption, source, own, draw)

    return make


def _docstring_in_source(draw: Callable[[Figure], Data]) -> str:
    """Return the docstring from the source file: python -OO has removed it from the function."""
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(draw))).body
    assert isinstance(function, ast.FunctionDef)
    return ast.get_docstring(function) or ""


def stacked(curves: Mapping[str, Mapping[str, Any]]) -> Data:
    """Return one table of several curves with the same columns; the column `curve` names them."""
    sizes = {name: np.broadcast(*columns.values()).size for name, columns in curves.items()}
    names = next(iter(curves.values()))
    return {
        "curve": np.repeat(list(sizes), list(sizes.values())),
        **{
            each: np.concatenate(
                [np.broadcast_to(curve[each], sizes[name]) for name, curve in curves.items()]
            )
            for each in names
        },
    }
