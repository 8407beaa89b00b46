"""The types of options: numbers, ranges, pulses."""

from __future__ import annotations

import os
from typing import Any

import click

from doya_cli.lines import is_number

# Signs that word processors, and matplotlib's pictures, write for a minus; marks that other
# countries write for the decimal point; and what only Python's own source may put between digits.
WRITTEN_OTHERWISE = str.maketrans({"\u2212": "-", "\u2013": "-", ",": ".", "\u066b": ".", "_": ""})


class NotANumber(click.BadParameter):
    """A word that is no number where one is needed."""


def not_a_number(word: str) -> str:
    """Return a sentence about a word that is no number, and how to write the one that is meant."""
    meant = word.translate(WRITTEN_OTHERWISE)
    return f"{word!r} is not a number{f'; write {meant}' * is_number(meant)}."


class Number(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """A number as every program writes it: no decimal comma, underscore or Unicode minus."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if not is_number(str(value)):
            raise NotANumber(not_a_number(str(value)), ctx, param)
        return float(value)


class Parameter(Number):
    """A number that a neuron accepts for one of its parameters, in the library's own words."""

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = super().convert(value, param, ctx)
        from doya.checks import checked

        try:
            checked(self.parameter, number)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        return number


class Count(click.ParamType):  # type: ignore[type-arg]
    """A whole number within a range."""

    name = "n"

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(str(value)) if is_number(str(value)) else self.least - 1
        except ValueError:  # 2.5, or more digits than Python reads
            number = self.least - 1
        if not self.least <= number <= self.most:
            self.fail(
                f"{value} is not a whole number from {self.least} to {self.most}.", param, ctx
            )
        return number


def number_or_path(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """A number, or else the path of a file."""
    if value is None:
        return None
    if is_number(value):
        return Parameter("u").convert(value, param, ctx)
    if is_number(value.translate(WRITTEN_OTHERWISE)) and not os.path.lexists(value):
        raise click.BadParameter(f"{not_a_number(value)[:-1]}. There is no such file either.")
    return value


def checked_pulses(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """START < STOP and an amplitude that an input may have."""
    from doya import Pulses

    try:
        Pulses(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from None
    for _, _, amplitude in value:
        Parameter("amplitude").convert(amplitude, param, ctx)
    return value


def checked_ranges(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """LOW < HIGH, and both what the parameter may be."""
    ranges: dict[str, tuple[float, float]] = {}
    for name, low, high in value:
        for end in (low, high):
            Parameter(name).convert(end, param, ctx)
        if not low < high:
            raise click.BadParameter(f"{name} needs LOW < HIGH, got {low!r} and {high!r}.")
        if name in ranges:
            raise click.BadParameter(f"{name} is given twice; once is allowed.")
        ranges[name] = (low, high)
    return ranges
