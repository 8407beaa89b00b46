"""What may stand after an option: numbers, ranges, pulses."""

from __future__ import annotations

from typing import Any

import click


class Parameter(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """A number that a neuron accepts for one of its parameters, in the library's own words."""

    name = "number"

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            self.fail(f"{value!r} is not a number.", param, ctx)
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
            number = int(str(value))
        except ValueError:
            number = self.least - 1
        if not self.least <= number <= self.most:
            self.fail(
                f"{value} is not a whole number from {self.least} to {self.most}.", param, ctx
            )
        return number


def number_or_path(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """What is no number is a file's path."""
    if value is None:
        return None
    try:
        float(value)
    except ValueError:
        return value
    return Parameter("u").convert(value, param, ctx)


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
