"""A recipe: a function that computes a figure, draws it, and returns its data."""

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

# Columns of one length, or arrays of any shape, by name.
Data = Mapping[str, Any]


@dataclass(frozen=True)
class Recipe:
    """How a figure is made, and what it is.

    Attributes
    ----------
    name : str
        Of the figure and its files.
    title, caption : str
        What is seen, in a sentence and in full.
    source : str
        Author, year and figure of the original.
    departs : str
        Where the figure departs from its source, and why; empty where it does not.
    draw : function
        Computes, draws on a figure without axes, in the style that is set, and returns the data.
    """

    name: str
    title: str
    caption: str
    source: str
    departs: str
    draw: Callable[[Figure], Data]


def recipe(source: str, departs: str = "") -> Callable[[Callable[[Figure], Data]], Recipe]:
    """Make a recipe of a function; its docstring is the caption, its first line the title."""

    def make(draw: Callable[[Figure], Data]) -> Recipe:
        words = inspect.getdoc(draw) or _docstring_in_source(draw)
        name, title = draw.__name__.replace("_", "-"), words.partition("\n")[0]
        caption, own = (" ".join(text.split()) for text in (words, departs))
        return Recipe(name, title, caption, source, own, draw)

    return make


def _docstring_in_source(draw: Callable[[Figure], Data]) -> str:
    """The docstring that python -OO has left out."""
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(draw))).body
    assert isinstance(function, ast.FunctionDef)
    return ast.get_docstring(function) or ""


def stacked(curves: Mapping[str, Mapping[str, Any]]) -> Data:
    """One table of several with the same columns; its first column, `curve`, names each of them."""
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
