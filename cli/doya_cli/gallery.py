"""The texts of the figures: a list for a terminal, and README.md beside the pictures."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from doya_cli.tables import paragraph

if TYPE_CHECKING:
    from doya.figures import Recipe

NAME = "README.md"
# The first line of every page that doya has made; a file without it is never replaced.
MARK = "<!-- Made by doya figures. -->"
SHOWN = (".png", ".svg")


def listed(recipes: Iterable[Recipe]) -> str:
    """Return the name, caption and source of each figure, in lines that fit a terminal."""
    return "\n\n".join(
        "\n".join([each.name, *(paragraph(text, "  ") for text in _texts(each))])
        for each in recipes
    )


def page(recipes: Sequence[Recipe], files: Mapping[str, Sequence[str]], look: str = "") -> str:
    """Return a page in Markdown: each picture with its caption, source, command and files.

    Parameters
    ----------
    recipes : sequence of Recipe
    files : mapping of str to sequence of str
        Names of the files of each figure, its picture first and its data last.
    look : str
        Options of the look that the pictures have, with a blank before each.
    """
    parts = [MARK, "# Figures of the one-neuron recurrent network", _contents(recipes)]
    for each in recipes:
        *pictures, data = files[each.name]
        links = ", ".join(f"[{name}]({name})" for name in (*pictures, data))
        shown = [name for name in pictures if pathlib.PurePath(name).suffix in SHOWN]
        parts += [
            f"## {each.name}",
            *(f"![{_escaped(each.title)}]({name})" for name in shown[:1]),
            described(each),
            f"Command: `doya figures {each.name}{look}`\\\nFiles: {links}",
        ]
    return "\n\n".join(parts) + "\n"


def described(recipe: Recipe) -> str:
    """Return caption, source and differences of a figure as paragraphs in Markdown."""
    return "\n\n".join(map(_escaped, _texts(recipe)))


def is_ours(path: pathlib.Path) -> bool:
    """Return whether the page at the path may be replaced: there is none, or doya has made it."""
    try:
        with path.open(encoding="utf-8", errors="replace") as page:
            return page.readline().rstrip("\n") == MARK
    except PermissionError:
        return False
    except OSError:  # there is none, or no page can be there
        return True


def _texts(recipe: Recipe) -> list[str]:
    departs = [f"Differences: {recipe.departs}"] * bool(recipe.departs)
    return [recipe.caption, f"Source: {recipe.source}", *departs]


def _contents(recipes: Iterable[Recipe]) -> str:
    return "\n".join(f"- [{each.name}](#{each.name}): {_escaped(each.title)}" for each in recipes)


def _escaped(text: str) -> str:
    """Return the text with a backslash before each sign that Markdown would take for its own."""
    return re.sub(r"([\\`*_\[\]<>|~#])", r"\\\1", text)
