"""The form of helps: one space between sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click


class Formatter(click.HelpFormatter):
    """Writes one space after each sentence, as click does where the sentence ends a line."""

    def write_text(self, text: str) -> None:
        super().write_text(_spaced(text))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        super().write_dl([(name, _spaced(text)) for name, text in rows], col_max, col_spacing)


class Context(click.Context):
    """The context of a command whose help the formatter writes."""

    formatter_class = Formatter


def _spaced(text: str) -> str:
    return re.sub(r"(?<=[.:;?)])  (?=\S)", " ", text)
