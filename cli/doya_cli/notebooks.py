"""A notebook of figures: each with its caption and the Python that draws it; plain JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from doya_cli.gallery import described

if TYPE_CHECKING:
    from doya.figures import Recipe

SUFFIX = ".ipynb"
SETUP = """\
import matplotlib.pyplot as plt

import doya

plt.style.use("doya.plots.paper")"""
DRAW = """\
figure = plt.figure()
data = doya.figures.FIGURES["{name}"].draw(figure)
plt.show()"""


def notebook(recipes: Iterable[Recipe]) -> str:
    """Return a notebook in version 4.4 of Jupyter's format: its cells run in this order.

    Each figure has a cell of words and a cell of code, which draws it and keeps its data.
    """
    cells = [_words("# Figures of the one-neuron recurrent network"), _code(SETUP)]
    for each in recipes:
        cells += [
            _words(f"## {each.name}\n\n{described(each)}"),
            _code(DRAW.format(name=each.name)),
        ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _words(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": _lines(text)}


def _code(text: str) -> dict[str, Any]:
    return {
        "cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
        "source": _lines(text),
    }  # fmt: skip


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
