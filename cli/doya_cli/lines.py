"""Numbers in CSV files, line by line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import click


def lines(path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each line that is no blank and no comment; cells may be quoted."""
    with open(path, encoding="utf-8-sig") as file:  # spreadsheets begin with a byte order mark
        for number, line in enumerate(file, 1):
            if line.strip() and not line.lstrip().startswith("#"):
                yield number, [cell.strip() for cell in _cells(number, line)]


def _cells(number: int, line: str) -> list[str]:
    if '"' not in line:
        return line.split(",")  # of any length
    try:
        return next(csv.reader([line], skipinitialspace=True))
    except csv.Error as error:
        raise ValueError(f"line {number}: {error}") from None


@contextmanager
def readable(option: str, path: str) -> Iterator[None]:
    """Have a file that is not there, or is no text, end the command with one sentence."""
    try:
        yield
    except OSError as error:
        reason = str(error.strerror)
        reason += ". Check the path" * isinstance(error, FileNotFoundError)
        raise click.ClickException(f"{option}: cannot read {path!r}: {reason}.") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{option}: {path!r} is not text in UTF-8.") from None


def check_separator(rows: Iterable[tuple[int, list[str]]], others: Mapping[str, str]) -> None:
    """Refuse columns that are separated by other marks than commas, each mark with its name.

    Blanks count as a separator only in a line without commas: the name of a column may have some.
    """
    for number, cells in rows:
        for mark, name in others.items():
            if any(mark in cell for cell in cells) and (mark != " " or len(cells) == 1):
                raise ValueError(f"line {number} has {name} between its columns; use commas")


def is_number(cell: str) -> bool:
    """Return whether every program reads the number: only Python reads 1_0 and other digits."""
    if "_" in cell or not cell.isascii():
        return False
    try:
        float(cell)
    except ValueError:
        return False
    return True
